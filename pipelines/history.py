"""What the lake held to be true on each day: accepted rows with the days between which they stood.

Belongs here: merging a landing's rows with those on file, taking a landing back, the record of landings, what is true
on one day. Does not belong here: how usage is spread over files (``usage_store``), and checks.

A landing says what is true from the day after the landing before it. A row that changes ends and a second one begins,
a row that is gone ends: what was known on an earlier day can be read again at any time, and the features of that day
come out as they did. The first landing speaks for all days before it too, as nobody looked then. The files depend only
on which landings there are and what they brought, not on the order in which they came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.clock import stored_schema
from churn_features.tables import KNOWN, TABLES
from pipelines.engine import SQL_TYPES, identifier, scan, write
from pipelines.lake import Lake

if TYPE_CHECKING:
    import duckdb


_NOTE = "landings"


def landings(lake: Lake, table: str) -> list[str]:
    """As-of dates of the landings on file, the earliest first. They are kept in the file itself: rows and record change
    in one step."""
    import pyarrow.parquet as pq

    file = lake.rows(table)
    return json.loads(pq.read_metadata(file).metadata[_NOTE.encode()]) if file.exists() else []


def true_on(files: Iterable[Path], as_of: date) -> str:
    """SQL for the rows that stood at the end of ``as_of``, one per key, without the days between which they did."""
    return true_of(f"SELECT * FROM {scan(files)}", as_of)


def true_of(rows: str, as_of: date) -> str:
    """``true_on`` of stored rows given as SQL."""
    return (
        f"SELECT * EXCLUDE ({', '.join(KNOWN)}) FROM ({rows}) "
        f"WHERE (known_after IS NULL OR known_after < DATE '{as_of}') "
        f"AND (known_to IS NULL OR known_to >= DATE '{as_of}')"
    )


def accept(con: duckdb.DuckDBPyConnection, lake: Lake, table: str, as_of: date, accepted: Path) -> None:
    """Put the accepted rows of a landing in place of what an earlier landing of the same day brought."""
    on_file = landings(lake, table)
    previous, later = neighbours(on_file, as_of)
    kept = sorted({*on_file, str(as_of)})
    old = _stored(lake, table) if lake.rows(table).exists() else None
    fresh = f"SELECT * FROM {scan([accepted])}"
    _write(con, lake, table, merged(content(table), old, fresh, as_of, _day(previous), later is not None), kept)


def withdraw(con: duckdb.DuckDBPyConnection, lake: Lake, table: str, as_of: date) -> None:
    """Take back what the landing of ``as_of`` said: the landing after it, if there is one, speaks for its days.

    What that one's source had told of those days itself, by ``recorded_at``, was not kept and stays unsaid until it is
    checked again.
    """
    on_file = landings(lake, table)
    if str(as_of) not in on_file:
        return
    previous, later = neighbours(on_file, as_of)
    kept = [day for day in on_file if day != str(as_of)]
    if previous is None and later is None:
        lake.rows(table).unlink(missing_ok=True)
        return
    old = _stored(lake, table)
    _write(con, lake, table, without(content(table), old, as_of, _day(previous), later is not None), kept)


def _stored(lake: Lake, table: str) -> str:
    """SQL for the rows on file; columns that the contract has gained since they were written are empty."""
    import pyarrow.parquet as pq

    there = pq.read_schema(lake.rows(table)).names
    known = {column.name: SQL_TYPES[column.type] for column in TABLES[table].columns}
    gained = [f", CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in known.items() if name not in there]
    return f"SELECT *{''.join(gained)} FROM {scan([lake.rows(table)])}"


def neighbours(on_file: Iterable[str], as_of: date) -> tuple[date | None, date | None]:
    """The landings before and after a day, where there are any."""
    days = [date.fromisoformat(day) for day in on_file]
    return max((day for day in days if day < as_of), default=None), min(
        (day for day in days if day > as_of), default=None
    )


def content(table: str) -> list[str]:
    """The stored columns of a table but for the days between which a row stood."""
    return [name for name in stored_schema(TABLES[table]) if name not in KNOWN]


def merged(columns: Sequence[str], old: str | None, fresh: str, as_of: date, previous: str, later: bool) -> str:
    """SQL for rows on file (``old``) with what the landing of ``as_of`` brought (``fresh``).

    ``previous`` is SQL for the day of the landing before it, which may be NULL and may name a column of both inputs;
    ``later``: there is one after it. What ``fresh`` says counts after ``previous`` and, if there is a later landing, up
    to ``as_of``. Rows that go on across an edge are one row again. Rows of one key never overlap in either input.
    """
    names, day = _names(columns), f"DATE '{as_of}'"
    end = f"CASE WHEN known_to IS NULL OR known_to > {day} THEN {day} ELSE known_to END" if later else "known_to"
    before_end = f" AND (known_after IS NULL OR known_after < {day})" if later else ""
    pieces = [
        f"SELECT {names}, greatest(known_after, {previous}) AS known_after, {end} AS known_to, {previous} AS edge "
        f"FROM ({fresh}) WHERE ({previous} IS NULL OR known_to IS NULL OR known_to > {previous}){before_end}"
    ]
    if old:
        pieces.append(_up_to(names, old, previous))
    if old and later:
        pieces.append(_from(names, old, day, day, previous))
    rows = _joined(names, " UNION ALL ".join(pieces), "edge") if old else pieces[0]
    if later:
        rows = _joined(names, f"SELECT *, {day} AS edge FROM ({rows})", "edge")
    return f"SELECT {names}, {', '.join(KNOWN)} FROM ({rows})"


def without(columns: Sequence[str], old: str, as_of: date, previous: str, later: bool) -> str:
    """SQL for rows on file as if the landing of ``as_of`` had never been; arguments as those of ``merged``."""
    names, day = _names(columns), f"DATE '{as_of}'"
    pieces = [_up_to(names, old, previous)]
    if later:
        # the landing after it now follows the one before it, and speaks from then on
        pieces.append(_from(names, old, day, previous, previous))
        return f"SELECT {names}, {', '.join(KNOWN)} FROM ({_joined(names, ' UNION ALL '.join(pieces), 'edge')})"
    return f"SELECT {names}, known_after, nullif(known_to, edge) AS known_to FROM ({pieces[0]})"


def _up_to(names: str, rows: str, edge: str) -> str:
    """What stood up to ``edge``; nothing if that is NULL."""
    return (
        f"SELECT {names}, known_after, CASE WHEN known_to < {edge} THEN known_to ELSE {edge} END AS known_to, "
        f"{edge} AS edge FROM ({rows}) WHERE {edge} IS NOT NULL AND (known_after IS NULL OR known_after < {edge})"
    )


def _from(names: str, rows: str, day: str, begins: str, edge: str) -> str:
    """What stood after ``day``; what stood on it too ``begins`` then."""
    return (
        f"SELECT {names}, CASE WHEN known_after > {day} THEN known_after ELSE {begins} END AS known_after, known_to, "
        f"{edge} AS edge FROM ({rows}) WHERE known_to IS NULL OR known_to > {day}"
    )


def _joined(names: str, pieces: str, edge: str) -> str:
    """Two pieces of the same content, one up to the edge and one from it on, are one."""
    touching = f"coalesce(known_to = {edge} OR known_after = {edge}, false)"
    begins = f"CASE WHEN bool_or(known_to = {edge}) THEN min(known_after) FILTER (known_to = {edge}) ELSE {edge} END"
    ends = f"CASE WHEN bool_or(known_after = {edge}) THEN max(known_to) FILTER (known_after = {edge}) ELSE {edge} END"
    return (
        f"WITH pieces AS ({pieces}) SELECT {names}, {begins} AS known_after, {ends} AS known_to FROM pieces "
        f"WHERE {touching} GROUP BY {names}, {edge} "
        f"UNION ALL SELECT {names}, known_after, known_to FROM pieces WHERE NOT {touching}"
    )


def _write(con: duckdb.DuckDBPyConnection, lake: Lake, table: str, rows: str, on_file: list[str]) -> None:
    # rows of an account together: what reads some accounts, or sums by account, has less to do
    first = [name for name in ("account_id",) if name in content(table)]
    order = f"{_names([*first, *(name for name in TABLES[table].key if name not in first)])}, known_after NULLS FIRST"
    write(con, f"SELECT * FROM ({rows}) ORDER BY {order}", lake.rows(table), note={_NOTE: json.dumps(on_file)})


def _names(columns: Sequence[str]) -> str:
    return ", ".join(identifier(name) for name in columns)


def _day(day: date | None) -> str:
    return f"DATE '{day}'" if day else "CAST(NULL AS DATE)"
