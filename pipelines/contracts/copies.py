"""What a check writes: the accepted copy of a table and its quarantine, each whole or not at all.

Belongs here: the SQL of those two files. Does not belong here: the decision to publish (``validate``) and where the
files lie (the lake).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.contracts.views import LANDED, number
from pipelines.engine import identifier, literal, write

if TYPE_CHECKING:
    import duckdb

BAD = "bad"
"""Name of the table of broken rules: ``_file``, ``_row``, ``rule``, ``reason``, one line per row and rule."""

_ACCEPTED = f"{LANDED} ANTI JOIN {BAD} USING (_file, _row)"

_EXACT = 2**53
"""Whole numbers up to here are added without rounding, in any order."""


def count_accepted(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of landed rows that broke no error."""
    return number(connection, f"SELECT count(*) FROM {_ACCEPTED}")


def write_accepted(connection: duckdb.DuckDBPyConnection, table: Table, to: Path) -> None:
    """The accepted rows of ``table`` as one Parquet file sorted by its key, or as daily sums if it is usage."""
    if table.name == "usage":
        _write_usage(connection, to)
        return
    days = [column.day for column in table.columns if column.day]
    columns = ", ".join(identifier(name) for name in (*table.names, *days))
    order = ", ".join(identifier(name) for name in table.key)
    write(connection, f"SELECT {columns} FROM {_ACCEPTED} ORDER BY {order}", to)


def _write_usage(connection: duckdb.DuckDBPyConnection, to: Path) -> None:
    """Sums per account, day and event: quantity (1 where none is given) and distinct users, else the largest count."""
    # by user first: a third cheaper than count(DISTINCT user_id), and nothing extra where no user is given
    by_user = (
        f"SELECT account_id, coalesce(day, occurred_on) AS day, event, user_id, "
        f"sum(coalesce(quantity, 1)) AS quantity, max(users) AS users "
        f"FROM {_ACCEPTED} GROUP BY account_id, coalesce(day, occurred_on), event, user_id"
    )
    query = (
        f"SELECT account_id, day, event, sum(quantity) AS quantity, "
        f"coalesce(nullif(count(user_id), 0), max(users)) AS users FROM ({by_user}) "
        f"GROUP BY account_id, day, event ORDER BY account_id, day, event"
    )
    whole = f"SELECT count(*) FROM {LANDED} WHERE quantity <> trunc(quantity)"
    total = f"SELECT coalesce(sum(abs(quantity)) >= {_EXACT}, false)::INTEGER FROM {_ACCEPTED} WHERE isfinite(quantity)"
    if number(connection, whole) or number(connection, total):
        # fractions round differently in another order, and several threads have none
        with _single_thread(connection):
            write(connection, query, to)
    else:
        write(connection, query, to)


def write_quarantine(connection: duckdb.DuckDBPyConnection, table: Table, to: Path) -> None:
    """One line per landed row and error it broke: table, row, file, rule, reason, and the landed row as JSON.

    Without such rows there is no file, and an earlier one is removed.
    """
    if not number(connection, f"SELECT count(*) FROM {BAD}"):
        to.unlink(missing_ok=True)
        return
    # JSON has no word for NaN or infinity: as text they stay readable
    fields = ", ".join(
        f"{literal(column.name)}: {_json_safe(identifier(column.name), column.type)}" for column in table.columns
    )
    record = f"CAST(to_json({{{fields}}}) AS VARCHAR)"
    write(
        connection,
        f'SELECT {literal(table.name)} AS "table", _row AS row, _file AS file, rule, reason, {record} AS record '
        f"FROM {BAD} JOIN {LANDED} USING (_file, _row) ORDER BY file, row, rule",
        to,
    )


def _json_safe(column: str, kind: str) -> str:
    if kind != "number":
        return column
    return f"CASE WHEN isfinite({column}) THEN to_json({column}) ELSE to_json(CAST({column} AS VARCHAR)) END"


@contextmanager
def _single_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    threads = number(connection, "SELECT current_setting('threads')")
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {threads}")
