"""The settings of LightGBM and the number of its trees, from the amount of evidence.

Belongs here: how much a panel allows to be learned. Does not belong here: rows and dates (``churn_model``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# spinning OpenMP threads burn a busy machine; read once, when the library is loaded
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import lightgbm as lgb

MOST_TREES, PATIENCE = 600, 40
FOLDS = 5
LEAVERS_PER_LEAF = 0.5
LEAVERS_PER_TREE_LEAF = 20
LEAST_TO_PART, ENOUGH_TO_STOP_BY = 30, 300


def settings(rows: int, leavers: int, directions: list[int], seed: int, threads: int) -> dict[str, Any]:
    """Parameters for ``rows`` rows that hold ``leavers`` leaving accounts (not rows: snapshots repeat each other).

    A leaf must be so large that it holds half a leaver on average: a group that is smaller than a leaf, such as
    accounts whose payments fail, is not seen however many of it leave. A tree has one leaf per 20 leavers: three leaves
    up to 80 leavers, 31 from 620 on. No class weights, which would spoil the probabilities. Monotone method
    "intermediate", because "advanced" is known to break its promise (LightGBM issues 5358 and 6155).
    """
    chosen: dict[str, Any] = {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": 0.05,
        "num_leaves": int(np.clip(leavers // LEAVERS_PER_TREE_LEAF, 3, 31)),
        "min_data_in_leaf": int(np.clip(rows * LEAVERS_PER_LEAF / leavers, 20, max(20, rows // 5))),
        # in units of the weighted sum of p (1 - p), of which the smallest leaf holds less than one
        "lambda_l2": 0.1,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "max_bin": 127,
        "cat_smooth": 50.0,
        "force_col_wise": True,
        "deterministic": True,
        "seed": seed,
        "num_threads": threads,
        "verbosity": -1,
    }
    chosen["min_data_per_group"] = chosen["min_data_in_leaf"]
    if any(directions):
        # without constraints, the method alone crashes LightGBM 4
        chosen |= {"monotone_constraints": directions, "monotone_constraints_method": "intermediate"}
    return chosen


def dataset(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    names: list[str],
    categorical: list[str],
    parameters: dict[str, Any],
) -> lgb.Dataset:
    """What trees grow on: the values of ``x`` in bins. It does not keep ``x``."""
    data = lgb.Dataset(x, y, weight=weight, feature_name=names, categorical_feature=categorical, params=parameters)
    return data.construct()


def train(data: lgb.Dataset, parameters: dict[str, Any], folds: list[tuple[np.ndarray, np.ndarray]]) -> lgb.Booster:
    """Trees on all rows, as many as were best on average over ``folds`` (row positions to fit on, to stop by)."""
    return lgb.train(parameters, data, num_boost_round=len(losses(data, parameters, folds)))


def losses(
    data: lgb.Dataset,
    parameters: dict[str, Any],
    folds: list[tuple[np.ndarray, np.ndarray]],
    callbacks: Sequence[Callable[..., None]] = (),
) -> list[float]:
    """Mean log loss over ``folds`` after each tree, up to the best number of them; ``callbacks`` are LightGBM's."""
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    curve = lgb.cv(parameters, data, num_boost_round=MOST_TREES, folds=folds, callbacks=[stop, *callbacks])
    return [float(each) for each in curve["valid binary_logloss-mean"]]


def stopping_folds(
    day: np.ndarray, account_position: np.ndarray, churned: np.ndarray, gap_days: int = 1
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows to stop by: later dates than those, and other accounts.

    The last third of the dates is later, by ``gap_days`` at least if the dates allow; with a single date, or hardly a
    leaver on either side, only the accounts differ. Further fifths of the accounts take their turn until the rows to
    stop by hold enough leavers.
    """
    dates = np.unique(day)
    border = dates[-max(1, len(dates) // 3)]
    later = day >= border
    for earlier in (day <= border - np.timedelta64(gap_days, "D"), day < border):
        if min(churned[earlier].sum(), churned[later].sum()) >= LEAST_TO_PART:
            break
    else:
        earlier = later = np.ones(len(day), dtype=bool)
    fold = (account_position * FOLDS).astype(int)
    folds: list[tuple[np.ndarray, np.ndarray]] = []
    stopped_by = 0
    for each in range(FOLDS):
        fit, stop = np.flatnonzero(earlier & (fold != each)), np.flatnonzero(later & (fold == each))
        if stopped_by >= ENOUGH_TO_STOP_BY:
            break
        if len(stop) and 0 < churned[fit].sum() < len(fit):
            folds.append((fit, stop))
            stopped_by += int(churned[stop].sum())
    return folds
