"""What a model goes by on the whole: how far each input and each theme moves the log-odds.

Belongs here: means over many rows of contributions. Does not belong here: the contributions (the kinds' own modules),
what raised one account's risk (``reasons``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.accounts import IMPORTANCE, position
from models.inputs import require
from models.model import Model

MOST_ROWS = 1000
"""Rows that are explained: of so many the mean of an input is sure to some percent, and trees take a second."""


@dataclass(frozen=True)
class Importance:
    """Mean absolute contribution in log-odds by input and by theme, each the largest first, on ``rows`` rows."""

    rows: int
    inputs: dict[str, float]
    themes: dict[str, float]


def importance(model: Model, frame: pd.DataFrame, seed: int = 7, most_rows: int = MOST_ROWS) -> Importance:
    """Global importance of the inputs on ``frame`` (account_id, as_of, the inputs; n rows): the mean absolute exact
    contribution, as Lundberg et al. (2020), From local explanations to global understanding with explainable AI for
    trees, Nature Machine Intelligence 2, define it for trees.

    Contributions are taken against their mean over the rows, so that what is alike for all accounts counts for
    nothing, whatever a kind of model measures them against. A theme's contribution to a row is the sum of those of its
    inputs, as reasons weigh it, so inputs that offset each other do not add up. Of more than ``most_rows`` rows a
    seeded sample is explained, the same whatever their order. Raises ModelError naming columns that are absent.
    """
    require(frame, ["account_id", "as_of"], "the frame")
    if len(frame) > most_rows:
        place = position(frame["account_id"].astype(str) + " " + frame["as_of"].astype(str), IMPORTANCE, seed)
        frame = frame.iloc[np.argsort(place, kind="stable")[:most_rows]]
    found = model.contributions(frame).drop(columns="base")
    members: dict[str, list[str]] = {}
    for each in model.inputs:
        members.setdefault(each.theme, []).append(each.name)
    themes = pd.DataFrame({theme: found[names].sum(axis=1) for theme, names in members.items()})
    return Importance(len(frame), _means(found), _means(themes))


def _means(contributions: pd.DataFrame) -> dict[str, float]:
    values = contributions.to_numpy(dtype=np.float64)
    means = np.abs(values - values.mean(axis=0)).mean(axis=0) if len(values) else np.zeros(values.shape[1])
    named = zip(contributions.columns, means.tolist(), strict=True)
    return {str(name): mean for name, mean in sorted(named, key=lambda each: (-each[1], each[0]))}
