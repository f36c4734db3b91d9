"""Lists per day, against counting by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.shortlist import Shortlists

rows = st.lists(
    st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 2), st.integers(0, 3), st.integers(0, 9)),
    min_size=1,
    max_size=40,
)


def test_the_first_rows_of_each_day_counted_by_hand() -> None:
    day = np.repeat([1, 2], 5)
    score = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0.0])  # a list over both days would not see the second one
    churned = np.array([1, 0, 1, 0, 0, 0, 1, 1, 0, 0], dtype=bool)
    mrr = np.array([10, 1, 30, 1, 1, 1, 20, 40, 1, 1.0])
    lists = Shortlists(score, churned, np.arange(10), day, 2, mrr)
    assert lists.figures(np.ones(10)) == pytest.approx(((2 / 4) / (4 / 10), 2 / 4, 30 / 100))
    everyone = Shortlists(score, churned, np.arange(10), day, 50, mrr).figures(np.ones(10))
    assert everyone == pytest.approx((1, 1, 1))


def test_a_tie_across_the_end_of_the_list_counts_in_part() -> None:
    score = np.array([3, 2, 2, 2, 2, 1.0])
    churned = np.array([0, 1, 0, 0, 1, 1], dtype=bool)
    lists = Shortlists(score, churned, np.arange(6), np.zeros(6), 2, np.array([0, 8, 0, 0, 4, 12.0]))
    assert lists.figures(np.ones(6)) == pytest.approx(((0.5 / 2) / 0.5, 0.5 / 3, 3 / 24))


@settings(deadline=None)
@given(rows, st.integers(1, 6), st.randoms(use_true_random=False))
def test_repeated_accounts_count_as_rows_that_are_there_again(
    table: list[tuple[int, bool, int, int, int]], capacity: int, random: object
) -> None:
    score, churned, day, drawn, mrr = (np.array(column) for column in zip(*table, strict=True))
    again = np.repeat(np.arange(len(score)), drawn)
    assume(churned[again].any())
    ours = Shortlists(score, churned, np.arange(len(score)), day, capacity, mrr).figures(drawn.astype(float))
    order = np.array(sorted(range(len(again)), key=lambda _: random.random()))  # type: ignore[attr-defined]
    mixed = again[order]
    theirs = Shortlists(score[mixed], churned[mixed], np.arange(len(mixed)), day[mixed], capacity, mrr[mixed])
    np.testing.assert_allclose(ours, theirs.figures(np.ones(len(mixed))))
    listed = found = 0.0
    for each in np.unique(day[again]):
        mine = again[day[again] == each]
        length = min(capacity, len(mine))
        edge = np.sort(score[mine])[::-1][length - 1]
        above, at = mine[score[mine] > edge], mine[score[mine] == edge]
        listed += length
        found += churned[above].sum() + churned[at].mean() * (length - len(above))
    assert ours.capture == pytest.approx(found / churned[again].sum())
    assert ours.lift == pytest.approx(found / listed / churned[again].mean())


def test_no_leaver_or_no_revenue_determines_nothing() -> None:
    score, day = np.arange(4.0), np.zeros(4)
    assert np.isnan(Shortlists(score, np.zeros(4, dtype=bool), np.arange(4), day, 2).figures(np.ones(4))).all()
    leavers = np.array([1, 0, 0, 1], dtype=bool)
    assert np.isnan(Shortlists(score, leavers, np.arange(4), day, 2, np.zeros(4)).figures(np.ones(4)).captured_mrr)
    assert np.isnan(Shortlists(score, leavers, np.arange(4), day, 2).figures(np.ones(4)).captured_mrr)
