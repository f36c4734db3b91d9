"""What a benchmark has measured: figures with what is promised of them, and what each process took.

Belongs here: keeping them, and their form as plain values and as Markdown. Does not belong here: measuring
(``measure``), which figures there are.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.measure import Cost, cost_table

GIB = 1024.0
"""MiB of a GiB."""


@dataclass(frozen=True)
class Figure:
    """A measured number, and what is promised: at most, or at least, so much, from so many accounts (or another
    ``unit``) on."""

    name: str
    value: float
    most: float | None = None
    least: float | None = None
    accounts: int = 0
    unit: str = "accounts"

    @property
    def holds(self) -> bool:
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def line(self, accounts: int) -> str:
        """The figure as a row of a table."""
        bound, sign = (self.most, "≤") if self.most is not None else (self.least, "≥")
        promise = (
            "" if bound is None else f"{sign} {bound:g}" + f" from {self.accounts:,} {self.unit}" * bool(self.accounts)
        )
        verdict = "" if bound is None or accounts < self.accounts else "yes" if self.holds else "**no**"
        return f"| {self.name} | {self.value:.2f} | {promise} | {verdict} |"


class Ledger:
    """Figures and costs of one run, in the order in which they came."""

    def __init__(self) -> None:
        self.costs: list[Cost] = []
        self.figures: list[Figure] = []

    def note(self, cost: Cost) -> None:
        """Note what a process took; if it ran before, the least of both."""
        for number, old in enumerate(self.costs):
            if (old.part, old.step) == (cost.part, cost.step):
                least = min(old.cpu_seconds, cost.cpu_seconds), min(old.peak_mib, cost.peak_mib)
                self.costs[number] = Cost(cost.part, cost.step, *least)
                return
        self.costs.append(cost)

    def of(self, name: str) -> Cost:
        """What the process of that name took."""
        return next(cost for cost in self.costs if cost.step == name)

    def figure(self, name: str, value: float, **promise: Any) -> None:
        """Keep a figure with its promise (fields of ``Figure``)."""
        self.figures.append(Figure(name, round(value, 3), **promise))

    def facts(self, size: int) -> dict[str, Any]:
        """All of it as plain values, with the machine; promises that begin at a greater ``size`` are not judged."""
        return {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "figures": [{**asdict(figure), "holds": figure.holds} for figure in self.figures],
            "costs": [asdict(cost) for cost in self.costs],
            "table": [figure.line(size) for figure in self.figures],
        }


def lines_of(facts: Mapping[str, Any]) -> list[str]:
    """``Ledger.facts`` as two tables in Markdown."""
    return [
        "| figure | measured | promise | holds |",
        "|---|---:|---|---|",
        *facts["table"],
        "",
        *cost_table(facts["costs"]),
    ]
