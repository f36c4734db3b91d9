"""The difference of two rates, in strata, where an account may be counted several times.

Belongs here: the two arms as arrays, and the interval of their difference. Does not belong here: what the arms are, and
what is made of it (``effect``).

Sources: score interval of a stratified difference, Miettinen & Nurminen 1985 (Statistics in Medicine 4, 213-226), with
Mantel-Haenszel weights; repeated accounts as by Rao & Scott 1992 (Biometrics 48, 577-585): counts are divided by the
design effect, by which repetition inflates the variance, and then treated as independent. Rows may have weights, such
as their MRR; the design effect is then Kish's, sums of squares over squares of sums, by account. The interval holds
where an arm has no leavers at all, for which resampling would find no uncertainty.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from models.metrics import UNKNOWN, Interval


def quantile(compared: int = 1) -> float:
    """Of the normal distribution, for two-sided intervals of ``compared`` differences that all hold at once in 95 of
    100 cases at least (Bonferroni; Dunn 1961, Journal of the American Statistical Association 56, 52-64)."""
    return float(norm.isf(0.025 / compared))


class Arms:
    """Rows of two arms in strata, each counted ``weight`` times (default: once). ``rows`` are the positions that count:
    those with a weight, in strata that have both arms."""

    def __init__(
        self, listed: np.ndarray, strata: np.ndarray, accounts: np.ndarray, weight: np.ndarray | None = None
    ) -> None:
        weight = np.ones(len(listed)) if weight is None else weight
        count = int(strata.max()) + 1 if len(strata) else 0
        sizes = np.array([np.bincount(strata[arm], weight[arm], count) for arm in (listed, ~listed)])
        both = np.asarray((sizes > 0).all(axis=0))
        self.rows = np.flatnonzero(both[strata] & (weight > 0)) if count else np.zeros(0, int)
        self.sizes = sizes[:, both]
        shares = self.sizes.prod(axis=0) / self.sizes.sum(axis=0)
        self.shares = shares / shares.sum() if len(shares) else shares
        self._weight, self._arm = weight[self.rows], np.where(listed[self.rows], 0, 1)
        self._stratum = (np.cumsum(both) - 1)[strata[self.rows]]
        self._accounts = [np.unique(accounts[self.rows][self._arm == arm], return_inverse=True)[1] for arm in (0, 1)]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums by arm and stratum, shape (2, strata)."""
        found = np.zeros(self.sizes.shape)
        np.add.at(found, (self._arm, self._stratum), self._weight * values[self.rows])
        return found

    def means(self, values: np.ndarray) -> tuple[float, float]:
        """Means of the listed and of the holdout, weighted by stratum; NaN without a stratum that has both."""
        if not len(self.rows):
            return float("nan"), float("nan")
        listed, holdout = (self.sums(values) / self.sizes) @ self.shares
        return float(listed), float(holdout)

    def _squares(self, values: np.ndarray) -> np.ndarray:
        """For each arm the sum of the squares of what each account's rows add up to; ``values`` has one per row of
        ``rows``."""
        weighed = self._weight * values
        sums = (np.bincount(account, weighed[self._arm == arm]) for arm, account in enumerate(self._accounts))
        return np.array([(part**2).sum() for part in sums])

    def inflation(self, left: np.ndarray) -> np.ndarray:
        """The design effect of each arm: by how much repeated accounts and unequal weights inflate the variance of the
        sum of those who ``left``.

        Estimated from the rows, and at least 1. Where weights are unequal, or nobody or everybody left, too little can
        be seen: it is as if all rows of an account fared alike.
        """
        sums = self.sums(left)
        alone = (sums * (1 - sums / self.sizes)).sum(axis=1)
        residuals = left[self.rows] - (sums / self.sizes)[self._arm, self._stratum]
        alike = self._squares(np.ones(len(self.rows))) / self.sizes.sum(axis=1)
        if np.ptp(self._weight) > 0:
            return alike
        return np.maximum(np.where(alone > 0, self._squares(residuals) / np.where(alone > 0, alone, 1.0), alike), 1.0)


def rate_difference(arms: Arms, churned: np.ndarray, compared: int = 1) -> Interval:
    """Rate of the listed less that of the holdout, both weighted by stratum, with its 95 % interval, which is to hold
    together with those of as many differences as are ``compared``; NaN without a stratum that has both arms."""
    if not len(arms.rows):
        return UNKNOWN
    inflation = arms.inflation(churned)[:, None]
    sizes, sums = arms.sizes / inflation, arms.sums(churned) / inflation
    value = float(np.subtract(*((sums / sizes) @ arms.shares)))

    def distance(delta: float) -> float:
        variance = float((arms.shares**2 * _variance(sums, sizes, delta)).sum())
        off = value - delta
        return off / float(np.sqrt(variance)) if variance > 0 else float(np.copysign(np.inf, off)) if off else 0.0

    ends, z = [], quantile(compared)
    for bound, edge in ((z, -1.0), (-z, 1.0)):
        # a rate of 0 or 1 beyond which nothing lies
        inside = edge * (1 - 1e-10)
        reaches = (distance(inside) - bound) * (distance(value) - bound) < 0
        ends.append(float(brentq(lambda x, b=bound: distance(x) - b, *sorted((inside, value)))) if reaches else edge)
    return Interval(value, ends[0], ends[1])


def _variance(sums: np.ndarray, sizes: np.ndarray, delta: float) -> np.ndarray:
    """Variance of each stratum's difference if it is ``delta``, at the likeliest rates that differ by so much."""
    (x1, x0), (n1, n0) = sums, sizes
    total = n1 + n0
    third = total
    second = (n1 + 2 * n0) * delta - total - (x1 + x0)
    first = (n0 * delta - total - 2 * x0) * delta + x1 + x0
    zeroth = x0 * delta * (1 - delta)
    q = (second / (3 * third)) ** 3 - first * second / (6 * third**2) + zeroth / (2 * third)
    root = np.sqrt(np.maximum((second / (3 * third)) ** 2 - first / (3 * third), 0.0))
    p = np.where(q < 0, -root, root)
    safe = np.where(p == 0, 1.0, p**3)
    angle = (np.pi + np.arccos(np.clip(np.where(p == 0, 0.0, q / safe), -1.0, 1.0))) / 3
    low = np.clip(2 * p * np.cos(angle) - second / (3 * third), max(0.0, -delta), min(1.0, 1.0 - delta))
    high = low + delta
    return (high * (1 - high) / n1 + low * (1 - low) / n0) * total / np.maximum(total - 1, 1e-9)
