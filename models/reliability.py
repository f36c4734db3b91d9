"""Whether probabilities can be taken at their word: the logistic line and the error of a calibration, in resamples.

Belongs here: arithmetic on arrays. Does not belong here: making probabilities right (``calibration``), which figures
are reported (``quality``).
"""

from __future__ import annotations

import numpy as np

from models.calibration import logistic_line, sigmoid
from models.metrics import NAN, SMALLEST, AccountSums, Interval, interval

BINS = 10


class CalibrationError:
    """Expected calibration error over ten groups of (nearly) equal size, and its value in resamples of accounts.

    Equal probabilities share a group. The groups stay as they are in resamples, whose sums are kept per account.
    """

    def __init__(self, p: np.ndarray, churned: np.ndarray, account: np.ndarray) -> None:
        group = np.searchsorted(np.quantile(p, np.arange(1, BINS) / BINS), p, side="left")
        gap = p - churned
        self._sums = AccountSums([*(np.where(group == at, gap, 0.0) for at in range(BINS)), np.ones(len(p))], account)
        self._gaps, self.value = self._of(np.ones(int(account.max()) + 1))

    def _of(self, drawn: np.ndarray) -> tuple[np.ndarray, float]:
        *sums, rows = self._sums(drawn)
        gaps = np.array(sums) / rows
        return gaps, float(np.abs(gaps).sum())

    def resampled(self, drawn: np.ndarray) -> tuple[float, float]:
        """Error when account i is present ``drawn[i]`` times, and how far its gaps are from the estimate's in all."""
        gaps, error = self._of(drawn)
        return error, float(np.abs(gaps - self._gaps).sum())

    def interval(self, samples: np.ndarray, noise: np.ndarray) -> Interval:
        """95 % interval from what ``resampled`` gives; wide rather than narrow.

        The upper end is a percentile. The lower end cannot be: a sum of absolute gaps is never 0, not even where all
        probabilities are right. It is what remains of the error after as much noise as one resample in forty has,
        which by the triangle inequality is as far as the error can be off.
        """
        low = max(0.0, self.value - float(np.percentile(noise, 97.5)))
        return Interval(self.value, low, interval(self.value, samples).high)


class CalibrationLine:
    """Cox's logistic line of outcomes on the log-odds of ``p``, and its value in resamples of accounts.

    ``slope`` belongs to the line, ``intercept`` to the one whose slope is held at 1 (calibration in the large). A
    resample takes one Newton step from the estimates, on sums kept per account: to first order the same as fitting
    anew, for the price of a product.
    """

    def __init__(self, p: np.ndarray, churned: np.ndarray, account: np.ndarray) -> None:
        kept = np.clip(p, SMALLEST, 1.0 - SMALLEST)
        x = np.log(kept) - np.log1p(-kept)
        y = churned.astype(np.float64)
        self.intercept, self.slope = NAN, NAN
        if not 0 < y.sum() < len(y):
            return
        self.intercept = float(logistic_line(np.ones((len(x), 1)), y, x)[0])
        level = sigmoid(x + self.intercept)
        parts = [y - level, level * (1.0 - level)]
        if np.ptp(x) >= 1e-9:
            design = np.column_stack([np.ones_like(x), x - x.mean()])
            fitted = logistic_line(design, y)
            self.slope = float(fitted[1])
            q = sigmoid(design @ fitted)
            v = q * (1.0 - q)
            parts += [y - q, (y - q) * design[:, 1], v, v * design[:, 1], v * design[:, 1] ** 2]
        self._sums = AccountSums(parts, account)

    def resampled(self, drawn: np.ndarray) -> tuple[float, float]:
        """Slope and intercept when account i is present ``drawn[i]`` times."""
        if not np.isfinite(self.intercept):
            return NAN, NAN
        off, curve, *line = self._sums(drawn)
        intercept = self.intercept + off / curve if curve > 0 else NAN
        if not line:
            return NAN, intercept
        g0, g1, h0, h1, h2 = line
        area = h0 * h2 - h1 * h1
        return self.slope + (h0 * g1 - h1 * g0) / area if area > 0 else NAN, intercept
