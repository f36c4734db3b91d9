"""Which rows of a panel serve which part of a training, and how many leavers they hold.

Belongs here: from dates and accounts to row positions. Does not belong here: the choice of dates (``split``), what is
learned from the rows (``churn_model``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from models.accounts import CALIBRATE, position
from models.inputs import ModelError
from models.split import CALIBRATION_ACCOUNTS, Split

PARTS = ("train", "calibrate", "test")


def rows_of_parts(panel: pd.DataFrame, split: Split) -> dict[str, np.ndarray]:
    """Positions of the rows of each part, none of one without dates; ModelError where dates have no rows, or rows no
    outcome."""
    day = days(panel)
    counted = ~panel["announced"].fillna(False).to_numpy(dtype=bool)
    calibrates = np.ones(len(panel), dtype=bool)
    if split.accounts_apart:
        calibrates = position(panel["account_id"], CALIBRATE) < CALIBRATION_ACCOUNTS
    parts = {}
    for part in PARTS:
        dates: tuple[date, ...] = getattr(split, part)
        here = counted & np.isin(day, np.array(dates, dtype="datetime64[D]"))
        if part == "calibrate" or (part == "train" and split.accounts_apart):
            here &= calibrates if part == "calibrate" else ~calibrates
        rows = np.flatnonzero(here)
        if dates and not len(rows):
            raise ModelError(
                f"no account is left on the {part} dates {span(dates)}",
                "check that the panel holds these dates and that not every account has announced to leave",
            )
        unknown = int(panel["churned"].iloc[rows].isna().sum())
        if unknown:
            raise ModelError(
                f"{unknown} of {len(rows)} rows on the {part} dates {span(dates)} have no outcome",
                "use matured as-of dates only",
            )
        parts[part] = rows
    return parts


def days(panel: pd.DataFrame, rows: np.ndarray | None = None) -> np.ndarray:
    column = panel["as_of"] if rows is None else panel["as_of"].iloc[rows]
    return pd.to_datetime(column).to_numpy(dtype="datetime64[D]")


def span(dates: Sequence[date]) -> str:
    return f"{dates[0]} to {dates[-1]}" if len(dates) > 1 else str(dates[0])


def count(panel: pd.DataFrame, rows: np.ndarray) -> dict[str, int]:
    account = panel["account_id"].iloc[rows]
    churned = panel["churned"].iloc[rows].to_numpy(dtype=bool)
    return {
        "rows": len(rows),
        "leavers": int(churned.sum()),
        "accounts": int(account.nunique()),
        "leaving_accounts": int(account[churned].nunique()),
    }
