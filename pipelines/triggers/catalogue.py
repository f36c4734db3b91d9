"""Which triggers there are: those of ``catalogue.yaml`` as the configuration changes them.

Belongs here: a trigger and the catalogue. Does not belong here: for whom one fires (``fired``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.catalogue_files import changed, shipped
from pipelines.conditions import Condition, feature, read
from pipelines.config import Config
from pipelines.config.outreach import TriggerKeys

FILE = Path(__file__).with_name("catalogue.yaml")

COOL_DOWN_DAYS = 30
"""Of a trigger that states none."""


@dataclass(frozen=True)
class Trigger:
    """A rule over the features of one day.

    It fires for every account of which all of ``when`` holds and which has not announced to leave. The reason is the
    sentence of the feature ``tells``, whose theme is the trigger's. ``positive``: good news. ``near_label``: it comes
    so shortly before a departure that finding leavers by it is no merit. Once told of an account, it is not told again
    for ``cool_down_days``.
    """

    name: str
    title: str
    when: tuple[Condition, ...]
    tells: str
    theme: str
    positive: bool
    near_label: bool
    cool_down_days: int


def triggers(config: Config) -> tuple[Trigger, ...]:
    """The triggers that are switched on: the company's own, then those of the catalogue in its order.

    Raises ChurnError naming the key of the configuration that is wrong.
    """
    stated = changed(shipped(FILE, TriggerKeys), config.triggers, ("title", "when", "tells"), "triggers")
    return tuple(
        Trigger(
            name=name,
            title=keys["title"],
            when=read(keys["when"], f"triggers.{name}.when", config.currency),
            tells=keys["tells"],
            theme=feature(keys["tells"], f"triggers.{name}.tells").theme,
            positive=keys.get("positive", False),
            near_label=keys.get("near_label", False),
            cool_down_days=keys.get("cool_down_days", COOL_DOWN_DAYS),
        )
        for name, keys in stated.items()
    )
