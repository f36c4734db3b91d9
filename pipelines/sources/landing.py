"""Rows of any source into the lake: mapped to the contract, those of the window, as one part of a landing.

Belongs here: what every source that has rows and a column mapping does with them. Does not belong here: how a source
is read, how one value is (``mapping``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.config import ColumnMapping, Config, RowMapping
from pipelines.engine import identifier, literal, write
from pipelines.errors import ChurnError
from pipelines.sources import Window
from pipelines.sources.mapping import raw, select

if TYPE_CHECKING:
    import duckdb


def land_rows(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    mapping: RowMapping,
    rows: str,
    place: str,
    window: Window,
    config: Config,
    part: Path,
    join: str = "",
) -> int:
    """Write the wanted ones of ``rows`` to ``part`` in the form that ``Reader.land`` promises; returns how many.

    ``rows`` is a query that gives the source's columns and ``_file`` and ``_row``, by which a row is found again;
    ``place`` names it in errors. ``join`` is SQL that follows the rows, which are called ``source``. Raises ChurnError
    for a column that is not there; what the engine cannot read is left to the caller, who knows what it was.
    """
    columns = mapping.mapped
    _check_columns(con, table, place, rows, columns)
    picked = ", ".join(f"{raw(origin)} AS {identifier(name)}" for name, origin in columns.items())
    where = f"WHERE {mapping.where}" if mapping.where else ""
    inner = f"SELECT {picked}, source._file, source._row FROM ({rows}) AS source {join} {where}"
    # times without an offset are read in the session's zone
    con.execute(f"SET TimeZone = {literal(mapping.time_zone or config.time_zone)}")
    try:
        types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {inner}").fetchall()}
        wanted, parameters = _wanted(table, columns, window, config.time_zone)
        return write(con, f"SELECT * FROM ({select(table, columns, types, inner)}) WHERE {wanted}", part, parameters)
    finally:
        con.execute("SET TimeZone = 'UTC'")


def absent(table: Table, mapping: RowMapping) -> tuple[str, ...]:
    """The contract columns that a source lacks."""
    return tuple(column.name for column in table.columns if column.name not in mapping.columns)


def _check_columns(
    con: duckdb.DuckDBPyConnection, table: Table, place: str, rows: str, columns: Mapping[str, ColumnMapping]
) -> None:
    there = [row[0] for row in con.execute(f"DESCRIBE {rows}").fetchall() if row[0] not in ("_file", "_row")]
    folded = {name.casefold() for name in there}
    for name, origin in columns.items():
        if origin.column is not None and origin.column.casefold() not in folded:
            raise ChurnError(
                f"table {table.name}: {place} has no column {origin.column!r} for {name}; it has {', '.join(there)}",
                f"correct sources.*.tables.{table.name}.columns.{name}, or ask the data's owner what became of it",
            )


def _wanted(
    table: Table, columns: Mapping[str, ColumnMapping], window: Window, zone: str
) -> tuple[str, dict[str, object]]:
    """Condition for the rows of the window over the contract's columns."""
    parameters: dict[str, object] = {"cutoff": window.cutoff, "now": window.now}
    time = table.occurred
    wanted = f"({time} IS NULL OR {time} < $cutoff OR {time} > $now)"
    if table.name != "usage":
        return wanted, parameters
    day = "day" if "day" in columns else f"CAST(timezone({literal(zone)}, timezone('UTC', {time})) AS DATE)"
    if "day" in columns:
        wanted = "(day IS NULL OR day <= $as_of OR day > $now)"
        parameters = {"as_of": window.as_of, "now": window.now}
    if window.after_day:
        wanted += f" AND ({day} IS NULL OR {day} > $after_day)"
        parameters["after_day"] = window.after_day
    return wanted, parameters
