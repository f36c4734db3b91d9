"""The rung follows the amount of history, and says so in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health import COMPONENTS
from models.inputs import ModelError
from models.ladder import RUNGS, TRIGGERS, History, climb, history, next_rung
from models.model import KINDS

MakePanel = Callable[..., pd.DataFrame]
PLENTY = History(dates=20, span_days=300, horizon_days=37, leaving_accounts=1000)


def test_plenty_of_history_carries_every_kind() -> None:
    ladder = climb(PLENTY)
    assert ladder.carried == tuple(KINDS)
    assert ladder.rung == "lightgbm"
    assert "20 matured as-of dates over 300 days, 1000 accounts that leave" in ladder.why
    assert ladder.ahead == "There is no further rung."


@pytest.mark.parametrize(
    ("known", "rung", "ahead"),
    [
        (replace(PLENTY, leaving_accounts=99), "logistic", "The LightGBM needs at least 100 accounts that leave"),
        (replace(PLENTY, dates=5), "logistic", "at least 6 matured as-of dates (there are 5)."),
        (replace(PLENTY, span_days=73), "logistic", "74 days between the first and the last of them (there are 73)"),
        (replace(PLENTY, leaving_accounts=29), "health", "logistic regression needs at least 30 accounts"),
        (replace(PLENTY, dates=3, leaving_accounts=12), "health", "4 matured as-of dates (there are 3), 30 accounts"),
        (replace(PLENTY, leaving_accounts=9), TRIGGERS, "The health score needs at least 10 accounts that leave"),
        (replace(PLENTY, undivided="too short"), TRIGGERS, "can be divided"),
    ],
)
def test_what_is_lacking_is_named(known: History, rung: str, ahead: str) -> None:
    ladder = climb(known)
    assert ladder.rung == rung
    assert ahead in ladder.ahead
    assert ladder.why.startswith("Triggers only: " if rung == TRIGGERS else f"Up to the {KINDS[rung]}: ")


AMOUNT = st.tuples(st.integers(0, 9), st.integers(0, 120), st.integers(0, 150))


@given(AMOUNT, AMOUNT)
def test_more_history_never_carries_less(one: tuple[int, int, int], two: tuple[int, int, int]) -> None:
    less, more = (
        climb(History(dates, span, 37, leavers)) for dates, span, leavers in (map(min, one, two), map(max, one, two))
    )
    assert less.carried == more.carried[: len(less.carried)]


def test_the_thresholds_rise() -> None:
    for lower, higher in pairwise(RUNGS):
        assert lower.dates <= higher.dates
        assert lower.leaving_accounts < higher.leaving_accounts
        assert lower.horizons <= higher.horizons
    assert [rung.kind for rung in RUNGS] == list(KINDS)


def test_a_panel_is_counted(panel: pd.DataFrame, split: object, make_panel: MakePanel) -> None:
    known = history(panel, 37)
    train = panel[panel["as_of"].isin(split.train) & ~panel["announced"]]  # type: ignore[attr-defined]
    assert known.dates == 20
    assert known.span_days == 14 * 19
    assert known.leaving_accounts == train.loc[train["churned"], "account_id"].nunique()
    assert climb(known).rung == "lightgbm"
    short = history(make_panel(accounts=200, dates=2), 37)
    assert climb(short).carried == ()
    assert "the history is too short" in climb(short).why
    few = history(make_panel(accounts=40), 37)
    assert climb(few).rung in (TRIGGERS, "health")


def test_an_empty_panel_carries_nothing_and_a_wrong_one_is_named(panel: pd.DataFrame) -> None:
    assert climb(history(panel[:0], 37)).rung == TRIGGERS
    with pytest.raises(ModelError, match="lacks churned"):
        history(panel.drop(columns="churned"), 37)
    with pytest.raises(ModelError, match="have no outcome"):
        history(panel.assign(churned=panel["churned"].astype("boolean").mask(panel.index == 1)), 37)


def test_the_page_states_these_thresholds() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "models.md").read_text("utf-8")
    for rung in RUNGS:
        assert f"| {KINDS[rung.kind]} | {rung.dates} | {rung.leaving_accounts} | {rung.horizons:g} | " in page
    for part in COMPONENTS:
        row = next(line for line in page.splitlines() if line.startswith(f"| {part.name} | {part.weight:g} | "))
        assert [name.partition("]")[0] for name in row.split("[")[1:]] == [each.feature for each in part.measures]


def test_the_next_rung_is_the_first_that_is_not_carried() -> None:
    assert next_rung(History(0, 0, 37, 0, "no date")) == RUNGS[0]
    assert next_rung(History(4, 60, 37, 30)) == RUNGS[2]
    assert next_rung(History(60, 400, 37, 1000)) is None
