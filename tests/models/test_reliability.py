"""Calibration figures by hand, and resamples against fresh fits."""

from __future__ import annotations

import numpy as np
import pytest

from models.calibration import logistic_line, sigmoid
from models.metrics import resample
from models.reliability import CalibrationError, CalibrationLine


def test_calibration_error_by_hand() -> None:
    p = np.repeat([0.2, 0.6], 50)
    y = np.concatenate([np.arange(50) < 20, np.arange(50) < 30])  # 0.4 where 0.2 was said, 0.6 where 0.6
    error = CalibrationError(p, y, np.arange(100))
    assert error.value == pytest.approx(0.1)
    once_and_twice = np.where(np.arange(100) < 50, 2.0, 1.0)  # the wrong half is there twice
    assert error.resampled(once_and_twice) == pytest.approx((0.2 * 100 / 150, 0.2 * (100 / 150 - 1 / 2)))
    assert error.resampled(np.ones(100)) == pytest.approx((0.1, 0))


def test_an_error_that_noise_explains_may_be_none() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(500) / 2
    for wrong, proven in ((0.0, False), (0.2, True)):
        error = CalibrationError(p + wrong, rng.random(500) < p, np.arange(500))
        resampled = np.array([error.resampled(drawn) for drawn in resample(500, seed=1, resamples=100)])
        found = error.interval(*resampled.T)
        assert (found.low > 0) == proven
        assert found.low < found.value == error.value <= found.high


def test_resampled_slopes_and_intercepts_are_those_of_fresh_fits() -> None:
    rng = np.random.default_rng(3)
    raw = rng.normal(-2, 1, 6000)
    churned = rng.random(6000) < sigmoid(raw)
    line = CalibrationLine(sigmoid(1.5 * raw), churned, np.arange(6000))
    assert line.slope == pytest.approx(1 / 1.5, abs=0.06)
    assert line.resampled(np.ones(6000)) == pytest.approx((line.slope, line.intercept), abs=1e-6)
    for drawn in resample(6000, seed=1, resamples=5):
        again = np.repeat(np.arange(6000), drawn.astype(int))
        odds = 1.5 * raw[again]
        fresh = logistic_line(np.column_stack([np.ones(len(again)), odds]), churned[again])[1]
        level = logistic_line(np.ones((len(again), 1)), churned[again], odds)[0]
        assert line.resampled(drawn) == pytest.approx((fresh, level), abs=0.004)


def test_a_constant_has_a_level_but_no_slope() -> None:
    line = CalibrationLine(np.full(100, 0.5), np.arange(100) < 20, np.arange(100))
    slope, level = line.resampled(np.ones(100))
    assert line.intercept == pytest.approx(level) == pytest.approx(np.log(0.25))
    assert np.isnan([line.slope, slope]).all()


def test_one_class_determines_neither() -> None:
    line = CalibrationLine(np.full(10, 0.5), np.zeros(10, dtype=bool), np.arange(10))
    assert np.isnan(line.resampled(np.ones(10))).all()
