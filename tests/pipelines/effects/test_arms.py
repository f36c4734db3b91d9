"""Entries: who was in which arm, from when on, what became of them, and whether anybody contacted them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.effects.arms import entries, lists_on_record
from pipelines.errors import ChurnError
from pipelines.lake import Lake

ENTRY, KNOWN = date(2025, 2, 10), date(2025, 3, 20)
ARMS = {"a03": "listed", "a04": "listed", "a10": "holdout", "a11": "holdout"}


def all_of(found: Any, column: str) -> dict[str, Any]:
    return dict(zip(found.rows["account_id"], found.rows[column], strict=True))


def test_entries_have_their_arm_and_what_became_of_them(known_shop: Any, recorded: Callable[..., None]) -> None:
    config = known_shop.config()
    recorded(config, "at_risk", ENTRY, {account: (arm, ENTRY) for account, arm in ARMS.items()})
    found = entries(config, KNOWN)
    assert all_of(found, "listed") == {"a03": True, "a04": True, "a10": False, "a11": False}
    assert all_of(found, "churned") == {"a03": True, "a04": False, "a10": True, "a11": False}
    assert all_of(found, "contacted") == dict.fromkeys(ARMS, False)
    assert set(found.rows["mrr"]) == {5000}
    assert set(found.rows["list"]) == {"at_risk"}
    assert (found.immature, found.without_outcome) == (0, 0)
    assert lists_on_record(config, KNOWN) == ["at_risk"]
    assert lists_on_record(config, ENTRY - timedelta(days=1)) == []


def test_the_first_stay_counts_with_its_first_day(known_shop: Any, recorded: Callable[..., None]) -> None:
    """a03 goes and comes back after it was contacted; a04's record of the first day is lost."""
    config = known_shop.config()
    day = [date(2025, 2, 1) + timedelta(days=n) for n in range(9)]
    recorded(config, "at_risk", day[0], {"a03": ("listed", day[0], "call", "human, call")})
    recorded(config, "at_risk", day[1], {"a03": ("listed", day[0], "mail", "human, mail")})
    recorded(config, "at_risk", day[5], {"a03": ("listed", day[5]), "a04": ("listed", day[4])})
    recorded(config, "save", day[7], {"a03": ("holdout", day[7])})
    found = entries(config, KNOWN)
    rows = found.rows[["list", "account_id", "entered", "play", "stratum"]].to_numpy().tolist()
    assert rows == [
        ["at_risk", "a03", day[0], "call", "human, call"], ["at_risk", "a04", day[4], "check_in", "human, check_in"],
        ["save", "a03", day[7], "check_in", "human, check_in"],
    ]  # fmt: skip
    later = entries(config, KNOWN, "at_risk", since=day[3])
    assert all_of(later, "entered") == {"a03": day[5], "a04": day[4]}


def test_arms_of_two_draws_are_not_mixed(known_shop: Any, recorded: Callable[..., None]) -> None:
    """a03 was listed by the old draw and is held out by the new one; a record without rows has a draw too."""
    day = [date(2025, 2, 1) + timedelta(days=n) for n in range(9)]
    recorded(known_shop.config(), "at_risk", day[0], {"a03": ("listed", day[0]), "a04": ("listed", day[0])})
    recorded(known_shop.config(), "save", day[0], {"a11": ("listed", day[0])})
    assert entries(known_shop.config(), KNOWN).drawn_anew == {}
    known_shop.keys["lists"]["only"] = {"at_risk": {"holdout_share": 0.3}}
    config = known_shop.config()
    recorded(config, "at_risk", day[3], {"a03": ("holdout", day[0]), "a10": ("listed", day[3])})
    recorded(config, "save", day[3], {"a12": ("listed", day[3])})
    found = entries(config, KNOWN)
    assert found.drawn_anew == {"at_risk": day[3]}
    assert all_of(found, "entered") == {"a10": day[3], "a11": day[0], "a12": day[3]}
    # an earlier day that is published again by the new draw brings nothing back, and a later --from goes further
    recorded(config, "at_risk", day[1], {"a04": ("listed", day[1])})
    recorded(known_shop.config(), "at_risk", day[5], {"a10": ("listed", day[3]), "a17": ("listed", day[5])})
    assert all_of(entries(config, KNOWN, "at_risk"), "entered") == {"a10": day[3], "a17": day[5], "a04": day[1]}
    assert set(entries(config, KNOWN, "at_risk", since=day[4]).rows["account_id"]) == {"a17"}
    known_shop.keys["lists"]["holdout_seed"] = 8
    recorded(known_shop.config(), "at_risk", day[7], {"a24": ("listed", day[7])})
    assert set(entries(config, KNOWN, "at_risk").rows["account_id"]) == {"a24"}
    assert entries(config, day[5] + timedelta(days=37), "at_risk").drawn_anew == {"at_risk": day[7]}


def test_records_that_do_not_say_their_draw_count_with_those_after_them(
    known_shop: Any, recorded: Callable[..., None]
) -> None:
    import pyarrow.parquet as pq

    config, later = known_shop.config(), ENTRY + timedelta(days=1)
    recorded(config, "at_risk", ENTRY, {"a03": ("listed", ENTRY)})
    file = Lake(config.path(config.lake)).list_record("at_risk", ENTRY)
    pq.write_table(pq.read_table(file, partitioning=None).replace_schema_metadata(None), file)
    recorded(config, "at_risk", later, {"a04": ("listed", later)})
    found = entries(config, KNOWN)
    assert found.drawn_anew == {}
    assert set(found.rows["account_id"]) == {"a03", "a04"}


def test_only_matured_entries_of_records_up_to_the_day_count(known_shop: Any, recorded: Callable[..., None]) -> None:
    config = known_shop.config()
    late = KNOWN - timedelta(days=36)
    recorded(config, "at_risk", ENTRY, {"a03": ("listed", ENTRY)})
    recorded(config, "at_risk", late, {"a03": ("listed", ENTRY), "a10": ("listed", late)})
    recorded(config, "at_risk", KNOWN + timedelta(days=1), {"a11": ("listed", KNOWN + timedelta(days=1))})
    found = entries(config, KNOWN)
    assert all_of(found, "entered") == {"a03": ENTRY}
    assert found.immature == 1
    recorded(config, "at_risk", KNOWN - timedelta(days=37), {"a10": ("listed", KNOWN - timedelta(days=37))})
    assert set(entries(config, KNOWN).rows["account_id"]) == {"a03", "a10"}


def test_accounts_that_could_not_leave_are_counted_apart(shop: Any, recorded: Callable[..., None]) -> None:
    """a03 has left on 12 February: on the 20th it cannot leave."""
    config, day = shop.accept(date(2025, 4, 10)), date(2025, 2, 20)
    recorded(config, "win_back", day, {"a03": ("listed", day), "a17": ("listed", day)})
    found = entries(config, date(2025, 4, 10))
    assert all_of(found, "churned") == {"a17": True}
    assert found.without_outcome == 1


@pytest.mark.parametrize(
    ("contacts", "reached"),
    [
        ([("a03", "2025-02-11T09:00:00Z", None), ("a04", "2025-02-11T09:00:00Z", None)], {"a03", "a04"}),
        ([("a04", "2025-02-10T22:59:59Z", None)], set()),  # before the day of the entry is over in Berlin
        ([("a04", "2025-02-10T23:00:00Z", None)], {"a04"}),
        ([("a04", "2025-03-12T22:59:00Z", None)], {"a04"}),
        ([("a04", "2025-03-12T23:00:00Z", None)], set()),  # after the window
        ([("a03", "2025-02-14T09:00:00Z", None)], set()),  # after it has left
        # once a list is named, unnamed contacts are of another kind, and earlier lists of another entry
        ([("a03", "2025-02-11T09:00:00Z", None), ("a04", "2025-02-12T09:00:00Z", "2025-02-11")], {"a04"}),
        ([("a03", "2025-02-11T09:00:00Z", "2025-02-09"), ("a04", "2025-02-11T09:00:00Z", "2025-02-10")], {"a04"}),
    ],
)
def test_contacts_after_the_entry_and_before_the_end_count(
    known_shop: Any,
    recorded: Callable[..., None],
    with_outreach: Callable[..., None],
    contacts: list[tuple[str, str, str | None]],
    reached: set[str],
) -> None:
    with_outreach(known_shop, contacts)
    config = known_shop.accept(KNOWN, "outreach")
    recorded(config, "at_risk", ENTRY, {account: (arm, ENTRY) for account, arm in ARMS.items()})
    found = entries(config, KNOWN)
    assert {account for account, contacted in all_of(found, "contacted").items() if contacted} == reached


def test_a_departure_that_is_told_later_is_not_known_earlier(shop: Any, recorded: Callable[..., None]) -> None:
    told = shop.read("subscriptions.csv")
    shop.write("subscriptions.csv", [{**row, "to": "" if row["acc"] == "a10" else row["to"]} for row in told])
    shop.accept(KNOWN)
    shop.write("subscriptions.csv", told)
    config = shop.accept(KNOWN + timedelta(days=3))
    recorded(config, "at_risk", ENTRY, {account: (arm, ENTRY) for account, arm in ARMS.items()})
    assert not all_of(entries(config, KNOWN), "churned")["a10"]
    assert all_of(entries(config, KNOWN + timedelta(days=3)), "churned")["a10"]


def test_a_list_that_is_not_on_record_is_named(known_shop: Any, recorded: Callable[..., None]) -> None:
    config = known_shop.config()
    with pytest.raises(ChurnError, match=r"no list is on record.*churn run"):
        entries(config, KNOWN)
    recorded(config, "at_risk", ENTRY, {"a03": ("listed", ENTRY)})
    with pytest.raises(ChurnError, match=r"no record of list save.*at_risk"):
        entries(config, KNOWN, "save")
    with pytest.raises(ChurnError, match="no list is on record up to 2025-01-01"):
        entries(config, date(2025, 1, 1))
