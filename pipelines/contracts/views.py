"""What a check sees: a DuckDB in memory with views over the landed and accepted Parquet, and the moment of the check.

Belongs here: opening that connection and defining its views. Does not belong here: rules, and what is written.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from churn_features.tables import TABLES, Column, Table
from pipelines.engine import SQL_TYPES, identifier, literal
from pipelines.errors import ChurnError
from pipelines.history import true_on

if TYPE_CHECKING:
    import duckdb

LANDED = "landed"
"""Name of the view over the landed table."""

_ORIGIN = {"_file": "VARCHAR", "_row": "BIGINT", "_unreadable": "VARCHAR"}


@contextmanager
def opened(settings: Mapping[str, str | int]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory with the given settings (``memory_limit``, ``threads``, ...); it spills to a folder of its own
    unless ``temp_directory`` is set, and loads no extension from the network."""
    import duckdb

    with TemporaryDirectory(prefix="churn-contract-") as spill:
        config = {"temp_directory": spill, "autoinstall_known_extensions": "false", **settings}
        connection = duckdb.connect(":memory:", config={name: str(value) for name, value in config.items()})
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET preserve_insertion_order = true")  # the same rows give the same file
            yield connection
        finally:
            connection.close()


def check_zone(connection: duckdb.DuckDBPyConnection, zone: str) -> ZoneInfo:
    """The zone; ChurnError unless both Python and DuckDB know it."""
    remedy = "give the company's zone by its IANA name, such as Europe/Berlin"
    try:
        known = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ChurnError(f"the time zone {zone!r} is not known", remedy) from error
    if not connection.execute("SELECT 1 FROM pg_timezone_names() WHERE name = ?", [zone]).fetchone():
        raise ChurnError(f"the time zone {zone!r} is not known to DuckDB", remedy)
    return known


def define_moment(
    connection: duckdb.DuckDBPyConnection, as_of: date, cutoff: datetime, now: datetime, zone: ZoneInfo
) -> None:
    """The one-row view ``moment``: now and cutoff (naive UTC), as_of, and today, the day of ``now`` in the zone; and
    the macro ``local_day(instant)``, the day of a naive UTC instant in the zone."""
    local = f"(instant AT TIME ZONE 'UTC') AT TIME ZONE {literal(zone.key)}"
    connection.execute(f"CREATE MACRO local_day(instant) AS CAST({local} AS DATE)")
    # DuckDB finds today: Python has no day after datetime.max, the "now" of a source that may tell the future
    connection.execute(
        f"CREATE VIEW moment AS SELECT TIMESTAMP '{now.isoformat(' ')}' AS now, local_day(now) AS today, "
        f"TIMESTAMP '{cutoff.isoformat(' ')}' AS cutoff, DATE '{as_of}' AS as_of"
    )


def define_landed(connection: duckdb.DuckDBPyConnection, table: Table, landed: Path) -> None:
    """The view ``landed``: the contract's columns, the day of every instant, and where each row came from.

    A column that the landed copy lacks is empty. ChurnError if the copy cannot be read or has a column of another type.
    """
    source = _parquet(landed)
    given = _columns(connection, f"the landed copy of table {table.name}", landed, source)
    expected = {column.name: SQL_TYPES[column.type] for column in table.columns} | _ORIGIN
    wrong = [f"{name} is {given[name]}, not {kind}" for name, kind in expected.items() if given.get(name, kind) != kind]
    wrong += [f"{name} is absent" for name in _ORIGIN if name not in given]
    if wrong:
        raise ChurnError(
            f"the landed copy of table {table.name} in {landed} has another shape: {'; '.join(wrong)}",
            f"land table {table.name} again for this day",
        )
    plain = ", ".join(
        identifier(name) if name in given else f"CAST(NULL AS {kind}) AS {identifier(name)}"
        for name, kind in expected.items()
    )
    days = "".join(f", {_day(column, column.name in given)}" for column in table.columns if column.day)
    connection.execute(f"CREATE VIEW {LANDED} AS SELECT {plain}{days} FROM {source}")


def _day(column: Column, given: bool) -> str:
    value = f"local_day({identifier(column.name)})" if given else "CAST(NULL AS DATE)"
    return f"{value} AS {identifier(str(column.day))}"


def define_accepted(connection: duckdb.DuckDBPyConnection, views: Mapping[str, Path], as_of: date) -> None:
    """One view per accepted table, named as the table: its rows that stood at the end of the day."""
    for name, where in views.items():
        if name not in TABLES:
            raise KeyError(f"{name} is not a table of the contract")
        _columns(connection, f"the accepted copy of table {name}", where, _parquet(where))
        connection.execute(f"CREATE VIEW {identifier(name)} AS {true_on([where], as_of)}")


def _parquet(where: Path) -> str:
    """SQL that reads the Parquet file or folder ``where``; folders named ``as_of=...`` add no column."""
    pattern = glob.escape(str(where)) + ("/*.parquet" if where.is_dir() else "")
    return f"read_parquet({literal(pattern)}, hive_partitioning = false)"


def _columns(connection: duckdb.DuckDBPyConnection, what: str, where: Path, source: str) -> dict[str, str]:
    """Names and SQL types of a Parquet source; ChurnError says ``what`` is missing or damaged."""
    import duckdb

    try:
        return {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    except duckdb.Error as error:
        cause = str(error).splitlines()[0]
        raise ChurnError(
            f"{what} cannot be read from {where}: {cause}", "run the steps before this one again"
        ) from error


def number(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """The one number that a statement gives: a count, or the rows it changed."""
    [(value,)] = connection.execute(statement).fetchall()
    return int(value)
