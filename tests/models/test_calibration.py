"""From score to probability: right with much data, modest with little, never turned round, plain numbers throughout."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from models.calibration import ENOUGH_FOR_STEPS, FURTHEST, Calibration, calibrate, level_error, logistic_line, sigmoid

BENT = Calibration("isotonic", 1.0, 0.0, [-9.0, -2.0, -1.0, 2.0, 9.0], [-30.0, -4.0, -3.9, 0.5, 3.0])
LINE = Calibration("platt", 0.7, -0.2)
FLAT = Calibration("platt", 0.0, -2.0)


def outcomes(log_odds: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(len(log_odds)) < sigmoid(log_odds)


def raw_scores(rows: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(-3, 1, rows)


def bent(log_odds: np.ndarray) -> np.ndarray:
    """What no line undoes: right below -2.5, four times too steep above."""
    return np.where(log_odds > -2.5, -2.5 + (log_odds + 2.5) * 4.0, log_odds)


def log_loss(found: Calibration, raw: np.ndarray, y: np.ndarray) -> float:
    p = sigmoid(found.log_odds(raw))
    return float(-np.mean(np.log(np.where(y, p, 1 - p))))


def test_sigmoid_has_no_overflow() -> None:
    np.testing.assert_allclose(sigmoid(np.array([-1000.0, 0.0, 1000.0])), [0, 0.5, 1])
    x = np.linspace(-20, 20, 99)
    np.testing.assert_allclose(sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-6)


def test_the_logistic_line_is_that_of_scikit_learn() -> None:
    x = np.random.default_rng(0).normal(size=(2000, 2))
    y = outcomes(x @ [1.0, -2.0] + 0.5)
    ours = logistic_line(np.column_stack([np.ones(2000), x]), y)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(ours, [*theirs.intercept_, *theirs.coef_[0]], atol=1e-5)


def test_a_known_distortion_is_undone() -> None:
    truth = raw_scores(60_000)
    found = calibrate((truth - 1.0) * 2.0, outcomes(truth))
    assert found.method == "platt"
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.intercept == pytest.approx(1.0, abs=0.15)


def test_of_what_is_right_only_the_level_is_touched_and_hardly() -> None:
    found = [calibrate(truth := raw_scores(8000, seed), outcomes(truth, seed)) for seed in range(8)]
    chosen = [each.method for each in found]
    assert chosen.count("shift") >= 4
    assert "isotonic" not in chosen
    assert all(abs(each.intercept) < 0.15 for each in found if each.method == "shift")


@pytest.mark.parametrize("off", [-0.2, 0.2])
def test_a_level_that_log_loss_hardly_tells_is_set_right_all_the_same(off: float) -> None:
    for seed in range(8):
        truth = raw_scores(3000, seed)
        y = outcomes(truth, seed)
        found = calibrate(truth + off, y)
        assert sigmoid(found.log_odds(truth + off)).sum() == pytest.approx(y.sum(), rel=0.03)


def test_a_bend_is_undone_by_isotonic_regression_and_only_with_enough_leavers() -> None:
    truth, unseen = raw_scores(40_000), raw_scores(40_000, seed=5)
    y = outcomes(truth)
    found = calibrate(bent(truth), y)
    assert found.method == "isotonic"
    line = Calibration("platt", found.slope, found.intercept)
    best, ours, theirs = (
        log_loss(each, raw, outcomes(unseen, 5))
        for each, raw in ((Calibration("none", 1.0, 0.0), unseen), (found, bent(unseen)), (line, bent(unseen)))
    )
    assert ours - best < 0.3 * (theirs - best)
    few = np.flatnonzero(np.cumsum(y) < ENOUGH_FOR_STEPS)
    assert calibrate(bent(truth)[few], y[few]).method == "platt"


def test_snapshots_of_few_accounts_are_no_more_evidence_than_the_accounts() -> None:
    truth = raw_scores(2000)
    raw, y = np.tile(bent(truth), 10), np.tile(outcomes(truth), 10)
    assert y.sum() > ENOUGH_FOR_STEPS
    assert calibrate(raw, y).method == "isotonic"
    assert calibrate(raw, y, np.tile(np.arange(2000), 10)).method != "isotonic"


def test_probabilities_add_up_to_the_leavers() -> None:
    truth = raw_scores(20_000)
    y = outcomes(truth)
    for raw in (truth + 0.7, bent(truth)):
        found = calibrate(raw, y)
        assert sigmoid(found.log_odds(raw)).sum() == pytest.approx(y.sum(), rel=0.01)


def test_few_leavers_move_the_level_only_and_not_far() -> None:
    raw = raw_scores(100)
    y = np.zeros(100, dtype=bool)
    none = calibrate(raw, y)
    y[:8] = True
    some = calibrate(raw, y)
    assert (none.method, none.slope, some.method, some.slope) == ("shift", 1.0, "shift", 1.0)
    assert -3 < none.intercept < 0 < some.intercept < 1


def test_a_ranking_is_never_turned_round() -> None:
    truth = raw_scores(5000)
    found = calibrate(-truth - 6.0, outcomes(truth))
    assert found.slope == 0
    assert np.ptp(found.log_odds(truth)) == 0


def test_a_single_account_with_many_rows_is_calibrated_all_the_same() -> None:
    raw = raw_scores(100)
    assert calibrate(raw, np.arange(100) < 50, np.zeros(100)).method == "shift"


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.floats(-2, 3), st.floats(-1, 9), st.integers(0, 2))
def test_any_map_never_falls_keeps_off_0_and_1_and_is_plain_json(
    seed: int, slope: float, bend: float, digits: int
) -> None:
    rng = np.random.default_rng(seed)
    raw = np.round(rng.normal(0, 2, 2500), digits)
    y = rng.random(2500) < sigmoid(np.where(raw > 0, bend, slope) * raw)
    found = calibrate(raw, y)
    at = np.concatenate([np.linspace(-200, 200, 801), np.sort(raw)])
    odds = found.log_odds(np.sort(at))
    assert (np.diff(odds) >= 0).all()
    assert ((p := sigmoid(odds)) > 0).all()
    assert (p < 1).all()
    stored = json.loads(json.dumps(asdict(found), allow_nan=False))
    assert Calibration(**stored) == found
    assert (np.diff(found.x) > 0).all()
    if found.method == "isotonic":
        np.testing.assert_array_equal(odds, np.clip(np.interp(np.sort(at), found.x, found.y), -FURTHEST, FURTHEST))


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([BENT, LINE, FLAT]), st.integers(1, 6))
def test_contributions_add_up_keep_their_signs_and_share_one_base(
    seed: int, calibration: Calibration, inputs: int
) -> None:
    rng = np.random.default_rng(seed)
    parts = rng.normal(0, 2, (50, inputs)) * rng.integers(0, 2, (50, inputs))
    raw = np.column_stack([parts, np.full(50, rng.normal(-1, 1))])
    found = calibration.contributions(raw)
    np.testing.assert_allclose(found.sum(axis=1), calibration.log_odds(raw.sum(axis=1)), atol=1e-9)
    assert len(np.unique(found[:, -1])) == 1
    turned = np.sign(found[:, :-1]) * np.sign(parts) < 0
    assert not turned.any()


def test_on_a_line_contributions_are_scaled_by_its_slope_even_where_they_cancel() -> None:
    raw = np.array([[0.5, -0.5, -2.0], [1.0, 0.2, -2.0]])
    np.testing.assert_allclose(LINE.contributions(raw), [[0.35, -0.35, -1.6], [0.7, 0.14, -1.6]], atol=1e-9)
    assert LINE.contributions(np.empty((0, 4))).shape == (0, 4)


def test_the_error_of_the_level_is_what_it_varies_by() -> None:
    """Over samples of accounts, whose five rows each leave together."""
    rng, accounts = np.random.default_rng(8), 800
    raw = np.repeat(rng.normal(-2.5, 1.0, accounts), 5)
    ids, found, told = pd.Series(np.repeat(np.arange(accounts), 5)), [], []
    for _ in range(60):
        left = np.repeat(rng.random(accounts) < sigmoid(raw[::5]), 5)
        each = calibrate(raw, left, ids)
        level = logit_of_mean(each, raw)
        found.append(level)
        told.append(each.level_error)
    assert np.mean(told) == pytest.approx(np.std(found), rel=0.25)
    one_row_each = level_error(sigmoid(raw), left.astype(float), pd.Series(np.arange(len(raw))))
    assert np.mean(told) > 1.8 * one_row_each


def logit_of_mean(calibration: Calibration, raw: np.ndarray) -> float:
    """The shift of ``raw`` that gives the calibrated sum."""
    wanted = sigmoid(calibration.log_odds(raw)).sum()
    return float(brentq(lambda shift: sigmoid(raw + shift).sum() - wanted, -9, 9))
