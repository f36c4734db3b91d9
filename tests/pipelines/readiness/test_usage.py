"""What is asked of usage: impossible days, days that lack, events and their roles, who is seen at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.readiness.usage import use

AS_OF = date(2025, 3, 10)
MOMENT = {"as_of": AS_OF, "cutoff": datetime(2025, 3, 11)}
ROLES = {"opened": "login"}
Row = dict[str, Any]


def days_ago(number: int) -> date:
    return AS_OF - timedelta(days=number)


def daily(numbers: Any, event: str = "opened", account: str = "a", **columns: Any) -> list[Row]:
    return [{"account_id": account, "day": days_ago(n), "event": event, **columns} for n in numbers]


@pytest.fixture
def ask(store: Callable[..., Any], by_code: Any) -> Callable[..., Any]:
    def ask(rows: list[Row], roles: dict[str, str] | None = None, subscriptions: list[Row] | None = None) -> Any:
        held = [{"started_at": datetime(2024, 1, 1)}] if subscriptions is None else subscriptions
        con = store(accounts=[{}], subscriptions=held, usage=rows)
        told, seen, found = use(con, ROLES if roles is None else roles, (), "shop", MOMENT)
        return told, seen, by_code(found)

    return ask


def test_good_usage_has_no_findings(ask: Callable[..., Any]) -> None:
    told, seen, found = ask(daily(range(60), users=3))
    assert found == {}
    assert (told.rows, told.first_day, told.last_day, told.days_since_last) == (60, days_ago(59), AS_OF, 0)
    assert (told.longest_gap_days, told.columns["users"].coverage, told.columns["users"].high) == (1, 1.0, "3")
    assert (seen.running, seen.ever, seen.lately, seen.events) == (1, 1, 1, 1)
    assert seen.as_dict()["most_frequent_events"] == [
        {"event": "opened", "role": "login", "rows": 60, "days": 60, "first_day": str(days_ago(59)),
         "last_day": str(AS_OF)}
    ]  # fmt: skip


def test_usage_outside_of_the_account_s_life(ask: Callable[..., Any]) -> None:
    lives = [
        {"started_at": datetime(2025, 2, 1), "ended_at": datetime(2025, 2, 10)},
        {"subscription_id": "s2", "started_at": datetime(2025, 2, 20), "ended_at": datetime(2025, 3, 1)},
        {"subscription_id": "s3", "account_id": "b", "started_at": datetime(2024, 1, 1)},
    ]
    days = [
        date(2025, 1, 30),
        date(2025, 1, 31),
        date(2025, 2, 1),
        date(2025, 2, 15),
        date(2025, 3, 1),
        date(2025, 3, 2),
    ]
    rows = [{"day": day} for day in days] + daily(range(60), account="b")
    _, _, found = ask(rows, subscriptions=lives)
    early, late = found["usage.before_start"], found["usage.after_end"]
    assert (early.count, early.of, early.severity) == (2, 66, "warning")
    assert [each.row for each in early.examples] == ["a, 2025-01-30, opened", "a, 2025-01-31, opened"]
    assert early.examples[0].value == "2025-01-30, subscribed from 2025-02-01"
    assert (late.count, late.examples[0].value) == (1, "2025-03-02, subscribed to 2025-03-01")
    _, _, found = ask(rows[:6], subscriptions=lives)
    assert (found["usage.before_start"].count, found["usage.before_start"].severity) == (2, "error")
    assert found["usage.after_end"].severity == "warning", "one of six is less than a fifth"


def test_days_that_lack_and_days_that_are_thin(ask: Callable[..., Any]) -> None:
    def rows(account: str) -> list[Row]:
        return [row for row in daily(range(84), account=account) if row["day"].weekday() < 5]

    week = [row for n in range(24) for row in rows(f"a{n:02}")]
    _, seen, found = ask(week)
    assert seen.missing_days == ()
    assert not {"usage.missing_days", "usage.thin_days"} & set(found), "nobody works on weekends here"
    gone, thin = days_ago(20), days_ago(34)
    spoilt = [row for row in week if row["day"] != gone and not (row["day"] == thin and row["account_id"] > "a04")]
    _, seen, found = ask(spoilt)
    assert (seen.missing_days, seen.thin_days) == ((gone,), (thin,))
    each = found["usage.missing_days"]
    assert (each.count, each.of, each.examples[0].row, each.examples[0].value) == (1, 84, str(gone), f"{gone:%A}")
    assert found["usage.thin_days"].count == 1


def test_events_and_their_roles(ask: Callable[..., Any]) -> None:
    rows = daily(range(40)) + daily(range(10), "made") + daily(range(5), "Ã¶ffnen")
    _, seen, found = ask(rows, {"opened": "login", "oppened": "login"})
    plain, never = found["usage.event_without_role"], found["usage.role_without_event"]
    assert (plain.count, plain.of, [each.row for each in plain.examples]) == (2, 3, ["made", "Ã¶ffnen"])
    assert (never.count, never.of, never.examples[0].row, never.examples[0].value) == (1, 2, "oppened", "role login")
    garbled = found["usage.encoding"]
    assert (garbled.count, garbled.of, garbled.examples[0].row) == (1, 3, "Ã¶ffnen")
    assert [each.event for each in seen.told] == ["opened", "made", "Ã¶ffnen"]
    _, _, found = ask(rows, {})
    assert (found["usage.no_roles"].count, found["usage.no_roles"].of) == (3, 3)
    assert "usage.event_without_role" not in found


def test_an_event_that_is_gone(ask: Callable[..., Any]) -> None:
    for silent, gone in ((28, False), (29, True)):
        _, _, found = ask(daily(range(60)) + daily(range(silent, silent + 28), "made"))
        assert ("usage.event_gone" in found) == gone
    each = found["usage.event_gone"]
    assert (each.count, each.of, each.examples[0].row) == (1, 2, "made")
    assert each.examples[0].value == f"last on {days_ago(29)}, on 28 days before"


def test_ids_in_names_of_events(ask: Callable[..., Any]) -> None:
    for names in (1000, 1001):
        _, seen, found = ask([{"day": AS_OF, "event": f"page {n}"} for n in range(names)], {"page 1": "login"})
        assert ("usage.many_events" in found) == (names > 1000)
    assert len(seen.told) == 50


def test_accounts_that_are_never_seen(ask: Callable[..., Any]) -> None:
    running = [
        {"account_id": f"a{n}", "subscription_id": f"s{n}", "started_at": datetime(2024, 1, 1)} for n in range(4)
    ]
    left = [{"account_id": "gone", "subscription_id": "sg", "ended_at": datetime(2025, 2, 1)}]
    _, seen, found = ask(
        daily(range(40), account="a0") + daily(range(30, 60), account="a1"), subscriptions=running + left
    )
    assert (seen.running, seen.ever, seen.lately) == (4, 2, 1)
    assert "usage.few_accounts" not in found
    _, _, found = ask(daily(range(40), account="a0"), subscriptions=running + left)
    assert (found["usage.few_accounts"].count, found["usage.few_accounts"].of) == (3, 4)


def test_usage_that_went_silent(ask: Callable[..., Any]) -> None:
    assert "usage.stale" not in ask(daily(range(2, 40)))[2]
    assert ask(daily(range(3, 40)))[2]["usage.stale"].count == 3


def test_without_rows_nothing_is_said(ask: Callable[..., Any]) -> None:
    told, seen, found = ask([], {})
    assert (told.rows, told.last_day, seen.events, seen.ever) == (0, None, 0, 0)
    assert set(found) == {"usage.few_accounts"}


rows = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["a", "b", "Ã¼"]),
            "day": st.dates(date(2024, 12, 1), date(2025, 3, 20)),
            "event": st.sampled_from(["opened", "made", "Ã¼ber"]),
        }
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.dates(date(2024, 12, 1), date(2025, 3, 20)))
def test_counts_never_exceed_rows(store: Callable[..., Any], rows: list[Row], started: date) -> None:
    at = datetime(started.year, started.month, started.day)
    con = store(accounts=[{}], subscriptions=[{"started_at": at, "ended_at": at + timedelta(days=9)}], usage=rows)
    told, seen, found = use(con, ROLES, (), "shop", MOMENT)
    assert told.rows == sum(row["day"] <= AS_OF for row in rows)
    assert seen.lately <= seen.ever <= seen.running
    assert sum(each.rows for each in seen.told) == told.rows
    for each in found:
        assert 0 < each.count <= each.of
        assert len(each.examples) <= 5
