"""Pictures of a model's quality: there, and the same for the same figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipelines.plots import all_plots

NAMES = ["reliability", "lift", "gains", "scores", "auc_over_time", "importance"]
DATES = [{"as_of": f"2025-0{n}-01", "auc": 0.6 + n / 20, "auc_low": 0.5, "auc_high": 0.95} for n in range(1, 5)]
CARD = {
    "kind": "lightgbm",
    "importance": {
        "rows": 500,
        "inputs": {f"feature_{n}": 30.0 - n for n in range(30)},
        "themes": {"usage": 9.0, "price": 1.0},
    },
    "quality": {"by_date": [{"as_of": "2025-05-01", "auc": 0.7}, {"as_of": "2025-05-08", "auc": None}]},
    "backtest": {"by_date": {"lightgbm": DATES}},
}


def drawn(rows: int, leavers: int, **card: Any) -> dict[str, bytes]:
    rng = np.random.default_rng(1)
    churned = np.zeros(rows, dtype=bool)
    churned[:leavers] = True
    return all_plots(churned, rng.uniform(0, 0.3, rows), CARD | card)


def test_six_pictures_of_the_same_bytes() -> None:
    one, two = drawn(500, 40), drawn(500, 40)
    assert list(one) == NAMES
    assert one == two
    assert all(picture.startswith(b"\x89PNG\r\n") for picture in one.values())


def test_other_figures_give_other_pictures() -> None:
    one, other = drawn(500, 40), drawn(500, 80)
    assert [name for name in one if one[name] != other[name]] == NAMES[:4]


@pytest.mark.parametrize(("rows", "leavers"), [(3, 1), (50, 0), (50, 50)])
def test_few_rows_or_one_sided_outcomes_are_drawn(rows: int, leavers: int) -> None:
    assert len(drawn(rows, leavers)) == 6


def test_a_model_that_uses_nothing_is_drawn() -> None:
    assert all_plots(
        np.array([True, False]),
        np.array([0.0, 0.0]),
        CARD | {"importance": {"inputs": {"a": 0.0}, "themes": {"x": 0.0}}},
    )


def test_the_ranking_over_time_is_that_of_the_backtest_and_else_of_the_test_dates() -> None:
    tested = drawn(500, 40)["auc_over_time"]
    assert drawn(500, 40, quality={"by_date": []})["auc_over_time"] == tested
    worse = [{**day, "auc": day["auc"] - 0.1} for day in DATES]
    assert drawn(500, 40, backtest={"by_date": {"lightgbm": worse}})["auc_over_time"] != tested
    without = {"backtest": {"by_date": {}}}
    judged = drawn(500, 40, **without)["auc_over_time"]
    assert judged != tested
    assert drawn(500, 40, **without, quality={"by_date": []})["auc_over_time"] != judged


def test_the_importance_is_that_of_themes_and_of_the_first_inputs() -> None:
    one = drawn(50, 9)["importance"]
    assert drawn(50, 9, importance={**CARD["importance"], "themes": {"usage": 9.0, "price": 2.0}})["importance"] != one
    inputs = CARD["importance"]["inputs"]
    assert drawn(50, 9, importance={**CARD["importance"], "inputs": {**inputs, "feature_0": 31.0}})["importance"] != one
    assert drawn(50, 9, importance={**CARD["importance"], "inputs": {**inputs, "feature_20": 9.9}})["importance"] == one
