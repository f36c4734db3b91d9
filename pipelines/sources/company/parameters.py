"""Which company it is, and the fixed numbers and names of the simulation.

Belongs here: parameters, codes, terms of business. Does not belong here: draws, and any import that is not light.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.errors import ChurnError

EVENT_ROLES: dict[str, str] = {
    "beta_joined": "beta",
    "cancel_page_viewed": "cancel_page",
    "customer_referred": "referral",
    "data_exported": "export",
    "downgrade_page_viewed": "downgrade_page",
    "error_shown": "error",
    "forum_post": "community",
    "goal_reached": "goal_reached",
    "help_article_viewed": "help_view",
    "integration_removed": "integration_removed",
    "project_setup_step": "setup_step",
    "release_note_opened": "release_note",
    "report_created": "key_action",
    "search_without_result": "search_failed",
    "setup_step_skipped": "setup_skip",
    "signed_in": "login",
    "teammate_invited": "invite",
    "training_attended": "training",
    "view_customized": "customization",
}
"""The demo product's events and what they mean (``churn_features.tables.ROLES``)."""

CAUSES = ("none", "usage_decline", "failing_payment", "price_rise", "poor_support", "stalled_onboarding")
NONE, DECLINE, FAILING, PRICE, SUPPORT, STALLED = range(6)
PLANS = ("starter", "team", "business", "enterprise", "free")
PAID, CONVERTS, LAPSES, FREE, VISITOR = range(5)  # how an account came: directly, by trial, ..., signed up only

CHUNK = 1_000
NEVER = 30_000
MARGIN = 100  # days simulated beyond the end, so that announced ends and 30-day risks are known there
TRIAL_DAYS = 14
DUE_DAYS = 60  # an annual account decides within this many days before its renewal
RETRIES = (0, 3, 8, 15, 21)  # days after the invoice on which it is collected; after the last the account is cut off
RECOVERY = 0.18  # chance that one retry of a failing payment succeeds
HORIZON = 30


@dataclass(frozen=True)
class Company:
    """Parameters. ``accounts`` counts every account that ever signed up: about half before ``start``, the others
    spread over the ``months`` simulated calendar months. Same parameters, same company."""

    accounts: int = 2000
    start: date = date(2025, 1, 1)
    months: int = 18
    seed: int = 7

    def __post_init__(self) -> None:
        """ChurnError if a parameter describes no company."""
        if self.accounts < 1 or self.months < 1 or self.seed < 0:
            raise ChurnError(
                f"the demo company has accounts = {self.accounts}, months = {self.months}, seed = {self.seed}",
                "give at least 1 account and 1 month, and a seed of 0 or more",
            )
        if self.start.day != 1:
            raise ChurnError(f"the demo company starts on {self.start}", "let it start on the first day of a month")

    @property
    def end(self) -> date:
        """Last simulated day, inclusive."""
        months = self.start.year * 12 + self.start.month - 1 + self.months
        return self.start.replace(year=months // 12, month=months % 12 + 1) - timedelta(days=1)

    @property
    def days(self) -> int:
        """Number of simulated days."""
        return (self.end - self.start).days + 1
