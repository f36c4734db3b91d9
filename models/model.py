"""What every rung's model can do, and the one place that knows their kinds.

Belongs here: the interface, fitting and restoring by kind. Does not belong here: any kind's own work (``health``,
``logistic``, ``churn_model``), which of them the data carries (``ladder``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from models import churn_model, health, logistic
from models.churn_model import LIGHTGBM, ChurnModel
from models.health import HEALTH, HealthModel
from models.inputs import Input, ModelError
from models.logistic import LOGISTIC, LogisticModel
from models.split import Split
from models.tuning import Search

KINDS = {HEALTH: "health score", LOGISTIC: "logistic regression", LIGHTGBM: "LightGBM"}
"""What people call them, the simplest first."""


class Model(Protocol):
    """A fitted model of any kind: a ``card`` of plain JSON and, for trees, LightGBM's native ``text`` (else empty)."""

    @property
    def text(self) -> str: ...

    @property
    def card(self) -> dict[str, Any]: ...

    @property
    def inputs(self) -> tuple[Input, ...]: ...

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of leaving per row; ModelError names inputs that ``frame`` lacks."""
        ...

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What each input adds in log-odds, and ``base``; a row sums to the logit of its probability."""
        ...


def kind_of(card: dict[str, Any]) -> str:
    """The kind of a stored model; cards from before there were several are LightGBM's."""
    return str(card.get("kind", LIGHTGBM))


def restore(text: str, card: dict[str, Any]) -> Model:
    """The model from its stored parts; ModelError where they do not belong together or the kind is unknown."""
    kind = kind_of(card)
    if kind == HEALTH:
        return HealthModel.from_parts(text, card)
    if kind == LOGISTIC:
        return LogisticModel.from_parts(text, card)
    if kind == LIGHTGBM:
        return ChurnModel.from_parts(text, card)
    raise ModelError(f"the model's card is of kind {kind}", f"use a version of this program that knows it, not {kind}")


def fit(
    kind: str,
    panel: pd.DataFrame,
    inputs: Sequence[Input],
    split: Split,
    seed: int = 7,
    threads: int = 2,
    search: Search | None = None,
) -> Model:
    """Fit a model of ``kind`` (a key of KINDS), see the module of that kind; ModelError where the rows do not allow.
    A ``search`` is LightGBM's: the others choose what there is to choose themselves.
    """
    if kind == HEALTH:
        return health.fit(panel, inputs, split, seed)
    if kind == LOGISTIC:
        return logistic.fit(panel, inputs, split, seed)
    return churn_model.fit(panel, inputs, split, seed=seed, threads=threads, search=search)
