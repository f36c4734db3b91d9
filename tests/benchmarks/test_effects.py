"""The effect report finds what was planted in a company that answers; ranking by expected value saves more MRR."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import effects
from benchmarks.responding import Responding
from models.effect import effect
from pipelines.effects.arms import entries
from pipelines.sources.company import Company


@pytest.fixture(scope="module")
def responding() -> Responding:
    return Responding(Company(accounts=6000, months=12), effects.PLAYS, effects.DAYS)


@pytest.fixture(scope="module")
def made(responding: Responding) -> list[effects.Entry]:
    return effects.played(responding, capacity=60, holdout=0.5, seed=1)


def test_signs_are_found_and_planted_values_covered(
    responding: Responding, made: list[effects.Entry], tmp_path: Path
) -> None:
    """From end to end: tables of the contacted company, landed and checked, and private records in the lake."""
    truth = effects.planted(responding, made)
    assert truth["training"] < -0.04
    assert truth["discount"] > 0.04
    assert truth["check_in"] == 0
    by_play = {each.play: each for each in effects.estimated(responding, made, tmp_path)}
    assert set(by_play) == {*effects.PLAYS, None}
    found = [effects.Found(play, truth[play], by_play[play]) for play in effects.PLAYS]
    assert [each.play for each in found if not each.covered] == []
    assert [each.play for each in found if not each.sign_found] == []
    assert [play for play, each in by_play.items() if each.warning and play] == ["discount"]
    training = by_play["training"]
    assert training.holdout.contacted == 0, "ordinary contacts name no list"
    assert training.contacted_share == pytest.approx(effects.COMPLIANCE, abs=0.05)
    assert training.among_contacted.value == pytest.approx(training.difference.value / training.contacted_share)
    assert training.saved.value > 0 > by_play["discount"].saved.value
    # what the lake says is what befell the accounts
    config = effects.load(tmp_path / "churn.yaml")
    rows = entries(config, config.last_day()).rows.set_index("account_id")
    world = responding.world([each.contact for each in made if each.listed and each.contact])
    for each in made:
        row = rows.loc[effects.account_id(each.account)]
        left = world.left(np.array([each.account]), np.array([each.day]), effects.WINDOW)[0]
        assert (row["churned"], row["listed"]) == (left, each.listed)
        # a contact with an account that has left changed nothing, and counts for nothing
        reached = each.listed and each.contact is not None and world.ended[each.account] > each.contact[1]
        assert row["contacted"] == reached


def test_intervals_cover_what_was_planted_however_the_arms_are_drawn(responding: Responding) -> None:
    """60 draws of three plays each; 164 of 180 is what 95 % coverage exceeds 98 times in 100."""
    made = effects.played(responding, capacity=15, holdout=0.5, seed=3)
    who, day = (np.array([getattr(each, name) for each in made]) for name in ("account", "day"))
    without = responding.untouched.left(who, day, effects.WINDOW)
    by_play = {
        play: responding.world([(each.account, each.day + 1, play, each.day) for each in made])
        .left(who, day, effects.WINDOW)
        for play in effects.PLAYS
    }  # fmt: skip
    rng, covered = np.random.default_rng(0), 0
    for _ in range(60):
        play, listed = rng.choice(sorted(effects.PLAYS), len(made)), rng.random(len(made)) < 0.6
        for name, contacted in by_play.items():
            of_play = play == name
            rows = pd.DataFrame({"account_id": who, "listed": listed, "churned": np.where(listed, contacted, without)})
            rows = rows.assign(list="at_risk", play=name, stratum="human", mrr=1000, contacted=listed)[of_play]
            truth = contacted[of_play].mean() - without[of_play].mean()
            found = effect(rows).difference
            covered += found.low <= truth <= found.high
    assert covered >= 164


def test_ranking_by_expected_value_saves_more_than_by_probability() -> None:
    companies = [Company(accounts=4000, months=9, seed=seed) for seed in (7, 8)]
    money = effects.saved(companies, capacity=10)
    assert money.contacts["value"] == money.contacts["probability"] > 500, "the same capacity"
    assert money.by_probability.value > 0
    assert money.difference.low > 0
    assert money.by_value.value - money.by_probability.value == pytest.approx(money.difference.value)


def test_other_draws_are_counted() -> None:
    covered, signs = effects.repeated(Company(accounts=1000, months=9), capacity=10, holdout=0.5, draws=3)
    assert covered >= 2
    assert 0 <= signs <= 3


def test_results_are_a_table_and_plain_values(responding: Responding, made: list[effects.Entry]) -> None:
    rows = pd.DataFrame({"account_id": ["a", "b"], "listed": [True, False], "churned": [True, False], "mrr": 1})
    one = effect(rows.assign(list="at_risk", stratum="", contacted=False, play="check_in"))
    interval = effects.Interval(1_000_00.0, 500_00.0, 2_000_00.0)
    found, money = [effects.Found("check_in", 0.01, one)], effects.Saved(interval, interval, interval, {"value": 1})
    text = effects.lines_of(found, money)
    assert "| check_in | 1 | 1 | 1 | +1.0 | +100.0 (" in text[2]
    assert text[-1] == "| difference | 1,000 | 500 to 2,000 |"
    assert json.loads(json.dumps(effects.facts(found, money)))["plays"][0]["covered"] == found[0].covered
