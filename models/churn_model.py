"""The model: gradient boosted trees, calibrated on later dates, as plain text and plain numbers.

Belongs here: fitting on the train and calibrate dates, scoring, contributions. Does not belong here: judging it
(``quality``, ``duel``), storing it (``pipelines``). Test dates are counted here and otherwise not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from models.accounts import FOLD, position
from models.boosting import dataset, lgb, settings, stopping_folds, train
from models.calibration import Calibration, calibrate, sigmoid
from models.evidence import gather, require_variation
from models.inputs import Input, ModelError, categories_of, matrix
from models.split import Split
from models.tuning import Search, tune

LIGHTGBM = "lightgbm"
MOST_ROWS = 1_000_000
PIECE = 1 << 16
"""Rows whose matrix is held at once when they are scored."""


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model: LightGBM's native ``text`` and a ``card`` that is plain JSON.

    The card holds ``kind``, ``inputs`` in the model's order, ``categories`` (values in the order of their codes),
    ``calibration`` (its fields), ``split``, ``parts`` (rows and leavers of each), ``sample``, ``seed``,
    ``parameters`` and ``trees``, and what ``tuning.tune`` keeps under ``tuning`` where parameters were searched for.
    Keys that others add are kept.
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
        shap = self._scored(frame, width=len(self._names) + 1, pred_contrib=True)
        return pd.DataFrame(self._calibration.contributions(shap), index=frame.index, columns=[*self._names, "base"])

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
        names, categories, threads = self._names, self.card["categories"], self.card["parameters"]["num_threads"]
        matrix(frame[:0], names, categories)  # says what is absent
        out = np.empty((len(frame), width))
        for begin in range(0, len(frame), PIECE):
            x = matrix(frame.iloc[begin : begin + PIECE], names, categories)
            found = self._booster.predict(x, num_threads=threads, **how)
            out[begin : begin + PIECE] = np.asarray(found).reshape(len(x), width)
        return out


def fit(
    panel: pd.DataFrame,
    inputs: Sequence[Input],
    split: Split,
    seed: int = 7,
    threads: int = 2,
    max_rows: int = MOST_ROWS,
    search: Search | None = None,
) -> ChurnModel:
    """Fit on the train dates of ``panel``, calibrate on its calibrate dates.

    ``panel`` has one row per account and as-of date: account_id, as_of, churned, announced and the inputs. Announced
    leavers are left out. Above ``max_rows`` training keeps a seeded share of the accounts, with all their rows. Without
    a ``search`` the parameters are those of ``boosting.settings``.

    The same arguments give the same bytes on the same machine, unless a search runs out of time. Raises ModelError when
    a part has no rows, when hardly anyone or everyone leaves, and when no input varies.
    """
    known = gather(panel, inputs, split, seed, max_rows)
    names, rows = known.names, known.rows
    categories = categories_of(panel, inputs, rows)
    x = matrix(panel, names, categories, rows)
    require_variation(x.T, split)
    directions = [0 if each.categorical else each.direction for each in inputs]
    parameters = settings(len(rows), known.leaving_accounts, directions, seed, threads)
    found: dict[str, Any] = {}
    if search is not None and search.trials:
        parameters, found["tuning"] = tune(known, x, list(categories), parameters, search)
    churned = known.churned
    folds = stopping_folds(known.day, position(known.account, FOLD, seed), churned)
    data = dataset(x, churned, known.weight, names, list(categories), parameters)
    del x  # trees grow on its bins alone
    booster = train(data, parameters, folds)
    later = known.parts["calibrate"]
    raw = booster.predict(matrix(panel, names, categories, later), raw_score=True, num_threads=threads)
    calibration = calibrate(np.asarray(raw), known.outcomes(later), known.accounts(later))
    card = {
        **known.card(LIGHTGBM, calibration, parameters),
        "categories": categories,
        "trees": booster.num_trees(),
        **found,
    }
    return ChurnModel(booster.model_to_string(), card)
