"""Quality in parts of the accounts: a model can be good on the whole and worthless where it is needed.

Belongs here: which parts there are and their figures. Does not belong here: the arithmetic (``quality``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.inputs import ModelError
from models.judged import require_probabilities
from models.quality import Quality, evaluate

COLUMNS = ("days_to_renewal", "tenure_days", "past_due", "billing_interval", "plan", "size")
"""What ``usual_segments`` reads."""
CONTACTED = "contacted"
"""Marks rows of accounts that were contacted before their outcome, which that may have changed."""
NEW_DAYS = 90
LEAST_LEAVERS = 10
"""Leaving accounts below which a part's figures say nothing."""
MOST_PARTS = 8
RESAMPLES = 200
HEADLINE = ("base_rate", "actual_leavers", "auc", "lift_10")
OTHERS = "others"


@dataclass(frozen=True)
class Segment:
    """One part of the accounts: ``name`` is what they are divided by, ``part`` which of them these are.

    ``quality`` is None where fewer than ten accounts leave or all do; ``note`` says so. ``actual`` and
    ``expected_leavers`` stand side by side in it. Counts are always there.
    """

    name: str
    part: str
    rows: int
    accounts: int
    leavers: int
    leaving_accounts: int
    expected_leavers: float
    quality: Quality | None
    note: str

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON: the counts, and with a quality its headline figures with their intervals."""
        plain = {
            "name": self.name, "part": self.part, "rows": self.rows, "accounts": self.accounts,
            "leavers": self.leavers, "leaving_accounts": self.leaving_accounts,
            "expected_leavers": self.expected_leavers, "note": self.note,
        }  # fmt: skip
        if self.quality is None:
            return plain
        flat = self.quality.as_dict()
        return plain | {f"{name}{end}": flat[f"{name}{end}"] for name in HEADLINE for end in ("", "_low", "_high")}


def usual_segments(frame: pd.DataFrame, due_days: int) -> dict[str, np.ndarray]:
    """The divisions that subscription companies ask for, one label per row of ``frame``, None where it is in no part.

    ``renewal``: whether the next billing date falls within ``due_days`` (lead + window of the outcome), since an
    account that is not due can hardly leave. ``tenure``: less than 90 days, or established. ``payments``: whether a
    subscription is past due, as those who leave involuntarily mostly are. ``billing``: monthly, annual or any other
    interval. ``plan`` and ``size``: their values, of more than eight the seven most frequent and
    the others together. What ``frame`` lacks a column for is not among them.
    """
    found: dict[str, np.ndarray] = {}
    for name, column, bound, below, above in (
        ("renewal", "days_to_renewal", due_days, "due", "not due"),
        ("tenure", "tenure_days", NEW_DAYS - 1, "new", "established"),
        ("payments", "past_due", 0, "not past due", "past due"),
    ):
        if column in frame.columns:
            values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
            label = np.array([above, below, None], dtype=object)
            found[name] = label[np.where(np.isnan(values), 2, values <= bound).astype(int)]
    if "billing_interval" in frame.columns:
        billed = {"month": "monthly", "year": "annual"}
        found["billing"] = _labels(frame["billing_interval"], lambda value: billed.get(value, "other"))
    for name in ("plan", "size"):
        if name in frame.columns:
            counts = frame[name].astype("string").value_counts()
            # the most frequent first, and those as frequent by name, so that the order of rows does not matter
            first = sorted(counts.index, key=lambda value: (-counts[value], value))
            kept = set(first if len(first) <= MOST_PARTS else first[: MOST_PARTS - 1])
            found[name] = _labels(frame[name], lambda value, kept=kept: value if value in kept else OTHERS)
    return found


def contacted(frame: pd.DataFrame) -> np.ndarray:
    """Which rows are marked as contacted; none where the column is missing."""
    if CONTACTED not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return frame[CONTACTED].fillna(False).to_numpy(dtype=bool)


def contacted_segments(
    frame: pd.DataFrame, p: np.ndarray, seed: int = 7, resamples: int = RESAMPLES
) -> tuple[Segment, ...]:
    """``by_segment`` of the rows of ``frame`` that are marked as ``contacted`` and of those that are not; nothing where
    no row is, or the column is missing.

    A model that foretells who would have left finds fewer leavers than it expected where contacts helped: that the
    contacted ones leave less often than expected does not make it wrong. Nor does it show that the contacts did it, as
    whoever is contacted was chosen.
    """
    marked = contacted(frame)
    if not marked.any():
        return ()
    return by_segment(frame, p, {"outreach": np.where(marked, "contacted", "not contacted")}, seed, resamples)


def _labels(column: pd.Series, label: Any) -> np.ndarray:
    codes, values = pd.factorize(column)
    return np.array([*(label(str(value)) for value in values), None], dtype=object)[codes]


def by_segment(
    frame: pd.DataFrame,
    p: np.ndarray,
    segments: Mapping[str, np.ndarray | pd.Series],
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> tuple[Segment, ...]:
    """Quality of the probabilities ``p`` in each part of ``frame`` (as in ``quality.evaluate``).

    ``segments`` holds by name a label per row, or True where a row belongs to a part that bears the name itself;
    missing, and False, is in no part. Accounts are resampled within their part. Announced leavers do not count. Raises
    ModelError for labels of another length than ``frame``.
    """
    p = np.asarray(p, dtype=np.float64)
    require_probabilities(p)
    counted = np.ones(len(frame), dtype=bool)
    if "announced" in frame.columns:
        counted = ~frame["announced"].fillna(False).to_numpy(dtype=bool)
    found = []
    for name, given in segments.items():
        labels = pd.Series(given).reset_index(drop=True)
        if len(labels) != len(frame):
            raise ModelError(f"{len(labels)} labels of {name} for {len(frame)} rows", "label exactly the rows to judge")
        if pd.api.types.is_bool_dtype(labels):
            labels = labels.map({True: name}).astype(object)
        codes, parts = pd.factorize(labels, sort=True)
        for code, part in enumerate(parts):
            here = counted & (codes == code)
            if here.any():
                found.append(_segment(name, str(part), frame[here], p[here], seed, resamples))
    return tuple(found)


def _segment(name: str, part: str, frame: pd.DataFrame, p: np.ndarray, seed: int, resamples: int) -> Segment:
    churned = frame["churned"].to_numpy(dtype=bool)
    accounts, leaving = frame["account_id"].nunique(), frame["account_id"][churned].nunique()
    note, quality = "", None
    if leaving < LEAST_LEAVERS:
        note = f"only {leaving} of {accounts} accounts leave, and figures need {LEAST_LEAVERS}"
    elif churned.all():
        note = f"all of {accounts} accounts leave"
    else:
        quality = evaluate(frame, p, seed, resamples)
    return Segment(name, part, len(frame), accounts, int(churned.sum()), leaving, float(p.sum()), quality, note)
