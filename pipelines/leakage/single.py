"""Features that rank leavers too well by themselves on matured dates.

Belongs here: which rows are looked at and what is too good. Does not belong here: the figure (``models``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines import features, training
from pipelines.config import Config

if TYPE_CHECKING:
    from models.single_columns import ColumnQuality

TOO_GOOD = 0.85
"""ROC AUC from which on a single column is named. For scale, in one trial: an honest model of many features 0.66, the
same with seven days of look-ahead 0.77, the final end date as a column 1.00."""


@dataclass(frozen=True)
class Columns:
    """Every feature alone, the best first, on so many rows and leaving rows of the training panel."""

    qualities: tuple[ColumnQuality, ...]
    rows: int
    leavers: int

    @property
    def too_good(self) -> tuple[ColumnQuality, ...]:
        """Those that are too good, and not by chance: even the low end of the interval is good."""
        return tuple(each for each in self.qualities if each.auc.value >= TOO_GOOD and each.auc.low >= TOO_GOOD - 0.1)


def single_columns(config: Config, as_of: date, progress: Callable[[str], None] | None = None) -> Columns:
    """Compute the training panel of a day, and what each feature alone is worth on it.

    Announced leavers are left out, as in training. Raises ChurnError if history is too short for a matured date.
    """
    from models import single_columns as models

    features.compute_panel(config, as_of, progress)
    panel = training.read_panel(config, as_of)
    counted = panel[~panel["announced"].astype(bool)].reset_index(drop=True)
    found = models.single_columns(counted, training.inputs(), config.training.seed)
    return Columns(found, len(counted), int(counted["churned"].sum()))
