"""Figures of a score against outcomes under row weights, and the resampling of accounts that gives them intervals.

Belongs here: arithmetic on arrays. Does not belong here: frames, which figures are reported (``quality``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.profit import Campaign, expected_maximum_profit

NAN = float("nan")
TOP = 0.1
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


def reflected(value: float, samples: np.ndarray) -> Interval:
    """Basic bootstrap interval (Davison & Hinkley 1997, 5.2), for a figure that is at least 0 and flatters itself.

    What takes noise for its subject, as the best of many cutoffs does, lies too high, and in resamples, which hold the
    noise twice, higher still. Turned round the estimate the samples point to where the truth
    is. Clipped at 0, and the upper end never below the estimate.
    """
    found = interval(value, samples)
    return Interval(found.value, max(0.0, 2 * value - found.high), max(value, 2 * value - found.low))


class RankingFigures(NamedTuple):
    """What a ranking is worth; NaN where the rows do not determine it or it was not asked for."""

    auc: float
    average_precision: float
    lift_10: float
    captured_mrr_10: float
    profit: float


class Ranking:
    """Rows by falling score: sorted once, then measured for any number of resamples of accounts.

    ``account`` holds a code per row, ``mrr`` the revenue of each. A resample costs one running sum over the rows; all
    else is done on leavers.
    """

    def __init__(
        self,
        score: np.ndarray,
        churned: np.ndarray,
        account: np.ndarray,
        mrr: np.ndarray | None = None,
        campaign: Campaign | None = None,
    ) -> None:
        order = np.argsort(-score, kind="stable")
        self._falling = -score[order]
        self._account = account[order]
        self._leavers = np.flatnonzero(churned[order])
        self._mrr = None if mrr is None else mrr[order][self._leavers]
        self._campaign = campaign
        tied = self._falling[self._leavers]
        self._begin = np.searchsorted(self._falling, tied, side="left")
        self._end = np.searchsorted(self._falling, tied, side="right")
        self._first = np.searchsorted(self._leavers, self._begin)
        self._last = np.searchsorted(self._leavers, self._end)
        self._step = np.flatnonzero(np.diff(self._last, append=-1))

    def figures(self, drawn: np.ndarray) -> RankingFigures:
        """The figures when account i is present ``drawn[i]`` times.

        ROC AUC and average precision equal scikit-learn's ``roc_auc_score`` (a tie counts half) and
        ``average_precision_score``. Lift is the rate of leavers among the top tenth over that of all, captured MRR the
        share of the leavers' MRR that the top tenth holds; a tie across the edge counts in part, as if broken at
        random. Profit is ``expected_maximum_profit`` on the terms of the ``campaign``. NaN with one class only.
        """
        weight = drawn[self._account]
        seen = np.concatenate([[0.0], np.cumsum(weight)])
        here = weight[self._leavers]
        found = np.concatenate([[0.0], np.cumsum(here)])
        rows, leavers = seen[-1], found[-1]
        stayers = rows - leavers
        if leavers <= 0 or stayers <= 0:
            return RankingFigures(NAN, NAN, NAN, NAN, NAN)
        before = seen[self._begin] - found[self._first]
        through = seen[self._end] - found[self._last]
        auc = np.sum(here * (stayers - 0.5 * (before + through))) / (leavers * stayers)
        precision = np.sum(here * found[self._last] / np.maximum(seen[self._end], 1.0)) / leavers
        edge = self._falling[np.searchsorted(seen, TOP * rows) - 1]
        ties = np.searchsorted(self._falling, edge, side="left"), np.searchsorted(self._falling, edge, side="right")
        at, inside = seen[[*ties]], np.searchsorted(self._leavers, ties)
        lift = np.interp(TOP * rows, at, found[inside]) / (TOP * leavers)
        captured = profit = NAN
        if self._mrr is not None:
            lost = np.concatenate([[0.0], np.cumsum(here * self._mrr)])
            captured = np.interp(TOP * rows, at, lost[inside]) / lost[-1] if lost[-1] > 0 else NAN
        if self._campaign is not None:
            steps, reached = found[self._last[self._step]], through[self._step]
            steps, reached = np.append(np.diff(steps, prepend=0.0), 0.0), np.append(reached, stayers)
            profit = expected_maximum_profit(steps, np.diff(reached, prepend=0.0), self._campaign)
        return RankingFigures(float(auc), float(precision), float(lift), float(captured), profit)


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
