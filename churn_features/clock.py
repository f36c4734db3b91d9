"""The one place where time is cut: what of a table was known at the end of a day, and how long ago it was.

Belongs here: the cutoff of an as-of date and the view of a table at that cutoff. Does not belong here: anything that
gives a meaning to what is left. Feature code sees only tables that went through ``cut`` and can see no later row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from churn_features.tables import KNOWN, STORED_USAGE, Column, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from churn_features.query import Parameters

_TYPES = {
    "text": "string", "instant": "timestamp", "day": "date", "integer": "int64", "money": "int64",
    "number": "float64", "flag": "boolean",
}  # fmt: skip

LOOKBACK = 91
"""Days of usage that features read; a bound is what lets a nightly run skip older months."""


def cutoff(as_of: date, zone: str) -> datetime:
    """The instant at which the day ``as_of`` is over in ``zone``, as naive UTC: a fact counts if it is earlier."""
    midnight = datetime.combine(as_of + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def period(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """First instant of the day ``first`` and first instant after the day ``last``, naive UTC."""
    return cutoff(first - timedelta(days=1), zone), cutoff(last, zone)


@dataclass(frozen=True)
class Moment:
    """An as-of date inside an expression: the day and its cutoff."""

    as_of: ir.DateValue
    cutoff: ir.TimestampValue

    @classmethod
    def of(cls, parameters: Parameters) -> Moment:
        """A moment that is bound when the statement runs: parameters ``as_of`` and ``cutoff``."""
        return cls(parameters.date("as_of"), parameters.instant("cutoff"))

    def days_since(self, day: ir.DateValue) -> ir.IntegerValue:
        """Whole days from ``day`` to the as-of date; 0 on the as-of date, negative for days to come."""
        return self.as_of.delta(day, unit="day")


def stored_schema(table: Table) -> dict[str, str]:
    """Columns of ``table`` as it is stored with their Ibis types: the contract's, a day for each instant, and the days
    between which a row was held to be true."""
    schema = {column.name: _TYPES[column.type] for column in table.columns}
    schema |= {column.day: "date" for column in table.columns if column.day}
    if table.name == "usage":
        schema = {name: schema[name] for name in STORED_USAGE}
    return schema | dict.fromkeys(KNOWN, "date")


def stored(table: Table) -> ir.Table:
    """An unbound Ibis table with the stored schema, named as the table."""
    import ibis

    return ibis.table(stored_schema(table), name=table.name)


def cut(table: Table, rows: ir.Table, moment: Moment) -> ir.Table:
    """``rows`` as they were known at the moment's cutoff.

    Rows that had not happened, were not yet recorded or landed, or had been corrected or deleted are gone; a value
    filled in by a later happening is missing; snapshot columns are gone altogether. For every instant ``x_at`` and day
    ``x_on`` there is ``x_days_ago`` (0 on the as-of date, negative for a known future day), and ``days_ago`` for the
    row's own time.
    """
    rows = rows.filter(
        rows.known_after.isnull() | (rows.known_after < moment.as_of),
        rows.known_to.isnull() | (rows.known_to >= moment.as_of),
    )
    if table.name == "usage":
        own = rows.filter(rows.day <= moment.as_of).select(*STORED_USAGE)
        return own.mutate(days_ago=moment.days_since(own.day))
    recorded = rows.recorded_at.isnull() | (rows.recorded_at < moment.cutoff)
    known = rows.filter((rows[table.occurred] < moment.cutoff) & recorded)
    columns: dict[str, ir.Value] = {}
    for column in table.columns:
        if column.kind == "snapshot" or column.name == "recorded_at":
            continue
        for name in (column.name, column.day):
            if name:
                columns[name] = _revealed(column, known[name], known, moment)
        day = column.day or (column.name if column.type == "day" else None)
        if day:
            stem = column.name.removesuffix("_at").removesuffix("_on")
            columns[f"{stem}_days_ago"] = moment.days_since(columns[day])
    columns["days_ago"] = columns[f"{table.occurred.removesuffix('_at')}_days_ago"]
    return known.select(**columns)


def _revealed(column: Column, value: ir.Value, rows: ir.Table, moment: Moment) -> ir.Value:
    import ibis

    if column.kind == "fixed" or column.known_from is None:
        return value
    return ibis.ifelse(rows[column.known_from] < moment.cutoff, value, ibis.null().cast(value.type()))
