"""Rows of any source into the lake: mapped to the contract, those of the window, as one part of a landing.

Belongs here: what every source that has rows and a column mapping does with them. Does not belong here: how a source
is read, how one value is (``mapping``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.config import ColumnMapping, Config, RowMapping
from pipelines.engine import identifier, literal, write
from pipelines.errors import ChurnError
from pipelines.lake import read_json, write_json
from pipelines.sources import Window
from pipelines.sources.dates import refuse_unstated
from pipelines.sources.mapping import raw, select

if TYPE_CHECKING:
    import duckdb

LANDED = "DICTIONARY_SIZE_LIMIT 1000, PARQUET_VERSION v2"
"""How parts are written: smaller, and for less CPU, than with dictionaries of values that hardly repeat."""

COLUMNS = "columns.json"
_OR = " or "


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
    for a column that is not there and for one of dates that nobody said how to read; what the engine cannot read is
    left to the caller, who knows what it was.
    """
    columns = mapping.mapped
    described = con.execute(f"DESCRIBE {rows}").fetchall()
    there = {row[0]: row[1] for row in described if row[0] not in ("_file", "_row")}
    check_columns(table, place, list(there), columns)
    keep_columns(part.parent, there)
    picked = ", ".join(f"{raw(origin)} AS {identifier(name)}" for name, origin in columns.items())
    where = f"WHERE {mapping.where}" if mapping.where else ""
    inner = f"SELECT {picked}, source._file, source._row FROM ({rows}) AS source {join} {where}"
    # times without an offset are read in the session's zone
    con.execute(f"SET TimeZone = {literal(mapping.time_zone or config.time_zone)}")
    try:
        types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {inner}").fetchall()}
        condition, parameters = wanted(table, columns, window, config.time_zone)
        query = f"SELECT * FROM ({select(table, columns, types, inner)}) WHERE {condition}"
        landed = write(con, query, part, parameters, options=LANDED)
    finally:
        con.execute("SET TimeZone = 'UTC'")
    refuse_unstated(con, table, columns, place, part)
    return landed


def keep_columns(folder: Path, columns: Mapping[str, str]) -> None:
    """Note in the landing's ``folder`` which columns (name -> type) the source has, besides those noted before."""
    file = folder / COLUMNS
    kept = read_json(file) if file.exists() else {}
    types = {name: sorted({kind, *kept.get(name, kind).split(_OR)}) for name, kind in columns.items()}
    write_json(file, {**kept, **{name: _OR.join(kinds) for name, kinds in types.items()}})


def take_columns(folder: Path) -> dict[str, str]:
    """What was noted in a landing's folder, which is then without the notes."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob(COLUMNS)):
        found |= read_json(file)
        file.unlink()
    return dict(sorted(found.items()))


def absent(table: Table, mapping: RowMapping) -> tuple[str, ...]:
    """The contract columns that a source lacks."""
    return tuple(column.name for column in table.columns if column.name not in mapping.columns)


def check_columns(table: Table, place: str, there: Sequence[str], columns: Mapping[str, ColumnMapping]) -> None:
    """Raise ChurnError for a mapped column that is not ``there``."""
    folded = {name.casefold() for name in there}
    for name, origin in columns.items():
        if origin.column is not None and origin.column.casefold() not in folded:
            raise ChurnError(
                f"table {table.name}: {place} has no column {origin.column!r} for {name}; it has {', '.join(there)}",
                f"correct sources.*.tables.{table.name}.columns.{name}, or ask the data's owner what became of it",
            )


def wanted(
    table: Table, columns: Mapping[str, ColumnMapping], window: Window, zone: str
) -> tuple[str, dict[str, object]]:
    """Condition for the rows of the window over the contract's columns, and its parameters."""
    parameters: dict[str, object] = {"cutoff": window.cutoff, "now": window.now}
    time = table.occurred
    condition = f"({time} IS NULL OR {time} < $cutoff OR {time} > $now)"
    if table.name != "usage":
        return condition, parameters
    day = "day" if "day" in columns else f"CAST(timezone({literal(zone)}, timezone('UTC', {time})) AS DATE)"
    if "day" in columns:
        condition = "(day IS NULL OR day <= $as_of OR day > $now)"
        parameters = {"as_of": window.as_of, "now": window.now}
    if window.after_day:
        condition += f" AND ({day} IS NULL OR {day} > $after_day)"
        parameters["after_day"] = window.after_day
    return condition, parameters
