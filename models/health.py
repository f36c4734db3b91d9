"""The rung without learning: a health score of 0 to 100 by stated rules, and one line that makes it a probability.

Belongs here: which feature says what about an account's health, and how much it counts. Does not belong here: anything
fitted to outcomes except that line (``calibration``), how a feature is computed (``churn_features``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.calibration import Calibration, calibrate, logistic_line, sigmoid
from models.evidence import gather, require_variation
from models.inputs import Input, ModelError, matrix, require
from models.split import Split

HEALTH = "health"
MIDDLE = 50.0
POINTS_PER_LOG_ODDS = 25.0
"""How many points of health change the odds of leaving e times, before calibration has its say."""
MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Measure:
    """How healthy a value of ``feature`` is: ``health`` (0 to 100) at the values ``at`` (ascending), on straight lines
    between them and level outside. Without a value it is left out, unless the feature ``silent`` has one, which shows
    that the account is observed and nothing was seen: that is health 0.
    """

    feature: str
    at: tuple[float, ...]
    health: tuple[float, ...]
    silent: str | None = None


@dataclass(frozen=True)
class Component:
    """A part of the score: the plain mean of its known measures, which counts ``weight`` in a hundred."""

    name: str
    weight: float
    measures: tuple[Measure, ...]


COMPONENTS = (
    # use of the product tells most, and earliest: no sign-in for a month is the guides' alarm
    Component("usage", 35, (
        Measure("days_since_activity", (0, 7, 14, 30), (100, 80, 50, 0), silent="active_days_28d"),
        Measure("active_days_28d", (0, 4, 12, 20), (0, 40, 80, 100)),
        Measure("activity_change_28d", (-1, -0.5, 0, 0.25), (0, 30, 80, 100)),
    )),
    # how broadly and by how many it is used, and whether its people are still there to talk to
    Component("engagement", 20, (
        Measure("events_change_28d", (-1, -0.5, 0, 0.25), (0, 30, 80, 100)),
        Measure("users_change_28d", (-1, -0.5, 0, 0.25), (0, 30, 80, 100)),
        Measure("seats_used_share", (0, 0.3, 0.8), (0, 40, 100)),
        Measure("setup_share_done", (0, 1), (20, 100)),
        Measure("contacts_in_vain", (1, 3), (50, 0)),
    )),
    # what they say; not to answer says something too
    Component("feedback", 15, (
        Measure("nps_last", (0, 6, 8, 10), (0, 30, 70, 100)),
        Measure("csat_last", (1, 3, 5), (0, 50, 100)),
        Measure("survey_silence_days", (0, 30, 90), (60, 40, 0)),
        Measure("feedback_unanswered_days", (0, 14, 60), (70, 40, 0)),
    )),
    Component("support", 15, (
        Measure("open_tickets", (0, 1, 3, 6), (100, 60, 20, 0)),
        Measure("oldest_unreplied_ticket_days", (0, 2, 7), (60, 40, 0)),
        Measure("reopened_tickets_91d", (0, 1, 3), (100, 40, 0)),
        Measure("support_satisfaction_182d", (1, 3, 5), (0, 50, 100)),
    )),
    # a payment that fails, a card that ends, revenue that shrinks
    Component("billing", 15, (
        Measure("payment_failing", (0, 1), (100, 0)),
        Measure("past_due", (0, 1), (100, 0)),
        Measure("days_overdue", (0, 7, 30), (100, 50, 0)),
        Measure("card_expires_before_renewal", (0, 1), (100, 30)),
        Measure("mrr_change_91d", (-0.5, -0.1, 0), (0, 40, 100)),
    )),
)  # fmt: skip
"""The parts that both guides of the field name (usage, engagement and feedback make the score of Stripe's "How to
reduce churn in SaaS"; support and billing are its other chapters), with weights that sum to 100. Bounds and weights are
conventions, stated so that they can be argued with; none was fitted to any company."""


def available(names: Collection[str], components: Sequence[Component] = COMPONENTS) -> tuple[Component, ...]:
    """The components with those measures whose features are among ``names``; without any, a component is left out."""
    kept = (
        Component(
            part.name,
            part.weight,
            tuple(
                Measure(each.feature, each.at, each.health, each.silent if each.silent in names else None)
                for each in part.measures
                if each.feature in names
            ),
        )
        for part in components
    )
    return tuple(part for part in kept if part.measures)


def health(frame: pd.DataFrame, components: Sequence[Component] = COMPONENTS) -> pd.DataFrame:
    """Per row ``score`` and, by its name, each component's own health (0 to 100, NaN where nothing is known), with
    ``<name>_share``, its share in the score (0 to 1; the shares of a row sum to 1, or to 0 where nothing is known).

    Reads only columns that are there. Where no component is known the score is the middle, 50.
    """
    components = available(list(frame.columns), components)
    out = pd.DataFrame({"score": np.full(len(frame), MIDDLE)}, index=frame.index)
    own = {part.name: _mean(_measured(frame, part)) for part in components}
    known = sum((part.weight * np.isfinite(own[part.name]) for part in components), np.zeros(len(frame)))
    score = np.zeros(len(frame))
    for part in components:
        share = part.weight * np.isfinite(own[part.name]) / np.maximum(known, 1.0)
        out[part.name], out[f"{part.name}_share"] = own[part.name], share
        score += share * np.nan_to_num(own[part.name])
    out["score"] = np.where(known > 0, score, MIDDLE)
    return out


def _measured(frame: pd.DataFrame, part: Component) -> np.ndarray:
    """Health by each measure of a component (rows x measures), NaN where it is unknown."""
    out = np.empty((len(frame), len(part.measures)))
    for at, each in enumerate(part.measures):
        value = matrix(frame, [each.feature], {})[:, 0].astype(np.float64)
        out[:, at] = np.where(np.isnan(value), np.nan, np.interp(value, each.at, each.health))
        if each.silent:
            observed = ~np.isnan(matrix(frame, [each.silent], {})[:, 0])
            out[np.isnan(value) & observed, at] = 0.0
    return out


def _mean(measured: np.ndarray) -> np.ndarray:
    known = np.isfinite(measured).sum(axis=1)
    return np.where(known > 0, np.nansum(measured, axis=1) / np.maximum(known, 1), np.nan)


@dataclass(frozen=True)
class HealthModel:
    """The score with its line: all of it is the ``card``, which is plain JSON.

    Beside what every card holds, ``components``. Before calibration the log-odds are (50 - score) / 25 and, in
    ``parameters``, those of the ``middle`` of the scale.
    """

    card: dict[str, Any]

    @classmethod
    def from_parts(cls, text: str, card: dict[str, Any]) -> HealthModel:
        """The model from its stored card (``text`` is empty); ModelError where the card is no such model."""
        absent = [key for key in ("inputs", "calibration", "components", "parameters") if key not in card]
        if absent:
            raise ModelError(f"the model's card lacks {', '.join(absent)}", "take the card of a finished training")
        if text:
            raise ModelError("a health score has no text beside its card", "take the card of a finished training")
        return cls(card)

    @property
    def text(self) -> str:
        return ""

    @property
    def inputs(self) -> tuple[Input, ...]:
        return tuple(Input(**each) for each in self.card["inputs"])

    @property
    def components(self) -> tuple[Component, ...]:
        return tuple(
            Component(
                part["name"],
                part["weight"],
                tuple(
                    Measure(each["feature"], tuple(each["at"]), tuple(each["health"]), each["silent"])
                    for each in part["measures"]
                ),
            )
            for part in self.card["components"]
        )

    def health(self, frame: pd.DataFrame) -> pd.DataFrame:
        """As ``health``, by this model's components; ModelError names inputs that ``frame`` lacks."""
        require(frame, [each.name for each in self.inputs], "the frame")
        return health(frame, self.components)

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of leaving per row; ModelError names inputs that ``frame`` lacks."""
        return sigmoid(self._calibration.log_odds(self._middle + _raw(self.health(frame)["score"].to_numpy())))

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What each input adds in calibrated log-odds, and ``base``; a row sums to the logit of its probability.

        Measured against the middle of the scale: an input with health below 50 raises the risk.
        """
        scored, names = self.health(frame), [each.name for each in self.inputs]
        raw = np.zeros((len(frame), len(names) + 1))
        raw[:, -1] = self._middle
        for part in self.components:
            measured = _measured(frame, part)
            known = np.isfinite(measured)
            share = scored[f"{part.name}_share"].to_numpy() / np.maximum(known.sum(axis=1), 1)
            for at, each in enumerate(part.measures):
                raw[:, names.index(each.feature)] += share * np.where(known[:, at], _raw(measured[:, at]), 0.0)
        return pd.DataFrame(self._calibration.contributions(raw), index=frame.index, columns=[*names, "base"])

    @property
    def _middle(self) -> float:
        return float(self.card["parameters"]["middle"])

    @property
    def _calibration(self) -> Calibration:
        return Calibration(**self.card["calibration"])


def _raw(score: np.ndarray) -> np.ndarray:
    return (MIDDLE - score) / POINTS_PER_LOG_ODDS


def fit(
    panel: pd.DataFrame, inputs: Sequence[Input], split: Split, seed: int = 7, max_rows: int = MOST_ROWS
) -> HealthModel:
    """The score over those of ``inputs`` that it knows, with its line fitted on train and calibrate dates together:
    nothing else was learned from either. Rows and errors as in ``churn_model.fit``; ModelError also where no
    input says anything about health.
    """
    components = available([each.name for each in inputs])
    used = {each.feature for part in components for each in part.measures}
    used |= {each.silent for part in components for each in part.measures if each.silent}
    if not components:
        raise ModelError(
            "none of the inputs tells an account's health", "supply usage, support, feedback, invoices or payments"
        )
    known = gather(panel, [each for each in inputs if each.name in used], split, seed, max_rows)
    require_variation(matrix(panel, known.names, {}, known.rows).T, split)
    rows = np.concatenate([known.rows, known.parts["calibrate"]])
    raw, outcomes = _raw(health(panel[known.names].iloc[rows], components)["score"].to_numpy()), known.outcomes(rows)
    # points of health say nothing of how many leave: only once the level is right can a prior hold the line near it
    middle = float(logistic_line(np.ones((len(rows), 1)), outcomes.astype(np.float64), raw)[0])
    calibration = calibrate(middle + raw, outcomes, known.accounts(rows))
    parameters = {"points_per_log_odds": POINTS_PER_LOG_ODDS, "middle": middle}
    card = {
        **known.card(HEALTH, calibration, parameters),
        "components": [
            {
                "name": part.name,
                "weight": part.weight,
                "measures": [
                    {**vars(each), "at": list(each.at), "health": list(each.health)} for each in part.measures
                ],
            }
            for part in components
        ],
    }
    return HealthModel(card)
