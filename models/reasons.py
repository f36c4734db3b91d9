"""Why a score is high: what raised it, grouped into themes that people act on.

Belongs here: the choice of reasons from contributions. Does not belong here: computing contributions
(``churn_model``), the sentences that people read (``churn_features`` and ``pipelines``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.inputs import Input, require


@dataclass(frozen=True)
class Reason:
    """A theme that raises an account's risk, with the feature that does so most and its log-odds."""

    theme: str
    feature: str
    contribution: float


def reasons(
    contributions: pd.DataFrame, inputs: Sequence[Input], most: int = 3, tellable: np.ndarray | None = None
) -> list[list[Reason]]:
    """Up to ``most`` reasons per row of ``contributions`` (log-odds, one column per input), the weightiest theme first.

    A theme weighs the sum of all its contributions, so what protects offsets what harms; a theme that does not raise
    the risk on the whole gives no reason. It is represented by its actionable input with the largest contribution,
    which must be above zero: what protects an account is never shown as a reason. Ties go by name. ``tellable`` (bool,
    rows x inputs) further limits, per row, which inputs can represent a theme.
    """
    require(contributions, [each.name for each in inputs], "the frame of contributions")
    names = [each.name for each in inputs]
    themes = sorted({each.theme for each in inputs})
    weights = np.empty((len(contributions), len(themes)))
    best = np.full_like(weights, -np.inf)
    feature = np.empty(weights.shape, dtype=object)
    for at, theme in enumerate(themes):
        members = sorted((each for each in inputs if each.theme == theme), key=lambda each: each.name)
        weights[:, at] = contributions[[each.name for each in members]].to_numpy(dtype=np.float64).sum(axis=1)
        shown = [each.name for each in members if each.actionable]
        if shown:
            values = contributions[shown].to_numpy(dtype=np.float64)
            if tellable is not None:
                values = np.where(tellable[:, [names.index(name) for name in shown]], values, -np.inf)
            winner = values.argmax(axis=1)
            best[:, at] = values[np.arange(len(values)), winner]
            feature[:, at] = np.array(shown, dtype=object)[winner]
    weights[best <= 0] = -np.inf
    order = np.argsort(-weights, axis=1, kind="stable")[:, :most]
    return [
        [Reason(themes[at], str(feature[row, at]), float(best[row, at])) for at in order[row] if weights[row, at] > 0]
        for row in range(len(contributions))
    ]
