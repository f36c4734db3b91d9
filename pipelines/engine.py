"""The embedded engine: DuckDB in memory over Parquet files, with limits.

Belongs here: connections, quoting, reading and writing of Parquet files. Does not belong here: any statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.lake import replacing

if TYPE_CHECKING:
    import duckdb


SQL_TYPES = {
    "text": "VARCHAR", "instant": "TIMESTAMP", "day": "DATE", "integer": "BIGINT", "money": "BIGINT",
    "number": "DOUBLE", "flag": "BOOLEAN",
}  # fmt: skip
"""The contract's types as DuckDB's."""


def spill(config: Config) -> Path:
    """The folder for what does not fit into memory; it is there."""
    folder = config.path(config.engine.temp_directory or config.state / "spill")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def settings(config: Config) -> dict[str, str | int]:
    """DuckDB's limits as configured: memory, threads, where it spills."""
    limits: dict[str, str | int] = {"memory_limit": config.engine.memory_limit, "temp_directory": str(spill(config))}
    return limits | ({"threads": config.engine.threads} if config.engine.threads else {})


@contextmanager
def connection(config: Config) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB connection with the configured limits, in UTC, that installs nothing."""
    import duckdb

    limits = {**settings(config), "autoinstall_known_extensions": False, "TimeZone": "UTC"}
    con = duckdb.connect(":memory:", config=limits)
    try:
        yield con
    finally:
        con.close()


def identifier(name: str) -> str:
    """``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a quoted SQL string, for places that take no parameters (file names in COPY, views)."""
    return "'" + text.replace("'", "''") + "'"


def scan(files: Iterable[Path]) -> str:
    """SQL for reading Parquet files; folder names such as ``as_of=...`` add no column."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}], hive_partitioning = false)"


def write(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    target: Path,
    parameters: Mapping[str, Any] | None = None,
    note: Mapping[str, str] | None = None,
) -> int:
    """Run a query into one Parquet file that appears whole or not at all; returns the number of rows.

    ``note`` is kept with the file, as key and value.

    The same rows give the same bytes. DuckDB marks a column as required if what it knows of the inputs rules out
    missing values, so the same rows from other inputs would differ; without that knowledge all columns are optional.
    """
    with replacing(target) as fresh:
        pairs = ", ".join(f"{identifier(key)}: {literal(value)}" for key, value in (note or {}).items())
        kept = f", KV_METADATA {{{pairs}}}" if pairs else ""
        copy = f"COPY ({sql}) TO {literal(str(fresh))} (FORMAT parquet, COMPRESSION zstd{kept})"
        con.execute("SET disabled_optimizers = 'statistics_propagation'")
        try:
            row = con.execute(copy, dict(parameters or {})).fetchone()
        finally:
            con.execute("RESET disabled_optimizers")
    assert row is not None  # noqa: S101  COPY always answers with its row count
    return int(row[0])
