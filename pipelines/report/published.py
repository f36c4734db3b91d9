"""The lists of a day as they are published.

Belongs here: reading them, what people call them. Does not belong here: anything that is not published: whom the page
shows, the readers of the lists know already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipelines import exports
from pipelines.config import Config
from pipelines.lists import NAMES

TITLES = {
    "at_risk": ("At risk", "Accounts that are likely to leave and worth a contact."),
    "payment_recovery": ("Payment recovery", "Payments that fail, or are about to."),
    "save": ("Save", "Accounts that have announced to leave."),
    "onboarding": ("Onboarding", "New accounts that are behind."),
    "win_back": ("Win back", "Accounts that left lately."),
    "rewards": ("Rewards", "Loyal and active accounts."),
    "triggers": ("Triggers", "Accounts at which something has just happened."),
}
"""What people call a list, and who is on it."""


@dataclass(frozen=True)
class Listed:
    """A list of a day: its manifest, and its rows as in the JSON file."""

    name: str
    manifest: dict[str, Any] = field(repr=False)
    rows: list[dict[str, Any]] = field(repr=False)

    @property
    def title(self) -> str:
        return TITLES[self.name][0]

    @property
    def about(self) -> str:
        return TITLES[self.name][1]


def lists_of(config: Config, as_of: date) -> list[Listed]:
    """All lists that are published for a day, in their usual order."""
    found = ((name, exports.published(config, name, as_of)) for name in NAMES)
    return [Listed(name, each.manifest, each.rows()) for name, each in found if each]
