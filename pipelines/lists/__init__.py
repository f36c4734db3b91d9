"""The lists that people act on: who is on which, in which order, with which reasons and play, and who is left out.

Belongs here: choosing. Does not belong here: files (``exports``), what a play or a trigger is (``plays``,
``triggers``), arithmetic (``models``). Each list has a module that names its candidates; ``choice`` makes a list of
them, the same way for all, and ``precedence`` says which sees to an account that belongs on several.
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


URGENCY = (PAYMENT_RECOVERY, SAVE, AT_RISK, ONBOARDING, TRIGGERS, REWARDS)
"""The lists of paying accounts, the most urgent first. Triggers come late as they tell of an account one day and then
rest: whoever is on a standing list is seen to already. Whom win_back names pays for nothing and is on no other list."""


def more_urgent(config: Config, name: str) -> list[str]:
    """The lists that go before another one where an account belongs on both; none unless
    ``lists.once_per_account``."""
    if not config.lists.once_per_account or name not in URGENCY:
        return []
    made = enabled(config)
    return [each for each in URGENCY[: URGENCY.index(name)] if each in made]


def goes_on_from(config: Config, name: str) -> list[str]:
    """The lists on whose earlier days a list depends: its own, and that of triggers, which remembers what it told."""
    return [name, *(each for each in more_urgent(config, name) if each == TRIGGERS)]
