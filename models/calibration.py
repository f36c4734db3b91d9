"""How a raw score becomes a probability that can be taken at its word.

Belongs here: fitting and applying the calibration, which is plain numbers. Does not belong here: which rows it is
fitted on (``churn_model``), how well it holds later (``quality``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ENOUGH_LEAVERS = 20
"""Rows of either class from which on the slope is fitted too."""
PRIOR_SLOPE, PRIOR_SHIFT = 0.5, 1.0
"""Standard deviations of the normal priors around slope 1 and shift 0."""


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope * raw + intercept), raw in log-odds. ``method`` is ``platt`` or ``shift``."""

    method: str
    slope: float
    intercept: float

    def log_odds(self, raw: np.ndarray) -> np.ndarray:
        return self.slope * raw + self.intercept


def sigmoid(log_odds: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * log_odds))


def logistic_line(
    x: np.ndarray, y: np.ndarray, offset: np.ndarray | float = 0.0, precision: np.ndarray | None = None
) -> np.ndarray:
    """Coefficients of a logistic regression of ``y`` on the columns of ``x`` (n by k) around a given ``offset``.

    Newton's method; ``precision`` (k) is the inverse variance of a normal prior around zero, without which
    separable data have no finite answer and the last of 50 steps is returned.
    """
    prior = np.zeros(x.shape[1]) if precision is None else precision
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = sigmoid(x @ beta + offset)
        gradient = x.T @ (y - p) - prior * beta
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(prior)
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        beta = beta + step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-10:
            break
    return beta


def calibrate(raw: np.ndarray, churned: np.ndarray) -> Calibration:
    """Platt's logistic line from ``raw`` scores (log-odds, one per row) to outcomes, drawn towards the identity.

    The normal priors stand for "the score is about right" and fade as leavers accumulate. With fewer than
    ENOUGH_LEAVERS rows of either class only the shift is fitted. A slope below zero would turn the ranking round
    on the word of the calibration dates; it becomes 0, everyone gets the base rate and no duel is won with that.
    """
    churned = churned.astype(np.float64)
    centre = float(raw.mean())
    method, slope, ones = "shift", 1.0, np.ones((len(raw), 1))
    if min(churned.sum(), len(raw) - churned.sum()) >= ENOUGH_LEAVERS:
        precision = np.array([PRIOR_SHIFT, PRIOR_SLOPE]) ** -2.0
        bend = logistic_line(np.column_stack([ones, raw - centre]), churned, raw, precision)[1]
        method, slope = "platt", max(0.0, 1.0 + float(bend))
    around = slope * (raw - centre) + centre
    shift = float(logistic_line(ones, churned, around, np.array([PRIOR_SHIFT**-2.0]))[0])
    return Calibration(method, slope, shift + centre * (1.0 - slope))
