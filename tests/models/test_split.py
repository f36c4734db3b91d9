"""Time order, gaps and disjoint parts, for any dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.inputs import ModelError
from models.split import split_dates

START = date(2020, 1, 15)


def every(days: int, count: int) -> list[date]:
    return [START + timedelta(days=days * at) for at in range(count)]


@given(st.lists(st.integers(0, 500), min_size=0, max_size=60), st.integers(1, 90))
def test_parts_follow_each_other_with_gaps_or_there_is_truly_no_way(offsets: list[int], horizon: int) -> None:
    dates = [START + timedelta(days=each) for each in offsets]
    ordered = sorted(set(dates))
    try:
        split = split_dates(dates, horizon)
    except ModelError:
        assert len(ordered) < 3 or (ordered[-1] - ordered[1]).days < horizon
        return
    assert min(len(split.train), len(split.calibrate), len(split.test)) > 0
    assert list(split.train + split.calibrate + split.test) == sorted({*split.train, *split.calibrate, *split.test})
    assert {*split.train, *split.calibrate, *split.test} <= set(dates)
    assert (split.test[0] - split.calibrate[-1]).days >= horizon
    assert split.accounts_apart or (split.calibrate[0] - split.train[-1]).days >= horizon
    assert split.gap_days == horizon


def test_eleven_weekly_dates_and_a_horizon_of_37_days() -> None:
    split = split_dates(every(7, 11), 37)
    assert split.accounts_apart
    assert split.train == (date(2020, 1, 15), date(2020, 1, 22), date(2020, 1, 29))
    assert split.calibrate == (date(2020, 2, 5),)
    assert split.test == (date(2020, 3, 18), date(2020, 3, 25))
    assert "other accounts" in split.note


def test_a_year_of_weekly_dates_keeps_all_gaps_and_most_dates_for_training() -> None:
    split = split_dates(every(7, 52), 37)
    assert not split.accounts_apart
    assert len(split.train) > len(split.test) > len(split.calibrate) > 5
    assert "37 days apart" in split.note


def test_order_and_repetition_of_dates_do_not_matter() -> None:
    dates = every(14, 20)
    assert split_dates(dates[::-1] + dates[:5], 37) == split_dates(dates, 37)


def test_too_short_a_history_says_what_there_is_and_what_is_needed() -> None:
    with pytest.raises(ModelError, match=r"5 as-of dates span 28 days.*take 44.*Remedy: wait") as caught:
        split_dates(every(7, 5), 37)
    assert caught.value.remedy.startswith("wait")
    with pytest.raises(ModelError, match="0 as-of dates"):
        split_dates([], 37)
    with pytest.raises(ModelError, match="horizon"):
        split_dates(every(7, 50), 0)


def test_what_it_says_is_needed_is_enough() -> None:
    dates = every(7, 2)
    assert split_dates([*dates, dates[0] + timedelta(days=44)], 37).test == (date(2020, 2, 28),)
