"""The backtest in the card: what took part, on which dates, and that it never stops a training."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.inputs import Input
from models.metrics import Interval
from pipelines.backtesting import backtest_card
from pipelines.card import page
from pipelines.config import with_training

INPUTS = (Input("days_since_activity", "usage"), Input("seats", "adoption"))
START = date(2024, 1, 7)


def made_up(dates: int, accounts: int = 200) -> pd.DataFrame:
    """Silence is what makes accounts leave; two plans, of which one is rare."""
    rng, rows = np.random.default_rng(3), dates * accounts
    silence = rng.exponential(10, rows)
    days = np.array([START + timedelta(days=14 * at) for at in range(dates)], dtype=object)
    return pd.DataFrame(
        {
            "account_id": np.tile([f"a{at}" for at in range(accounts)], dates),
            "as_of": np.repeat(days, accounts),
            "announced": False,
            "churned": rng.random(rows) < 1 / (1 + np.exp(3 - 0.1 * silence)),
            "mrr_now": 1000,
            "days_since_activity": silence,
            "seats": rng.integers(1, 9, rows).astype(float),
            "tenure_days": np.repeat(np.arange(dates) * 14.0 + 60, accounts),
            "plan": np.tile(np.where(np.arange(accounts) < 3, "odd | [x](y)", "pro"), dates),
        }
    )


def backtested(shop: Any, panel: pd.DataFrame, kinds: tuple[str, ...] = ("health", "logistic"), **keys: Any) -> Any:
    said: list[str] = []
    config = with_training(shop.config(), **keys)
    return backtest_card(config, panel, INPUTS, kinds, kinds[-1], config.lists.capacity, said.append), said


def test_every_rival_is_tested_on_the_same_later_dates(shop: Any) -> None:
    card, said = backtested(shop, made_up(16), backtest_folds=2)
    assert list(card["pooled"]) == list(card["by_date"]) == ["recency", "health", "logistic"]
    assert len({(each["rows"], each["leavers"]) for each in card["pooled"].values()}) == 1
    (first, before), (after, last) = card["folds"]
    assert first <= before < after <= last == str(START + timedelta(days=14 * 15))
    days = [each["as_of"] for each in card["by_date"]["logistic"]]
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == (first, last)
    assert card["pooled"]["logistic"]["auc_low"] > 0.6
    assert card["pooled"]["logistic"]["capacity"] == 10
    assert card["pooled"]["recency"]["log_loss"] is None
    assert card["notes"] == []
    assert [line for line in said if line.startswith("backtest, 2 of 2: the logistic regression, judged from ")]


def test_the_chosen_one_is_told_in_parts(shop: Any) -> None:
    card, _ = backtested(shop, made_up(16), backtest_folds=2)
    parts = {(each["name"], each["part"]): each for each in card["segments"]}
    assert set(parts) == {("tenure", "established"), ("plan", "pro"), ("plan", "odd | [x](y)")}
    assert parts["tenure", "established"]["rows"] == card["pooled"]["logistic"]["rows"]
    assert "auc" not in parts["plan", "odd | [x](y)"]
    assert "figures need 10" in parts["plan", "odd | [x](y)"]["note"]


def test_what_is_contacted_is_told_apart(demo: Any, shop: Any) -> None:
    panel = made_up(16)
    marked = panel.assign(contacted=np.arange(len(panel)) % 4 == 0)
    card, _ = backtested(shop, marked, backtest_folds=1)
    assert card["uncontacted"]["logistic"]["rows"] == card["pooled"]["logistic"]["rows"] * 3 // 4
    assert "Without the 25.0% of rows of accounts that were contacted" in section(demo, card, "The backtest")


def test_a_history_that_is_too_short_leaves_a_note(shop: Any) -> None:
    card, said = backtested(shop, made_up(3), backtest_folds=3)
    (note,) = card["notes"]
    assert note.startswith("there was no backtest: the history is too short: 3 as-of dates")
    assert card["pooled"] == card["by_date"] == card["uncontacted"] == {}
    assert said == [note.replace("there was no", "no")]


def test_a_kind_that_cannot_be_fitted_is_named(shop: Any) -> None:
    constant = made_up(16).assign(seats=1.0, days_since_activity=1.0)
    card, _ = backtested(shop, constant, backtest_folds=2)
    assert list(card["pooled"]) == ["recency"]
    assert card["segments"] == []
    assert any(note.startswith("logistic is left out: ") for note in card["notes"])


def test_it_is_left_out_where_no_folds_are_wanted(shop: Any) -> None:
    card, said = backtested(shop, made_up(16), backtest_folds=0)
    assert card["notes"] == ["there was no backtest: training.backtest_folds is 0"]
    assert said == []


def test_the_card_says_what_contacts_may_have_changed(demo: Any) -> None:
    card, verdict = demo.trained.card, demo.trained.verdict
    outreach = card["outreach"]
    called, left_alone = outreach["segments"]
    assert outreach["known"]
    assert called["rows"] + left_alone["rows"] == verdict.challenger.rows
    assert outreach["share"] == pytest.approx(called["rows"] / verdict.challenger.rows)
    told = page(card, verdict)
    assert f"{outreach['share']:.1%} of these rows are of accounts that were contacted" in told
    assert "| outreach | not contacted |" in told
    assert Interval(*(left_alone[f"auc{end}"] for end in ("", "_low", "_high"))).low > 0.5
    nobody = page({**card, "outreach": {"known": True, "share": 0.0, "segments": []}}, verdict)
    assert "None of these rows is of an account that was contacted" in nobody
    unknown = page({**card, "outreach": {"known": False, "share": 0.0, "segments": []}}, verdict)
    assert "There is no table of outreach" in unknown


def section(demo: Any, card: dict[str, Any], name: str) -> str:
    text = page({**demo.trained.card, "backtest": card}, replace(demo.trained.verdict, chosen="logistic"))
    return text.split(f"## {name}\n")[1].split("\n## ")[0]


def test_the_page_shows_it(demo: Any, shop: Any) -> None:
    card, _ = backtested(shop, made_up(16), backtest_folds=2)
    told = section(demo, card, "The backtest")
    figures = card["pooled"]["logistic"]
    assert (
        f"| logistic regression (chosen) | {Interval(*(figures[f'auc{end}'] for end in ('', '_low', '_high')))} |"
        in told
    )
    assert "| plan | odd \\| \\[x\\](y) | 3 |" in told
    assert told.count("\n| 2024-") == len(card["by_date"]["logistic"])
    short, _ = backtested(shop, made_up(3))
    assert "- there was no backtest: the history is too short" in section(demo, short, "The backtest")


@pytest.mark.parametrize("figure", ["lift at 10 %", "captured MRR at 50 accounts a day", "expected calibration error"])
def test_the_headline_has_figures_beside_those_of_the_rule(demo: Any, figure: str) -> None:
    card, quality = demo.trained.card, demo.trained.verdict.challenger
    head = page(card, demo.trained.verdict).split("## On the test dates")[1].split("## The duel")[0]
    (row,) = [line for line in head.splitlines() if line.startswith(f"| {figure} |")]
    value = {
        "lift at 10 %": quality.lift_10, "captured MRR at 50 accounts a day": quality.captured_mrr_at_capacity,
        "expected calibration error": quality.ece,
    }[figure]  # fmt: skip
    assert f"| {value} |" in row
    assert "not determined" not in head
    assert f"actual {quality.leavers:,} (95 % " in head
