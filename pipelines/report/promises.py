"""What past lists promised against what came, from the public record of each list.

Belongs here: its figure. Does not belong here: the record (``effects.promise``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipelines.config import Config
from pipelines.effects import promise
from pipelines.report import charts
from pipelines.report.figures import DASH, Figure, money
from pipelines.report.published import TITLES

_SHOWN = 30


def figures(config: Config, as_of: date) -> list[Figure]:
    """A figure for each list of which a promise was on record on a day, else one that says that there is none."""
    found = []
    for name, (title, _) in TITLES.items():
        known = [line for line in promise.read(config, name) if line["recorded_on"] <= str(as_of)]
        # lists without a model promise nothing
        told = [line for line in known if line["expected"] is not None and line["actual"] is not None]
        if told:
            lines = sorted(told, key=lambda line: line["as_of"])[-_SHOWN:]
            found.append(_figure(f"record-{name.replace('_', '-')}", title, lines, config.currency))
    if found:
        return found
    outcome = config.outcome
    days = outcome.lead_days + outcome.window_days + outcome.grace_days
    note = f"No promise of a past list is on record: it takes {days} days until its outcome is known."
    return [Figure("record", "Expected against actual leavers", note=note)]


def _figure(name: str, title: str, lines: Sequence[Mapping[str, Any]], currency: str) -> Figure:
    expected = [(each["expected"]["low"], each["expected"]["value"], each["expected"]["high"]) for each in lines]
    actual = [each["actual"] for each in lines]
    held, of = promise.kept(list(map(dict, lines)))
    known_before = len(lines) - of
    hindsight = f"; {known_before} made with hindsight prove nothing" if known_before else ""
    return Figure(
        name,
        f"Expected against actual leavers: {title}",
        f"{held} of {of} within the interval{hindsight}; {sum(actual):,} left, "
        f"{sum(value for _, value, _ in expected):,.1f} expected",
        "Dash: expected, with its 95 % interval; dot: who left. Lists of neighbouring days share accounts.",
        charts.promises(name, [each["as_of"] for each in lines], expected, actual),
        ("list of", "rows", "expected", "95 % interval", "left", "loss of MRR expected", "MRR lost", "within"),
        [
            (
                each["as_of"], f"{each['rows']:,}", f"{value:,.1f}", f"{low:,.0f} to {high:,.0f}",
                f"{each['actual']:,}", money(each["expected_monthly_loss"], currency),
                money(each["monthly_loss"], currency),
                DASH if each["hindsight"] else "yes" if each["within"] else "no",
            )
            for each, (low, value, high) in zip(lines, expected, strict=True)
        ],
    )  # fmt: skip
