"""Parts of the accounts: who is in which, their figures, and silence where there is nothing to say."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from models.inputs import ModelError
from models.quality import evaluate
from models.segments import by_segment, contacted_segments, usual_segments


def frame_of(rows: int = 3000, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """True probabilities; accounts that are due leave, the others hardly."""
    rng = np.random.default_rng(seed)
    due = rng.random(rows) < 0.3
    p = 1 / (1 + np.exp(-(rng.normal(size=rows) + np.where(due, -1.0, -5.0))))
    frame = pd.DataFrame(
        {
            "account_id": [f"a{at}" for at in range(rows)],
            "as_of": pd.Timestamp("2024-03-01"),
            "churned": rng.random(rows) < p,
            "days_to_renewal": np.where(due, 30, 31),
            "plan": rng.choice(["basic", "pro"], rows),
        }
    )
    return frame, p


def test_labels_at_their_borders_and_only_of_columns_that_are_there() -> None:
    frame = pd.DataFrame(
        {
            "days_to_renewal": [1, 30, 31, np.nan],
            "tenure_days": pd.array([0, 89, 90, None], dtype="Int64"),
            "past_due": np.array([0, 1, np.nan, 0], dtype=np.float32),
            "billing_interval": ["month", "year", "week", None],
            "size": pd.Categorical(["1-10", "1-10", "11-50", None]),
        }
    )
    found = usual_segments(frame, due_days=30)
    assert {name: list(labels) for name, labels in found.items()} == {
        "renewal": ["due", "due", "not due", None],
        "tenure": ["new", "new", "established", None],
        "payments": ["not past due", "past due", None, "not past due"],
        "billing": ["monthly", "annual", "other", None],
        "size": ["1-10", "1-10", "11-50", None],
    }
    assert usual_segments(frame[[]], due_days=30) == {}


def test_rare_plans_are_put_together_whatever_the_order_of_rows() -> None:
    plans = [f"plan {at}" for at in range(12) for _ in range(3 if at < 6 else 1)]
    frame = pd.DataFrame({"plan": plans})
    found = usual_segments(frame, 30)["plan"]
    assert set(found) == {*(f"plan {at}" for at in range(6)), "plan 10", "others"}
    mixed = frame.sample(frac=1, random_state=1)
    again = pd.Series(usual_segments(mixed, 30)["plan"], index=mixed.index).sort_index()
    assert list(again) == list(found)


def test_a_part_has_the_figures_of_its_rows() -> None:
    frame, p = frame_of()
    found = {(each.name, each.part): each for each in by_segment(frame, p, usual_segments(frame, 30))}
    assert list(found) == [("renewal", "due"), ("renewal", "not due"), ("plan", "basic"), ("plan", "pro")]
    due, other = found["renewal", "due"], found["renewal", "not due"]
    here = frame["days_to_renewal"].to_numpy() <= 30
    assert due.quality == evaluate(frame[here], p[here], resamples=200)
    assert (due.rows + other.rows, due.leavers + other.leavers) == (3000, frame["churned"].sum())
    assert due.expected_leavers + other.expected_leavers == pytest.approx(p.sum())
    # the whole owes much of its ranking to knowing who is due
    assert due.quality.auc.high < evaluate(frame, p).auc.low
    assert due.quality.actual_leavers.low < due.expected_leavers < due.quality.actual_leavers.high
    plain = json.loads(json.dumps(due.as_dict(), allow_nan=False))
    assert plain["auc_low"] < plain["auc"] < plain["auc_high"]
    assert {"lift_10", "base_rate_low", "actual_leavers_high", "expected_leavers", "leavers"} <= set(plain)


def test_too_few_or_only_leavers_are_said_and_not_figured() -> None:
    frame, p = frame_of()
    leaver = np.flatnonzero(frame["churned"])
    few = np.zeros(len(frame), dtype=bool)
    few[leaver[:9]] = few[np.flatnonzero(~frame["churned"])[:50]] = True
    ten = few.copy()
    ten[leaver[9]] = True
    all_leave = pd.Series(frame["churned"], dtype="boolean")
    found = by_segment(frame, p, {"few": few, "ten": ten, "gone": all_leave, "nobody": np.zeros(len(frame), bool)})
    assert [each.part for each in found] == ["few", "ten", "gone"]
    assert found[0].quality is None
    assert found[0].note == "only 9 of 59 accounts leave, and figures need 10"
    assert (found[0].rows, found[0].leavers) == (59, 9)
    assert "auc" not in found[0].as_dict()
    assert found[1].quality is not None
    assert found[2].quality is None
    assert "all of" in found[2].note


def test_announced_leavers_do_not_count() -> None:
    frame, p = frame_of()
    announced = frame["churned"] & (np.arange(len(frame)) % 2 == 0)
    marked = by_segment(frame.assign(announced=announced), p, usual_segments(frame, 30))
    kept = ~announced.to_numpy()
    assert marked == by_segment(frame[kept], p[kept], usual_segments(frame[kept], 30))


def test_labels_and_scores_that_do_not_fit_are_refused() -> None:
    frame, p = frame_of(50)
    with pytest.raises(ModelError, match="49 labels of x for 50 rows"):
        by_segment(frame, p, {"x": np.full(49, "a", dtype=object)})
    with pytest.raises(ModelError, match="outside 0 to 1"):
        by_segment(frame, p * 9, {})


def test_contacted_rows_and_the_others_stand_beside_each_other() -> None:
    frame, p = frame_of()
    marked = np.arange(len(frame)) % 3 == 0
    # outreach keeps two of three leavers among those it reached
    helped = marked & (np.arange(len(frame)) % 9 != 0)
    frame = frame.assign(churned=frame["churned"] & ~helped, contacted=marked)
    called, left_alone = contacted_segments(frame, p)
    assert (called.name, called.part, left_alone.part) == ("outreach", "contacted", "not contacted")
    assert left_alone.quality == evaluate(frame[~marked], p[~marked], resamples=200)
    assert called.rows + left_alone.rows == len(frame)
    assert called.expected_leavers > called.quality.actual_leavers.high
    chance = left_alone.quality.actual_leavers
    assert chance.low < left_alone.expected_leavers < chance.high


def test_nothing_is_said_of_contacts_where_there_are_none() -> None:
    frame, p = frame_of(300)
    assert contacted_segments(frame, p) == ()
    assert contacted_segments(frame.assign(contacted=False), p) == ()
    (everybody,) = contacted_segments(frame.assign(contacted=True), p)
    assert (everybody.part, everybody.rows) == ("contacted", 300)
