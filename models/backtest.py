"""How models would have done, had they been trained and used at several times in the past (rolling origin).

Belongs here: fitting each model on each division of the dates, scoring the same later rows with all of them, pooling.
Does not belong here: the divisions (``split``), the figures (``quality``), which model is taken for it (``duel``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from models.inputs import ModelError, require
from models.judged import MRR
from models.panel import rows_of_parts
from models.profit import PAPER, Campaign
from models.quality import RESAMPLES, Quality, evaluate
from models.segments import COLUMNS, CONTACTED, contacted
from models.split import Split

RESAMPLES_OF_A_DATE = 100


class Scorer(Protocol):
    """What a fit gives."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """A score per row, higher for more risk."""
        ...


Fit = Callable[[pd.DataFrame, Split], Scorer]
"""Fits on the train and calibrate dates of a panel and looks at no other row (``panel.rows_of_parts``)."""


@dataclass(frozen=True)
class Backtest:
    """Every model on exactly the same later rows.

    ``rows`` are these rows (account_id, as_of, churned and, where the panel has them, ``mrr_now``, ``contacted`` and
    the columns of ``segments``), ``scores`` the score of each by model, for ``quality.compare`` and
    ``segments.by_segment``. ``pooled`` is each model's quality on all of them, with accounts resampled over all dates
    at once, ``by_date`` on each as-of date alone. ``uncontacted`` is the pooled quality without the rows that were
    marked as contacted, whose outcome outreach may have changed; empty where none is marked. ``folds`` are the
    divisions that count, ``notes`` says which models or divisions do not and why.
    """

    folds: tuple[Split, ...]
    rows: pd.DataFrame
    scores: dict[str, np.ndarray]
    pooled: dict[str, Quality]
    by_date: dict[str, tuple[Quality, ...]]
    uncontacted: dict[str, Quality]
    notes: tuple[str, ...]


def backtest(
    panel: pd.DataFrame,
    fits: Mapping[str, Fit],
    folds: Sequence[Split],
    seed: int = 7,
    resamples: int = RESAMPLES,
    rankings: Collection[str] = (),
    capacity: int | None = None,
    campaign: Campaign = PAPER,
) -> Backtest:
    """Fit every model of ``fits`` on every one of ``folds`` (``split.rolling_splits``) and judge it on its test rows.

    ``panel`` has one row per account and as-of date: account_id, as_of, churned, announced and what the models read. It
    is handed on as it is, never copied; of a fold only the test rows are taken out while they are scored. Announced
    leavers do not count. ``rankings`` names models whose scores are no probabilities; ``capacity`` and ``campaign`` are
    those of ``quality.evaluate``.

    A model that cannot be fitted on the last fold, which has the most to learn from, is left out; a fold on which one
    of the others cannot be fitted is left out for all. Raises ModelError if no model or fold remains, and for folds
    that share test dates or test what they have learned.
    """
    require(panel, ("account_id", "as_of", "churned", "announced"), "the panel to test on")
    _require_order(folds)
    fits, notes = dict(fits), []
    kept: list[tuple[Split, np.ndarray, dict[str, np.ndarray]]] = []
    for fold in sorted(folds, key=lambda each: each.test[0], reverse=True):
        try:
            positions = rows_of_parts(panel, fold)["test"]
        except ModelError as error:
            notes.append(f"the test from {fold.test[0]} on is left out: {error.message}")
            continue
        scores, failed = _scores(panel, fold, positions, fits)
        if failed and not kept:  # nothing has been judged yet, so nothing is lost with them
            notes += [f"{name} is left out: {why}" for name, why in failed.items()]
            fits = {name: fit for name, fit in fits.items() if name not in failed}
            failed = {}
        notes += [f"the test from {fold.test[0]} on is left out: {name}: {why}" for name, why in failed.items()]
        if fits and not failed:
            kept.append((fold, positions, scores))
    if not kept:
        raise ModelError(f"nothing can be tested: {'; '.join(notes)}", "add history, or drop the models that need more")
    kept.reverse()
    wanted = ["account_id", "as_of", "churned", MRR, CONTACTED, *COLUMNS]
    at = np.concatenate([positions for _, positions, _ in kept])
    rows = pd.DataFrame({name: panel[name].iloc[at].array for name in wanted if name in panel.columns})
    together = {name: np.concatenate([scores[name] for *_, scores in kept]) for name in fits}

    def judged(here: np.ndarray, draws: int) -> dict[str, Quality]:
        frame = rows[here]
        return {
            name: evaluate(frame, score[here], seed, draws, name not in rankings, capacity, campaign)
            for name, score in together.items()
        }

    day = pd.to_datetime(rows["as_of"]).to_numpy()
    dates = [judged(day == each, min(resamples, RESAMPLES_OF_A_DATE)) for each in np.unique(day)]
    return Backtest(
        folds=tuple(fold for fold, *_ in kept),
        rows=rows,
        scores=together,
        pooled=judged(np.ones(len(rows), dtype=bool), resamples),
        by_date={name: tuple(each[name] for each in dates) for name in together},
        uncontacted=_uncontacted(rows, lambda here: judged(here, resamples)),
        notes=tuple(notes),
    )


def _require_order(folds: Sequence[Split]) -> None:
    tested = [day for fold in folds for day in fold.test]
    early = [fold for fold in folds if (fold.test[0] - max(fold.train + fold.calibrate)).days < fold.gap_days]
    if len(set(tested)) < len(tested) or early:
        raise ModelError(
            "the folds share test dates, or learn from outcomes that were not known when their test begins",
            "take them from rolling_splits",
        )


def _scores(
    panel: pd.DataFrame, fold: Split, positions: np.ndarray, fits: Mapping[str, Fit]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Of each model its scores, or why it has none."""
    scores: dict[str, np.ndarray] = {}
    failed: dict[str, str] = {}
    for name, fit in fits.items():
        try:
            # the test rows are a copy, which a fit need not have beside it
            scores[name] = np.asarray(fit(panel, fold).predict(panel.iloc[positions]), dtype=np.float64)
        except ModelError as error:
            failed[name] = error.message
    return scores, failed


def _uncontacted(rows: pd.DataFrame, judged: Callable[[np.ndarray], dict[str, Quality]]) -> dict[str, Quality]:
    marked = contacted(rows)
    return judged(~marked) if marked.any() and not marked.all() else {}
