"""Why one account has its score: every theme that raises its risk, on a list or not.

Belongs here: the answer for one account. Does not belong here: lists.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines import champion
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lists.day import of_outcome
from pipelines.lists.reasons import explained
from pipelines.scoring import read_features, read_scores


@dataclass(frozen=True)
class Explained:
    """Why an account has its score; reasons carry ``text``, ``theme`` and ``weight`` (log-odds). ``voluntary`` and
    ``involuntary`` sum to ``probability``; None where the champion does not tell them apart. ``rank`` is that among all
    ``accounts`` by expected loss: probability, of the departures that the at-risk list is for, times revenue."""

    probability: float
    voluntary: float | None
    involuntary: float | None
    rank: int
    accounts: int
    reasons: list[dict[str, Any]]


def explain_account(config: Config, as_of: date, account_id: str) -> Explained:
    """The score of one account of a day with every theme that raises its risk. ChurnError if it is not there."""
    from models.kinds import INVOLUNTARY, VOLUNTARY, by_kind

    present = champion.require(config)
    scores, rows = read_scores(config, as_of), read_features(config, as_of, [account_id])
    if rows.empty:
        raise ChurnError(
            f"account {account_id} has no features for {as_of}: it does not exist, or pays for nothing then",
            "check the account_id and the day",
        )
    scores = of_outcome(config, present, scores, as_of).set_index("account_id")
    loss = scores["probability"] * scores["mrr_now"]
    weights = present.model.contributions(rows).iloc[0]
    reasons = explained(config, present, rows, most=99)[0]
    probability = present.model.predict(rows)
    parts = by_kind(present.model.card, rows, probability)
    voluntary, involuntary = (float(parts[kind][0]) for kind in (VOLUNTARY, INVOLUNTARY))
    known = not math.isnan(voluntary)
    return Explained(
        float(probability[0]),
        voluntary if known else None,
        involuntary if known else None,
        1 + int((loss > loss[account_id]).sum()),
        len(scores),
        [{**reason, "weight": float(weights[reason["feature"]])} for reason in reasons],
    )
