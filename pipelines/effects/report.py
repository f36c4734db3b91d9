"""The effect of outreach as a file and in words.

Belongs here: which entries are estimated, what is kept of it, how it is told. Does not belong here: the estimate
(``models.effect``).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from churn_features.money import major
from pipelines.config import Config
from pipelines.effects.arms import Entries, entries
from pipelines.lake import write_json

if TYPE_CHECKING:
    from models.effect import Effect
    from models.metrics import Interval

FILE = "effect.json"


def measure(
    config: Config, as_of: date, name: str | None = None, since: date | None = None, smallest: float | None = None
) -> tuple[list[Effect], Entries]:
    """Effects by list and play with the entries that they rest on; arguments as those of ``entries``."""
    from models.effect import SMALLEST, effects

    found = entries(config, as_of, name, since)
    return effects(found.rows, smallest or SMALLEST), found


def write(config: Config, as_of: date) -> tuple[list[Effect], Entries]:
    """Measure all lists and keep the result below the folder of exports; the same data gives the same bytes."""
    found, rested_on = measure(config, as_of)
    write_json(
        config.path(config.exports) / "effect" / f"as_of={as_of}" / FILE, as_dict(config, as_of, found, rested_on)
    )
    return found, rested_on


def as_dict(config: Config, as_of: date, found: list[Effect], rested_on: Entries) -> dict[str, Any]:
    """Plain values; money in major units a month."""
    return {
        "as_of": str(as_of),
        "company": config.company,
        "currency": config.currency,
        "outcome": config.outcome.model_dump(),
        "immature": rested_on.immature,
        "without_outcome": rested_on.without_outcome,
        "drawn_anew": {name: str(day) for name, day in rested_on.drawn_anew.items()},
        "effects": [_plain(each, config.currency) for each in found],
    }


def _plain(found: Effect, currency: str) -> dict[str, Any]:
    plain = found.as_dict()
    for arm in ("listed", "holdout"):
        plain[arm] |= {name: major(plain[arm][name], currency) for name in ("mrr", "mrr_lost")}
    plain["saved"] = {name: None if value is None else major(value, currency) for name, value in plain["saved"].items()}
    return plain


def verdict(found: Effect) -> str:
    """What the figures say, in a sentence."""
    harm = "more of the listed left than of the holdout, which may be chance: "
    words = {
        "helps": "outreach keeps accounts",
        "harms": "OUTREACH RAISES CHURN: stop this play, or find out what is wrong with it",
        "no_difference": f"no change of {found.smallest:.0%} or more: the holdout is large enough to show one",
        "too_few": f"too few to tell: {found.missing or 0:,} more entries in the holdout would show a change of "
        f"{found.smallest:.0%}",
        "no_holdout": "nothing to compare with: no stratum has both arms",
    }
    unsure = found.worse and found.verdict in ("too_few", "no_difference")
    return (harm if unsure else "") + words[found.verdict]


def drawn_anew(rested_on: Entries) -> list[str]:
    """Of which lists only later entries count, in words."""
    return [
        f"{name}: only entries from {day} on, when its holdout was drawn by another seed or share"
        for name, day in rested_on.drawn_anew.items()
    ]


def points(found: Interval) -> str:
    """A difference of rates in percentage points."""
    if found.value != found.value:
        return "unknown"
    return f"{found.value * 100:+.1f} ({found.low * 100:+.1f} to {found.high * 100:+.1f})"


def money(found: Interval, currency: str) -> str:
    """An amount a month."""
    if found.value != found.value:
        return "unknown"
    value, low, high = (major(each, currency) for each in (found.value, found.low, found.high))
    return f"{value:,.0f} ({low:,.0f} to {high:,.0f})"


HEAD = ("list", "play", "listed", "left", "held out", "left", "difference, points", "MRR saved", "contacted",
        "among contacted", "verdict")  # fmt: skip


def table(found: list[Effect], currency: str) -> list[list[str]]:
    """A row per effect, as HEAD names its cells."""
    return [
        [
            each.list or "all lists",
            each.play or "all plays",
            f"{each.listed.entries:,}",
            f"{each.listed.leavers:,}",
            f"{each.holdout.entries:,}",
            f"{each.holdout.leavers:,}",
            points(each.difference),
            money(each.saved, currency),
            f"{each.contacted_share:.0%}" if each.contacted_share == each.contacted_share else "unknown",
            points(each.among_contacted),
            verdict(each),
        ]
        for each in found
    ]
