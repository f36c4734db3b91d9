"""Features that are too good by themselves are named; honest ones are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.metrics import Interval
from models.single_columns import ColumnQuality
from pipelines import training
from pipelines.leakage.single import Columns, single_columns


def test_nothing_of_the_demo_company_is_too_good(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines import features

    monkeypatch.setattr(features, "compute_panel", lambda *_: 0)  # the demo company's is there
    found = single_columns(demo.config, demo.day)
    assert found.too_good == ()
    assert found.leavers > 100
    assert 0.55 < found.qualities[0].auc.value < 0.85


def test_a_column_that_knows_the_end_is_named(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines import features

    panel = training.read_panel(demo.config, demo.day)
    panel["seats"] = np.where(panel["churned"], 1.0, np.nan)
    monkeypatch.setattr(features, "compute_panel", lambda *_: 0)
    monkeypatch.setattr(training, "read_panel", lambda *_: panel)
    found = single_columns(demo.config, demo.day)
    assert [(each.name, each.auc.value) for each in found.too_good] == [("seats", 1.0)]


def test_what_may_be_chance_is_not_named() -> None:
    few = ColumnQuality("mrr", Interval(0.9, 0.6, 1.0))
    sure = ColumnQuality("seats", Interval(0.9, 0.88, 0.92))
    assert Columns((few, sure), 100, 3).too_good == (sure,)
