"""Why a score is high: what raised it, grouped into themes that people act on.

Belongs here: the choice of reasons from contributions, and how long they stand. Does not belong here: computing
contributions (``churn_model``), the sentences that people read (``churn_features`` and ``pipelines``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.inputs import Input, require

MARGIN = 0.1
"""Log-odds by which a reason must exceed one that was told before to take its place: a tenth more in the odds of
leaving, for less of which nobody would act otherwise."""

Told = tuple[str, str]
"""Theme and feature of a reason as it was told before."""


@dataclass(frozen=True)
class Reason:
    """A theme that raises an account's risk, with the feature that tells of it and that feature's log-odds."""

    theme: str
    feature: str
    contribution: float


def reasons(
    contributions: pd.DataFrame,
    inputs: Sequence[Input],
    most: int = 3,
    tellable: np.ndarray | None = None,
    previous: Sequence[Sequence[Told]] | None = None,
    margin: float = MARGIN,
) -> list[list[Reason]]:
    """Up to ``most`` reasons per row of ``contributions`` (log-odds, one column per input), the weightiest theme first.

    A theme weighs the sum of the contributions of its actionable inputs, so what protects offsets what harms, and what
    nobody can change, such as a plan or an age, gives it no weight; a theme that does not raise the risk on the whole
    gives no reason. It is represented by the input with the largest contribution, which must be above zero: what
    protects an account is never shown as a reason. Ties go by name. ``tellable`` (bool, rows x inputs) further limits,
    per row, which inputs can represent a theme.

    ``previous`` holds for each row what was told before, in that order, nothing where nothing was. What of it still
    raises the risk stands its ground (hysteresis) against all that do not exceed it by ``margin`` log-odds: a theme
    against being displaced by a new one and against one behind it, a feature against others of its theme. Themes and
    features that ``inputs`` do not have are passed over. With a margin of 0 it is as if nothing had been told.
    """
    require(contributions, [each.name for each in inputs], "the frame of contributions")
    acted_on = sorted((each for each in inputs if each.actionable), key=lambda each: each.name)
    themes = sorted({each.theme for each in acted_on})
    before = list(previous) if previous is not None else [()] * len(contributions)
    theme_told = _told([[theme for theme, _ in told] for told in before], themes)
    weights = np.empty((len(contributions), len(themes)))
    best = np.full_like(weights, -np.inf)
    feature = np.empty(weights.shape, dtype=object)
    names = [each.name for each in inputs]
    for at, theme in enumerate(themes):
        shown = [each.name for each in acted_on if each.theme == theme]
        values = contributions[shown].to_numpy(dtype=np.float64)
        weights[:, at] = values.sum(axis=1)
        can_tell = values > 0
        if tellable is not None:
            can_tell &= tellable[:, [names.index(name) for name in shown]]
        values = np.where(can_tell, values, -np.inf)
        was_told = _told([[name for _, name in told] for told in before], shown)
        winner = (values + margin * was_told).argmax(axis=1)
        best[:, at] = values[np.arange(len(values)), winner]
        feature[:, at] = np.array(shown, dtype=object)[winner]
    weights[(best <= 0) | (weights <= 0)] = -np.inf
    order = np.argsort(-(weights + margin * theme_told), axis=1, kind="stable")[:, :most]
    found = []
    for row, told in enumerate(before):
        chosen = [at for at in order[row].tolist() if weights[row, at] > 0]
        if told:
            chosen = _placed(
                chosen, [themes.index(theme) for theme, _ in told if theme in themes], weights[row], margin
            )
        found.append([Reason(themes[at], str(feature[row, at]), float(best[row, at])) for at in chosen])
    return found


def _told(before: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    """Which of ``names`` were told of each row (rows x names)."""
    return np.array([[name in told for name in names] for told in before], dtype=bool).reshape(-1, len(names))


def _placed(chosen: Sequence[int], before: Sequence[int], weights: np.ndarray, margin: float) -> list[int]:
    """``chosen`` in the order of ``before``, then the new ones; each moves ahead of those before it that it exceeds."""
    start = sorted(chosen, key=lambda at: before.index(at) if at in before else len(before))
    placed: list[int] = []
    for at in start:
        place = len(placed)
        while place and (margin - weights[at], at) < (-weights[placed[place - 1]], placed[place - 1]):
            place -= 1
        placed.insert(place, at)
    return placed
