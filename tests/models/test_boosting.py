"""The settings follow the evidence, trees stop by later dates and other accounts, and threads do not spin."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from models.boosting import FOLDS, dataset, settings, stopping_folds, train

DAYS = np.datetime64("2024-01-07") + np.arange(0, 84, 7).astype("timedelta64[D]")


def rows(accounts: int = 200, leaves: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Day, position of the account and outcome: all accounts on every date."""
    rng = np.random.default_rng(0)
    day, account = np.repeat(DAYS, accounts), np.tile(rng.random(accounts), len(DAYS))
    return day, account, rng.random(len(day)) < leaves


@pytest.mark.parametrize("gap", [1, 7, 8, 37])
def test_rows_to_stop_by_are_later_by_the_gap_and_of_other_accounts(gap: int) -> None:
    day, account, churned = rows()
    folds = stopping_folds(day, account, churned, gap)
    assert folds
    for fit, stop in folds:
        assert day[stop].min() == DAYS[-4]
        assert day[stop].min() - day[fit].max() >= np.timedelta64(gap, "D")
        assert day[stop].min() - day[fit].max() < np.timedelta64(gap + 7, "D")
        assert not set(account[fit]) & set(account[stop])


def test_a_gap_that_leaves_nothing_to_learn_from_is_given_up_before_the_order_of_time() -> None:
    day, account, churned = rows()
    for fit, stop in stopping_folds(day, account, churned, 365):
        assert day[fit].max() == DAYS[-5]
        assert day[stop].min() == DAYS[-4]
    day, account, churned = rows(leaves=0.01)
    for fit, stop in stopping_folds(day, account, churned, 37):
        assert day[fit].max() == day[stop].max() == DAYS[-1]
        assert not set(account[fit]) & set(account[stop])


def test_few_leavers_are_stopped_by_in_all_folds() -> None:
    assert len(stopping_folds(*rows(accounts=3000))) == 1
    assert len(stopping_folds(*rows(leaves=0.05))) == FOLDS


def test_settings_follow_the_leavers() -> None:
    few, many = (settings(100_000, leavers, [0, 0], 7, 2) for leavers in (60, 5000))
    assert (few["num_leaves"], many["num_leaves"]) == (3, 31)
    assert few["min_data_in_leaf"] == few["min_data_per_group"] == 833
    assert many["min_data_in_leaf"] == 20
    assert few["force_col_wise"] is True
    assert few["deterministic"] is True
    assert not {"is_unbalance", "scale_pos_weight"} & set(few)
    assert "monotone_constraints_method" not in few
    assert settings(100_000, 60, [0, -1], 7, 2)["monotone_constraints"] == [0, -1]


@pytest.mark.process
@pytest.mark.parametrize("first", ["models.model", "pipelines.fitting, models.model"])
def test_threads_that_wait_do_not_spin(first: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", f"import {first}"],
        env={**environment, "OMP_DISPLAY_ENV": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.findall(r"OMP_WAIT_POLICY\s*=\s*'(\w+)'", done.stderr)
    assert told, "no OpenMP library has said how its threads wait"
    assert set(told) == {"PASSIVE"}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_group_that_is_sure_to_leave_is_seen(seed: int) -> None:
    """Such as accounts whose payments fail: one row in 160, of which three in four leave, with weights of a fifth as
    weekly snapshots have them."""
    rng = np.random.default_rng(seed)
    day, account, _ = rows(accounts=1700)
    x = rng.normal(size=(len(day), 12)).astype(np.float32)
    x[:, 0] = sure = rng.random(len(day)) < 1 / 160
    churned = rng.random(len(day)) < np.where(sure, 0.75, 1 / (1 + np.exp(3.6 - 0.5 * x[:, 1])))
    chosen = settings(len(day), 180, [1] + [0] * 11, 7, 2)
    data = dataset(x, churned, np.full(len(day), 0.2), [f"input_{at}" for at in range(12)], [], chosen)
    p = train(data, chosen, stopping_folds(day, account, churned)).predict(x)
    assert p[sure].mean() == pytest.approx(churned[sure].mean(), abs=0.25)
    assert p[~sure].mean() == pytest.approx(churned[~sure].mean(), abs=0.01)
