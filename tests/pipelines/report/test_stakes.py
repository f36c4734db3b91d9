"""What is at stake: sums by segment are those of the list, scores of all accounts in steps."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.report import stakes
from pipelines.report.published import lists_of

DAY = date(2025, 3, 10)


def test_segments_sum_to_the_list(running_shop: Any) -> None:
    config = running_shop.config()
    (at_risk,) = [each for each in lists_of(config, DAY) if each.name == "at_risk"]
    plan, interval, size = stakes.by_segment(config, DAY, at_risk)
    assert {row[0] for row in plan.rows} == {row["plan"] for row in at_risk.rows}
    assert sum(int(row[1]) for row in plan.rows) == len(at_risk.rows) > 0
    assert [row[0] for row in interval.rows] == ["month"]
    assert not size.svg
    assert size.note == "The size of these accounts is not known."
    loss = sum(row["expected_loss"] for row in at_risk.rows)
    assert interval.headline == f"{loss:,.0f} EUR expected loss a month"


def test_many_segments_are_told_as_all_others(listed_shop: Any) -> None:
    (at_risk,) = [each for each in lists_of(listed_shop.config, DAY) if each.name == "at_risk"]
    plan = stakes.by_segment(listed_shop.config, DAY, at_risk)[0]
    assert len(plan.rows) == 8
    assert plan.rows[-1][0] == "all others"
    assert sum(int(row[1]) for row in plan.rows) == 120


def test_themes_are_those_of_the_manifest(listed_shop: Any) -> None:
    at_risk = lists_of(listed_shop.config, DAY)[0]
    assert [row[:2] for row in stakes.by_theme(at_risk, "EUR").rows] == [("usage", "2"), ("no reason", "1")]


def test_scores_of_all_accounts_are_counted_in_steps(fresh_listed_shop: Any) -> None:
    edges = {"a": 0.0, "b": 0.00999, "c": 0.01, "d": 0.5, "e": 1.0, "f": 0.4999}
    fresh_listed_shop.score(DAY, edges)
    figure = stakes.distribution(fresh_listed_shop.config, DAY)
    assert [row[1] for row in figure.rows] == ["2", "1", "0", "0", "0", "0", "1", "2"]
    assert figure.rows[0][3] == "40 EUR"
    assert figure.headline.startswith("6 accounts, 2.0 expected to leave")


def test_lists_are_in_their_usual_order(listed_shop: Any) -> None:
    assert [each.name for each in lists_of(listed_shop.config, DAY)] == ["at_risk", "save", "triggers"]
