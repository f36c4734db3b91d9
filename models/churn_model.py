"""The model: gradient boosted trees, calibrated on later dates, as plain text and plain numbers.

Belongs here: fitting on the train and calibrate dates, scoring, contributions. Does not belong here: judging it
(``quality``, ``duel``), storing it (``pipelines``). Test dates are counted here and otherwise not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from models.accounts import FOLD, SAMPLE, position
from models.boosting import lgb, settings, stopping_folds, train
from models.calibration import Calibration, calibrate, sigmoid
from models.inputs import Input, ModelError, categories_of, matrix, require
from models.panel import PARTS, count, days, rows_of_parts, span
from models.split import Split

LEAST_LEAVERS = 10
MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model: LightGBM's native ``text`` and a ``card`` that is plain JSON.

    The card holds ``inputs`` in the model's order, ``categories`` (values in the order of their codes),
    ``calibration`` (method, slope, intercept), ``split``, ``parts`` (rows and leavers of each), ``sample``, ``seed``,
    ``parameters``, ``trees`` and ``importances`` (gain). Keys that others add are kept.
    """

    text: str
    card: dict[str, Any]

    @classmethod
    def from_parts(cls, text: str, card: dict[str, Any]) -> ChurnModel:
        """The model from its stored parts; ModelError where they do not belong together."""
        absent = [key for key in ("inputs", "categories", "calibration", "parameters") if key not in card]
        if absent:
            raise ModelError(f"the model's card lacks {', '.join(absent)}", "take text and card from the same training")
        model = cls(text, card)
        if model._booster.feature_name() != model._names:
            raise ModelError(
                "the model's text and card name different inputs", "take text and card from the same training"
            )
        return model

    @property
    def inputs(self) -> tuple[Input, ...]:
        return tuple(Input(**each) for each in self.card["inputs"])

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of leaving per row; ModelError names inputs that ``frame`` lacks."""
        raw = self._scored(frame, width=1, raw_score=True)[:, 0]
        return sigmoid(self._calibration.log_odds(raw))

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Exact TreeSHAP of each input in calibrated log-odds and ``base``; a row sums to the logit of its probability.

        Costs about a hundred times a prediction: ask for the rows that people will see.
        """
        shap = self._scored(frame, width=len(self._names) + 1, pred_contrib=True) * self._calibration.slope
        shap[:, -1] += self._calibration.intercept
        return pd.DataFrame(shap, index=frame.index, columns=[*self._names, "base"])

    @cached_property
    def _booster(self) -> lgb.Booster:
        try:
            return lgb.Booster(model_str=self.text)
        except lgb.basic.LightGBMError as error:
            raise ModelError(f"the model's text is not a LightGBM model ({error})", "store the model anew") from error

    @property
    def _names(self) -> list[str]:
        return [each["name"] for each in self.card["inputs"]]

    @property
    def _calibration(self) -> Calibration:
        return Calibration(**self.card["calibration"])

    def _scored(self, frame: pd.DataFrame, width: int, **how: bool) -> np.ndarray:
        x = matrix(frame, self._names, self.card["categories"])
        if not len(x):  # which LightGBM cannot take
            return np.empty((0, width))
        threads = self.card["parameters"]["num_threads"]
        return np.asarray(self._booster.predict(x, num_threads=threads, **how)).reshape(len(x), width)


def fit(
    panel: pd.DataFrame,
    inputs: Sequence[Input],
    split: Split,
    seed: int = 7,
    threads: int = 2,
    max_rows: int = MOST_ROWS,
) -> ChurnModel:
    """Fit on the train dates of ``panel``, calibrate on its calibrate dates.

    ``panel`` has one row per account and as-of date: account_id, as_of, churned, announced and the inputs. Announced
    leavers are left out. Above ``max_rows`` training keeps a seeded share of the accounts, with all their rows.

    Snapshots whose outcomes overlap tell one story several times, so a row weighs 1 / (train dates within half a
    horizon of its own). The weight hangs on the date alone: weighting by an account's number of snapshots would
    favour those who soon disappear, which is class weighting by the back door and spoils the probabilities.

    The same arguments give the same bytes on the same machine. Raises ModelError when a part has no rows, when hardly
    anyone or everyone leaves, and when no input varies.
    """
    names = [each.name for each in inputs]
    require(panel, ("account_id", "as_of", "churned", "announced", *names), "the training panel")
    parts = rows_of_parts(panel, split)
    rows, share = parts["train"], 1.0
    if len(rows) > max_rows:
        share = max_rows / len(rows)
        rows = rows[position(panel["account_id"].iloc[rows], SAMPLE, seed) < share]
    account = panel["account_id"].iloc[rows]
    churned = panel["churned"].iloc[rows].to_numpy(dtype=bool)
    leavers = account[churned].nunique()
    if leavers < LEAST_LEAVERS or churned.all():
        raise ModelError(
            f"{leavers} of the {account.nunique()} accounts on the train dates {span(split.train)} leave",
            f"a model needs at least {LEAST_LEAVERS} who leave and some who stay: add history, or check that "
            "subscriptions' ends are supplied",
        )
    categories = categories_of(panel, inputs, rows)
    x = matrix(panel, names, categories, rows)
    if not any(_varies(column) for column in x.T):
        raise ModelError(
            f"none of the {len(names)} inputs varies on the train dates {span(split.train)}",
            "check that usage, billing and support tables cover these dates",
        )
    day = days(panel, rows)
    directions = [0 if each.categorical else each.direction for each in inputs]
    parameters = settings(len(rows), leavers, directions, seed, threads)
    booster = train(
        x,
        churned,
        _overlap_weight(day, split.gap_days),
        names,
        list(categories),
        parameters,
        stopping_folds(day, position(account, FOLD, seed), churned),
    )
    later = parts["calibrate"]
    raw = booster.predict(matrix(panel, names, categories, later), raw_score=True, num_threads=threads)
    calibration = calibrate(np.asarray(raw), panel["churned"].iloc[later].to_numpy(dtype=bool))
    gain = booster.feature_importance("gain")
    card = {
        "inputs": [asdict(each) for each in inputs],
        "categories": categories,
        "calibration": asdict(calibration),
        "split": {
            **{part: [day.isoformat() for day in getattr(split, part)] for part in PARTS},
            "gap_days": split.gap_days,
            "accounts_apart": split.accounts_apart,
            "note": split.note,
        },
        "parts": {part: count(panel, positions) for part, positions in parts.items()},
        "sample": {"share": share, "rows": len(rows), "leaving_accounts": int(leavers)},
        "seed": seed,
        "parameters": parameters,
        "trees": booster.num_trees(),
        "importances": {name: float(each) for name, each in zip(names, gain, strict=True)},
    }
    return ChurnModel(booster.model_to_string(), card)


def _varies(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and (len(known) < len(column) or known.min() < known.max())


def _overlap_weight(day: np.ndarray, horizon_days: int) -> np.ndarray:
    dates, at = np.unique(day, return_inverse=True)
    apart = np.abs((dates[:, None] - dates[None, :]).astype(int))
    return (1.0 / (2 * apart < horizon_days).sum(axis=1))[at]
