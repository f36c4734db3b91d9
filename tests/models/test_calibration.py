"""The line from score to probability: right with much data, modest with little, never turned round."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models.calibration import calibrate, logistic_line, sigmoid


def outcomes(log_odds: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(len(log_odds)) < sigmoid(log_odds)


def raw_scores(rows: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(-3, 1, rows)


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


def test_probabilities_add_up_to_the_leavers() -> None:
    truth = raw_scores(20_000)
    y = outcomes(truth)
    found = calibrate(truth + 0.7, y)
    assert sigmoid(found.log_odds(truth + 0.7)).sum() == pytest.approx(y.sum(), rel=0.01)


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
