"""Figures of a score against outcomes under row weights, and the resampling of accounts that gives them intervals.

Belongs here: arithmetic on arrays. Does not belong here: frames, which figures are reported (``quality``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from models.calibration import logistic_line, sigmoid

NAN = float("nan")
TOP = 0.1
BINS = 10
SMALLEST = 1e-15


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % interval; all NaN where the rows do not determine it."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} (95 % {self.low:.3g} to {self.high:.3g})"


UNKNOWN = Interval(NAN, NAN, NAN)


def resample(accounts: int, seed: int, resamples: int) -> Iterator[np.ndarray]:
    """How often each account is drawn, per bootstrap resample; the same draws for the same arguments.

    Whole accounts are drawn because the snapshots of one account repeat each other: drawing rows would make
    intervals too narrow.
    """
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, accounts, accounts), minlength=accounts).astype(np.float64)


def interval(value: float, samples: np.ndarray) -> Interval:
    """Percentile interval; resamples in which the figure is undetermined are left out."""
    known = samples[np.isfinite(samples)]
    if not np.isfinite(value) or not len(known):
        return UNKNOWN
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))


class Ranking:
    """Rows by falling score: sorted once, then measured for any number of resamples of accounts.

    ``account`` holds a code per row. A resample costs one running sum over the rows; all else is done on leavers.
    """

    def __init__(self, score: np.ndarray, churned: np.ndarray, account: np.ndarray) -> None:
        order = np.argsort(-score, kind="stable")
        self._falling = -score[order]
        self._account = account[order]
        self._leavers = np.flatnonzero(churned[order])
        tied = self._falling[self._leavers]
        self._begin = np.searchsorted(self._falling, tied, side="left")
        self._end = np.searchsorted(self._falling, tied, side="right")
        self._first = np.searchsorted(self._leavers, self._begin)
        self._last = np.searchsorted(self._leavers, self._end)

    def figures(self, drawn: np.ndarray) -> tuple[float, float, float]:
        """ROC AUC, average precision and lift among the top tenth, when account i is present ``drawn[i]`` times.

        The first two equal scikit-learn's ``roc_auc_score`` (a tie counts half) and ``average_precision_score``. A
        tie across the edge of the top tenth counts in part, as if broken at random. NaN with one class only.
        """
        weight = drawn[self._account]
        seen = np.concatenate([[0.0], np.cumsum(weight)])
        here = weight[self._leavers]
        found = np.concatenate([[0.0], np.cumsum(here)])
        rows, leavers = seen[-1], found[-1]
        stayers = rows - leavers
        if leavers <= 0 or stayers <= 0:
            return NAN, NAN, NAN
        before = seen[self._begin] - found[self._first]
        through = seen[self._end] - found[self._last]
        auc = np.sum(here * (stayers - 0.5 * (before + through))) / (leavers * stayers)
        precision = np.sum(here * found[self._last] / np.maximum(seen[self._end], 1.0)) / leavers
        edge = self._falling[np.searchsorted(seen, TOP * rows) - 1]
        ties = np.searchsorted(self._falling, edge, side="left"), np.searchsorted(self._falling, edge, side="right")
        top = np.interp(TOP * rows, seen[[*ties]], found[np.searchsorted(self._leavers, ties)])
        return float(auc), float(precision), float(top / (TOP * leavers))


class AccountSums:
    """Sums of some ``values`` per row, when account i is present ``drawn[i]`` times."""

    def __init__(self, values: Iterable[np.ndarray], account: np.ndarray) -> None:
        self._sums = np.array([np.bincount(account, weights=each) for each in values])

    def __call__(self, drawn: np.ndarray) -> np.ndarray:
        # no matrix product: many small ones on BLAS threads cost ten times more on a busy machine
        return np.einsum("ki,i->k", self._sums, drawn)


def row_log_loss(p: np.ndarray, churned: np.ndarray) -> np.ndarray:
    """Log loss of each row, with probabilities kept off 0 and 1 by 1e-15 so that it is finite."""
    return -np.log(np.clip(np.where(churned, p, 1.0 - p), SMALLEST, 1.0))


def calibration_error(p: np.ndarray, churned: np.ndarray) -> float:
    """Expected calibration error over ten groups of (nearly) equal size; equal probabilities share a group."""
    group = np.searchsorted(np.quantile(p, np.arange(1, BINS) / BINS), p, side="left")
    gaps = np.bincount(group, weights=p - churned, minlength=BINS)
    return float(np.abs(gaps).sum() / len(p))


class CalibrationLine:
    """Cox's logistic line of outcomes on the log-odds of ``p``, and its value in resamples of accounts.

    A resample takes one Newton step from the estimate, on sums kept per account: to first order the same as
    fitting anew, for the price of a product.
    """

    def __init__(self, p: np.ndarray, churned: np.ndarray, account: np.ndarray) -> None:
        kept = np.clip(p, SMALLEST, 1.0 - SMALLEST)
        x = np.log(kept) - np.log1p(-kept)
        y = churned.astype(np.float64)
        self.intercept, self.slope = NAN, NAN
        if not 0 < y.sum() < len(y):
            return
        self.intercept = float(logistic_line(np.ones((len(x), 1)), y, x)[0])
        if np.ptp(x) < 1e-9:
            return
        middle = x.mean()
        design = np.column_stack([np.ones_like(x), x - middle])
        fitted = logistic_line(design, y)
        self.slope = float(fitted[1])
        q = sigmoid(design @ fitted)
        v = q * (1.0 - q)
        parts = (y - q, (y - q) * design[:, 1], v, v * design[:, 1], v * design[:, 1] ** 2)
        self._sums = AccountSums(parts, account)

    def resampled_slope(self, drawn: np.ndarray) -> float:
        """Slope when account i is present ``drawn[i]`` times."""
        if not np.isfinite(self.slope):
            return NAN
        g0, g1, h0, h1, h2 = self._sums(drawn)
        area = h0 * h2 - h1 * h1
        return self.slope + (h0 * g1 - h1 * g0) / area if area > 0 else NAN
