"""What is told of two lists: who came, who went and why, who moved, and since when an account is on lists."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines import exports, features, lists, scoring
from pipelines.exports import Earlier
from pipelines.list_changes import changes

DAY = date(2025, 3, 11)


def row(account: str, rank: int, probability: float = 0.25) -> dict[str, Any]:
    return {"account_id": account, "rank": rank, "probability": probability, "reasons": []}


def scores_of(*accounts: str, announced: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame({"account_id": accounts, "announced": [each in announced for each in accounts]})


def test_who_came_who_went_and_why_who_moved() -> None:
    before = Earlier(
        "2025-03-10", "", [row(each, rank) for rank, each in enumerate("abcdef", start=1)],
        dict.fromkeys("abcdef", "2025-03-10") | {"b": "2025-03-01"},
    )  # fmt: skip
    scores = scores_of(*"bcdefg", announced=("c",))
    aside = [{"account_id": "d", "reason": "contacted"}]
    found = changes(DAY, [row("g", 1, 0.5), row("b", 2, 0.125)], before, scores, aside, ["b", "d", "e", "g"])
    assert found["entered"] == [{"account_id": "g", "rank": 1, "probability": 0.5, "since": "2025-03-11"}]
    assert found["stayed"] == [
        {"account_id": "b", "rank": 2, "probability": 0.125, "rank_before": 2, "probability_before": 0.25,
         "since": "2025-03-01"}
    ]  # fmt: skip
    assert [(each["account_id"], each["why"]) for each in found["left"]] == [
        ("a", "no_longer_paying"), ("c", "announced"), ("d", "contacted"), ("e", "displaced"), ("f", "risk_fell"),
    ]  # fmt: skip
    assert found["left"][0] == {
        "account_id": "a", "rank_before": 1, "probability_before": 0.25, "why": "no_longer_paying",
    }  # fmt: skip


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_nobody_is_lost_or_told_twice(then: set[str], now: set[str]) -> None:
    before = Earlier("2025-03-10", "", [row(each, 1) for each in sorted(then)], dict.fromkeys(then, "2025-03-09"))
    found = changes(DAY, [row(each, 1) for each in sorted(now)], before, scores_of(*"abcdef"), [], [])
    told = {name: [each["account_id"] for each in found[name]] for name in found}
    assert told == {"entered": sorted(now - then), "left": sorted(then - now), "stayed": sorted(now & then)}
    assert {each["since"] for each in found["stayed"]} <= {"2025-03-09"}


def test_without_a_list_before_everybody_has_entered() -> None:
    found = changes(DAY, [row("a", 1)], None, scores_of("a"), [], ["a"])
    assert [each["account_id"] for each in found["entered"]] == ["a"]
    assert found["left"] == found["stayed"] == []


def test_lists_of_days_that_follow_carry_since_when(running_shop: Any) -> None:
    """The first list is that of the day before, which the shop has published."""
    running_shop.keys["lists"]["capacity"] = 5
    config = running_shop.accept(DAY)
    features.compute(config, DAY)
    scoring.score(config, DAY)
    before = exports.earlier(config, DAY)
    assert before is not None
    done = exports.publish(config, lists.at_risk(config, DAY))
    found = json.loads((done.folder / "changes.json").read_text("utf-8"))
    was = {each["account_id"] for each in before.rows}
    now = {each["account_id"] for each in json.loads((done.folder / "at_risk.json").read_text("utf-8"))}
    assert {each["since"] for each in found["stayed"]} == {"2025-03-10"}
    assert {each["account_id"] for each in found["stayed"]} == was & now
    assert {each["account_id"] for each in found["left"]} == was - now
    assert {each["why"] for each in found["left"]} <= {"displaced", "risk_fell", "no_longer_paying"}
    assert done.manifest["changes"] == {name: len(found[name]) for name in ("entered", "left", "stayed")}
    again = exports.publish(config, lists.at_risk(config, DAY))
    assert again.folder.resolve() == done.folder.resolve()
    later = exports.earlier(config, date(2025, 3, 12))
    assert later is not None
    assert later.since == {each["account_id"]: each["since"] for each in found["entered"] + found["stayed"]}


def test_a_list_from_before_there_were_changes_counts_from_its_own_day(running_shop: Any) -> None:
    config = running_shop.config()
    folder = (config.path(config.exports) / "at_risk" / "latest").resolve()
    (folder / "changes.json").unlink()
    before = exports.earlier(config, DAY)
    assert before is not None
    assert set(before.since.values()) == {"2025-03-10"}
