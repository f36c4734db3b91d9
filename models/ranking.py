"""Who comes first, and how many of them will leave.

Belongs here: the order of a list and what it should hold. Does not belong here: who may be on it at all, reasons,
plays and files (``pipelines``).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from models.inputs import ModelError, require
from models.metrics import Interval

By = Literal["expected_loss", "probability", "mrr"]
ORDERS: tuple[By, ...] = ("expected_loss", "probability", "mrr")
EXACT_UP_TO = 2_000
LEVELS = 21
"""Levels at which the exact interval is computed."""


def rank(
    frame: pd.DataFrame, by: By = "expected_loss", capacity: int = 100, per_owner: int | None = None
) -> pd.DataFrame:
    """The first ``capacity`` rows of ``frame`` (account_id, probability, mrr, any others), highest ``by`` first.

    Adds ``rank`` from 1 and ``expected_loss`` = probability * mrr, in minor units a month. Equal values follow by
    account_id, so the order is total. With ``per_owner`` no value of the column ``owner`` appears more often than
    that; rows without an owner are held by ``capacity`` only, since nobody's day fills up with them. Raises ModelError
    naming accounts that appear twice or lack probability or mrr.
    """
    require(frame, ("account_id", "probability", "mrr", *(("owner",) if per_owner is not None else ())), "the frame")
    if by not in ORDERS:
        raise ModelError(f"cannot rank by {by}", f"rank by one of {', '.join(ORDERS)}")
    if capacity < 1 or (per_owner is not None and per_owner < 1):
        raise ModelError("the capacity of a list is less than one", "state a capacity of at least 1")
    for wrong, what in (
        (frame["account_id"].duplicated(), "appear twice"),
        (frame["probability"].isna(), "have no probability"),
        (frame["mrr"].isna(), "have no mrr"),
    ):
        if wrong.any():
            first = ", ".join(map(str, frame.loc[wrong.to_numpy(dtype=bool), "account_id"].head(3)))
            raise ModelError(f"{int(wrong.sum())} accounts to rank {what}, such as {first}", "rank each account once")
    out = frame.assign(
        expected_loss=frame["probability"].to_numpy(dtype=np.float64) * frame["mrr"].to_numpy(dtype=np.float64)
    ).sort_values([by, "account_id"], ascending=[False, True], kind="stable")
    if per_owner is not None:
        within = out.groupby("owner", dropna=False).cumcount() < per_owner
        out = out[within | out["owner"].isna()]
    out = out.head(capacity).reset_index(drop=True)
    out.insert(0, "rank", np.arange(1, len(out) + 1))
    return out


def expected_leavers(p: np.ndarray, level_error: float = 0.0) -> Interval:
    """How many of the accounts with probabilities ``p`` will leave, with a 95 % interval.

    It holds chance, and the error of the level of all probabilities together, a normal one of ``level_error`` log-odds
    (``calibration.level_error``); that of single accounts among each other averages out. At any level the count of
    independent leavers with unequal probabilities is Poisson-binomial. Its quantiles over all levels are exact, but for
    their number (Gauss-Hermite), up to 2,000 accounts, beyond by the normal approximation.
    """
    p = np.asarray(p, dtype=np.float64)
    mean, spread = float(p.sum()), float((p * (1.0 - p)).sum())
    if len(p) > EXACT_UP_TO:
        reach = 1.96 * float(np.sqrt(spread + (spread * level_error) ** 2))
        return Interval(mean, max(0.0, mean - reach), min(float(len(p)), mean + reach))
    nodes, weights = np.polynomial.hermite_e.hermegauss(LEVELS if level_error else 1)
    odds = np.exp(nodes * level_error)[:, None] * p
    at_levels = odds / (odds + 1.0 - p)
    # cases by level and number of leavers, one account after the other
    chance = np.zeros((len(nodes), len(p) + 1))
    chance[:, 0] = weights / weights.sum()
    for number, each in enumerate(at_levels.T, start=1):
        leaves = chance[:, :number] * each[:, None]
        chance[:, :number] -= leaves
        chance[:, 1 : number + 1] += leaves
    low, high = np.searchsorted(np.cumsum(chance.sum(axis=0)), [0.025, 0.975])
    return Interval(mean, float(low), float(min(high, len(p))))
