"""How time is divided for a model: train, then calibrate, then test, never a random split of rows.

Belongs here: which as-of dates serve which part. Does not belong here: rows, accounts or labels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from models.inputs import ModelError

SHARES = (0.5, 0.2, 0.3)
"""Wished shares of the dates for train, calibrate and test."""
CALIBRATION_ACCOUNTS = 1 / 3
"""Share of the accounts that serve calibration only, where accounts are held apart."""


@dataclass(frozen=True)
class Split:
    """As-of dates per part, each ascending; every train date < every calibrate date < every test date.

    ``gap_days`` is the least number of days between a date that is fitted on (train or calibrate) and a test date,
    and also between train and calibrate unless ``accounts_apart``: then these two periods follow each other and
    calibration uses other accounts than training. ``note`` says in one sentence which form was used.
    """

    train: tuple[date, ...]
    calibrate: tuple[date, ...]
    test: tuple[date, ...]
    gap_days: int
    accounts_apart: bool
    note: str


_Cut = tuple[int, int, int, int]  # train [:a], calibrate [b:c], test [d:]


def split_dates(as_of_dates: Sequence[date], horizon_days: int) -> Split:
    """Divide ``as_of_dates`` (any order) by time with at least ``horizon_days`` before the first test date.

    ``horizon_days`` is lead + window + grace: only when it has passed is an outcome known, so a model that is tested
    on date D may have learned from no date after D - horizon, as in production. Of all divisions the one is taken
    whose scarcest part comes nearest to its wished share. Train and calibrate keep the same gap unless training would
    then have fewer rows than by holding accounts apart, which gives a third of the accounts away.

    Raises ModelError with the days that exist and the days that are needed.
    """
    dates = sorted(set(as_of_dates))
    if horizon_days < 1:
        raise ModelError(f"the outcome horizon is {horizon_days} days", "state a window of at least one day")
    close = max(_cuts(dates, horizon_days, between=1), key=lambda cut: _worth(cut, len(dates)), default=None)
    if close is None:
        step = (dates[1] - dates[0]).days if len(dates) > 1 else 1
        span = (dates[-1] - dates[0]).days if dates else 0
        raise ModelError(
            f"the history is too short: {len(dates)} as-of dates span {span} days, and training, calibration and a "
            f"test at least {horizon_days} days later take {horizon_days + step}",
            "wait for more matured dates, import older history, or shorten the outcome's lead, window or grace",
        )
    spaced = max(
        _cuts(dates, horizon_days, between=horizon_days), key=lambda cut: _worth(cut, len(dates)), default=None
    )
    if spaced is not None and spaced[0] >= close[0] * (1 - CALIBRATION_ACCOUNTS):
        apart, (a, b, c, d) = False, spaced
        note = f"Training, calibration and test are at least {horizon_days} days apart, the time an outcome takes."
    else:
        apart, (a, b, c, d) = True, close
        note = (
            "The history is short, so calibration follows training at once and uses other accounts; the test starts "
            f"at least {horizon_days} days after the last date learned from, the time an outcome takes."
        )
    return Split(tuple(dates[:a]), tuple(dates[b:c]), tuple(dates[d:]), horizon_days, apart, note)


def _cuts(dates: list[date], horizon_days: int, between: int) -> Iterator[_Cut]:
    """Every division that keeps the horizon before the test and ``between`` days before calibration."""
    for d in range(len(dates)):
        c = bisect_right(dates, dates[d] - timedelta(days=horizon_days))
        for b in range(c):
            a = bisect_right(dates, dates[b] - timedelta(days=between))
            if a:
                yield a, b, c, d


def _worth(cut: _Cut, n: int) -> tuple[float, int, int]:
    """How near the scarcest part comes to its wished share; ties go to more test, then to more training dates."""
    a, b, c, d = cut
    sizes = (a, c - b, n - d)
    return min(size / share for size, share in zip(sizes, SHARES, strict=True)), n - d, a
