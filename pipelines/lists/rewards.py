"""The list of loyal and active accounts, who are worth a word of thanks.

Belongs here: who earns a reward. Does not belong here: anybody at risk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.lists.candidates import Candidates, Ground, Reasons, months, tell, with_grounds
from pipelines.lists.day import Day, FeatureRows

if TYPE_CHECKING:
    import pandas as pd

GROUNDS = (
    Ground("referrals_91d", "referrals_91d > 0"),
    Ground("community_posts_91d", "community_posts_91d > 0"),
    Ground("beta_91d", "beta_91d > 0"),
    Ground("goals_reached_91d", "goals_reached_91d > 0"),
    Ground("active_weeks_56d", "active_weeks_56d >= 8"),
)
"""Advocates first, then those who use the product every week."""


def candidates(day: Day) -> Candidates:
    """Accounts of at least ``lists.loyal_from_days`` that are active week after week, owe nothing and are not likelier
    to leave than the average. They promise no departure, so nothing is at stake: the largest come first."""
    loyal = (
        f"tenure_days >= {day.config.lists.loyal_from_days:d} AND active_weeks_56d >= 8 AND NOT announced "
        "AND coalesce(past_due, 0) = 0 AND NOT coalesce(overdue_amount > 0, false)"
    )
    frame = with_grounds(day, GROUNDS, loyal)
    usual = day.paying["probability"].mean()
    frame = frame[~(frame["probability"] > usual)].assign(probability=float("nan"), loss=float("nan"))

    def reasons(chosen: pd.DataFrame, features: FeatureRows, told: object) -> list[Reasons]:
        return [
            [_tenure(features.by_account[account]), *tell(day, _names(held), features.by_account[account])]
            for account, held in zip(chosen["account_id"], chosen["grounds"], strict=True)
        ]

    return Candidates(frame, reasons)


def _names(held: Any) -> list[str]:
    return [ground.feature for ground, holds in zip(GROUNDS, held, strict=True) if holds]


def _tenure(row: Mapping[str, Any]) -> dict[str, str]:
    return {"theme": "contract", "feature": "tenure_days", "text": f"A customer for {months(row['tenure_days'])}"}
