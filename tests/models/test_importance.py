"""Global importance is the mean of exact contributions, and knows causes from noise in every kind of model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel
from models.importance import importance
from models.inputs import Input, ModelError
from models.logistic import fit
from models.split import Split


class Fixed:
    """A model whose contributions are the values of its inputs."""

    text, card = "", {}  # type: ignore[var-annotated]
    inputs = (Input("a", "one"), Input("b", "one"), Input("c", "two"))

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return 1 / (1 + np.exp(-self.contributions(frame).sum(axis=1).to_numpy()))

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[["a", "b", "c"]].assign(base=-3.0)


def rows(a: list[float], b: list[float], c: list[float]) -> pd.DataFrame:
    accounts = [f"a{at}" for at in range(len(a))]
    return pd.DataFrame({"account_id": accounts, "as_of": "2025-01-01", "a": a, "b": b, "c": c})


def test_what_offsets_each_other_and_what_is_alike_for_all_counts_for_nothing() -> None:
    found = importance(Fixed(), rows([1.0, -1.0], [-1.0, 1.0], [5.0, 5.0]))
    assert found.rows == 2
    assert found.inputs == {"a": 1.0, "b": 1.0, "c": 0.0}
    assert found.themes == {"one": 0.0, "two": 0.0}
    found = importance(Fixed(), rows([1.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 9.0, 0.0]))
    assert list(found.inputs) == ["c", "b", "a"]
    assert found.inputs == pytest.approx({"c": 4.0, "b": 4 / 3, "a": 2 / 3})
    assert found.themes == pytest.approx({"two": 4.0, "one": 2.0})


def test_causes_weigh_more_than_noise(model: ChurnModel, later: pd.DataFrame) -> None:
    found = importance(model, later)
    assert set(found.inputs) == {each.name for each in model.inputs}
    causes = {"days_since_activity", "trend"}
    rest = [mean for name, mean in found.inputs.items() if name not in causes]
    assert min(found.inputs[name] for name in causes) > max(rest)
    assert next(iter(found.themes)) == "usage"
    assert found.rows == 1000
    kept = model.contributions(later[:500]).drop(columns="base")
    whole = importance(model, later[:500])
    assert whole.inputs == pytest.approx((kept - kept.mean()).abs().mean().to_dict())


def test_a_sample_is_the_same_in_any_order_of_rows_and_near_the_whole(
    panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split
) -> None:
    line = fit(panel, inputs, split)
    whole = importance(line, panel, most_rows=len(panel))
    some = importance(line, panel, most_rows=2000)
    assert (whole.rows, some.rows) == (len(panel), 2000)
    shuffled = importance(line, panel.sample(frac=1, random_state=1), most_rows=2000)
    assert shuffled.inputs == pytest.approx(some.inputs, rel=1e-12)
    assert importance(line, panel, seed=8, most_rows=2000).inputs != some.inputs
    for name, mean in whole.inputs.items():
        assert some.inputs[name] == pytest.approx(mean, rel=0.1, abs=0.01)


def test_no_rows_and_no_columns() -> None:
    assert importance(Fixed(), rows([], [], [])).inputs == {"a": 0.0, "b": 0.0, "c": 0.0}
    with pytest.raises(ModelError, match="the frame lacks account_id"):
        importance(Fixed(), rows([1.0], [1.0], [1.0]).drop(columns="account_id"))
