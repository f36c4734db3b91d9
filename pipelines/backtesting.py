"""The backtest of a training: the rungs of its ladder, trained again at several times in the past, for the model card.

Belongs here: what is tested with what, and what of it a card keeps. Does not belong here: the backtest itself
(``models.backtest``), the choice of a model, on which it has no influence (``training``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipelines import fitting
from pipelines.config import Config
from pipelines.features import outcome_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from models.backtest import Fit
    from models.inputs import Input
    from models.model import Model
    from models.quality import Quality
    from models.split import Split

_OF_A_DATE = ("auc", "auc_low", "auc_high", "average_precision", "lift_10", "log_loss", "brier", "expected_leavers")


class _RecencyRule:
    """The recency rule as a model that learns nothing."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        from models.baselines import recency_rule

        return recency_rule(frame)


def backtest_card(
    config: Config,
    panel: pd.DataFrame,
    inputs: Sequence[Input],
    kinds: Sequence[str],
    chosen: str,
    capacity: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Backtest the recency rule and the models of ``kinds`` over ``training.backtest_folds`` divisions of ``panel``.

    ``capacity``: the accounts of ``panel`` on the list of a date. Gives plain values for the card: ``folds`` (the first
    and last test date of each), ``pooled`` and ``uncontacted`` (figures by rival, see ``Quality.as_dict``), ``by_date``
    (by rival a row per as-of date), ``segments`` (rows of ``Segment.as_dict`` about the ``chosen`` kind) and ``notes``.
    A history that is too short leaves a note and nothing else: it is no reason to refuse a model.
    """
    from models.backtest import backtest
    from models.duel import RECENCY
    from models.inputs import ModelError
    from models.segments import by_segment, usual_segments
    from models.split import rolling_splits

    keys, outcome = config.training, config.outcome
    nothing: dict[str, Any] = {
        "folds": [], "pooled": {}, "uncontacted": {}, "by_date": {}, "segments": [],
    }  # fmt: skip
    if not keys.backtest_folds:
        return {**nothing, "notes": ["there was no backtest: training.backtest_folds is 0"]}
    try:
        folds = rolling_splits(sorted(set(panel["as_of"])), outcome_of(config).horizon_days, keys.backtest_folds)
        fits: dict[str, Fit] = {RECENCY: lambda *_: _RecencyRule()}
        fits |= {kind: _fit(kind, inputs, folds, config, say) for kind in kinds}
        found = backtest(panel, fits, folds, keys.seed, rankings=[RECENCY], capacity=capacity)
    except ModelError as error:
        say(f"no backtest: {error.message}")
        return {**nothing, "notes": [f"there was no backtest: {error.message}"]}
    segments = []
    if chosen in found.scores:
        divided = usual_segments(found.rows, outcome.lead_days + outcome.window_days)
        segments = [each.as_dict() for each in by_segment(found.rows, found.scores[chosen], divided, keys.seed)]
    return {
        "folds": [[str(fold.test[0]), str(fold.test[-1])] for fold in found.folds],
        "pooled": {name: quality.pooled() for name, quality in found.pooled.items()},
        "uncontacted": {name: quality.pooled() for name, quality in found.uncontacted.items()},
        "by_date": {name: [_of_date(quality) for quality in dates] for name, dates in found.by_date.items()},
        "segments": segments,
        "notes": list(found.notes),
    }


def _fit(kind: str, inputs: Sequence[Input], folds: Sequence[Split], config: Config, say: Callable[[str], None]) -> Fit:
    from models.model import KINDS

    def fitted(panel: pd.DataFrame, split: Split) -> Model:
        number = [fold.test[0] for fold in folds].index(split.test[0]) + 1
        say(f"backtest, {number} of {len(folds)}: the {KINDS[kind]}, judged from {split.test[0]} to {split.test[-1]}")
        return fitting.fit(config, kind, panel, inputs, split, say)

    return fitted


def _of_date(quality: Quality) -> dict[str, Any]:
    figures = quality.as_dict()
    counts = {"as_of": figures["dates"][0], "rows": quality.rows, "leavers": quality.leavers}
    return counts | {name: figures[name] for name in _OF_A_DATE}
