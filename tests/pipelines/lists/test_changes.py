"""What is told of two lists: who came, who went and why, who moved, and since when an account is on lists."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from churn_features.catalogue import BY_NAME
from churn_features.sentences import say
from models.reasons import MARGIN
from pipelines import exports, features, scoring
from pipelines.exports import Earlier
from pipelines.lists import AT_RISK, SAVE, WIN_BACK
from pipelines.lists.changes import changes, raised
from pipelines.lists.choice import choose
from pipelines.lists.day import Day

DAY = date(2025, 3, 11)


def row(account: str, rank: int, probability: float = 0.25, since: date = DAY) -> dict[str, Any]:
    return {"account_id": account, "rank": rank, "probability": probability, "since": str(since), "reasons": []}


def day_of(*accounts: str, announced: tuple[str, ...] = ()) -> Any:
    """A day on which these accounts pay."""

    class Paying:
        paying = pd.DataFrame({"account_id": accounts, "announced": [each in announced for each in accounts]})

    return Paying()


def test_who_came_who_went_and_why_who_moved() -> None:
    before = Earlier("2025-03-10", "", [row(each, rank) for rank, each in enumerate("abcdef", start=1)])
    day = day_of(*"bcdefg", announced=("c",))
    aside = [{"account_id": "d", "reason": "contacted"}]
    rows = [row("g", 1, 0.5), row("b", 2, 0.125, date(2025, 3, 1))]
    found = changes(day, AT_RISK, rows, before, aside, ["b", "d", "e", "g"])
    assert found["entered"] == [{"account_id": "g", "rank": 1, "probability": 0.5, "since": "2025-03-11", "why": None}]
    assert found["stayed"] == [
        {"account_id": "b", "rank": 2, "probability": 0.125, "since": "2025-03-01", "rank_before": 2,
         "probability_before": 0.25, "why": None}
    ]  # fmt: skip
    assert [(each["account_id"], each["why"]) for each in found["left"]] == [
        ("a", "no_longer_paying"), ("c", "announced"), ("d", "contacted"), ("e", "displaced"), ("f", "risk_fell"),
    ]  # fmt: skip
    assert found["left"][0] == {
        "account_id": "a", "rank_before": 1, "probability_before": 0.25, "why": "no_longer_paying",
    }  # fmt: skip


def test_who_is_drawn_into_the_holdout_later_is_not_told_apart() -> None:
    """Another seed or share: neither "displaced", which would give them away, nor anything else of their own."""
    before = Earlier("2025-03-10", "", [row(each, rank) for rank, each in enumerate("abc", start=1)])
    found = changes(day_of(*"abc"), SAVE, [row("a", 1)], before, [], ["a", "b"], {"b"})
    assert [(each["account_id"], each["why"]) for each in found["left"]] == [
        ("b", "no_longer_applies"), ("c", "no_longer_applies"),
    ]  # fmt: skip


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_nobody_is_lost_or_told_twice(then: set[str], now: set[str]) -> None:
    before = Earlier("2025-03-10", "", [row(each, 1) for each in sorted(then)])
    found = changes(day_of(*"abcdef"), AT_RISK, [row(each, 1) for each in sorted(now)], before, [], [])
    told = {name: [each["account_id"] for each in found[name]] for name in found}
    assert told == {"entered": sorted(now - then), "left": sorted(then - now), "stayed": sorted(now & then)}


def test_who_was_to_be_saved_or_won_back_and_is() -> None:
    before = Earlier("2025-03-10", "", [row(each, 1) for each in "abc"])
    day = day_of("a", "b", announced=("b",))
    told = {name: changes(day, name, [], before, [], ["b"]) for name in (SAVE, WIN_BACK)}
    why = {name: [each["why"] for each in found["left"]] for name, found in told.items()}
    assert why == {
        SAVE: ["no_longer_applies", "displaced", "no_longer_paying"],
        WIN_BACK: ["paying_again", "displaced", "no_longer_applies"],
    }


def test_what_raised_the_probability_is_why_else_the_first_reason() -> None:
    before = Earlier("2025-03-10", "", [row("a", 1), row("b", 2)])
    because = {"reasons": [{"theme": "usage", "feature": "f", "text": "first"}, {"text": "second"}]}
    rows = [{**row(each, 1), **because} for each in "abcd"] + [row("e", 5)]
    found = changes(day_of(*"abcde"), AT_RISK, rows, before, [], list("abcde"), raised={"b": "more b", "d": "more d"})
    assert [(each["account_id"], each["why"]) for each in found["entered"]] == [
        ("c", "first"), ("d", "more d"), ("e", None),
    ]  # fmt: skip
    assert [(each["account_id"], each["why"]) for each in found["stayed"]] == [("a", None), ("b", "more b")]


def test_only_what_rose_since_the_list_before_raised_the_probability(running_shop: Any, stand_in: Any) -> None:
    """With the number of the day, by the model of the day, of those alone whose probability rose by enough to tell."""
    config = running_shop.accept(DAY)
    features.compute(config, DAY)
    scoring.score(config, DAY)
    before, day = exports.earlier(config, AT_RISK, DAY), Day(config, DAY)
    accounts = day.paying["account_id"].tolist()
    rows = day.feature_rows(accounts).frame
    found = raised(day, before, rows)
    assert before is not None
    then, now = (scoring.read_features(config, each, accounts) for each in (date(2025, 3, 10), DAY))
    both = now[now["account_id"].isin(then["account_id"])]
    then = then[then["account_id"].isin(both["account_id"])]
    odds = (logit(stand_in.model.predict(each)) for each in (both, then))
    rose = {account for account, high, low in zip(both["account_id"], *odds, strict=True) if high - low >= MARGIN}
    assert found
    assert len(rose) < len(both)
    assert set(found) <= rose
    names, units = [each.name for each in stand_in.model.inputs], {name: each.unit for name, each in BY_NAME.items()}
    high, low = (stand_in.model.contributions(each)[names].to_numpy() for each in (both, then))
    for at, record in enumerate(both.to_dict("records")):
        more = [name for name, more in zip(names, high[at] > low[at], strict=True) if more]
        told = {say(BY_NAME[name], record, units, "EUR") for name in more}
        assert found.get(record["account_id"]) in {None, *told}
    assert raised(day, None, rows) == {}
    scoring.features_file(config, date(2025, 3, 10)).unlink()
    assert raised(day, before, rows) == {}


def test_without_a_list_before_everybody_has_entered() -> None:
    found = changes(day_of("a"), AT_RISK, [row("a", 1)], None, [], ["a"])
    assert [each["account_id"] for each in found["entered"]] == ["a"]
    assert found["left"] == found["stayed"] == []


def test_lists_of_days_that_follow_carry_since_when(running_shop: Any) -> None:
    """The first list is that of the day before, which the shop has published."""
    running_shop.keys["lists"]["capacity"] = 5
    config = running_shop.accept(DAY)
    features.compute(config, DAY)
    scoring.score(config, DAY)
    before = exports.earlier(config, AT_RISK, DAY)
    assert before is not None
    done = exports.publish(config, choose(Day(config, DAY), AT_RISK))
    found = json.loads((done.folder / "changes.json").read_text("utf-8"))
    was = {each["account_id"] for each in before.rows}
    now = {each["account_id"] for each in json.loads((done.folder / "at_risk.json").read_text("utf-8"))}
    assert {each["since"] for each in found["stayed"]} == {"2025-03-10"}
    assert {each["account_id"] for each in found["stayed"]} == was & now
    assert {each["account_id"] for each in found["left"]} == was - now
    assert {each["why"] for each in found["left"]} <= {"displaced", "risk_fell", "no_longer_paying"}
    assert done.manifest["changes"] == {name: len(found[name]) for name in ("entered", "left", "stayed")}
    again = exports.publish(config, choose(Day(config, DAY), AT_RISK))
    assert again.folder.resolve() == done.folder.resolve()
    rows = done.rows()
    assert {each["account_id"]: each["since"] for each in rows} == {
        each["account_id"]: each["since"] for each in found["entered"] + found["stayed"]
    }
    assert {(each["since"], each["days_on_list"]) for each in rows} <= {("2025-03-10", 1), ("2025-03-11", 0)}
    told = {each["account_id"]: (each["rank_before"], each["probability_before"]) for each in rows}
    assert told == {account: told_before(before, account) for account in told}


def told_before(before: Earlier, account: str) -> tuple[int | None, float | None]:
    was = before.by_account.get(account, {})
    return was.get("rank"), was.get("probability")
