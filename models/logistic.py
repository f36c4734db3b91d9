"""The rung below trees: a regularised logistic regression, calibrated on later dates, as plain numbers.

Belongs here: its coding of inputs, the choice of its penalty, scoring, exact contributions. Does not belong here: which
rows it learns from (``evidence``), judging it (``quality``, ``duel``), storing it (``pipelines``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.accounts import FOLD, position
from models.boosting import stopping_folds
from models.calibration import Calibration, calibrate, sigmoid
from models.evidence import Evidence, gather, require_variation
from models.inputs import Input, ModelError, categories_of, matrix
from models.metrics import row_log_loss
from models.split import Split

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

LOGISTIC = "logistic"
MOST_ROWS = 100_000
LEAST_ACCOUNTS = 20
"""Accounts on the train dates that a category, a value or its absence needs for a coefficient of its own: rows would
not do, as one account has one on every date."""
MOST_CATEGORIES = 30
"""Categories of an input with a coefficient of their own, those of the most accounts."""
FURTHEST = 5.0
"""Standard deviations beyond which a value counts no further: a line must not run off with one odd account."""
BLOCK = 1000
"""Rows of the design that are moved at a time."""
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Inverse penalties tried, the strongest penalty first."""


@dataclass(frozen=True)
class LogisticModel:
    """A fitted line: all of it is the ``card``, which is plain JSON.

    Beside what every card holds, ``intercept`` and ``lines``, one per input in their order. A numeric one adds
    ``weight`` * z + ``present``, with z = (x - ``center``) / ``scale`` held within ``parameters["furthest"]`` and x the
    signed logarithm sign(v) ln(1 + |v|) of the value where ``log`` says so, or ``missing`` without a value. A
    categorical one adds one of ``values``, in the order of ``categories``, or ``other`` for any other and for none.
    """

    card: dict[str, Any]

    @classmethod
    def from_parts(cls, text: str, card: dict[str, Any]) -> LogisticModel:
        """The model from its stored card (``text`` is empty); ModelError where the card is no such model."""
        absent = [key for key in ("inputs", "categories", "calibration", "intercept", "lines") if key not in card]
        if absent:
            raise ModelError(f"the model's card lacks {', '.join(absent)}", "take the card of a finished training")
        if text or len(card["lines"]) != len(card["inputs"]):
            raise ModelError("the model's card has not one line per input", "take the card of a finished training")
        return cls(card)

    @property
    def text(self) -> str:
        return ""

    @property
    def inputs(self) -> tuple[Input, ...]:
        return tuple(Input(**each) for each in self.card["inputs"])

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of leaving per row; ModelError names inputs that ``frame`` lacks."""
        return sigmoid(self._calibration.log_odds(self.raw(frame)))

    def raw(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds before calibration."""
        raw = np.full(len(frame), float(self.card["intercept"]))
        for part in self._parts(frame):
            raw += part
        return raw

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What each input adds in calibrated log-odds, and ``base``; a row sums to the logit of its probability.

        Measured against the average account of the train dates, which is what ``base`` stands for.
        """
        raw = [*self._parts(frame), np.full(len(frame), float(self.card["intercept"]))]
        names = [*(each["name"] for each in self.card["inputs"]), "base"]
        return pd.DataFrame(self._calibration.contributions(np.column_stack(raw)), index=frame.index, columns=names)

    @property
    def _calibration(self) -> Calibration:
        return Calibration(**self.card["calibration"])

    def _parts(self, frame: pd.DataFrame) -> Iterator[np.ndarray]:
        # column by column: a million rows need no second matrix
        names = [each["name"] for each in self.card["inputs"]]
        matrix(frame[:0], names, self.card["categories"])
        for name, line in zip(names, self.card["lines"], strict=True):
            yield _part(line, matrix(frame, [name], self.card["categories"])[:, 0].astype(np.float64))


def _part(line: dict[str, Any], x: np.ndarray) -> np.ndarray:
    known = np.isfinite(x)
    if "values" in line:
        return np.array([*line["values"], line["other"]])[np.where(known, x, -1).astype(int)]
    z = (_shape(np.where(known, x, 0.0), line["log"]) - line["center"]) / line["scale"]
    return np.where(known, line["weight"] * np.clip(z, -FURTHEST, FURTHEST) + line["present"], line["missing"])


def _shape(x: np.ndarray, log: bool) -> np.ndarray:
    return np.sign(x) * np.log1p(np.abs(x)) if log else x


@dataclass(frozen=True)
class _Column:
    """A column of the design: the ``role`` (value, missing, category) that it has for an input."""

    of: int
    role: str
    category: int
    log: bool
    center: float
    scale: float


def fit(
    panel: pd.DataFrame, inputs: Sequence[Input], split: Split, seed: int = 7, max_rows: int = MOST_ROWS
) -> LogisticModel:
    """Fit on the train dates of ``panel``, calibrate on its calibrate dates: rows, weights and errors as in
    ``churn_model.fit``, and the same arguments give the same card.

    Inputs are standardised, on the signed logarithm where that makes them less skewed; a missing value is the average
    one with a coefficient of its own, a category one of several columns. The strength of the L2 penalty is the one with
    the least log loss on later train dates and other accounts than those fitted on. An input whose coefficient
    contradicts its stated direction is left out and the rest fitted anew, so that more of what can only harm never
    lowers the risk.
    """
    known = gather(panel, inputs, split, seed, max_rows)
    categories = categories_of(panel, inputs, known.rows)
    x = matrix(panel, known.names, categories, known.rows)
    require_variation(x.T, split)
    columns, design = _design(known, categories, x)
    strength = _strength(known, design)
    kept, weights, intercept = _directed(known, columns, design, strength)
    lines = _lines(known, categories, [columns[at] for at in kept], weights)
    card = {
        **known.card(LOGISTIC, Calibration("none", 1.0, 0.0), {"C": strength, "furthest": FURTHEST}),
        "categories": categories,
        "intercept": intercept,
        "lines": lines,
    }
    later = known.parts["calibrate"]
    raw = LogisticModel(card).raw(panel.iloc[later])
    calibration = calibrate(raw, known.outcomes(later), known.accounts(later))
    return LogisticModel({**card, "calibration": asdict(calibration)})


def _design(known: Evidence, categories: dict[str, list[str]], x: np.ndarray) -> tuple[list[_Column], np.ndarray]:
    """Standardised columns (rows x columns, float64) of the inputs ``x``; what does not vary has none."""
    columns: list[_Column] = []

    def add(at: int, role: str, values: np.ndarray, category: int = 0, log: bool = False) -> None:
        center, scale = float(values.mean()), float(values.std())
        if scale > 1e-9 * max(1.0, abs(center)):
            if role != "value":  # so that a rare one is not further away than FURTHEST either
                scale = max(scale, 1.0 / FURTHEST)
            columns.append(_Column(at, role, category, log, center, scale))

    account = pd.factorize(known.account)[0]

    def enough(here: np.ndarray) -> bool:
        return len(np.unique(account[here])) >= LEAST_ACCOUNTS

    for at, each in enumerate(known.inputs):
        raw = x[:, at].astype(np.float64)
        here = np.isfinite(raw)
        if each.categorical:
            counted = pd.Series(account[here]).groupby(raw[here].astype(int)).nunique()
            large = counted[counted >= LEAST_ACCOUNTS].sort_values(ascending=False, kind="stable")
            for code in sorted(large.index[:MOST_CATEGORIES]):
                add(at, "category", (raw == code).astype(np.float64), category=int(code))
            continue
        if enough(here):
            filled = np.where(here, raw, 0.0)
            log = _skewness(_shape(filled, True)[here]) < _skewness(filled[here])
            add(at, "value", _shape(filled, log)[here], log=log)
        if enough(~here):
            add(at, "missing", (~here).astype(np.float64))
    if not columns:
        raise ModelError(
            f"none of the inputs varies in at least {LEAST_ACCOUNTS} accounts on the train dates",
            "add history or accounts",
        )
    design = np.empty((len(x), len(columns)))
    for place, column in enumerate(columns):
        design[:, place] = _standardised(column, x[:, column.of].astype(np.float64))
    return columns, design


def _standardised(column: _Column, raw: np.ndarray) -> np.ndarray:
    known = np.isfinite(raw)
    if column.role == "value":
        values = _shape(np.where(known, raw, 0.0), column.log)
    else:
        values = (~known if column.role == "missing" else raw == column.category).astype(np.float64)
        known = np.ones(len(raw), dtype=bool)
    return np.where(known, np.clip((values - column.center) / column.scale, -FURTHEST, FURTHEST), 0.0)


def _skewness(x: np.ndarray) -> float:
    """Size of the third standardised moment."""
    deviation = x.std()
    return abs(float((((x - x.mean()) / deviation) ** 3).mean())) if deviation > 0 else 0.0


def _solver(strength: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression  # only to fit: scoring shall not pay for its import

    return LogisticRegression(C=strength, max_iter=2000, warm_start=True)


def _strength(known: Evidence, design: np.ndarray) -> float:
    """Inverse penalty with the least mean log loss over the folds, whose rows to check on are later or others."""
    churned, weight = known.churned, known.weight
    folds = stopping_folds(known.day, position(known.account, FOLD, known.seed), churned)
    solvers = [_solver(STRENGTHS[0]) for _ in folds]
    best, least = STRENGTHS[0], np.inf
    for strength in STRENGTHS if folds else ():
        losses = []
        for solver, (fit_on, check_on) in zip(solvers, folds, strict=True):
            solver.set_params(C=strength).fit(design[fit_on], churned[fit_on], sample_weight=weight[fit_on])
            p = sigmoid(design[check_on] @ solver.coef_[0] + solver.intercept_[0])
            losses.append(np.average(row_log_loss(p, churned[check_on]), weights=weight[check_on]))
        if np.mean(losses) >= least:  # weaker penalties only fit more noise
            break
        best, least = strength, float(np.mean(losses))
    return best


def _directed(
    known: Evidence, columns: list[_Column], design: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Positions of the columns that are kept, their weights and the intercept. Leaves ``design`` in disorder."""
    churned, weight = known.churned, known.weight
    stated = np.array([known.inputs[each.of].direction if each.role == "value" else 0 for each in columns])
    kept = np.arange(len(columns))
    while True:
        solver = _solver(strength).fit(design, churned, sample_weight=weight)
        weights = solver.coef_[0]
        contradicts = weights * stated[kept] < 0
        if not contradicts.any() or contradicts.all():
            return kept, np.where(contradicts, 0.0, weights), float(solver.intercept_[0])
        kept, design = kept[~contradicts], _compacted(design, ~contradicts)


def _compacted(design: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The ``kept`` columns, row after row in the memory of ``design``: it is large, and not needed as it was."""
    rows, width = len(design), int(kept.sum())
    memory = design.reshape(-1)
    for begin in range(0, rows, BLOCK):
        block = np.ascontiguousarray(design[begin : begin + BLOCK, kept])
        memory[begin * width : begin * width + block.size] = block.reshape(-1)
    return memory[: rows * width].reshape(rows, width)


def _lines(
    known: Evidence, categories: dict[str, list[str]], columns: list[_Column], weights: np.ndarray
) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [
        {"values": [0.0] * len(categories[each.name]), "other": 0.0}
        if each.categorical
        else {"log": False, "center": 0.0, "scale": 1.0, "weight": 0.0, "present": 0.0, "missing": 0.0}
        for each in known.inputs
    ]
    for column, weight in zip(columns, weights.tolist(), strict=True):
        line = lines[column.of]
        absent, there = -weight * column.center / column.scale, weight * (1.0 - column.center) / column.scale
        if column.role == "value":
            line |= {"log": column.log, "center": column.center, "scale": column.scale, "weight": weight}
        elif column.role == "missing":
            line |= {"present": absent, "missing": there}
        else:
            # an indicator adds what it says of its own category, and its absence to all others
            added = [there if code == column.category else absent for code in range(len(line["values"]))]
            line["values"] = [old + new for old, new in zip(line["values"], added, strict=True)]
            line["other"] += absent
    return lines
