"""A small company with planted causes, as a panel: silence and a falling trend raise the risk, the rest is noise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel, fit
from models.inputs import Input
from models.split import Split, split_dates

HORIZON = 37
INPUTS = (
    Input("days_since_activity", "usage", direction=1),
    Input("trend", "usage", direction=-1),
    Input("seats", "fit", actionable=False),
    Input("plan", "plan", categorical=True),
    *(Input(f"noise_{at}", "noise") for at in range(4)),
)
MakePanel = Callable[..., pd.DataFrame]


def make(accounts: int = 900, dates: int = 20, step: int = 14, strength: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Rows per living account and date; ``strength`` 0 makes every input independent of leaving."""
    rng = np.random.default_rng(seed)
    trait, left = rng.normal(size=accounts), np.full(accounts, 10**6)
    plan = rng.choice(["basic", "pro"], accounts)
    ids = np.array([f"acc-{at:05d}" for at in range(accounts)], dtype=object)
    state = rng.normal(size=accounts)
    steps = []
    for at in range(dates + 3):
        state = 0.9 * state + 0.44 * rng.normal(size=accounts)
        risk = -4.1 + strength * (state - 0.6 * trait + 0.4 * (plan == "basic"))
        left[(left == 10**6) & (rng.random(accounts) < 1 / (1 + np.exp(-risk)))] = at + 1
        live = np.flatnonzero(left > at)
        if at < dates:
            steps.append(
                pd.DataFrame(
                    {
                        "account_id": ids[live],
                        "as_of": date(2024, 1, 7) + timedelta(days=step * at),
                        "days_since_activity": np.round(np.exp(state[live] + 1)),
                        "trend": np.where(rng.random(len(live)) < 0.1, np.nan, trait[live]),
                        "seats": rng.integers(1, 50, len(live)),
                        "plan": plan[live],
                        "mrr": 1000.0 * rng.integers(1, 90, len(live)),
                        "ends_in": -at,
                        "who": live,
                    }
                    | {f"noise_{k}": rng.normal(size=len(live)) for k in range(4)}
                )
            )
    panel = pd.concat(steps, ignore_index=True)
    panel["churned"] = left[panel["who"]] + panel.pop("ends_in") <= 2
    panel["announced"] = (np.arange(len(panel)) % 211) == 0
    return panel.drop(columns="who")


@pytest.fixture(scope="session")
def make_panel() -> MakePanel:
    return make


@pytest.fixture(scope="session")
def inputs() -> tuple[Input, ...]:
    return INPUTS


@pytest.fixture(scope="session")
def panel() -> pd.DataFrame:
    return make()


@pytest.fixture(scope="session")
def split(panel: pd.DataFrame) -> Split:
    return split_dates(list(panel["as_of"].unique()), HORIZON)


@pytest.fixture(scope="session")
def model(panel: pd.DataFrame, split: Split) -> ChurnModel:
    return fit(panel, INPUTS, split)


@pytest.fixture(scope="session")
def later(panel: pd.DataFrame, split: Split) -> pd.DataFrame:
    """The rows of the test dates."""
    return panel[panel["as_of"].isin(split.test)].reset_index(drop=True)
