"""The list for billing: accounts that are about to be lost over a payment that nobody meant to withhold.

Belongs here: who cannot be collected from. Does not belong here: who wants to leave (``at_risk``, ``save``).
"""

from __future__ import annotations

from pipelines.lists.candidates import Candidates, Ground, told_by_grounds, with_grounds
from pipelines.lists.day import Day

FAILING = (
    Ground("overdue_amount", "overdue_amount > 0"),
    Ground("in_retry", "in_retry = 1"),
    Ground("failed_attempts_open", "failed_attempts_open > 0"),
    Ground("payment_failing", "payment_failing = 1"),
    Ground("past_due", "past_due = 1"),
)
WILL_FAIL = ("card_expires_before_renewal", "no_payment_method")
"""Of charges that are due within ``lists.card_within_days``."""


def candidates(day: Day) -> Candidates:
    """Paying accounts with a payment that fails or will, announced leavers left out.

    Their probability is that of an involuntary departure, where the champion tells it apart, else of any.
    """
    scores, soon = day.scores, f"days_to_renewal <= {day.config.lists.card_within_days:d}"
    grounds = (*FAILING, *(Ground(name, f"{name} = 1 AND {soon}") for name in WILL_FAIL))
    frame = with_grounds(day, grounds, "NOT announced")
    told = scores is not None and "involuntary" in scores and not scores["involuntary"].isna().any()
    if scores is not None and told:
        involuntary = scores.set_index("account_id")["involuntary"]
        frame = frame.assign(probability=frame["account_id"].map(involuntary))
    return Candidates(
        frame.assign(loss=frame["probability"]),
        lambda chosen, features, told: told_by_grounds(day, grounds, chosen, features),
        probability_of=None if scores is None else "involuntary" if told else "churn",
    )
