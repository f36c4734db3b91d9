"""The test of a rate that has risen: against the library's, by hand, and how often it errs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from models.rate_change import chance_of_more, holm


@given(st.integers(1, 200), st.integers(1, 600), st.data())
def test_it_is_fishers_exact_test(active: int, before: int, data: st.DataObject) -> None:
    left, left_before = data.draw(st.integers(0, active)), data.draw(st.integers(0, before))
    table = [[left, active - left], [left_before, before - left_before]]
    expected = fisher_exact(table, alternative="greater").pvalue
    assert chance_of_more(left, active, left_before, before) == pytest.approx(expected, abs=1e-9)


def test_by_hand() -> None:
    # 2 leavers among 2 and 2: both in the later period is 1 of 6 ways
    assert chance_of_more(2, 2, 0, 2) == pytest.approx(1 / 6)
    assert chance_of_more(0, 5, 3, 5) == 1.0
    assert chance_of_more(0, 0, 3, 5) == chance_of_more(1, 5, 0, 0) == 1.0


def test_it_errs_no_more_often_than_its_level() -> None:
    rng = np.random.default_rng(0)
    left, before = rng.binomial(400, 0.03, 4000), rng.binomial(2400, 0.03, 4000)
    alarms = np.mean([chance_of_more(a, 400, b, 2400) < 0.01 for a, b in zip(left, before, strict=True)])
    assert alarms <= 0.014
    risen = rng.binomial(400, 0.09, 200)
    assert np.mean([chance_of_more(a, 400, 72, 2400) < 0.01 for a in risen]) > 0.95


def test_holm() -> None:
    # Holm's own example: the smallest times 3, then times 2, never falling
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
