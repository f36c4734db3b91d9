"""A total order within capacity, and how many will leave."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.inputs import ModelError
from models.ranking import EXACT_UP_TO, expected_leavers, rank

FRAME = pd.DataFrame(
    {
        "account_id": ["d", "b", "a", "c", "e"],
        "probability": [0.5, 0.5, 0.5, 0.1, 0.9],
        "mrr": pd.array([1000, 2000, 1000, 90_000, 0], dtype="Int64"),
        "owner": ["kim", "kim", "kim", "lee", None],
    }
)


def test_order_by_each_measure_with_ties_by_account() -> None:
    by_loss = rank(FRAME)
    assert list(by_loss["account_id"]) == ["c", "b", "a", "d", "e"]
    assert list(by_loss["rank"]) == [1, 2, 3, 4, 5]
    assert list(by_loss["expected_loss"]) == [9000, 1000, 500, 500, 0]
    assert list(rank(FRAME, "probability")["account_id"]) == ["e", "a", "b", "d", "c"]
    assert list(rank(FRAME, "mrr")["account_id"]) == ["c", "b", "a", "d", "e"]
    assert list(rank(FRAME, capacity=2)["account_id"]) == ["c", "b"]


def test_an_owner_gets_no_more_than_fits_and_the_next_move_up() -> None:
    assert list(rank(FRAME, capacity=4, per_owner=1)["account_id"]) == ["c", "b", "e"]
    unowned = FRAME.assign(owner=None)
    assert len(rank(unowned, per_owner=1)) == 5


@given(
    st.lists(
        st.tuples(st.sampled_from([0.1, 0.5]), st.integers(0, 3), st.sampled_from(["kim", "lee", None])), max_size=25
    ),
    st.integers(1, 30),
    st.integers(1, 4),
)
def test_the_list_is_the_same_for_any_order_of_rows(
    rows: list[tuple[float, int, str | None]], capacity: int, per_owner: int
) -> None:
    frame = pd.DataFrame(rows, columns=["probability", "mrr", "owner"]).assign(
        account_id=[f"a{at:02d}" for at in range(len(rows))]
    )
    out = rank(frame, capacity=capacity, per_owner=per_owner)
    pd.testing.assert_frame_equal(out, rank(frame[::-1], capacity=capacity, per_owner=per_owner))
    assert len(out) <= capacity
    assert out["owner"].value_counts().max() <= per_owner or out["owner"].isna().all()
    assert out["expected_loss"].is_monotonic_decreasing
    assert set(out["account_id"]) <= set(frame["account_id"])


def test_errors_name_the_accounts() -> None:
    for wrong, message in (
        (pd.concat([FRAME, FRAME[:1]]), "1 accounts to rank appear twice, such as d"),
        (FRAME.assign(probability=FRAME["probability"].where(FRAME["mrr"] > 0)), "have no probability, such as e"),
        (FRAME.assign(mrr=FRAME["mrr"].where(FRAME["mrr"] > 1500)), "3 accounts to rank have no mrr, such as d, a, e"),
        (FRAME.drop(columns="mrr"), "lacks mrr"),
    ):
        with pytest.raises(ModelError, match=message):
            rank(wrong)
    with pytest.raises(ModelError, match="lacks owner"):
        rank(FRAME.drop(columns="owner"), per_owner=1)
    with pytest.raises(ModelError, match="cannot rank by luck"):
        rank(FRAME, "luck")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="capacity"):
        rank(FRAME, capacity=0)


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
