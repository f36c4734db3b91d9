"""The embedded engine: DuckDB in memory over Parquet files, with limits.

Belongs here: connections, quoting, reading and writing of Parquet files. Does not belong here: any statement.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.lake import replacing

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


ROW_GROUP = 8_192
"""Rows of a group of a file that is written in parts."""

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
    # of long statements it would be printed among what commands say
    con.execute("SET enable_progress_bar = false")
    try:
        yield con
    finally:
        con.close()


def blames_sql(said: str) -> bool:
    """Whether the engine's complaint is of the statement itself, not of the data that it read."""
    return any(fault in said for fault in ("Binder Error", "Parser Error", "Catalog Error"))


def identifier(name: str) -> str:
    """``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a quoted SQL string, for places that take no parameters (file names in COPY, views)."""
    return "'" + text.replace("'", "''") + "'"


def scan(files: Iterable[Path]) -> str:
    """SQL for reading Parquet files; folder names such as ``as_of=...`` add no column."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}], hive_partitioning = false)"


def plan_without(con: duckdb.DuckDBPyConnection, *optimizers: str) -> str:
    """Plan without some of the engine's optimizers from now on; returns which ones it already planned without."""
    found = con.execute("SELECT current_setting('disabled_optimizers')").fetchone()
    before = str(found[0]) if found else ""
    wanted = sorted({*filter(None, before.split(",")), *optimizers})
    con.execute(f"SET disabled_optimizers = {literal(','.join(wanted))}")
    return before


def write_parts(
    con: duckdb.DuckDBPyConnection,
    parts: Iterable[tuple[str, Mapping[str, Any]]],
    target: Path,
    note: Mapping[str, str] | None = None,
) -> int:
    """Run queries of the same columns, each with its parameters, one after the other into one Parquet file that
    appears whole or not at all; returns the number of rows.

    The same rows give the same bytes, however they are divided among the queries. ``note`` is kept with the file. The
    order of a query's rows must be the same each time: what does not fit into memory is run again, spilling to disk.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    with replacing(target) as fresh, ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        held: list[pa.RecordBatch] = []
        folder = stack.enter_context(_spilling_put_off(con))
        for sql, parameters in parts:
            with closing(_batches(con, sql, parameters, folder)) as batches:
                for batch in batches:
                    schema = _whole_numbers(batch.schema)
                    if writer is None:
                        # files written here are read whole: statistics of their columns are of no use
                        writer = pq.ParquetWriter(
                            fresh, schema, compression="zstd", store_schema=False, write_statistics=False
                        )
                        stack.enter_context(writer)
                    rows += batch.num_rows
                    held.append(batch.cast(schema))
                    if sum(each.num_rows for each in held) >= ROW_GROUP:
                        held = _write_groups(writer, held)
        if writer is None:
            raise ValueError("no query to write the rows of")
        writer.add_key_value_metadata(dict(note or {}))
        if held:
            writer.write_table(pa.Table.from_batches(held).combine_chunks())
    return rows


@contextmanager
def _spilling_put_off(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Work in memory alone until ``_batches`` finds that it does not do; the folder to spill to, empty without one.

    With a folder to spill to, DuckDB prepares hash tables for it long before the limit, by what a statement might hold
    at most. The feature statement, which holds half of that, then takes a fifth more time, twice the memory, and spills
    nothing.
    """
    import duckdb

    folder = _spills_to(con)
    with suppress(duckdb.NotImplementedException):  # it has spilled already
        con.execute("SET temp_directory = ''")
    try:
        yield folder
    finally:
        with suppress(duckdb.NotImplementedException):
            con.execute(f"SET temp_directory = {literal(folder)}")


def _spills_to(con: duckdb.DuckDBPyConnection) -> str:
    found = con.execute("SELECT current_setting('temp_directory')").fetchone()
    return str(found[0] or "") if found else ""


def _batches(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any], folder: str
) -> Generator[pa.RecordBatch]:
    """The rows of a query, one empty batch if there are none; from the one that does not fit into memory without a
    folder to spill to, with it."""
    import duckdb

    given = 0
    try:
        for batch in _run(con, sql, parameters):
            yield batch
            given += batch.num_rows
    except duckdb.OutOfMemoryException:
        if folder == _spills_to(con):
            raise
    else:
        return
    con.execute(f"SET temp_directory = {literal(folder)}")
    for batch in _run(con, sql, parameters):
        fresh = batch.slice(min(given, batch.num_rows))
        given -= batch.num_rows - fresh.num_rows
        yield fresh


def _run(con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]) -> Generator[pa.RecordBatch]:
    import duckdb
    import pyarrow as pa

    # read this way, a long statement is parsed and bound once, not twice; to copy its rows costs less
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
        reader = con.execute(sql, dict(parameters)).to_arrow_reader(ROW_GROUP)
    with reader:
        # made of nulls, as to make it of a list would import pandas
        yield pa.record_batch([pa.nulls(0, field.type) for field in reader.schema], schema=reader.schema)
        try:
            yield from reader
        except (pa.ArrowException, OSError) as error:
            if "Out of Memory Error" in str(error):
                raise duckdb.OutOfMemoryException(str(error)) from error
            raise


def _whole_numbers(schema: pa.Schema) -> pa.Schema:
    """Sums of whole numbers, which have 128 bits in DuckDB and come as decimals to Arrow, in 64."""
    import pyarrow as pa

    wide = pa.decimal128(38, 0)
    return pa.schema([field.with_type(pa.int64()) if field.type == wide else field for field in schema])


def _write_groups(writer: Any, held: list[Any]) -> list[Any]:
    """Write whole row groups; what is left over."""
    import pyarrow as pa

    table = pa.Table.from_batches(held)
    whole = table.num_rows // ROW_GROUP * ROW_GROUP
    for begin in range(0, whole, ROW_GROUP):
        writer.write_table(table.slice(begin, ROW_GROUP).combine_chunks())
    return table.slice(whole).to_batches()


def write(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    target: Path,
    parameters: Mapping[str, Any] | None = None,
    note: Mapping[str, str] | None = None,
    options: str = "",
) -> int:
    """Run a query into one Parquet file that appears whole or not at all; returns the number of rows.

    ``note`` is kept with the file, as key and value; ``options`` are further ones of COPY.

    The same rows give the same bytes. DuckDB marks a column as required if what it knows of the inputs rules out
    missing values, so the same rows from other inputs would differ; without that knowledge all columns are optional.
    """
    with replacing(target) as fresh:
        pairs = ", ".join(f"{identifier(key)}: {literal(value)}" for key, value in (note or {}).items())
        kept = (f", KV_METADATA {{{pairs}}}" if pairs else "") + (f", {options}" if options else "")
        copy = f"COPY ({sql}) TO {literal(str(fresh))} (FORMAT parquet, COMPRESSION zstd{kept})"
        before = plan_without(con, "statistics_propagation")
        try:
            row = con.execute(copy, dict(parameters or {})).fetchone()
        finally:
            con.execute(f"SET disabled_optimizers = {literal(before)}")
    assert row is not None  # noqa: S101  COPY always answers with its row count
    return int(row[0])
