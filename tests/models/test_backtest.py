"""Rolling origin: what is fitted on was known, what is tested is tested once and by all models alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.backtest import Backtest, backtest
from models.baselines import recency_rule
from models.inputs import ModelError
from models.panel import rows_of_parts
from models.quality import evaluate
from models.split import Split, rolling_splits

MakePanel = Callable[..., pd.DataFrame]
HORIZON = 37


class Rate:
    """Foretells for each plan the rate that it had on the train dates, and remembers the days it saw."""

    def __init__(self, panel: pd.DataFrame, split: Split) -> None:
        parts = rows_of_parts(panel, split)
        seen = panel.iloc[np.concatenate([parts["train"], parts["calibrate"]])]
        self.days = sorted(set(seen["as_of"]))
        self.rates = seen.groupby("plan")["churned"].mean()

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return frame["plan"].map(self.rates).fillna(0.0).to_numpy(dtype=float)


class Recency:
    """The rule, which learns nothing."""

    def __init__(self, panel: pd.DataFrame, split: Split) -> None:
        pass

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return recency_rule(frame)


@pytest.fixture(scope="module")
def folds(panel: pd.DataFrame) -> tuple[Split, ...]:
    return rolling_splits(list(panel["as_of"].unique()), HORIZON, most=4)


@pytest.fixture(scope="module")
def tested(panel: pd.DataFrame, folds: tuple[Split, ...]) -> Backtest:
    marked = panel.assign(contacted=np.arange(len(panel)) % 10 == 0, mrr_now=panel["mrr"])
    return backtest(marked, {"rate": Rate, "recency": Recency}, folds, resamples=50, rankings=["recency"], capacity=30)


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=40, unique=True), st.integers(1, 60), st.integers(1, 8))
def test_nothing_is_learned_whose_outcome_was_unknown_when_the_test_began(
    offsets: list[int], horizon: int, most: int
) -> None:
    dates = [date(2023, 1, 1) + timedelta(days=each) for each in offsets]
    try:
        splits = rolling_splits(dates, horizon, most)
    except ModelError:
        ordered = sorted(dates)
        assert len(dates) < 3 or (ordered[-1] - ordered[1]).days < horizon
        return
    assert len(splits) <= most
    rows = pd.DataFrame({"account_id": [f"a{at}" for at in range(12)], "plan": "p", "announced": False})
    panel = pd.concat([rows.assign(as_of=day) for day in dates], ignore_index=True)
    panel["churned"] = panel["account_id"].isin(["a1", "a5", "a9"])
    fitted: list[tuple[Split, Rate]] = []

    def fit(panel: pd.DataFrame, split: Split) -> Rate:
        fitted.append((split, Rate(panel, split)))
        return fitted[-1][1]

    backtest(panel, {"rate": fit}, splits, resamples=2)
    for split, model in fitted:
        assert max(model.days) + timedelta(days=horizon) <= min(split.test)
    tests = [day for split in splits for day in split.test]
    assert tests == sorted(set(tests))
    assert max(tests) == max(dates)


def test_every_model_is_judged_on_the_same_rows(
    panel: pd.DataFrame, folds: tuple[Split, ...], tested: Backtest
) -> None:
    days = [day for fold in folds for day in fold.test]
    expected = panel[panel["as_of"].isin(days) & ~panel["announced"]]
    assert len(tested.rows) == len(expected)
    assert set(zip(tested.rows["account_id"], tested.rows["as_of"], strict=True)) == set(
        zip(expected["account_id"], expected["as_of"], strict=True)
    )
    assert tested.folds == folds
    assert list(tested.pooled) == list(tested.scores) == ["rate", "recency"]
    for name, quality in tested.pooled.items():
        assert len(tested.scores[name]) == quality.rows == len(tested.rows)
        assert quality.dates == [str(day) for day in days]
        assert [each.dates for each in tested.by_date[name]] == [[str(day)] for day in days]
        assert sum(each.leavers for each in tested.by_date[name]) == quality.leavers
    assert tested.pooled["rate"] == evaluate(tested.rows, tested.scores["rate"], resamples=50, capacity=30)
    assert tested.pooled["recency"].auc.low > tested.pooled["rate"].auc.value > 0.5
    assert np.isnan(tested.pooled["recency"].log_loss.value)


def test_a_later_test_comes_from_a_later_fit(panel: pd.DataFrame, folds: tuple[Split, ...], tested: Backtest) -> None:
    for fold in folds:
        here = tested.rows["as_of"].isin(fold.test).to_numpy()
        expected = Rate(panel, fold).predict(tested.rows[here])
        np.testing.assert_array_equal(tested.scores["rate"][here], expected)
    known = [fold.calibrate[-1] for fold in folds]
    assert known == sorted(set(known))


def test_contacted_rows_are_reported_with_and_without(panel: pd.DataFrame, tested: Backtest) -> None:
    quiet = ~tested.rows["contacted"].to_numpy(dtype=bool)
    assert 0 < quiet.sum() < len(quiet)
    assert tested.uncontacted["rate"].rows == quiet.sum()
    again = evaluate(tested.rows[quiet], tested.scores["rate"][quiet], resamples=50, capacity=30)
    assert tested.uncontacted["rate"] == again
    folds = tested.folds[-1:]
    assert backtest(panel, {"rate": Rate}, folds, resamples=2).uncontacted == {}


def test_the_panel_is_left_as_it_is(panel: pd.DataFrame, folds: tuple[Split, ...]) -> None:
    before = panel.copy()

    def fit(given: pd.DataFrame, split: Split) -> Rate:
        assert given is panel
        return Rate(given, split)

    backtest(panel, {"rate": fit}, folds, resamples=2)
    pd.testing.assert_frame_equal(panel, before)


def test_what_cannot_be_fitted_is_left_out_for_all_and_said(panel: pd.DataFrame, folds: tuple[Split, ...]) -> None:
    def never(panel: pd.DataFrame, split: Split) -> Rate:
        raise ModelError("it wants the moon", "wait")

    def with_more_history(panel: pd.DataFrame, split: Split) -> Rate:
        if split == folds[0]:
            raise ModelError("too little", "wait")
        return Rate(panel, split)

    found = backtest(panel, {"rate": Rate, "never": never, "later": with_more_history}, folds, resamples=2)
    assert list(found.pooled) == ["rate", "later"]
    assert found.folds == folds[1:]
    assert found.notes == (
        "never is left out: it wants the moon",
        f"the test from {folds[0].test[0]} on is left out: later: too little",
    )
    with pytest.raises(ModelError, match="nothing can be tested: never is left out: it wants the moon"):
        backtest(panel, {"never": never}, folds)


def test_folds_that_overlap_or_look_ahead_are_refused(panel: pd.DataFrame, folds: tuple[Split, ...]) -> None:
    first = folds[0]
    early = Split(first.train, (*first.calibrate, first.test[0]), first.test[1:], HORIZON, False, "")
    for wrong in ((first, first), (early,)):
        with pytest.raises(ModelError, match="rolling_splits"):
            backtest(panel, {"rate": Rate}, wrong)


def test_the_folds_of_a_year_and_of_the_shortest_history() -> None:
    year = [date(2023, 1, 1) + timedelta(days=7 * at) for at in range(52)]
    splits = rolling_splits(year, HORIZON)
    assert len(splits) == 6
    assert sum(len(split.test) for split in splits) >= 26
    assert all(not split.accounts_apart for split in splits)
    assert [len(split.train) for split in splits] == sorted({len(split.train) for split in splits})
    shortest = [date(2023, 1, 1), date(2023, 1, 2), date(2023, 2, 8)]
    assert [split.test for split in rolling_splits(shortest, HORIZON)] == [(date(2023, 2, 8),)]
    with pytest.raises(ModelError, match="too short"):
        rolling_splits(shortest[:2], HORIZON)
    with pytest.raises(ModelError, match="at least one fold"):
        rolling_splits(year, HORIZON, most=0)


def test_a_fold_without_rows_is_left_out_and_said(panel: pd.DataFrame, folds: tuple[Split, ...]) -> None:
    first = min(folds, key=lambda fold: fold.test[0])
    nobody = panel.assign(announced=panel["announced"] | panel["as_of"].isin(first.test))
    found = backtest(nobody, {"rate": Rate}, folds, resamples=2)
    assert first not in found.folds
    assert len(found.folds) == len(folds) - 1
    assert any(str(first.test[0]) in note for note in found.notes)
