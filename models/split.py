"""How time is divided for a model: train, then calibrate, then test, never a random split of rows.

Belongs here: which as-of dates serve which part. Does not belong here: rows, accounts or labels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from models.inputs import ModelError

SHARES = (0.5, 0.2, 0.3)
"""Wished shares of the dates for train, calibrate and test."""
CALIBRATION_ACCOUNTS = 1 / 3
"""Share of the accounts that serve calibration only, where accounts are held apart."""
MOST_FOLDS = 6
"""Divisions of a backtest: each costs a training of every model."""


@dataclass(frozen=True)
class Split:
    """As-of dates per part, each ascending; every train date < every calibrate date < every test date.

    ``gap_days`` is the least number of days between a date that is fitted on (train or calibrate) and a test date,
    and also between train and calibrate unless ``accounts_apart``: then these two periods follow each other and
    calibration uses other accounts than training. ``note`` says in one sentence which form was used. What is judged
    elsewhere may have no test dates.
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
    dates = _ordered(as_of_dates, horizon_days)
    split = _best(dates, horizon_days, range(len(dates)))
    if split is None:
        step = (dates[1] - dates[0]).days if len(dates) > 1 else 1
        span = (dates[-1] - dates[0]).days if dates else 0
        raise ModelError(
            f"the history is too short: {len(dates)} as-of dates span {span} days, and training, calibration and a "
            f"test at least {horizon_days} days later take {horizon_days + step}",
            "wait for more matured dates, import older history, or shorten the outcome's lead, window or grace",
        )
    return split


def rolling_splits(as_of_dates: Sequence[date], horizon_days: int, most: int = MOST_FOLDS) -> tuple[Split, ...]:
    """Up to ``most`` divisions whose tests follow each other without a date in common (rolling origin; Tashman 2000,
    International Journal of Forecasting 16(4)).

    The first test begins as soon as a third of the dates lies at least ``horizon_days`` back (if that is never, as soon
    as a division is possible), and the last test ends with the last date. The dates in between are dealt out evenly.
    Each division has the gaps of ``split_dates`` and learns from all dates that its first test date allows, as a
    training on that day would have. Raises ModelError as ``split_dates`` does.
    """
    if most < 1:
        raise ModelError(f"a backtest of {most} folds has none", "state at least one fold")
    dates = _ordered(as_of_dates, horizon_days)
    possible = [d for d in range(len(dates)) if _best(dates, horizon_days, (d,)) is not None]
    if not possible:
        return (split_dates(dates, horizon_days),)  # which says what is missing
    known = [bisect_right(dates, dates[d] - timedelta(days=horizon_days)) for d in possible]
    tested = [d for d, before in zip(possible, known, strict=True) if 3 * before >= len(dates)] or possible
    count = len(dates) - tested[0]
    starts = [tested[0] + at * count // min(most, count) for at in range(min(most, count) + 1)]
    splits = (_best(dates[:end], horizon_days, (start,)) for start, end in pairwise(starts))
    return tuple(split for split in splits if split is not None)


def _ordered(as_of_dates: Sequence[date], horizon_days: int) -> list[date]:
    if horizon_days < 1:
        raise ModelError(f"the outcome horizon is {horizon_days} days", "state a window of at least one day")
    return sorted(set(as_of_dates))


def _best(dates: list[date], horizon_days: int, starts: Sequence[int]) -> Split | None:
    """The best division whose test begins at one of the positions ``starts`` and ends with ``dates``; None if none."""

    def best(between: int) -> _Cut | None:
        cuts = _cuts(dates, horizon_days, between, starts)
        return max(cuts, key=lambda cut: _worth(cut, len(dates), len(starts) > 1), default=None)

    close, spaced = best(between=1), best(between=horizon_days)
    if close is None:
        return None
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


def _cuts(dates: list[date], horizon_days: int, between: int, starts: Sequence[int]) -> Iterator[_Cut]:
    """Every division that keeps the horizon before the test and ``between`` days before calibration."""
    for d in starts:
        c = bisect_right(dates, dates[d] - timedelta(days=horizon_days))
        for b in range(c):
            a = bisect_right(dates, dates[b] - timedelta(days=between))
            if a:
                yield a, b, c, d


def _worth(cut: _Cut, n: int, any_test: bool) -> tuple[float, int, int]:
    """How near the scarcest part comes to its wished share; ties go to more test, then to more training dates.

    Where the test is given (not ``any_test``), its size is no reason to take more or less of the others.
    """
    a, b, c, d = cut
    sizes = (a, c - b, n - d) if any_test else (a, c - b)
    return min(size / share for size, share in zip(sizes, SHARES, strict=False)), n - d, a
