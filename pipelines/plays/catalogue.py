"""Which plays there are: those of ``catalogue.yaml`` as the configuration changes them.

Belongs here: a play, the catalogue, what a play costs and brings where nothing is stated. Does not belong here: which
one an account gets (``choice``), what is written to a customer (``messages``).

What a contact costs and how many leavers it keeps are assumptions until the effect report measures them. Of leavers who
are contacted 0.3 stay on average, the mean of Beta(6, 14), a contact costs 15 and an incentive 5 % of the account's
value: Janssens, Bogaert, Bagué & Van den Poel (2022), B2Boost, Annals of Operations Research, for business customers;
Verbraken, Verbeke & Baesens (2013), IEEE Transactions on Knowledge and Data Engineering 25(5), state the same share,
contact 1 and incentive 10 for consumers. That a message costs 1 and keeps half as many as a person is our own
assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pipelines.catalogue_files import changed, shipped
from pipelines.conditions import Condition, feature, read
from pipelines.config import Config
from pipelines.config.outreach import PlayKeys, TriggerKeys
from pipelines.errors import ChurnError
from pipelines.lists import TRIGGERS as LIST_OF_TRIGGERS
from pipelines.plays.messages import ALWAYS, check_template
from pipelines.triggers.catalogue import FILE as TRIGGERS

FILE = Path(__file__).with_name("catalogue.yaml")

CONTACT_COST = {"human": 15.0, "automated": 1.0}
"""Of one contact, in major units of any currency."""

CHANCE_TO_SAVE = {"human": 0.3, "automated": 0.15}
"""Share of the leavers who are contacted that stay."""

_REQUIRED = ("title", "who", "channel", "attention", "lists", "steps", "subject", "body")


@dataclass(frozen=True)
class Play:
    """What is done about an account: ``who`` acts by which ``channel``, in ordered ``steps``, with the message
    ``subject`` and ``body``.

    It takes ``lead_days`` before a renewal. A contact costs ``contact_cost`` (major units), gives away
    ``incentive_share`` of the account's value and keeps ``chance_to_save`` of those who would leave. It is for
    ``lists`` and for accounts of which ``when`` holds, and answers triggers by name and reasons by feature or theme.
    """

    name: str
    title: str
    who: str
    channel: str
    attention: str
    lead_days: int
    contact_cost: float
    incentive_share: float
    chance_to_save: float
    lists: tuple[str, ...]
    triggers: tuple[str, ...]
    features: tuple[str, ...]
    themes: tuple[str, ...]
    when: tuple[Condition, ...]
    steps: tuple[str, ...]
    subject: str
    body: str

    def general_on(self, list_name: str) -> bool:
        """Whether it is for any account of a list: it answers no reason, and no trigger where rows have one."""
        return not (self.features or self.themes or (self.triggers and list_name == LIST_OF_TRIGGERS))


def plays(config: Config) -> tuple[Play, ...]:
    """The plays that are switched on: the company's own, then those of the catalogue in its order.

    Raises ChurnError naming the key of the configuration that is wrong.
    """
    stated = changed(shipped(FILE, PlayKeys), config.plays, _REQUIRED, "plays")
    return tuple(_play(name, keys, config) for name, keys in stated.items())


def by_name(config: Config) -> dict[str, Play]:
    """``plays`` by their names."""
    return {play.name: play for play in plays(config)}


def _play(name: str, keys: dict[str, Any], config: Config) -> Play:
    from churn_features.feature import Theme

    key, attention = f"plays.{name}", keys["attention"]
    for named in keys.get("features", ()):
        feature(named, f"{key}.features")
    _require(keys, key, "themes", get_args(Theme))
    _require(keys, key, "triggers", [*shipped(TRIGGERS, TriggerKeys), *config.triggers])
    check_template(keys["subject"], f"{key}.subject", ALWAYS)
    check_template(keys["body"], f"{key}.body")
    return Play(
        name=name,
        title=keys["title"],
        who=keys["who"],
        channel=keys["channel"],
        attention=attention,
        lead_days=keys.get("lead_days", 0),
        contact_cost=keys.get("contact_cost", CONTACT_COST[attention]),
        incentive_share=keys.get("incentive_share", 0.0),
        chance_to_save=keys.get("chance_to_save", CHANCE_TO_SAVE[attention]),
        lists=tuple(keys["lists"]),
        triggers=tuple(keys.get("triggers", ())),
        features=tuple(keys.get("features", ())),
        themes=tuple(keys.get("themes", ())),
        when=read(keys.get("when", {}), f"{key}.when", config.currency),
        steps=tuple(keys["steps"]),
        subject=keys["subject"],
        body=keys["body"].strip(),
    )


def _require(keys: dict[str, Any], key: str, part: str, known: Sequence[str]) -> None:
    unknown = [name for name in keys.get(part, ()) if name not in known]
    if unknown:
        raise ChurnError(f"{key}.{part} names {unknown[0]!r}, which is none", f"choose among {', '.join(known)}")
