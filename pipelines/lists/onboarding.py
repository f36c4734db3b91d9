"""The list of new accounts that are behind: they have not got to what the product is for.

Belongs here: who is new and behind. Does not belong here: old accounts that use less (``at_risk``).
"""

from __future__ import annotations

from pipelines.lists.candidates import Candidates, Ground, told_by_grounds, with_grounds
from pipelines.lists.day import Day

GROUNDS = (
    Ground("days_without_key_action", "days_without_key_action >= 7"),
    Ground("setup_share_done", "setup_share_done < 0.5 AND tenure_days >= 14"),
    Ground("days_since_setup_step", "days_since_setup_step >= 14 AND setup_share_done < 1"),
    Ground("setup_steps_skipped", "setup_steps_skipped > 0 AND setup_share_done < 1"),
    Ground("days_since_activity", "days_since_activity >= 7"),
)


def candidates(day: Day) -> Candidates:
    """Accounts of at most ``lists.new_within_days`` that are behind, announced leavers left out."""
    new = f"tenure_days <= {day.config.lists.new_within_days:d} AND NOT announced"
    frame = with_grounds(day, GROUNDS, new)
    return Candidates(
        frame.assign(loss=frame["probability"]),
        lambda chosen, features, told: told_by_grounds(day, GROUNDS, chosen, features),
        probability_of=None if day.scores is None else "churn",
        leaves_healthy_alone=True,
    )
