"""Rows on their way from a database into the engine, in record batches, so that no whole table is in memory.

Belongs here: what a database gives and is asked for, and how its batches reach the engine. Does not belong here: any
database, and what is done with the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol

from pipelines.engine import literal
from pipelines.sources import SECONDS_BETWEEN_LINES

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Kind = Literal["instant", "time", "day", "integer"]
"""Columns that can be compared where they are: with a zone, without one, dates, whole numbers."""

Value = datetime | date | int


@dataclass(frozen=True)
class Bound:
    """Only rows whose ``column`` is at least ``least``, or missing."""

    column: str
    kind: Kind
    least: Value


@dataclass(frozen=True)
class Batches:
    """Record batches of one schema, each with the greatest value in it of the column that is watched."""

    schema: pa.Schema
    each: Iterator[tuple[pa.RecordBatch, Value | None]]


class Relation(Protocol):
    """A table or query of a database to which a connection is open."""

    @property
    def place(self) -> str:
        """What it is called in errors and in ``_file``."""
        ...

    @property
    def database(self) -> str:
        """Which database this is, without user and password."""
        ...

    @property
    def kinds(self) -> Mapping[str, Kind | None]:
        """Its columns, and which of them can be compared."""
        ...

    def stream(self, names: Sequence[str], bound: Bound | None = None, watched: str | None = None) -> Batches:
        """Its rows, in the database's order. Reading them raises ChurnError if the database fails."""
        ...


class Arrival:
    """Rows that the engine reads once, under the name ``arriving``."""

    def __init__(self, table: str, batches: Batches, say: Callable[[str], None] | None) -> None:
        self.greatest: Value | None = None
        """The greatest value so far of the column that is watched."""
        self.failure: Exception | None = None
        """What ended the rows early. The engine tells of it in its own words only."""
        self._table, self._batches, self._say = table, batches, say

    def rows(self, place: str, after: int = 0) -> str:
        """SQL for the rows with ``_file`` and ``_row``, which counts from ``after`` + 1."""
        return f"SELECT *, {literal(place)} AS _file, row_number() OVER () + {after} AS _row FROM arriving"

    def watched(self) -> Generator[pa.RecordBatch, None, None]:
        """The batches themselves."""
        count, told = 0, time.monotonic()
        try:
            for batch, greatest in self._batches.each:
                if greatest is not None and (self.greatest is None or greatest > self.greatest):  # type: ignore[operator]
                    self.greatest = greatest
                count += batch.num_rows
                yield batch
                if self._say and time.monotonic() - told >= SECONDS_BETWEEN_LINES:
                    self._say(f"{self._table}: {count:,} rows so far")
                    told = time.monotonic()
        except Exception as failure:
            self.failure = failure
            raise


def types(con: duckdb.DuckDBPyConnection, schema: pa.Schema) -> dict[str, str]:
    """Columns of arriving batches with their types in the engine."""
    con.register("arriving", schema.empty_table())
    try:
        return {row[0]: row[1] for row in con.execute("DESCRIBE SELECT * FROM arriving").fetchall()}
    finally:
        con.unregister("arriving")


@contextmanager
def arriving(
    con: duckdb.DuckDBPyConnection, table: str, batches: Batches, say: Callable[[str], None] | None = None
) -> Iterator[Arrival]:
    """The rows of ``batches`` for the engine, to be read within the block; raises what broke them off."""
    import duckdb
    import pyarrow as pa

    arrival = Arrival(table, batches, say)
    watched = arrival.watched()
    con.register("arriving", pa.RecordBatchReader.from_batches(batches.schema, watched))
    try:
        yield arrival
    except duckdb.Error:
        if arrival.failure is not None:
            raise arrival.failure from None
        raise
    finally:
        watched.close()
