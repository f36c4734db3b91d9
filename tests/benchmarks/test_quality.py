"""The table tells of every set what is promised of it; how good the models are is judged by the benchmark, not here."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import cross_section, histories, quality
from benchmarks.judged_set import HEAD, JudgedSet, table
from models.duel import Verdict, duel
from models.metrics import Interval
from pipelines.config import Config

DATA = Path(os.environ.get("CHURN_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data").resolve()


def verdict(strength: float = 1.0, accounts: int = 2000, first: date = date(2020, 4, 11)) -> Verdict:
    """Of a duel on rows whose probabilities are right, or, with ``strength`` 0, say nothing of what happened."""
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-2, 1, accounts)
    p = 1 / (1 + np.exp(-log_odds))
    left = rng.random(accounts) < np.where(rng.random(accounts) < strength, p, p.mean())
    rows = pd.DataFrame({"account_id": [f"a{at}" for at in range(accounts)], "as_of": first, "churned": left})
    return duel(rows, {"logistic": p, "lightgbm": p}, None, np.zeros(accounts), float(p.mean()))


@pytest.fixture(scope="module")
def good() -> Verdict:
    return verdict()


def judged(found: Verdict, **beside: float) -> JudgedSet:
    return JudgedSet("a set", "1 date", found, {name: Interval(auc, auc, auc) for name, auc in beside.items()})


def held(promise: str, found: JudgedSet) -> list[bool]:
    return [each.holds for each in quality.PROMISES[promise](found)]


def test_promises_hold_where_the_figures_do(good: Verdict) -> None:
    auc = good.challenger.auc.value
    beside = {histories.PLAIN: auc + 0.015}
    assert held("fightchurn", judged(good, **beside)) == [True, True]
    assert held("fightchurn", judged(good, **{histories.PLAIN: auc + 0.03})) == [False, True]
    assert held("fightchurn", judged(verdict(first=date(2020, 4, 1)), **beside)) == [True, False]
    assert held("ravenstack", judged(good)) == [False]
    assert held("ravenstack", judged(verdict(strength=0.0))) == [True]
    assert held("demo", judged(good, **{histories.CEILING: auc})) == [True, True, True]
    assert held("demo", judged(good, **{histories.CEILING: auc - 0.01})) == [True, True, False]
    assert held("demo", judged(verdict(strength=0.3), **{histories.CEILING: 1.0}))[0] is False
    assert held("telco", judged(good)) == [auc >= 0.84, auc >= 0.845] == [False, False]


def test_every_set_has_one_row_with_a_cell_for_each_figure(good: Verdict) -> None:
    beside = {histories.CEILING: 0.9}
    told = JudgedSet("a set", "1 date", good, judged(good, **beside).beside, quality.of_demo(judged(good, **beside)))
    lines = table([told, judged(verdict(strength=0.0))]).splitlines()
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {len(HEAD) + 1}
    chosen = good.challenger
    assert f"| {chosen.rows:,} | {chosen.leavers} ({chosen.leaving_accounts}) |" in lines[2]
    assert "ceiling 0.90 (0.90 to 0.90)" in lines[2]
    assert "within the interval of the actual: yes" in lines[2]
    assert "refused: nothing predicts churn here" in lines[3]


def test_the_cross_section_scores_every_row_by_models_that_have_not_seen_it() -> None:
    if not DATA.is_dir():
        missing = f"the real data sets are not in {DATA}: set CHURN_DATA to their folder"
        if os.environ.get("CHURN_REQUIRE_SYSTEM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    panel, inputs = cross_section.read_telco(DATA / cross_section.TELCO)
    assert (len(panel), len(inputs), int(panel["churned"].sum())) == (7043, 19, 1869)
    assert [each.name for each in inputs if not each.categorical] == [
        "SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges",
    ]  # fmt: skip
    some = panel.sample(1200, random_state=0).reset_index(drop=True)
    found = cross_section.judge(some, inputs, seed=7)
    assert set(found.rivals) == {"recency", "logistic", "lightgbm"}
    assert found.challenger.rows == 1200
    for kind in ("logistic", "lightgbm"):
        assert 0.75 < found.rivals[kind].auc.value < 0.90


def test_the_ceiling_ranks_by_what_the_generator_knows(small: tuple[Config, date]) -> None:
    config, _ = small
    truth = histories.true_risks(config)
    rows = truth[["account_id", "as_of"]].sample(500, random_state=0)
    risk = histories.true_risk(config, rows)
    np.testing.assert_array_equal(risk, truth.loc[rows.index, "p_30d"].to_numpy())
    rows["churned"] = np.random.default_rng(0).random(500) < risk
    assert histories.ceiling(config, rows).value > 0.75
    with pytest.raises(ValueError, match="no risk for 500 of 500 rows"):
        histories.true_risk(config, rows.assign(as_of=date(1999, 1, 3)))
