"""How many of a list will leave."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.promise import EXACT_UP_TO, expected_leavers


@given(st.lists(st.floats(0, 1), max_size=8))
def test_expected_leavers_equals_counting_all_cases(chances: list[float]) -> None:
    p = np.array(chances)
    count = np.zeros(len(p) + 1)
    for leaves in product([0, 1], repeat=len(p)):
        count[sum(leaves)] += np.prod(np.where(leaves, p, 1 - p))
    got = expected_leavers(p)
    assert got.value == pytest.approx(p.sum())
    assert count[: int(got.low)].sum() <= 0.025 + 1e-9
    assert count[int(got.low) : int(got.high) + 1].sum() >= 0.95 - 1e-9


def test_exact_and_normal_intervals_meet() -> None:
    p = np.random.default_rng(0).beta(1, 20, EXACT_UP_TO + 1)
    normal, exact = expected_leavers(p), expected_leavers(p[:-1])
    assert normal.low == pytest.approx(exact.low, abs=1.5)
    assert normal.high == pytest.approx(exact.high, abs=1.5)


@pytest.mark.parametrize("accounts", [50, EXACT_UP_TO + 1])
def test_the_interval_holds_chance_and_the_level(accounts: int) -> None:
    rng, error = np.random.default_rng(4), 0.2
    p = rng.beta(1, 15, accounts)
    got, chance_only = expected_leavers(p, error), expected_leavers(p)
    assert got.value == chance_only.value == pytest.approx(p.sum())
    assert got.low <= chance_only.low
    assert got.high >= chance_only.high
    odds = p / (1 - p) * np.exp(error * rng.normal(size=4000))[:, None]
    left = (rng.random((4000, accounts)) < odds / (1 + odds)).sum(axis=1)
    # whole numbers: few leavers are held by a little more
    assert 0.94 <= np.mean((left >= got.low) & (left <= got.high)) <= 0.99
    if accounts > 50:
        assert np.mean((left >= chance_only.low) & (left <= chance_only.high)) < 0.9
