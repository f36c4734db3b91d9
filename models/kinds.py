"""Voluntary and involuntary risk: the probability of leaving, divided by how likely a departure is of either kind.

Belongs here: what tells the kinds apart among those who leave, and what the two probabilities are worth on later dates.
Does not belong here: what a kind is (``churn_features.outcomes``), whether somebody leaves (the model of the rung).

The kinds exclude each other, so they are competing risks: P(leaves as a kind) = P(leaves) P(kind | leaves), as in the
cause-specific view of Prentice et al. (1978, Biometrics 34), and both sum to P(leaves).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models import logistic
from models.calibration import sigmoid
from models.evidence import LEAST_LEAVERS
from models.inputs import Input, ModelError, require
from models.judged import MRR
from models.logistic import LogisticModel
from models.metrics import row_log_loss
from models.panel import rows_of_parts, span
from models.quality import compare, evaluate
from models.split import Split

VOLUNTARY, INVOLUNTARY = "voluntary", "involuntary"
DEPARTURES = (VOLUNTARY, INVOLUNTARY)
"""Values of the panel's column ``kind`` that count. Any other, such as unknown, counts neither way."""
PAYMENT = "payment"
"""The theme of the inputs that say how somebody's payments go."""


def fit(panel: pd.DataFrame, inputs: Sequence[Input], split: Split, seed: int = 7) -> LogisticModel:
    """P(involuntary | leaves): fitted on those who leave on the train dates of ``panel`` (account_id, as_of, churned,
    announced, kind, the inputs), calibrated on those of the calibrate dates. Weights, penalty and repeatability as in
    ``logistic.fit``; directions do not hold, since what raises the risk of leaving may well speak for either kind.

    Two lines are fitted, on the inputs of the theme PAYMENT alone and on all of them; that with the lower log loss on
    the calibrate dates, before calibration, is taken, a tie the one of fewer inputs. Those few say most of the kind,
    and with few leavers the penalty that keeps the many others from fitting chance weighs on them as well.

    Raises ModelError where fewer than LEAST_LEAVERS accounts leave as one of the kinds on the train dates: no model
    here learns from less. So few will do because little can go wrong: a penalty that is chosen on other accounts makes
    the share the same for everyone where the kinds cannot be told apart, and the sum of both is P(leaves) in any case.
    """
    require(panel, ("account_id", "as_of", "churned", "announced", "kind"), "the training panel")
    leavers = panel[panel["churned"].fillna(False).to_numpy(dtype=bool) & panel["kind"].isin(DEPARTURES).to_numpy()]
    leavers = leavers.assign(churned=(leavers["kind"] == INVOLUNTARY).to_numpy(dtype=bool))
    remedy = "supply subscriptions.end_reason and cancel_requested_at, or wait for more departures"
    try:
        train = leavers.iloc[rows_of_parts(leavers, split)["train"]]
    except ModelError as error:
        raise ModelError(f"among those who leave as a known kind, {error.message}", remedy) from error
    counts = {kind: int(train.loc[train["kind"] == kind, "account_id"].nunique()) for kind in DEPARTURES}
    if min(counts.values()) < LEAST_LEAVERS:
        raise ModelError(
            f"{counts[VOLUNTARY]} accounts are known to leave voluntarily on the train dates {span(split.train)}, "
            f"{counts[INVOLUNTARY]} involuntarily; to tell them apart takes at least {LEAST_LEAVERS} of either kind",
            remedy,
        )
    either = [replace(each, direction=0) for each in inputs]
    fitted = _fitted(leavers, either, split, seed)
    later = leavers.iloc[rows_of_parts(leavers, split)["calibrate"]]
    return min(fitted, key=lambda line: _raw_loss(line, later))


def _fitted(leavers: pd.DataFrame, inputs: Sequence[Input], split: Split, seed: int) -> list[LogisticModel]:
    """Lines on the inputs of the theme PAYMENT, where these allow one, and on all ``inputs``."""
    lines = []
    payment = [each for each in inputs if each.theme == PAYMENT]
    if len(payment) < len(inputs):
        with suppress(ModelError):  # nothing of them varies
            lines.append(logistic.fit(leavers, payment, split, seed))
    return [*lines, logistic.fit(leavers, inputs, split, seed)]


def _raw_loss(line: LogisticModel, later: pd.DataFrame) -> float:
    return float(row_log_loss(sigmoid(line.raw(later)), later["churned"].to_numpy(dtype=bool)).mean())


def divided(probability: np.ndarray, share: np.ndarray) -> dict[str, np.ndarray]:
    """P(leaves) per row as ``voluntary`` and ``involuntary``, given the involuntary ``share`` of each."""
    involuntary = probability * share
    return {VOLUNTARY: probability - involuntary, INVOLUNTARY: involuntary}


def judge(frame: pd.DataFrame, probability: np.ndarray, share: np.ndarray, seed: int = 7) -> dict[str, dict[str, Any]]:
    """What both probabilities were worth on later rows (account_id, as_of, churned, kind; announced ones do not count).

    Per kind the figures of ``Quality.as_dict`` with "left as this kind" for the outcome, without those by date, and of
    the plain rival, P(leaves) as a ranking for this kind: its ``leaves_auc`` and ``gain_auc``, with ``_low`` and
    ``_high``, the AUC that the division adds, by paired bootstrap. Those who left as an unknown kind are left out and
    counted as ``unknown_leavers``: about so many more are expected than there are to be found.
    """
    kind, left = frame["kind"], frame["churned"].to_numpy(dtype=bool)
    known = ~left | kind.isin(DEPARTURES).to_numpy()
    told = [name for name in ("account_id", "as_of", "announced", MRR) if name in frame.columns]
    rows, parts = frame.loc[known, told], divided(probability, share)
    found = {}
    for name in DEPARTURES:
        of_kind = rows.assign(churned=left[known] & (kind[known] == name).to_numpy(dtype=bool))
        figures = evaluate(of_kind, parts[name][known], seed).pooled()
        gain = compare(of_kind, parts[name][known], probability[known], seed, probability=False)["auc"]
        plain = {"gain_auc": gain.value, "gain_auc_low": gain.low, "gain_auc_high": gain.high}
        determined = figures["auc"] is not None
        found[name] = {
            **figures,
            **{key: value if determined else None for key, value in plain.items()},
            "leaves_auc": figures["auc"] - gain.value if determined else None,
            "unknown_leavers": int((~known).sum()),
        }
    return found


def division(
    panel: pd.DataFrame, inputs: Sequence[Input], split: Split, test: pd.DataFrame, probability: np.ndarray, seed: int
) -> dict[str, Any]:
    """What a model's card says under ``kinds``, whose probabilities on the rows ``test`` are given: ``share``, the card
    of what ``fit`` gives, with its ``quality`` (``judge``); or ``why`` there is none and what would carry one
    (``ahead``), in plain words.
    """
    try:
        fitted = fit(panel, inputs, split, seed)
    except ModelError as error:
        return {"share": None, "why": error.message, "ahead": error.remedy, "quality": {}}
    quality = judge(test, probability, fitted.predict(test), seed)
    return {"share": fitted.card, "why": "", "ahead": "", "quality": quality}


def why_undivided(card: dict[str, Any]) -> str:
    """Why the model of this card does not tell the kinds apart; "" if it does."""
    return str(card["kinds"]["why"]) if "kinds" in card else "it was trained before there was such a division"


def by_kind(card: dict[str, Any], frame: pd.DataFrame, probability: np.ndarray) -> dict[str, np.ndarray]:
    """The probabilities that the model of this card gave the rows of ``frame``, by kind; NaN where it does not tell
    the kinds apart."""
    if why_undivided(card):
        return {kind: np.full(len(frame), np.nan) for kind in DEPARTURES}
    return divided(probability, LogisticModel.from_parts("", card["kinds"]["share"]).predict(frame))
