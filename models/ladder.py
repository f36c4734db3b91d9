"""The ladder: which kinds of model an amount of history carries, in plain words.

Belongs here: the thresholds and what they are compared with. Does not belong here: fitting (``model``) and whether a
model that can be fitted is any good (``duel``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.churn_model import LIGHTGBM
from models.evidence import LEAST_LEAVERS
from models.health import HEALTH
from models.inputs import ModelError, require
from models.logistic import LOGISTIC
from models.model import KINDS
from models.panel import days, rows_of_parts
from models.split import split_dates

TRIGGERS = "triggers"


@dataclass(frozen=True)
class Rung:
    """A kind of model with the least it needs: matured as-of dates, accounts that leave on the train dates, and the
    days that the dates span in outcome horizons (lead + window + grace)."""

    kind: str
    dates: int
    leaving_accounts: int
    horizons: float
    because: str


RUNGS = (
    Rung(
        HEALTH, 3, LEAST_LEAVERS, 1.0,
        "its rules are stated, and only the line that turns the score into a probability is learned",
    ),
    Rung(
        LOGISTIC, 4, 30, 1.0,
        "with a strong penalty a line needs few leavers, yet some for every input that is to count",
    ),
    Rung(
        LIGHTGBM, 6, 100, 2.0,
        "trees look for thresholds and combinations, and with few leavers or one season they find those of chance",
    ),
)  # fmt: skip
"""Below the first there are triggers only: rules that fire without a model.

Conventions, on the cautious side of what is known: unpenalised regression wants about ten cases for each coefficient
(Peduzzi et al. 1996, Journal of Clinical Epidemiology 49), a penalty lets it do with fewer, and trees want about ten
times as many as regression (van der Ploeg, Austin & Steyerberg 2014, BMC Medical Research Methodology 14). They say
what is worth trying; what is worth using, the duel says.
"""


@dataclass(frozen=True)
class History:
    """How much a panel tells: matured ``dates``, the days they span, one outcome's horizon, and how many accounts leave
    on the train dates. ``undivided`` says why the dates cannot be divided into train, calibrate and test, if so.
    """

    dates: int
    span_days: int
    horizon_days: int
    leaving_accounts: int
    undivided: str = ""


@dataclass(frozen=True)
class Ladder:
    """``carried`` holds the kinds of model that the history carries, the simplest first; none means triggers only.
    ``why`` says what it rests on and ``ahead`` what would carry the next, in sentences.
    """

    carried: tuple[str, ...]
    why: str
    ahead: str

    @property
    def rung(self) -> str:
        """The highest rung that is carried: ``triggers`` or a kind of model."""
        return self.carried[-1] if self.carried else TRIGGERS


def history(panel: pd.DataFrame, horizon_days: int) -> History:
    """What ``panel`` (account_id, as_of, churned, announced; matured dates only) tells. An empty one tells nothing.

    Raises ModelError where a part of the divided dates has no rows, or rows without outcome.
    """
    require(panel, ("account_id", "as_of", "churned", "announced"), "the training panel")
    dates = sorted({day.item() for day in np.unique(days(panel))})
    span = (dates[-1] - dates[0]).days if dates else 0
    try:
        split = split_dates(dates, horizon_days)
    except ModelError as error:
        return History(len(dates), span, horizon_days, 0, error.message)
    rows = rows_of_parts(panel, split)["train"]
    leaves = panel["churned"].iloc[rows].to_numpy(dtype=bool)
    return History(len(dates), span, horizon_days, int(panel["account_id"].iloc[rows][leaves].nunique()))


def climb(known: History) -> Ladder:
    """The kinds of model that this history carries."""
    there = (
        f"{known.dates} matured as-of dates over {known.span_days} days, "
        f"{known.leaving_accounts} accounts that leave on the train dates"
    )
    if known.undivided:
        return Ladder((), f"Triggers only: {known.undivided}.", _ahead(RUNGS[0], known))
    carried: list[Rung] = []
    for rung in RUNGS:
        if _lacking(rung, known):
            break
        carried.append(rung)
    if not carried:
        return Ladder((), f"Triggers only: {there}.", _ahead(RUNGS[0], known))
    top = carried[-1]
    why = f"Up to the {KINDS[top.kind]}: {there}; {top.because}."
    ahead = _ahead(RUNGS[len(carried)], known) if len(carried) < len(RUNGS) else "There is no further rung."
    return Ladder(tuple(rung.kind for rung in carried), why, ahead)


def next_rung(known: History) -> Rung | None:
    """The first rung that this history does not carry; None where it carries all."""
    carried = climb(known).carried
    return RUNGS[len(carried)] if len(carried) < len(RUNGS) else None


def _lacking(rung: Rung, known: History) -> list[str]:
    """What the history lacks for a rung, in words."""
    span = int(np.ceil(rung.horizons * known.horizon_days))
    return [
        f"{need} {what} (there are {there})"
        for there, need, what in (
            (known.dates, rung.dates, "matured as-of dates"),
            (known.span_days, span, "days between the first and the last of them"),
            (known.leaving_accounts, rung.leaving_accounts, "accounts that leave on the train dates"),
        )
        if there < need
    ]


def _ahead(rung: Rung, known: History) -> str:
    lacking = _lacking(rung, known) or ["as-of dates that can be divided into training, calibration and test"]
    return f"The {KINDS[rung.kind]} needs at least {', '.join(lacking)}."
