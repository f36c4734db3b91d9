"""What any rung may learn from a panel: its rows, their weights, and the part of the card that tells of them.

Belongs here: what every kind of model does alike before and after it fits. Does not belong here: the fitting
(``churn_model``, ``logistic``, ``health``), the choice of dates (``split``), how much carries which rung (``ladder``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.accounts import SAMPLE, position
from models.calibration import Calibration
from models.inputs import Input, ModelError, require
from models.panel import PARTS, count, days, rows_of_parts, span
from models.split import Split

LEAST_LEAVERS = 10


@dataclass(frozen=True)
class Evidence:
    """``panel`` with the row positions of each of its ``parts``; ``rows`` are those of the train dates that are fitted
    on, ``share`` of them all. ``account``, ``day``, ``churned`` and ``weight`` belong to ``rows``.
    """

    panel: pd.DataFrame
    inputs: tuple[Input, ...]
    split: Split
    seed: int
    parts: dict[str, np.ndarray]
    rows: np.ndarray
    share: float

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.inputs]

    @property
    def account(self) -> pd.Series:
        return self.accounts(self.rows)

    @property
    def day(self) -> np.ndarray:
        return days(self.panel, self.rows)

    @property
    def churned(self) -> np.ndarray:
        return self.outcomes(self.rows)

    @property
    def leaving_accounts(self) -> int:
        return int(self.account[self.churned].nunique())

    @property
    def weight(self) -> np.ndarray:
        """1 / (train dates within half a horizon of the row's own).

        Snapshots whose outcomes overlap tell one story several times. The weight hangs on the date alone: weighting by
        an account's number of snapshots would favour those who soon disappear, which is class weighting by the back
        door and spoils the probabilities.
        """
        dates, at = np.unique(self.day, return_inverse=True)
        apart = np.abs((dates[:, None] - dates[None, :]).astype(int))
        return (1.0 / (2 * apart < self.split.gap_days).sum(axis=1))[at]

    def accounts(self, rows: np.ndarray) -> pd.Series:
        """Whose each of these rows of the panel is."""
        return self.panel["account_id"].iloc[rows]

    def outcomes(self, rows: np.ndarray) -> np.ndarray:
        """Whether the account of each of these rows of the panel left."""
        return self.panel["churned"].iloc[rows].to_numpy(dtype=bool)

    def card(self, kind: str, calibration: Calibration, parameters: dict[str, Any]) -> dict[str, Any]:
        """What the card of every kind says."""
        split = self.split
        return {
            "kind": kind,
            "inputs": [asdict(each) for each in self.inputs],
            "calibration": asdict(calibration),
            "split": {
                **{part: [day.isoformat() for day in getattr(split, part)] for part in PARTS},
                "gap_days": split.gap_days,
                "accounts_apart": split.accounts_apart,
                "note": split.note,
            },
            "parts": {part: count(self.panel, positions) for part, positions in self.parts.items()},
            "sample": {"share": self.share, "rows": len(self.rows), "leaving_accounts": self.leaving_accounts},
            "seed": self.seed,
            "parameters": parameters,
        }


def gather(panel: pd.DataFrame, inputs: Sequence[Input], split: Split, seed: int, max_rows: int) -> Evidence:
    """The rows of ``panel`` (account_id, as_of, churned, announced, the inputs) that may be learned from.

    Announced leavers are left out. Above ``max_rows`` a seeded share of the accounts is fitted on, with all their rows.
    Raises ModelError when a part has no rows, and when hardly anyone or everyone leaves.
    """
    require(
        panel, ("account_id", "as_of", "churned", "announced", *(each.name for each in inputs)), "the training panel"
    )
    parts = rows_of_parts(panel, split)
    rows, share = parts["train"], 1.0
    if len(rows) > max_rows:
        share = max_rows / len(rows)
        rows = rows[position(panel["account_id"].iloc[rows], SAMPLE, seed) < share]
    found = Evidence(panel, tuple(inputs), split, seed, parts, rows, share)
    leavers = found.leaving_accounts
    if leavers < LEAST_LEAVERS or found.churned.all():
        raise ModelError(
            f"{leavers} of the {found.account.nunique()} accounts on the train dates {span(split.train)} leave",
            f"a model needs at least {LEAST_LEAVERS} who leave and some who stay: add history, or check that "
            "subscriptions' ends are supplied",
        )
    return found


def require_variation(columns: Sequence[np.ndarray] | np.ndarray, split: Split) -> None:
    """Raise ModelError unless one of the ``columns`` (arrays of floats) has two values, missing being one."""
    if not any(_varies(column) for column in columns):
        raise ModelError(
            f"none of the {len(columns)} inputs varies on the train dates {span(split.train)}",
            "check that usage, billing and support tables cover these dates",
        )


def _varies(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and bool(len(known) < len(column) or known.min() < known.max())
