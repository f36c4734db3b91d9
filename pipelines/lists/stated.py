"""What leavers said of why they leave.

Belongs here: reading ``subscriptions.feedback`` as known on a day, and its words. It is known only of those who have
asked to cancel, so no feature rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from churn_features.clock import cutoff
from pipelines import engine, tables
from pipelines.history import true_on
from pipelines.lists.candidates import Reasons
from pipelines.lists.day import Day

WORDS = {
    "too_expensive": ("price", "too expensive"),
    "missing_features": ("adoption", "misses functions"),
    "switched_service": ("relationship", "goes to another service"),
    "unused": ("usage", "does not use it"),
    "customer_service": ("support", "unhappy with the service"),
    "too_complex": ("onboarding", "too complicated"),
    "low_quality": ("support", "unhappy with the quality"),
    "other": ("relationship", "other reasons"),
}
"""Stripe's reasons for a cancellation: the theme of each, and how a list tells it."""


def stated_reasons(day: Day, account_ids: Sequence[str]) -> dict[str, Reasons]:
    """Of each account that stated one, the reason given with its latest cancellation, as a reason of a list."""
    files, until = tables.required(day.config, day.as_of)["subscriptions"], cutoff(day.as_of, day.config.time_zone)
    with engine.connection(day.config) as con:
        rows = con.execute(
            "SELECT account_id, arg_max(feedback, cancel_requested_at) "
            f"FROM ({true_on(files, day.as_of)}) WHERE feedback IS NOT NULL AND cancel_requested_at < $cutoff "
            "AND list_contains($accounts, account_id) GROUP BY account_id",
            {"cutoff": until, "accounts": list(account_ids)},
        ).fetchall()
    return {account: [_told(feedback)] for account, feedback in rows}


def _told(feedback: str) -> dict[str, str]:
    theme, words = WORDS[feedback]
    return {"theme": theme, "feature": "subscriptions.feedback", "text": f"Reason given for cancelling: {words}"}
