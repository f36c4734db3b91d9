"""Each input alone: an honest one is modest, one that knows the end is perfect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.inputs import Input, ModelError
from models.single_columns import single_columns

INPUTS = (
    Input("days_since_activity", "usage"),
    Input("noise_0", "noise"),
    Input("plan", "plan", categorical=True),
)


@pytest.fixture
def panel(make_panel: Any) -> Any:
    return make_panel(accounts=500, dates=8)


def _auc(panel: Any, *inputs: Input) -> dict[str, Any]:
    return {each.name: each.auc for each in single_columns(panel, inputs or INPUTS)}


def test_signal_and_noise_are_told_apart(panel: Any) -> None:
    found = _auc(panel)
    assert next(iter(found)) == "days_since_activity"
    assert found["days_since_activity"].low > 0.6
    assert found["noise_0"].value < 0.56
    assert found["plan"].value < 0.7


def test_the_final_end_date_is_perfect_whichever_way_it_is_written(panel: Any) -> None:
    churned = panel["churned"].to_numpy()
    panel["ended_in"] = np.where(churned, 12.0, np.nan)
    panel["ended"] = np.where(churned, "yes", None)
    panel["still_there"] = np.where(churned, 0.0, 1.0)
    found = _auc(panel, Input("ended_in", "x"), Input("ended", "x", categorical=True), Input("still_there", "x"))
    assert {name: auc.value for name, auc in found.items()} == {"ended_in": 1.0, "ended": 1.0, "still_there": 1.0}


def test_low_values_rank_as_well_as_high_ones(panel: Any) -> None:
    panel["turned"] = -panel["days_since_activity"]
    found = _auc(panel, INPUTS[0], Input("turned", "usage"))
    assert found["turned"] == found["days_since_activity"]


def test_a_category_of_single_accounts_does_not_betray_them(panel: Any) -> None:
    panel["own"] = panel["account_id"]
    panel["same"] = "x"
    found = _auc(panel, Input("own", "x", categorical=True), Input("same", "x", categorical=True))
    assert found["own"].value < 0.56
    assert found["same"].value < 0.56


def test_without_leavers_nothing_is_known(panel: Any) -> None:
    panel["churned"] = False
    assert all(np.isnan(auc.value) for auc in _auc(panel).values())


def test_a_column_that_is_absent_is_told(panel: Any) -> None:
    with pytest.raises(ModelError, match="the panel lacks nothing_like_it"):
        single_columns(panel, [Input("nothing_like_it", "x")])
