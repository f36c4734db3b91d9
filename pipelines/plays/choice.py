"""Which play an account gets.

Belongs here: the choice by trigger, reason, segment and time. Does not belong here: what a play is worth for an account
(``models.value``), which plays there are (``catalogue``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.conditions import hold
from pipelines.plays.catalogue import Play


def choose(
    available: Sequence[Play],
    list_name: str,
    attention: str,
    reasons: Sequence[Mapping[str, str]],
    trigger: str | None,
    row: Mapping[str, Any],
) -> Play | None:
    """The play for an account on a list that gets this ``attention``, None where the list has none for it.

    It is the first of those ``available``, in their order, that answers the ``trigger``, else the weightiest of the
    ``reasons`` (``theme`` and ``feature``, the weightiest first) that any play answers, else the first of the list's
    general plays. ``row`` holds the account's feature values by name, as far as they are known; what
    is for other accounts, or takes longer than the days to its renewal, is passed over, but for a general play: that
    may come late.
    """
    here = [play for play in available if list_name in play.lists and play.attention == attention]
    fit = [play for play in here if hold(play.when, row)]
    in_time = [play for play in fit if not _too_late(play, row.get("days_to_renewal"))]
    general = (play for play in fit if play.general_on(list_name))
    return next((play for play in (*_answers(in_time, reasons, trigger), *general)), None)


def answering(available: Sequence[Play], trigger: str) -> list[Play]:
    """The plays that answer a trigger, in their order."""
    return [play for play in available if trigger in play.triggers]


def _answers(plays: Sequence[Play], reasons: Sequence[Mapping[str, str]], trigger: str | None) -> Iterator[Play]:
    yield from answering(plays, trigger) if trigger else ()
    for reason in reasons:
        yield from (play for play in plays if reason["feature"] in play.features or reason["theme"] in play.themes)


def _too_late(play: Play, days_to_renewal: Any) -> bool:
    # not-a-number is how frames write what is missing, and is less than nothing
    return days_to_renewal is not None and bool(days_to_renewal < play.lead_days)
