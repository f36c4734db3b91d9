"""What became of a source's columns since the landing before: new, gone, of another type.

Belongs here: comparing two landings' columns and what to do about it. Does not belong here: a mapped column that is
not there, which no source lands without (``sources.landing``), and drift of features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_UNTYPED = '"NULL"'
"""Type of a column without a single value."""


@dataclass(frozen=True)
class Change:
    """One column that is not what it was: how much it matters, what happened, what to do."""

    level: Literal["note", "warning"]
    column: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.message}. Remedy: {self.remedy}"


def changes(table: str, before: Mapping[str, str], now: Mapping[str, str], since: str) -> tuple[Change, ...]:
    """Changes of the columns (name -> type) of ``table``'s source since the landing of a day, in order of column.

    Without columns on either side there is nothing to compare.
    """
    if not before or not now:
        return ()
    key = f"sources.*.tables.{table}.columns"
    found = []
    for name in sorted({*before, *now}):
        if name not in before:
            message, remedy = f"column {name} ({now[name]}) is new since {since}", f"map it in {key} if it is of use"
            found.append(Change("note", name, message, remedy))
        elif name not in now:
            message = f"column {name} ({before[name]}), which nothing is mapped to, is gone since {since}"
            found.append(Change("note", name, message, "nothing, unless it was renamed"))
        elif before[name] != now[name] and _UNTYPED not in (before[name], now[name]):
            message = f"column {name} was {before[name]} on {since} and is {now[name]}"
            remedy = f"see that what {key} makes of it still holds (scale, values, format), or ask the data's owner"
            found.append(Change("warning", name, message, remedy))
    return tuple(found)
