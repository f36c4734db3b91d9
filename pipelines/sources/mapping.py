"""From a company's own columns to the contract's, as SQL.

Belongs here: reading values as the contract's types without guessing, and saying which could not be read. Does not
belong here: opening files (``files``) and judging values that could be read (``contracts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from churn_features.tables import Column, Table
from pipelines.config import ColumnMapping
from pipelines.engine import SQL_TYPES, identifier, literal

_MEANING = {
    "instant": "a time", "day": "a date", "integer": "a whole number", "money": "a whole number of minor units",
    "number": "a number", "flag": "true or false",
}  # fmt: skip

_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT", "FLOAT", "DOUBLE"}

_ISO = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}(:?\d{2})?))?)?"


@dataclass(frozen=True)
class Mapped:
    """SQL of one contract column: the raw value, its reading as the contract's type, the complaint if it has none."""

    raw: str
    value: str
    complaint: str | None


def raw(mapping: ColumnMapping) -> str:
    """The source's value before any reading, over the alias ``source``."""
    if mapping.column is not None:
        return f"source.{identifier(mapping.column)}"
    if mapping.sql is not None:
        return f"({mapping.sql})"
    if isinstance(mapping.constant, str):
        return literal(mapping.constant)
    return str(mapping.constant).upper() if isinstance(mapping.constant, bool) else str(mapping.constant)


def read(column: Column, mapping: ColumnMapping, name: str, source_type: str) -> Mapped:
    """How to read the raw value called ``name``, which has DuckDB type ``source_type``."""
    text = source_type == "VARCHAR"
    given = f"nullif(trim({name}), '')" if text else name
    if column.type == "text" and text:
        given = _trimmed(name)
    if mapping.values:
        cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in mapping.values.items())
        given, text = f"CASE CAST({name} AS VARCHAR) {cases} ELSE CAST({given} AS VARCHAR) END", True
    value = _value(column, mapping, given, text)
    if column.type in ("instant", "day") and source_type in _NUMBERS and not mapping.values:
        value = f"CAST(NULL AS {SQL_TYPES[column.type]})"  # the engine knows no time from a number without its unit
    if column.type == "text":
        return Mapped(name, value, None)
    how = f" in the format {_formats(mapping)}" if mapping.format else " in ISO 8601 (state its format)" if (
        text and column.type in ("instant", "day")) else ""  # fmt: skip
    message = literal(f" is not {_MEANING[column.type]}{how}")
    shown = f"left(CAST({name} AS VARCHAR), 60)"
    complaint = (
        f"CASE WHEN {given} IS NOT NULL AND {value} IS NULL "
        f"THEN {literal(column.name + ': ' + chr(39))} || {shown} || '''' || {message} END"
    )
    return Mapped(name, value, complaint)


def _trimmed(name: str) -> str:
    """Text without spaces around it, NULL if nothing is left; what is ASCII and has none is passed on, for half of what
    trim costs, which looks for the spaces of all scripts."""
    plain = f"strlen({name}) = length({name}) AND NOT prefix({name}, ' ') AND NOT suffix({name}, ' ')"
    return f"CASE WHEN {plain} THEN nullif({name}, '') ELSE nullif(trim({name}), '') END"


def _formats(mapping: ColumnMapping) -> str:
    return mapping.format if isinstance(mapping.format, str) else " or ".join(mapping.format or [])


def _value(column: Column, mapping: ColumnMapping, given: str, text: bool) -> str:
    match column.type:
        case "text":
            return f"CAST({given} AS VARCHAR)"
        case "instant":
            # a time without an offset is read in the session's zone, which the reader sets to the source's
            moment = f"CAST({_moment(mapping, given, text, 'TIMESTAMPTZ')} AS TIMESTAMPTZ)"
            # timezone('UTC', ...) says the same and asks a calendar for every row
            return f"make_timestamp(epoch_us({moment}))"
        case "day":
            return f"CAST({_moment(mapping, given, text, 'DATE')} AS DATE)"
        case "flag":
            return f"TRY_CAST({given} AS BOOLEAN)"
        case "number":
            return f"TRY_CAST({given} AS DOUBLE)" + (f" * {mapping.scale}" if mapping.scale else "")
        case "integer" | "money":
            number = f"TRY_CAST({given} AS DECIMAL(38, 6))"
            if mapping.scale:
                return f"TRY_CAST(round({number} * {mapping.scale}) AS BIGINT)"
            return f"CASE WHEN {number} = round({number}) THEN TRY_CAST({number} AS BIGINT) END"


def _moment(mapping: ColumnMapping, given: str, text: bool, sql_type: str) -> str:
    if not text:
        return given
    if mapping.format:
        formats = [mapping.format] if isinstance(mapping.format, str) else mapping.format
        return f"TRY_STRPTIME({given}, [{', '.join(literal(one) for one in formats)}])"
    return f"CASE WHEN regexp_full_match({given}, {literal(_ISO)}) THEN TRY_CAST({given} AS {sql_type}) END"


def select(table: Table, columns: Mapping[str, ColumnMapping], types: Mapping[str, str], rows: str) -> str:
    """SELECT of all contract columns, ``_file``, ``_row`` and ``_unreadable`` from ``rows``.

    ``rows`` yields one column per mapped contract column, with the raw value under the contract's name, and ``_file``
    and ``_row``; ``types`` are the DuckDB types of the raw values.
    """
    values, complaints = [], []
    for column in table.columns:
        name = identifier(column.name)
        if column.name not in columns:
            values.append(f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {name}")
            continue
        mapped = read(column, columns[column.name], f"r.{name}", types[column.name])
        values.append(f"{mapped.value} AS {name}")
        if mapped.complaint:
            complaints.append(mapped.complaint)
    unreadable = f"nullif(concat_ws('; ', {', '.join(complaints)}), '')" if complaints else "CAST(NULL AS VARCHAR)"
    return f"SELECT {', '.join(values)}, r._file, r._row, {unreadable} AS _unreadable FROM ({rows}) AS r"
