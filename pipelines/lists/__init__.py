"""The lists that people act on: who is on which, in which order, with which reasons and play, and who is left out.

Belongs here: choosing. Does not belong here: files (``exports``), what a play or a trigger is (``plays``,
``triggers``), arithmetic (``models``). Each list has a module that names its candidates; ``choice`` makes a list of
them, the same way for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.config import Config

AT_RISK, PAYMENT_RECOVERY, SAVE, ONBOARDING = "at_risk", "payment_recovery", "save", "onboarding"
WIN_BACK, REWARDS, TRIGGERS = "win_back", "rewards", "triggers"

NAMES = (AT_RISK, PAYMENT_RECOVERY, SAVE, ONBOARDING, WIN_BACK, REWARDS, TRIGGERS)
"""All lists, in the order in which they are made."""


def enabled(config: Config) -> list[str]:
    """The lists that a company makes, in their order."""
    return [name for name in NAMES if config.lists.of(name).enabled]
