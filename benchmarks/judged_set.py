"""A data set with the verdict on it, as a row of a table.

Belongs here: what is shown of every set. Does not belong here: the sets and what is promised of each (``quality``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.duel import NAMES, RECENCY, Verdict
from models.health import HEALTH
from models.logistic import LOGISTIC
from models.metrics import Interval
from models.model import LIGHTGBM

RIVALS = (RECENCY, HEALTH, LOGISTIC, LIGHTGBM)


@dataclass(frozen=True)
class Promise:
    """Something that is to hold, in words, and whether it does."""

    text: str
    holds: bool


@dataclass(frozen=True)
class JudgedSet:
    """A data set with the duel's verdict on it. ``rows`` says which rows it rests on. ``beside`` holds the AUC of what
    is no rung of the ladder, on the same rows."""

    name: str
    rows: str
    verdict: Verdict
    beside: dict[str, Interval] = field(default_factory=dict)
    promises: tuple[Promise, ...] = ()

    def line(self) -> str:
        """A row of the table."""
        verdict, chosen = self.verdict, self.verdict.challenger
        cells = [
            self.name,
            self.rows,
            f"{chosen.rows:,}",
            f"{chosen.leavers:,} ({chosen.leaving_accounts:,})",
            f"{100 * chosen.base_rate.value:.1f} %",
            *(_figures(verdict.rivals[kind].auc) if kind in verdict.rivals else "" for kind in RIVALS),
            NAMES[verdict.chosen],
            ", ".join(f"{name} {_figures(auc)}" for name, auc in self.beside.items()),
            f"{chosen.log_loss.value:.4f} / {chosen.log_loss_base:.4f}",
            _figures(chosen.calibration_slope),
            f"{chosen.expected_leavers:,.0f} / {_figures(chosen.actual_leavers, ',.0f')}",
            "promoted" if verdict.promote else f"refused: {verdict.reason.partition(':')[0]}",
            "; ".join(f"{each.text}: {'yes' if each.holds else '**no**'}" for each in self.promises),
        ]
        return f"| {' | '.join(cells)} |"

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        verdict = self.verdict
        return {
            "name": self.name,
            "rows": self.rows,
            "rivals": {kind: quality.as_dict() for kind, quality in verdict.rivals.items()},
            "beside": {name: vars(auc) for name, auc in self.beside.items()},
            "chosen": verdict.chosen,
            "promoted": verdict.promote,
            "verdict": verdict.reason,
            "promises": [vars(each) for each in self.promises],
        }


HEAD = (
    "data set", "test rows", "rows", "leavers (accounts)", "base rate", *(f"AUC {NAMES[kind]}" for kind in RIVALS),
    "chosen", "AUC beside", "log loss / base rate's", "calibration slope", "expected / actual leavers", "verdict",
    "promise holds",
)  # fmt: skip


def table(sets: Sequence[JudgedSet]) -> str:
    """The sets as Markdown; intervals are 95 %, of accounts drawn anew, figures those of the chosen model."""
    return "\n".join([f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", *(each.line() for each in sets)])


def _figures(interval: Interval, form: str = ".2f") -> str:
    if not np.isfinite(interval.value):
        return ""
    return f"{interval.value:{form}} ({interval.low:{form}} to {interval.high:{form}})"
