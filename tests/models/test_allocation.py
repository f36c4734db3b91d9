"""Who is seen to by people, who by a machine, and that chance costs nobody a place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.allocation import Capacity, allocate
from models.inputs import ModelError


def frame_of(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows in which a contact by people is worth more, unless they say otherwise; the order is that of worth."""
    usual = {"owner": "kim", "mrr": 100, "held": False}
    made = []
    for at, given_ in enumerate(rows):
        row = {"account_id": f"a{at}", **usual, "worth_human": 10.0 - at, "worth_automated": 1.0, **given_}
        made.append({"order": row["worth_human"], **row})
    return pd.DataFrame(made)


def told(frame: pd.DataFrame, *capacity: Any) -> list[tuple[str, str]]:
    seen = allocate(frame, Capacity(*capacity))
    return list(zip(seen["account_id"], seen["attention"], strict=True))


def test_people_first_then_messages() -> None:
    frame = frame_of({}, {}, {"worth_automated": 9.0}, {"worth_automated": -1.0})
    assert told(frame, 1, 5) == [("a0", "human"), ("a1", "automated"), ("a2", "automated")]
    assert told(frame, 5, 0) == [("a0", "human"), ("a1", "human"), ("a3", "human")]
    assert told(frame, 0, 2) == [("a0", "automated"), ("a1", "automated")]


def test_what_is_worth_nothing_is_not_done() -> None:
    frame = frame_of({"worth_human": -1.0, "worth_automated": 0.0}, {"worth_human": 0.0, "worth_automated": 0.5})
    assert told(frame, 5, 5) == [("a1", "automated")]


def test_where_the_worth_is_not_known_people_come_first_and_the_largest_before_others() -> None:
    unknown = {"worth_human": np.nan, "worth_automated": np.nan, "order": np.nan}
    frame = frame_of({**unknown, "mrr": 5}, {**unknown, "mrr": 7}, {**unknown, "mrr": 7})
    assert told(frame, 2, 9) == [("a1", "human"), ("a2", "human"), ("a0", "automated")]


def test_no_owner_gets_more_than_he_can_handle() -> None:
    frame = frame_of({}, {}, {"owner": "lea"}, {"owner": None}, {"owner": None})
    assert told(frame, 9, 0, 1) == [("a0", "human"), ("a2", "human"), ("a3", "human"), ("a4", "human")]
    assert told(frame, 2, 1, 1) == [("a0", "human"), ("a2", "human"), ("a1", "automated")]


def test_who_is_held_is_there_and_takes_no_place() -> None:
    frame = frame_of({"held": True}, {}, {"held": True}, {}, {"held": True})
    assert told(frame, 1, 0) == [("a0", "human"), ("a1", "human")]
    assert told(frame, 2, 0) == [("a0", "human"), ("a1", "human"), ("a2", "human"), ("a3", "human")]


def test_accounts_that_appear_twice_are_refused() -> None:
    with pytest.raises(ModelError, match="1 accounts appear twice, such as a0"):
        allocate(frame_of({}, {"account_id": "a0"}), Capacity(1))
    with pytest.raises(ModelError, match="no team has this capacity"):
        Capacity(-1)


values = st.floats(-5, 5) | st.just(float("nan"))
accounts = st.lists(st.tuples(st.sampled_from(["kim", "lea", None]), values, values, st.booleans()), max_size=25)


@given(accounts, st.integers(0, 8), st.integers(0, 8), st.none() | st.integers(1, 3))
def test_capacity_holds_whoever_is_held(rows: list[Any], human: int, automated: int, per_owner: int | None) -> None:
    frame = frame_of(*(
        {"owner": owner, "worth_human": people, "worth_automated": machine, "held": held}
        for owner, people, machine, held in rows
    )) if rows else frame_of({}).head(0)  # fmt: skip
    seen = allocate(frame, Capacity(human, automated, per_owner))
    free = seen[~seen["held"]]
    people = free[free["attention"] == "human"]
    assert len(people) <= human
    assert len(free) - len(people) <= automated
    if per_owner:
        assert (people["owner"].value_counts() <= per_owner).all()
    # the order of rows does not matter, and who is listed does not hang on who is held beside them
    again = allocate(frame[::-1], Capacity(human, automated, per_owner))
    pd.testing.assert_frame_equal(again, seen)
    without = allocate(frame[~frame["held"]], Capacity(human, automated, per_owner))
    assert free["account_id"].tolist() == without["account_id"].tolist()
    assert free["attention"].tolist() == without["attention"].tolist()
