"""Who is left in peace, why, until when; and that lists keep to it and say so."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from pipelines import exports
from pipelines.lists import AT_RISK
from pipelines.lists.choice import choose
from pipelines.lists.day import Day
from pipelines.lists.suppression import suppressed

DAY = date(2025, 3, 10)


@pytest.fixture
def asked(running_shop: Any) -> Any:
    """The shop, of whose customers a00 and a01 asked not to be contacted; contacts are to be added."""
    shop = running_shop
    shop.tables["accounts"]["columns"]["contact_ok"] = "ok"
    shop.tables["outreach"] = {
        "files": "outreach.csv",
        "columns": {"account_id": "acc", "contacted_at": "at", "play": "play", "recorded_at": "noted"},
    }
    answers = {"a00": "no", "a01": "no", "a02": "yes"}
    shop.write("accounts.csv", [{**row, "ok": answers.get(row["id"], "")} for row in shop.read("accounts.csv")])
    return shop


def contacts(shop: Any, *rows: tuple[str, str, str]) -> Any:
    """Accept contacts, each an account, when it was contacted and when that was noted; the configuration."""
    shop.write("outreach.csv", [{"acc": acc, "at": at, "play": "call", "noted": noted} for acc, at, noted in rows])
    return shop.accept(DAY, "accounts", "subscriptions", "outreach")


def test_who_asked_and_who_was_contacted_is_left_in_peace(asked: Any) -> None:
    config = contacts(
        asked,
        ("a00", "2025-03-09T10:00:00+01:00", ""),
        ("a02", "2025-02-25T00:00:00+01:00", ""),
        ("a02", "2025-02-20T10:00:00+01:00", ""),
        ("a04", "2025-02-24T23:59:00+01:00", ""),
        ("a05", "2025-03-10T23:59:00+01:00", ""),
        ("a06", "2025-03-09T10:00:00+01:00", "2025-03-11T00:00:00+01:00"),
    )
    found = suppressed(Day(config, DAY))
    told = [(row.account_id, row.reason, str(row.until)[:10]) for row in found.itertuples()]
    assert told == [
        ("a00", "opted_out", "NaT"),
        ("a01", "opted_out", "NaT"),
        ("a02", "contacted", "2025-03-10"),
        ("a05", "contacted", "2025-03-23"),
    ]


def test_without_a_cool_down_only_who_asked_is_left_in_peace(asked: Any) -> None:
    asked.keys["lists"]["cool_down_days"] = 0
    config = contacts(asked, ("a05", "2025-03-10T10:00:00+01:00", ""))
    assert list(suppressed(Day(config, DAY))["account_id"]) == ["a00", "a01"]


def test_a_list_leaves_them_out_and_records_them(asked: Any) -> None:
    asked.keys["lists"]["capacity"] = 100
    before = {row["account_id"]: row for row in choose(Day(asked.config(), DAY), AT_RISK).rows}
    config = contacts(asked, ("a05", "2025-03-10T10:00:00+01:00", ""))
    chosen = choose(Day(config, DAY), AT_RISK)
    aside = [account for account in ("a00", "a01", "a05") if account in before]
    assert len(aside) >= 2
    assert {row["account_id"] for row in chosen.rows} == before.keys() - set(aside)
    assert [row["rank"] for row in chosen.rows] == list(range(1, len(chosen.rows) + 1))
    assert sorted(each["account_id"] for each in chosen.suppressed) == aside
    for each in chosen.suppressed:
        assert each["probability"] == before[each["account_id"]]["probability"]
    chances = [each["probability"] for each in chosen.suppressed]
    assert chances == sorted(chances, reverse=True)

    published = exports.publish(config, chosen)
    assert json.loads((published.folder / "suppressed.json").read_text("utf-8")) == chosen.suppressed
    counted = published.manifest["suppressed"]
    assert sum(counted.values()) == len(aside)
    assert counted["contacted"] == ("a05" in aside)
    assert "suppressed.json" in published.manifest["files"]


def test_without_a_table_of_contacts_and_without_an_answer_everybody_may_be_contacted(running_shop: Any) -> None:
    assert suppressed(Day(running_shop.config(), DAY)).empty
    assert choose(Day(running_shop.config(), DAY), AT_RISK).suppressed == []
