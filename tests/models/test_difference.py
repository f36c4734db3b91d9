"""Intervals of a difference of rates: published ones, small counts, repeated accounts, strata, weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.difference import Arms, _variance, rate_difference


def arms_of(x1: int, n1: int, x0: int, n0: int) -> tuple[Arms, np.ndarray]:
    """One stratum, every account once."""
    listed = np.arange(n1 + n0) < n1
    left = np.where(listed, np.arange(n1 + n0) < x1, np.arange(n1 + n0) - n1 < x0)
    return Arms(listed, np.zeros(n1 + n0, int), np.arange(n1 + n0)), left


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((56, 70, 48, 80), 0.0528, 0.3382), ((9, 10, 3, 10), 0.1700, 0.8406), ((6, 7, 2, 7), 0.0342, 0.8534),
     ((5, 56, 0, 29), -0.0326, 0.1933), ((0, 10, 0, 20), -0.1658, 0.2844), ((0, 10, 0, 10), -0.2879, 0.2879)],
)  # fmt: skip
def test_one_stratum_gives_the_published_intervals(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17, 873-890, table II, the method of Miettinen and Nurminen."""
    found = rate_difference(*arms_of(*counts))
    assert found.value == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(x1=st.integers(0, 12), n1=st.integers(1, 12), x0=st.integers(0, 12), n0=st.integers(1, 12),
       delta=st.floats(-0.95, 0.95))  # fmt: skip
def test_the_variance_is_that_of_the_likeliest_rates(x1: int, n1: int, x0: int, n0: int, delta: float) -> None:
    x1, x0 = min(x1, n1), min(x0, n0)
    grid = np.linspace(max(0.0, -delta), min(1.0, 1.0 - delta), 20_001)
    p0, p1 = np.clip(grid, 1e-12, 1 - 1e-12), np.clip(grid + delta, 1e-12, 1 - 1e-12)
    likelihood = x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x0 * np.log(p0) + (n0 - x0) * np.log1p(-p0)
    low = grid[np.argmax(likelihood)]
    high = low + delta
    expected = (high * (1 - high) / n1 + low * (1 - low) / n0) * (n1 + n0) / (n1 + n0 - 1)
    found = _variance(*(np.array([[a], [b]], dtype=float) for a, b in ((x1, x0), (n1, n0))), delta)
    assert found[0] == pytest.approx(expected, abs=2e-3)


@given(x1=st.integers(0, 30), n1=st.integers(1, 30), x0=st.integers(0, 30), n0=st.integers(1, 30))
def test_arms_can_be_swapped_and_outcomes_turned_round(x1: int, n1: int, x0: int, n0: int) -> None:
    x1, x0 = min(x1, n1), min(x0, n0)
    one, swapped = rate_difference(*arms_of(x1, n1, x0, n0)), rate_difference(*arms_of(x0, n0, x1, n1))
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert (one.low, one.high) == (pytest.approx(-swapped.high, abs=1e-6), pytest.approx(-swapped.low, abs=1e-6))
    turned = rate_difference(*arms_of(n1 - x1, n1, n0 - x0, n0))
    assert (one.low, one.high) == (pytest.approx(-turned.high, abs=1e-6), pytest.approx(-turned.low, abs=1e-6))


def test_a_stratum_does_not_pass_for_an_effect() -> None:
    """Nine tenths of the listed are in the risky stratum, half of the holdout; within strata the rates are equal."""
    listed = np.repeat([True, True, False, False], [900, 100, 100, 100])
    strata = np.repeat([0, 1, 0, 1], [900, 100, 100, 100])
    left = np.concatenate([np.arange(each) < share * each for each, share in
                           ((900, 0.5), (100, 0.1), (100, 0.5), (100, 0.1))])  # fmt: skip
    account = np.arange(1200)
    assert rate_difference(Arms(listed, np.zeros(1200, int), account), left).low > 0.05, "unstratified"
    found = rate_difference(Arms(listed, strata, account), left)
    assert found.value == pytest.approx(0, abs=1e-9)
    assert found.low < 0 < found.high


def test_rows_without_a_counterpart_do_not_count() -> None:
    arms, left = arms_of(3, 10, 2, 10)
    more = Arms(np.append(arms_listed(10, 10), [True, False]), np.append(np.zeros(20, int), [1, 2]), np.arange(22))
    assert more.rows.tolist() == arms.rows.tolist()
    assert rate_difference(more, np.append(left, [True, True])) == rate_difference(arms, left)
    none = Arms(np.array([True, True]), np.zeros(2, int), np.arange(2))
    assert np.isnan(rate_difference(none, np.array([True, False])).value)
    assert np.isnan(rate_difference(Arms(np.zeros(0, bool), np.zeros(0, int), np.zeros(0, int)), np.zeros(0)).value)


def arms_listed(listed: int, holdout: int) -> np.ndarray:
    return np.arange(listed + holdout) < listed


def test_a_repeated_account_is_no_second_witness() -> None:
    arms, left = arms_of(20, 60, 5, 40)
    repeated = Arms(np.tile(arms_listed(60, 40), 3), np.zeros(300, int), np.tile(np.arange(100), 3))
    one, thrice = rate_difference(arms, left), rate_difference(repeated, np.tile(left, 3))
    assert thrice.value == pytest.approx(one.value)
    assert thrice.high - thrice.low == pytest.approx(one.high - one.low, rel=0.01)
    unaware = rate_difference(
        Arms(np.tile(arms_listed(60, 40), 3), np.zeros(300, int), np.arange(300)), np.tile(left, 3)
    )
    assert unaware.high - unaware.low < 0.65 * (one.high - one.low)


def test_nobody_leaving_is_no_certainty_however_often_an_account_is_seen() -> None:
    listed, account = np.tile(arms_listed(20, 20), 5), np.tile(np.arange(40), 5)
    found = rate_difference(Arms(listed, np.zeros(200, int), account), np.zeros(200, bool))
    once = rate_difference(*arms_of(0, 20, 0, 20))
    assert (found.low, found.high) == (pytest.approx(once.low), pytest.approx(once.high))


def test_weights_are_shares_and_do_not_make_more_of_the_rows() -> None:
    rng = np.random.default_rng(0)
    listed, left = arms_listed(200, 100), rng.random(300) < 0.2
    where = np.zeros(300, int), np.arange(300)
    one, ten = (rate_difference(Arms(listed, *where, np.full(300, weight)), left) for weight in (1.0, 10.0))
    assert (ten.value, ten.low, ten.high) == (pytest.approx(one.value), pytest.approx(one.low, abs=0.01),
                                              pytest.approx(one.high, abs=0.01))  # fmt: skip
    mrr = rng.lognormal(0, 1, 300)
    found = rate_difference(Arms(listed, *where, mrr), left)
    assert found.value == pytest.approx(
        np.average(left[:200], weights=mrr[:200]) - np.average(left[200:], weights=mrr[200:])
    )
    assert found.high - found.low > 1.2 * (one.high - one.low), "few large accounts carry it"
