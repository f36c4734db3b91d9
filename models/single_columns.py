"""How well each input ranks leavers by itself: what no honest column does too well.

Belongs here: the figure and its interval, per column. Does not belong here: models of several columns (``quality``),
and what is done about a column that is too good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.accounts import position
from models.inputs import Input, matrix, require
from models.metrics import Interval, Ranking, interval, resample

_HALVES = "columns"


@dataclass(frozen=True)
class ColumnQuality:
    """ROC AUC of one column alone, whichever way it points: above 0.5 unless it is worthless."""

    name: str
    auc: Interval


def single_columns(
    panel: pd.DataFrame, inputs: Sequence[Input], seed: int = 0, resamples: int = 100
) -> tuple[ColumnQuality, ...]:
    """Quality of each input on the rows of ``panel`` (``account_id``, ``churned``, the inputs), the best first.

    A number ranks rows from low to high or from high to low, with missing values first or last: the best of the four
    counts. A category ranks by the rate of leavers among the other half of the accounts. Intervals come from
    resampling whole accounts. NaN where all rows are leavers or none is.
    """
    require(panel, ["account_id", "churned", *(each.name for each in inputs)], "the panel")
    churned = panel["churned"].to_numpy(dtype=bool)
    account, ids = pd.factorize(panel["account_id"])
    halves = position(panel["account_id"], _HALVES) < 0.5
    draws = list(resample(len(ids), seed, resamples))
    found = []
    for each in inputs:
        scores = [_rates(panel[each.name], churned, halves)] if each.categorical else _orders(panel, each.name)
        rankings = [Ranking(score, churned, account) for score in scores]
        whole = np.ones(len(ids))
        best = max(rankings, key=lambda ranking: np.nan_to_num(ranking.figures(whole)[0]))
        auc = best.figures(whole)[0]
        samples = np.array([best.figures(drawn)[0] for drawn in draws])
        found.append(ColumnQuality(each.name, interval(auc, samples)))
    return tuple(sorted(found, key=lambda quality: -np.nan_to_num(quality.auc.value)))


def _orders(panel: pd.DataFrame, name: str) -> list[np.ndarray]:
    values = matrix(panel, [name], {})[:, 0].astype(np.float64)
    absent = np.isnan(values)
    return [
        np.where(absent, edge, sign * np.where(absent, 0.0, values))
        for sign in (1.0, -1.0)
        for edge in ((-np.inf, np.inf) if absent.any() else (0.0,))
    ]


def _rates(column: pd.Series, churned: np.ndarray, halves: np.ndarray) -> np.ndarray:
    """Of each row, the rate of leavers with its category among accounts of the other half."""
    codes, names = pd.factorize(column)
    codes = np.where(codes < 0, len(names), codes)
    score = np.empty(len(codes))
    for half in (True, False):
        other = halves != half
        rows = np.bincount(codes[other], minlength=len(names) + 1)
        leavers = np.bincount(codes[other], weights=churned[other], minlength=len(names) + 1)
        overall = churned[other].mean() if other.any() else 0.0
        # a category that the other half hardly knows takes its overall rate
        score[halves == half] = ((leavers + 10 * overall) / (rows + 10))[codes[halves == half]]
    return score
