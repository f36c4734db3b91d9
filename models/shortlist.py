"""What lists of a stated length hold: of each day the accounts with the highest scores, as many as a team can see to.

Belongs here: arithmetic on arrays. Does not belong here: making a list for people (``ranking``), the ranking of all
rows (``metrics``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.metrics import NAN


class ShortlistFigures(NamedTuple):
    """What the lists hold; NaN where the rows do not determine it or it was not asked for."""

    lift: float
    capture: float
    captured_mrr: float


class Shortlists:
    """The ``capacity`` rows with the highest scores of every day, in any number of resamples of accounts.

    ``account`` holds a code per row, ``day`` a date, ``mrr`` the revenue. A resample costs one running sum over the
    rows; all else is done on leavers and days.
    """

    def __init__(
        self,
        score: np.ndarray,
        churned: np.ndarray,
        account: np.ndarray,
        day: np.ndarray,
        capacity: int,
        mrr: np.ndarray | None = None,
    ) -> None:
        order = np.lexsort((-score, day))
        score, day = score[order], day[order]
        self._capacity = float(capacity)
        self._account = account[order]
        self._leavers = np.flatnonzero(churned[order])
        self._mrr = None if mrr is None else mrr[order][self._leavers]
        new_day = np.append(True, day[1:] != day[:-1])
        # where each run of equal scores of a day begins, and the end of the last
        self._ties = np.append(np.flatnonzero(np.append(True, score[1:] != score[:-1]) | new_day), len(score))
        self._days = np.append(np.flatnonzero(new_day), len(score))

    def figures(self, drawn: np.ndarray) -> ShortlistFigures:
        """Over all days together, when account i is present ``drawn[i]`` times: the rate of leavers on the lists over
        that of all rows, the share of the leavers that is listed, and the share of their MRR.

        A tie across the end of a list counts in part, as if broken at random; a day with fewer rows lists them all.
        """
        seen = np.concatenate([[0.0], np.cumsum(drawn[self._account])])
        here = drawn[self._account[self._leavers]]
        begin = seen[self._days[:-1]]
        listed = np.minimum(self._capacity, np.diff(seen[self._days]))
        last = np.maximum(np.searchsorted(seen, begin + listed) - 1, 0)
        run = np.searchsorted(self._ties, last, side="right")
        edges = self._ties[run - 1], self._ties[run]
        width = seen[edges[1]] - seen[edges[0]]
        part = np.divide(begin + listed - seen[edges[0]], width, out=np.zeros_like(width), where=width > 0)

        def share(of: np.ndarray) -> tuple[float, float]:
            """Sum of leavers' values on the lists, and of all."""
            found = np.concatenate([[0.0], np.cumsum(of)])
            start, low, high = (found[np.searchsorted(self._leavers, at)] for at in (self._days[:-1], *edges))
            return float(np.sum(low - start + part * (high - low))), float(found[-1])

        top, leavers = share(here)
        if leavers <= 0:
            return ShortlistFigures(NAN, NAN, NAN)
        captured = NAN
        if self._mrr is not None:
            saved, lost = share(here * self._mrr)
            captured = saved / lost if lost > 0 else NAN
        return ShortlistFigures(top / listed.sum() / (leavers / seen[-1]), top / leavers, captured)
