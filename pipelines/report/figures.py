"""A chart with all that belongs to it, and how its numbers are written.

Belongs here: the shape of a figure, numbers as people read them. Does not belong here: which figures there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from churn_features.money import digits

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


@dataclass(frozen=True)
class Figure:
    """A chart: ``name`` is unique on the page, ``headline`` its latest or most important number, ``note`` says how to
    read it, ``header`` and ``rows`` hold everything that is drawn, as text. Without ``svg`` the note says why."""

    name: str
    title: str
    headline: str = ""
    note: str = ""
    svg: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def share(value: float | None, places: int = 1) -> str:
    """``0.05`` as ``5.0 %``; a missing one as a dash."""
    return DASH if value is None else f"{100 * value:.{places}f} %".replace("-", MINUS)


def money(major: float | None, currency: str, exact: bool = False) -> str:
    """An amount in major units with its currency; ``exact`` with the digits that the currency has."""
    if major is None:
        return DASH
    return f"{major:,.{digits(currency) if exact else 0}f} {currency}".replace("-", MINUS)


def between(low: str, high: str) -> str:
    """An interval, as ``2.2 to 11.2 %``: a unit that both share is said once."""
    unit = low.rpartition(" ")[2]
    return f"{low.removesuffix(f' {unit}')} to {high}" if high.endswith(f" {unit}") else f"{low} to {high}"
