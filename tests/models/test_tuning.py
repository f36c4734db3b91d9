"""A search that sees train dates only, ends in time, repeats itself, and is never worse than what it starts from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.boosting import settings
from models.churn_model import ChurnModel, fit
from models.evidence import Evidence, gather
from models.inputs import Input, matrix
from models.split import Split, split_dates
from models.tuning import Search, space, tune

Inputs = tuple[Input, ...]
PLANS = {"plan": ["basic", "pro"]}


@pytest.fixture(scope="module")
def small(make_panel: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return make_panel(accounts=400, dates=16, strength=1.5)


@pytest.fixture(scope="module")
def dates(small: pd.DataFrame) -> Split:
    return split_dates(list(small["as_of"].unique()), 37)


@pytest.fixture(scope="module")
def known(small: pd.DataFrame, inputs: Inputs, dates: Split) -> Evidence:
    return gather(small, inputs, dates, 7, 10**6)


@pytest.fixture(scope="module")
def x(known: Evidence) -> np.ndarray:
    return matrix(known.panel, known.names, PLANS, known.rows)


@pytest.fixture(scope="module")
def tuned(small: pd.DataFrame, inputs: Inputs, dates: Split) -> ChurnModel:
    return fit(small, inputs, dates, search=Search(3))


def usual(known: Evidence) -> dict[str, object]:
    directions = [0 if each.categorical else each.direction for each in known.inputs]
    return settings(len(known.rows), known.leaving_accounts, directions, 7, 1)


def test_train_dates_and_the_seed_decide_and_nothing_else(
    small: pd.DataFrame, inputs: Inputs, dates: Split, tuned: ChurnModel
) -> None:
    later = ~small["as_of"].isin(dates.train)
    scrambled = small.copy()
    scrambled.loc[later, ["days_since_activity", "trend"]] = 77.0
    scrambled.loc[later, "plan"] = "scrambled"
    scrambled.loc[later, "churned"] = ~scrambled.loc[later, "churned"]
    again = fit(scrambled, inputs, dates, search=Search(3))
    assert again.text == tuned.text
    assert json.dumps(again.card["tuning"], allow_nan=False) == json.dumps(tuned.card["tuning"])
    assert again.card["categories"] == PLANS
    other = fit(small, inputs, dates, seed=-8, search=Search(2))
    assert other.card["tuning"]["log_loss"][1] != tuned.card["tuning"]["log_loss"][1]


def test_the_card_says_what_was_tried(tuned: ChurnModel, dates: Split) -> None:
    found = tuned.card["tuning"]
    assert found["asked"] == found["finished"] == len(found["log_loss"]) == 3
    assert found["log_loss"][found["best"]] == min(found["log_loss"]) <= found["log_loss"][0]
    assert {name: tuned.card["parameters"][name] for name in found["parameters"]} == found["parameters"]
    assert tuned.card["parameters"]["min_data_per_group"] == found["parameters"]["min_data_in_leaf"]
    assert found["note"].startswith("3 trials: ")
    # too few leave on the first dates to learn from them alone
    whole = [str(dates.train[0]), str(dates.train[-1])]
    assert found["dates"] == {"fitted": whole, "held_out": whole}


def test_rows_held_out_are_later_by_the_time_an_outcome_takes(
    panel: pd.DataFrame, inputs: Inputs, split: Split
) -> None:
    known = gather(panel, inputs, split, 7, 10**6)
    x = matrix(panel, known.names, PLANS, known.rows)
    found = tune(known, x, ["plan"], usual(known), Search(1))[1]["dates"]
    fitted, held_out = ([date.fromisoformat(each) for each in found[side]] for side in ("fitted", "held_out"))
    assert fitted[0] == split.train[0]
    assert held_out[1] == split.train[-1]
    assert held_out[0] - fitted[1] >= timedelta(days=split.gap_days)


def test_without_anything_better_the_model_is_the_usual_one(
    small: pd.DataFrame, inputs: Inputs, dates: Split, tuned: ChurnModel
) -> None:
    plain = fit(small, inputs, dates)
    assert "tuning" not in plain.card
    assert fit(small, inputs, dates, search=Search(0)).card == plain.card
    alone = fit(small, inputs, dates, search=Search(1))
    assert alone.text == plain.text
    assert alone.card["parameters"] == plain.card["parameters"]
    assert alone.card["tuning"]["log_loss"] == tuned.card["tuning"]["log_loss"][:1]


def test_bad_parameters_are_left_for_better_ones_and_directions_stay(known: Evidence, x: np.ndarray) -> None:
    said: list[str] = []
    bad = {**usual(known), "num_leaves": 31, "min_data_in_leaf": 20, "learning_rate": 0.2, "lambda_l2": 0.1}
    chosen, card = tune(known, x, ["plan"], bad, Search(4, say=said.append))
    losses, best = card["log_loss"], card["best"]
    assert best > 0
    assert losses[best] < losses[0]
    assert chosen != bad
    assert chosen["monotone_constraints"] == bad["monotone_constraints"] == [1, -1, 0, 0, 0, 0, 0, 0]
    improved = [at for at, each in enumerate(losses) if each < min([*losses[:at], np.inf])]
    assert [line.split(":")[0] for line in said[:-1]] == [f"tuning, trial {at + 1} of 4" for at in improved]
    assert said[-1] == card["note"]
    assert card["note"].startswith(f"4 trials: trial {best + 1} was best")


@pytest.mark.parametrize(("asked_before", "finished"), [(0, 1), (1, 1), (8, 1), (601, 2)])
def test_time_is_up_between_two_trees(known: Evidence, x: np.ndarray, asked_before: int, finished: int) -> None:
    asked = count()
    search = Search(50, late=lambda: next(asked) >= asked_before)
    chosen, card = tune(known, x, ["plan"], usual(known), search)
    assert card["asked"] == 50
    assert finished <= card["finished"] < 50
    assert next(asked) == asked_before + 1, "it went on after it had been told that time is up"
    assert card["note"].startswith(f"Time was up after {card['finished']} of 50 trials")
    if card["best"] == 0:
        assert chosen == usual(known)


def test_optuna_is_silent(known: Evidence, x: np.ndarray, capfd: pytest.CaptureFixture[str]) -> None:
    tune(known, x, ["plan"], usual(known), Search(2))
    assert capfd.readouterr() == ("", "")


@given(st.integers(1, 10**7), st.data())
def test_the_usual_parameters_lie_in_the_space(rows: int, data: st.DataObject) -> None:
    chosen = settings(rows, data.draw(st.integers(1, rows)), [0], 7, 2)
    for name, searched in space(chosen, rows).items():
        assert searched.low <= chosen[name] <= searched.high, name
