"""What the figures of triggers and the alarm say, in words and cells of tables.

Belongs here: wording that terminal and UI share. Does not belong here: figures (``quality``, ``alarm``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.triggers.alarm import Alarm, Compared
from pipelines.triggers.catalogue import Trigger

if TYPE_CHECKING:
    from models.trigger_quality import TriggerQuality

HEADER = ("accounts", "rate", "on the same dates", "lift", "finds", "days before", "")
"""Names of the columns that ``cells`` fills."""

WHAT = (
    "accounts: for how many it held, and how many of these left. rate: leavers among rows where it held, and what all "
    "accounts have on the same dates; lift: the one over the other, with its 95 % interval. finds: share of departures "
    "at whose latest date before it held. days before: from the first date in the last 91 days on which it held to the "
    "departure, median and quartiles."
)


def cells(found: TriggerQuality | None) -> list[str]:
    """The measured figures of a trigger, "" for what cannot be told."""
    if found is None:
        return [""] * len(HEADER)
    lift, coverage, lead = found.lift, found.coverage, found.lead_days
    return [
        f"{found.leaving_accounts:,} of {found.accounts:,}",
        "" if found.rate is None else f"{found.rate:.1%}",
        "" if found.base_rate is None else f"{found.base_rate:.1%}",
        "" if found.rate is None else f"{lift.value:.2f} ({lift.low:.2f} to {lift.high:.2f})",
        "" if coverage.value != coverage.value else f"{coverage.value:.0%} of {found.departures:,}",
        "" if lead is None else f"{lead[1]:.0f} ({lead[0]:.0f} to {lead[2]:.0f})",
        found.too_few,
    ]


def kind(trigger: Trigger) -> str:
    """What there is to know of a trigger besides its condition."""
    marks = ["good news"] * trigger.positive + ["near the departure itself"] * trigger.near_label
    return ", ".join(marks)


def alarm_lines(found: Alarm) -> list[str]:
    """What the alarm says, a line each: the company first, then the parts of it that stand out."""
    if found.month is None:
        return ["Churn of the company: too few final months to compare the last one with those before."]
    span = f"the {len(found.before)} months before it ({found.before[0]:%Y-%m} to {found.before[-1]:%Y-%m})"
    lines = [f"Churn of the company in {found.month:%Y-%m} against {span}: {_compared(found.parts[0])}"]
    return lines + [f"  {part.by} {part.value}: {_compared(part)}" for part in found.raised if part.by != "company"]


def _compared(part: Compared) -> str:
    said = (
        f"{part.left:,} of {part.active:,} left ({_rate(part.left, part.active)}), {part.expected:.1f} were to be "
        f"expected ({_rate(part.left_before, part.active_before)})"
    )
    if not part.raised:
        return f"{said}; that is within chance (p = {part.chance:.2g})"
    return f"{said}; MORE THAN CHANCE EXPLAINS (p = {part.chance:.2g})"


def _rate(left: int, active: int) -> str:
    return f"{left / active:.2%}" if active else "nobody there"
