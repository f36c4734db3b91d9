"""What a check writes: the accepted copy of a table and its quarantine, each whole or not at all.

Belongs here: the SQL of those two files. Does not belong here: the decision to publish (``validate``) and where the
files lie (the lake).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.contracts.views import LANDED, number
from pipelines.engine import identifier, literal, write
from pipelines.lake import replacing

if TYPE_CHECKING:
    import duckdb

BAD = "bad"
"""Name of the table of broken rules: ``_file``, ``_row``, ``rule``, ``reason``, one line per row and rule."""

_ACCEPTED = f"{LANDED} ANTI JOIN {BAD} USING (_file, _row)"

_DAY = "coalesce(day, occurred_on)"

_EXACT = 2**53
"""Whole numbers up to here are added without rounding, in any order."""


def count_accepted(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of landed rows that broke no error."""
    return number(connection, f"SELECT count(*) FROM {_ACCEPTED}")


def write_accepted(connection: duckdb.DuckDBPyConnection, table: Table, to: Path) -> None:
    """The accepted rows of ``table`` as one Parquet file sorted by its key; if it is usage, daily sums, a file per
    month in a folder, so that no more than a month is ever sorted.

    They come with the days between which each stood as far as the source told: of several versions of a row, each up
    to the day before the next was recorded.
    """
    if table.name == "usage":
        _write_usage(connection, to)
        return
    days = [column.day for column in table.columns if column.day]
    columns = ", ".join(identifier(name) for name in (*table.names, *days))
    key = ", ".join(identifier(name) for name in table.key)
    known = "CAST(NULL AS DATE) AS known_after, CAST(NULL AS DATE) AS known_to"
    if number(connection, f"SELECT count(recorded_at) FROM {LANDED}"):
        version = f"(PARTITION BY {key} ORDER BY recorded_at NULLS FIRST)"
        known = (
            f"CASE WHEN row_number() OVER {version} > 1 THEN recorded_on - 1 END AS known_after, "
            f"lead(recorded_on) OVER {version} - 1 AS known_to"
        )
    write(connection, f"SELECT {columns}, {known} FROM {_ACCEPTED} ORDER BY {key}, known_after NULLS FIRST", to)


def remove_accepted(to: Path) -> None:
    """Remove what ``write_accepted`` wrote, if it is there."""
    if to.is_dir():
        shutil.rmtree(to)
    else:
        to.unlink(missing_ok=True)


def _write_usage(connection: duckdb.DuckDBPyConnection, to: Path) -> None:
    """Sums per account, day and event: quantity (1 where none is given) and distinct users, else the largest count."""
    found = f"SELECT DISTINCT strftime({_DAY}, '%Y-%m') AS month FROM {_ACCEPTED} ORDER BY month"
    late = "CASE WHEN recorded_on > day THEN recorded_on - 1 END"
    versions = number(connection, f"SELECT count(recorded_on) FROM {_ACCEPTED} WHERE recorded_on > {_DAY}") > 0
    whole = f"SELECT count(*) FROM {LANDED} WHERE quantity <> trunc(quantity)"
    total = f"SELECT coalesce(sum(abs(quantity)) >= {_EXACT}, false)::INTEGER FROM {_ACCEPTED} WHERE isfinite(quantity)"
    # fractions round differently in another order, and several threads have none
    exact = nullcontext() if not number(connection, whole) + number(connection, total) else _single_thread(connection)
    remove_accepted(to)
    with exact, replacing(to) as folder:
        folder.mkdir()
        for (month,) in connection.execute(found).fetchall():
            rows = (
                f"SELECT account_id, {_DAY} AS day, event, user_id, coalesce(quantity, 1) AS quantity, users, "
                f"recorded_on FROM {_ACCEPTED} WHERE {_DAY} BETWEEN DATE '{month}-01' AND last_day(DATE '{month}-01')"
            )
            write(connection, _versions_of_sums(rows, late) if versions else _sums(rows), folder / f"{month}.parquet")


def _sums(rows: str) -> str:
    # by user first: a third cheaper than count(DISTINCT user_id), and nothing extra where no user is given
    by_user = (
        f"SELECT account_id, day, event, user_id, sum(quantity) AS quantity, max(users) AS users FROM ({rows}) "
        f"GROUP BY account_id, day, event, user_id"
    )
    return (
        f"SELECT account_id, day, event, sum(quantity) AS quantity, "
        f"coalesce(nullif(count(user_id), 0), max(users)) AS users, "
        f"CAST(NULL AS DATE) AS known_after, CAST(NULL AS DATE) AS known_to FROM ({by_user}) "
        f"GROUP BY account_id, day, event ORDER BY account_id, day, event"
    )


def _versions_of_sums(rows: str, late: str) -> str:
    """The sums as they grew while late rows were recorded: one version per day on which some were."""
    by_user = (
        f"SELECT account_id, day, event, user_id, {late} AS known_after, sum(quantity) AS quantity, "
        f"max(users) AS users FROM ({rows}) GROUP BY account_id, day, event, user_id, {late}"
    )
    of_user = "(PARTITION BY account_id, day, event, user_id ORDER BY known_after NULLS FIRST)"
    added = (
        f"SELECT account_id, day, event, known_after, sum(quantity) AS quantity, max(users) AS users, "
        f"count(user_id) FILTER (nth = 1) AS new_users "
        f"FROM (SELECT *, row_number() OVER {of_user} AS nth FROM ({by_user})) "
        f"GROUP BY account_id, day, event, known_after"
    )
    so_far = "(PARTITION BY account_id, day, event ORDER BY known_after NULLS FIRST)"
    return (
        f"SELECT account_id, day, event, sum(quantity) OVER {so_far} AS quantity, "
        f"CAST(coalesce(nullif(sum(new_users) OVER {so_far}, 0), max(users) OVER {so_far}) AS BIGINT) AS users, "
        f"known_after, lead(known_after) OVER {so_far} AS known_to FROM ({added}) "
        f"ORDER BY account_id, day, event, known_after NULLS FIRST"
    )


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
