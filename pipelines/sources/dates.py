"""How a column of dates is written when nobody said so: the formats that fit, and in how many ways they read it.

Belongs here: refusing such a column as a whole, with what to state. Does not belong here: reading one value
(``mapping``); single odd values are the contract's to set aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Column, Table
from pipelines.config import ColumnMapping
from pipelines.engine import identifier, literal, scan
from pipelines.errors import ChurnError

if TYPE_CHECKING:
    import duckdb

_DATES = (
    *(order.replace("?", by) for by in "/.- " for order in ("%d?%m?%Y", "%m?%d?%Y", "%d?%m?%y", "%m?%d?%y")),
    "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d", "%y/%m/%d", "%y-%m-%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
    "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%B %d %Y", "%d. %B %Y",
)  # fmt: skip
_CLOCKS = ("", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_FORMATS = tuple(
    f"{day}{between}{clock}" for day in _DATES for clock in _CLOCKS for between in ((" ", "T") if clock else ("",))
)
_SHOWN = 3
"""Readings of an example that are shown."""


def refuse_unstated(
    con: duckdb.DuckDBPyConnection, table: Table, columns: Mapping[str, ColumnMapping], place: str, part: Path
) -> None:
    """Raise ChurnError if ``part``, rows just landed from ``place``, has a column of times or dates of which no value
    could be read though a format would read most of them: it says which, or that several would, with an example."""
    rows = scan([part])
    if con.execute(f"SELECT count(_unreadable) FROM {rows}").fetchall() == [(0,)]:
        return
    for column in table.columns:
        if column.type not in ("instant", "day") or column.name not in columns or columns[column.name].format:
            continue
        complaint = literal(f"(?:^|; ){column.name}: '(.*?)' is not a (?:time|date)")
        given = f"SELECT nullif(trim(regexp_extract(_unreadable, {complaint}, 1)), '') AS value FROM {rows}"
        read, unread = con.execute(
            f"SELECT (SELECT count({identifier(column.name)}) FROM {rows}), count(value) FROM ({given})"
        ).fetchall()[0]
        if unread and not read:
            values = f"SELECT value, count(*) AS times FROM ({given}) WHERE value IS NOT NULL GROUP BY value"
            _refuse(con, table, column, columns[column.name], place, values, unread)


def _refuse(
    con: duckdb.DuckDBPyConnection, table: Table, column: Column, origin: ColumnMapping, place: str, values: str,
    total: int,
) -> None:  # fmt: skip
    key = f"sources.*.tables.{table.name}.columns.{column.name}"
    begins = f"table {table.name}: {place} writes {column.name} as "
    said = origin.column or origin.sql
    epoch = r"regexp_full_match(value, '\d{10}|\d{13}')"
    example, numbers, digits = con.execute(
        f"SELECT min(value), bool_and({epoch}), min(length(value)) FROM ({values})"
    ).fetchall()[0]
    if numbers:
        unit, function = ("seconds", "to_timestamp") if digits == 10 else ("milliseconds", "epoch_ms")
        raise ChurnError(
            f"{begins}{example}, which looks like {unit} since 1970",
            f"set {key} to {{sql: {function}({said}::BIGINT)}}",
        )
    fits = _fits(con, values)
    if not fits or max(fits.values()) * 2 <= total:
        return
    # formats that read every value alike are one way of reading it
    best = [how for how, count in fits.items() if count == max(fits.values())]
    vectors = ", ".join(f"hash(list({_reading(how)} ORDER BY value))" for how in best)
    found = con.execute(f"SELECT {vectors} FROM ({values})").fetchall()[0]
    ways = list({vector: how for how, vector in reversed(list(zip(best, found, strict=True)))}.values())[::-1]
    # the value that shows the most readings
    readings = ", ".join(_reading(how) for how in ways)
    example, *moments = con.execute(
        f"SELECT value, {readings} FROM ({values}) WHERE {_reading(ways[0])} IS NOT NULL "
        f"ORDER BY len(list_distinct([{readings}])) DESC, value LIMIT 1"
    ).fetchall()[0]
    if len(ways) == 1:
        every = "every value" if fits[best[0]] == total else f"{fits[best[0]]:,} of {total:,} values"
        raise ChurnError(
            f"{begins}{example}, which is not ISO 8601; {every} can be read as {ways[0]}, and in no other way known",
            f'set {key}.format to "{ways[0]}" if that is right',
        )
    meanings = [f"{_told(moment)} as {how}" for moment, how in zip(moments, ways, strict=True) if moment][:_SHOWN]
    choices = " or ".join(f'"{how}"' for how in ways[:_SHOWN])
    raise ChurnError(
        f"{begins}{example}, which can be read in {len(ways)} ways: {example} is {', '.join(meanings)}",
        f"state which is right: set {key}.format to {choices}",
    )


def _reading(how: str) -> str:
    return f"TRY_STRPTIME(value, {literal(how)})"


def _fits(con: duckdb.DuckDBPyConnection, values: str) -> dict[str, int]:
    """Formats that read at least one value -> how many they read as a time from 1900 to 2100."""
    some = [
        row[0] for row in con.execute(f"SELECT value FROM ({values}) ORDER BY times DESC, value LIMIT 50").fetchall()
    ]
    # planning all formats takes the engine seconds, a look at some values leaves few
    formats = [how for how in _FORMATS if any(_reads(how, value) for value in some)]
    counts = ", ".join(f"sum(times) FILTER (year({_reading(how)}) BETWEEN 1900 AND 2100)" for how in formats)
    found = con.execute(f"SELECT {counts} FROM ({values})").fetchall()[0] if formats else ()
    return {how: int(count) for how, count in zip(formats, found, strict=True) if count}


def _reads(how: str, value: str) -> bool:
    try:
        datetime.strptime(value, how)  # noqa: DTZ007  only whether it can be read
    except ValueError:
        return False
    return True


def _told(moment: datetime) -> str:
    clock = "" if (moment.hour, moment.minute, moment.second) == (0, 0, 0) else f" {moment:%H:%M}"
    return f"{moment.day} {moment:%B %Y}{clock}"
