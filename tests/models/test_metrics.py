"""The arithmetic against scikit-learn, by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from models.calibration import logistic_line, sigmoid
from models.metrics import AccountSums, CalibrationLine, Ranking, calibration_error, interval, resample, row_log_loss

rows = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40)


@settings(deadline=None)
@given(rows)
def test_ranking_equals_scikit_learn_with_ties_and_repeated_accounts(table: list[tuple[int, bool, int]]) -> None:
    score, churned, drawn = (np.array(column) for column in zip(*table, strict=True))
    again = np.repeat(np.arange(len(score)), drawn)
    assume(0 < churned[again].sum() < len(again))
    auc, precision, _ = Ranking(score / 5, churned, np.arange(len(score))).figures(drawn.astype(float))
    assert auc == pytest.approx(roc_auc_score(churned[again], score[again]))
    assert precision == pytest.approx(average_precision_score(churned[again], score[again]))


def test_lift_counted_by_hand() -> None:
    churned = np.zeros(20, dtype=bool)
    churned[[0, 5, 9, 19]] = True  # a leaver first: the top two of twenty rows hold 1 of 4
    falling = np.linspace(1, 0, 20)
    everyone = np.ones(20)
    assert Ranking(falling, churned, np.arange(20)).figures(everyone)[2] == pytest.approx(2.5)
    tied = falling.copy()
    tied[:4] = 1.0  # four tied rows with one leaver share the two places: half a leaver
    assert Ranking(tied, churned, np.arange(20)).figures(everyone)[2] == pytest.approx(1.25)
    assert Ranking(np.ones(20), churned, np.arange(20)).figures(everyone) == pytest.approx((0.5, 0.2, 1.0))


def test_one_class_determines_nothing() -> None:
    figures = Ranking(np.arange(5.0), np.zeros(5, dtype=bool), np.arange(5)).figures(np.ones(5))
    assert np.isnan(figures).all()
    assert np.isnan(interval(figures[0], np.array([np.nan])).low)


def test_log_loss_equals_scikit_learn_and_is_finite_for_the_certain() -> None:
    p, y = np.array([0.1, 0.9, 0.4]), np.array([False, True, True])
    assert row_log_loss(p, y).mean() == pytest.approx(log_loss(y, p))
    assert np.isfinite(row_log_loss(np.array([0.0, 1.0]), np.array([True, False]))).all()


def test_calibration_error_by_hand() -> None:
    p = np.repeat([0.2, 0.6], 50)
    y = np.concatenate([np.arange(50) < 20, np.arange(50) < 30])  # 0.4 where 0.2 was said, 0.6 where 0.6
    assert calibration_error(p, y) == pytest.approx(0.1)


def test_sums_follow_the_drawn_accounts() -> None:
    account = np.array([0, 0, 1, 2])
    sums = AccountSums([np.array([1.0, 2.0, 10.0, 100.0]), np.ones(4)], account)
    np.testing.assert_allclose(sums(np.array([2.0, 0.0, 1.0])), [106, 5])


def test_a_resampled_slope_is_that_of_a_fresh_fit() -> None:
    rng = np.random.default_rng(3)
    raw = rng.normal(-2, 1, 6000)
    churned = rng.random(6000) < sigmoid(raw)
    line = CalibrationLine(sigmoid(1.5 * raw), churned, np.arange(6000))
    assert line.slope == pytest.approx(1 / 1.5, abs=0.06)
    for drawn in resample(6000, seed=1, resamples=5):
        again = np.repeat(np.arange(6000), drawn.astype(int))
        fresh = logistic_line(np.column_stack([np.ones(len(again)), 1.5 * raw[again]]), churned[again])[1]
        assert line.resampled_slope(drawn) == pytest.approx(fresh, abs=0.004)


def test_a_constant_has_a_level_but_no_slope() -> None:
    line = CalibrationLine(np.full(100, 0.5), np.arange(100) < 20, np.arange(100))
    assert line.intercept == pytest.approx(np.log(0.25))
    assert np.isnan(line.slope)
    assert np.isnan(line.resampled_slope(np.ones(100)))
