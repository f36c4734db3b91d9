"""How a raw score becomes a probability that can be taken at its word.

Belongs here: fitting, choosing and applying the calibration, which is plain numbers. Does not belong here: which rows
it is fitted on (``churn_model``), how well it holds later (``quality``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from models.accounts import FOLD, position

ENOUGH_LEAVERS = 20
"""Rows of either class from which on the slope is fitted too."""
ENOUGH_FOR_STEPS = 500
"""Accounts that leave, and that stay, from which on isotonic regression is tried: with fewer than about a thousand
cases it overfits (Niculescu-Mizil & Caruana 2005, ICML)."""
LEAVERS_PER_STEP, MOST_STEPS = 20, 50
PRIOR_SLOPE, PRIOR_SHIFT = 0.5, 1.0
"""Standard deviations of the normal priors around slope 1 and shift 0."""
FOLDS = 5
FURTHEST = 30.0
"""Log-odds at which probabilities end: 1e-13 off 0 and 1."""
REACH = 20.0
"""Log-odds by which the map goes on beyond its outermost knots."""
NEAR = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Log-odds of leaving as a never falling function of ``raw`` scores, themselves log-odds.

    ``method`` is ``none``, ``shift`` or ``platt``, a line of ``slope`` and ``intercept``; or ``isotonic``: straight
    between the knots ``x`` (rising) and ``y``, as ``numpy.interp`` does it, while slope and intercept are Platt's line
    through the same rows. Everything ends at log-odds of plus and minus FURTHEST. ``level_error`` is the standard error
    of the level that it was fitted to, in log-odds (``level_error``); 0 where it was not fitted.
    """

    method: str
    slope: float
    intercept: float
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    level_error: float = 0.0

    def log_odds(self, raw: np.ndarray) -> np.ndarray:
        line = np.interp(raw, self.x, self.y) if self.x else self.slope * raw + self.intercept
        return np.clip(line, -FURTHEST, FURTHEST)

    def contributions(self, raw: np.ndarray) -> np.ndarray:
        """Calibrated contributions from those to the raw score (n by inputs + 1, the base last), exact for any map.

        A row's inputs move the raw score from its base to where it is, and the calibrated score along with it. All
        inputs of the row are scaled by the ratio of these two ways, the slope of the secant, so they keep their signs,
        their order and their shares, and add up with the calibrated base to ``log_odds``. On a line the secant is the
        line. A map that never falls never turns a sign.
        """
        base, way = raw[:, -1], raw[:, :-1].sum(axis=1)
        # where the ways are too short to divide, the secant of a short piece stands for the slope
        way = np.where(np.abs(way) < NEAR, NEAR, way)
        start = self.log_odds(base)
        slope = (self.log_odds(base + way) - start) / way
        return np.column_stack([raw[:, :-1] * slope[:, None], start])


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


def calibrate(raw: np.ndarray, churned: np.ndarray, account: pd.Series | np.ndarray | None = None) -> Calibration:
    """The calibration of ``raw`` scores (log-odds, one per row) that foretells the outcomes of unseen accounts best.

    Tried are the level alone (a shift), Platt's line and, from ENOUGH_FOR_STEPS accounts of either class on, isotonic
    regression. The accounts fall into five parts; each part is foretold by what is fitted on the other four, and the
    lowest mean log loss wins, a tie the simpler one. The winner is fitted on all rows. ``account`` says whose row it
    is, so that no account is on both sides; without it each row is an account of its own. With fewer than
    ENOUGH_LEAVERS rows of either class there is nothing to choose by, and a shift is fitted.

    The level is always fitted, as trees sum too low on rows that they were not grown on, while the log loss hardly
    tells a level that is off by a sixth: chosen by it, a score left as it is often wins and its sum stays wrong.
    """
    y = churned.astype(np.float64)
    ids = pd.Series(np.arange(len(raw)) if account is None else np.asarray(account))
    if min(y.sum(), len(y) - y.sum()) < ENOUGH_LEAVERS:
        found = _platt(raw, y)
        return replace(found, level_error=level_error(sigmoid(found.log_odds(raw)), y, ids))
    tried: list[Callable[[np.ndarray, np.ndarray], Calibration]] = [_level, _platt]
    if min(ids[y == 1.0].nunique(), ids[y == 0.0].nunique()) >= ENOUGH_FOR_STEPS:
        tried.append(_isotonic)
    part = (position(ids, FOLD) * FOLDS).astype(int)
    losses = [_unseen_loss(fit, raw, y, part) for fit in tried]
    found = tried[int(np.argmin(losses))](raw, y)
    return replace(found, level_error=level_error(sigmoid(found.log_odds(raw)), y, ids))


def level_error(p: np.ndarray, churned: np.ndarray, account: pd.Series) -> float:
    """Standard error, in log-odds, of a level that was fitted so that the probabilities ``p`` sum to those who left.

    The sandwich estimate by account (Liang & Zeger 1986, Biometrika 73), since rows of one account leave together: the
    root of the summed squares of what is left over by account, over the sum of p(1 - p). No more than PRIOR_SHIFT, the
    spread of the prior.
    """
    left_over = pd.Series(churned - p).groupby(account.to_numpy()).sum().to_numpy()
    certainty = float((p * (1.0 - p)).sum())
    return min(PRIOR_SHIFT, float(np.sqrt((left_over**2).sum())) / certainty) if certainty > 0 else PRIOR_SHIFT


def _unseen_loss(
    fit: Callable[[np.ndarray, np.ndarray], Calibration], raw: np.ndarray, y: np.ndarray, part: np.ndarray
) -> float:
    total = 0.0
    for each in range(FOLDS):
        out = part == each
        if out.all():  # a single account has no others
            return np.inf
        log_odds = fit(raw[~out], y[~out]).log_odds(raw[out])
        total += float(np.sum(np.logaddexp(0.0, log_odds) - y[out] * log_odds))
    return total / len(y)


def _level(raw: np.ndarray, y: np.ndarray) -> Calibration:
    return Calibration("shift", 1.0, _shift(raw, y))


def _platt(raw: np.ndarray, y: np.ndarray) -> Calibration:
    """Platt's logistic line (1999), drawn towards the identity.

    The normal priors stand for "the score is about right" and fade as leavers accumulate. With fewer than
    ENOUGH_LEAVERS rows of either class only the shift is fitted. A slope below zero would turn the ranking round
    on the word of the calibration dates; it becomes 0, everyone gets the base rate and no duel is won with that.
    """
    centre = float(raw.mean())
    method, slope, ones = "shift", 1.0, np.ones((len(raw), 1))
    if min(y.sum(), len(raw) - y.sum()) >= ENOUGH_LEAVERS:
        precision = np.array([PRIOR_SHIFT, PRIOR_SLOPE]) ** -2.0
        bend = logistic_line(np.column_stack([ones, raw - centre]), y, raw, precision)[1]
        method, slope = "platt", max(0.0, 1.0 + float(bend))
    around = slope * (raw - centre) + centre
    return Calibration(method, slope, _shift(around, y) + centre * (1.0 - slope))


def _isotonic(raw: np.ndarray, y: np.ndarray) -> Calibration:
    """Centred isotonic regression (Oron & Flournoy 2017, Statistics in Biopharmaceutical Research 9(3)).

    The rates of groups of rows are pooled until they rise, and joined by straight pieces between the middles of the
    pooled groups. So no two scores that differ become one, as they would on the steps of plain isotonic regression;
    beyond the outermost knots, where nothing is to be seen, the map goes on with the slope of Platt's line.
    """
    from sklearn.isotonic import isotonic_regression

    line = _platt(raw, y)
    steps = int(np.clip(y.sum() / LEAVERS_PER_STEP, 1, MOST_STEPS))
    _, group = np.unique(np.searchsorted(np.quantile(raw, np.arange(1, steps) / steps), raw), return_inverse=True)
    rows = np.bincount(group).astype(np.float64)
    # one more row at the base rate keeps the rates of groups without leavers off 0
    rate = (np.bincount(group, weights=y) + y.mean()) / (rows + 1.0)
    pooled = isotonic_regression(rate, sample_weight=rows)
    _, block = np.unique(pooled, return_inverse=True)
    share = np.bincount(block, weights=rows)
    x = np.bincount(block, weights=np.bincount(group, weights=raw)) / share
    level = np.bincount(block, weights=pooled * rows) / share
    knots = np.log(level) - np.log1p(-level)
    x = np.concatenate([[x[0] - REACH], x, [x[-1] + REACH]])
    knots = np.concatenate([[knots[0] - REACH * line.slope], knots, [knots[-1] + REACH * line.slope]])
    # straight pieces instead of steps do not quite keep the sum of probabilities
    knots += _shift(np.interp(raw, x, knots), y)
    return Calibration("isotonic", line.slope, line.intercept, x.tolist(), knots.tolist())


def _shift(log_odds: np.ndarray, y: np.ndarray) -> float:
    """What to add to ``log_odds`` for their probabilities to sum to the leavers, nearly: the prior draws it to 0."""
    return float(logistic_line(np.ones((len(y), 1)), y, log_odds, np.array([PRIOR_SHIFT**-2.0]))[0])
