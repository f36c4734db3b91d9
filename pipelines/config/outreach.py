"""The keys of triggers and plays: what the shipped catalogues say of each, and what a company says otherwise.

Belongs here: keys and their checks that need nothing but the text. Does not belong here: the catalogues and whether
features, themes and conditions exist (``pipelines.triggers``, ``pipelines.plays``).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipelines.config.mapping import Keys
from pipelines.lists import NAMES

When = dict[str, str | bool | int | float]


class TriggerKeys(Keys):
    """A trigger. What is left out of one that the [catalogue](triggers.md) has stays as it is there; a further one
    needs `title`, `when` and `tells`. `NAME: null` switches one off."""

    enabled: bool | None = Field(None, description="false switches it off")
    title: str | None = Field(None, min_length=1, max_length=120, description="what people call it")
    when: When | None = Field(
        None, min_length=1, description="feature -> what must hold of it; [how it is written](triggers.md#conditions)"
    )
    tells: str | None = Field(None, description="the feature whose sentence is the reason")
    positive: bool | None = Field(None, description="whether it is good news; false unless stated")
    near_label: bool | None = Field(
        None, description="whether it comes so shortly before a departure that it is part of it; false unless stated"
    )
    cool_down_days: int | None = Field(
        None, ge=0, le=730, description="for so long it is not told again of an account; 30 unless stated"
    )


class PlayKeys(Keys):
    """A play. What is left out of one that the [catalogue](plays.md) has stays as it is there; a further one needs
    `title`, `who`, `channel`, `attention`, `lists`, `steps`, `subject` and `body`. `NAME: null` switches one off."""

    enabled: bool | None = Field(None, description="false switches it off")
    title: str | None = Field(None, min_length=1, max_length=120, description="what people call it")
    who: Literal["csm", "support", "billing", "product", "marketing"] | None = Field(None, description="who acts")
    channel: Literal["call", "email", "in_app", "mail"] | None = Field(None, description="by which means")
    attention: Literal["human", "automated"] | None = Field(None, description="whether it takes a person's time")
    lead_days: int | None = Field(
        None, ge=0, le=365, description="it takes so long: not chosen if the account renews sooner; 0 unless stated"
    )
    contact_cost: float | None = Field(
        None, ge=0, description="of one contact, in major units; 15 for a person, 1 for a machine unless stated"
    )
    incentive_share: float | None = Field(
        None, ge=0, lt=1, description="what is given away, as a share of the account's value; 0 unless stated"
    )
    chance_to_save: float | None = Field(
        None,
        ge=0,
        le=1,
        description="share of leavers whom it keeps; 0.3 for a person, 0.15 for a machine unless stated",
    )
    lists: list[Literal[NAMES]] | None = Field(  # type: ignore[valid-type]
        None, min_length=1, description="the lists that it is for"
    )
    triggers: list[str] | None = Field(None, description="the triggers that it answers")
    features: list[str] | None = Field(None, description="it answers reasons that one of these features tells")
    themes: list[str] | None = Field(None, description="it answers reasons of these themes")
    when: When | None = Field(
        None, description="the accounts that it is for: feature -> what must hold of it, written as those of triggers"
    )
    steps: list[str] | None = Field(None, min_length=1, description="what to do, in order")
    subject: str | None = Field(None, min_length=1, max_length=200, description="of the message")
    body: str | None = Field(
        None, min_length=1, description="the message; a line whose {placeholder} has no value is left out"
    )
