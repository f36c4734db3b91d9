"""The processes that ``landing`` measures: ``python -m benchmarks.landing_steps STEP ...``; each prints its rows.

Belongs here: calling the product, the driver and the engine. Does not belong here: measuring. A process imports what it
needs and no more.
"""

from __future__ import annotations

import os
import sys

COLUMNS = "account_id, user_id, event, occurred_at, quantity"


def generate(rows: str, file: str) -> int:
    """Events of a year as a product writes them, in the order of their times."""
    import duckdb

    random = "CAST(hash(i, {}) % {} AS BIGINT)"
    accounts = max(int(rows) // 500, 10)
    events = "['signed_in', 'report_created', 'data_exported', 'member_invited', 'help_viewed', 'error_shown']"
    with duckdb.connect() as con:
        con.execute(f"""
            COPY (SELECT 'acc_' || lpad(CAST({random.format(1, accounts)} AS VARCHAR), 8, '0') AS account_id,
              'user-' || {random.format(2, accounts * 5)} AS user_id, {events}[1 + {random.format(3, 6)}] AS event,
              TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_microseconds(CAST(i * (364 * 86400e6 / {rows}) AS BIGINT)
                + {random.format(4, 1000)}) AS occurred_at,
              CAST(1 + {random.format(5, 9)} AS INTEGER) AS quantity
            FROM range({rows}) each(i)) TO '{file}' (FORMAT parquet, COMPRESSION zstd)
        """)
    return int(rows)


def fill(file: str) -> int:
    """The events as the table ``events`` of the database."""
    import pyarrow.parquet as pq
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(os.environ["BENCHMARK_DATABASE"], autocommit=True) as connection, connection.cursor() as cursor:
        for number, group in enumerate(pq.ParquetFile(file).iter_batches(1_000_000)):
            cursor.adbc_ingest("events", group, mode="append" if number else "create")
        cursor.execute("VACUUM (ANALYZE) events")
        cursor.execute("SELECT count(*) FROM events")
        return cursor.fetchone()[0]


def read() -> int:
    """The driver's own read, batch by batch."""
    from adbc_driver_postgresql import dbapi

    rows = 0
    with dbapi.connect(os.environ["BENCHMARK_DATABASE"]) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM events")
        for batch in cursor.fetch_record_batch():
            rows += batch.num_rows
    return rows


def copy(file: str, target: str, memory: str) -> int:
    """The engine's own copy of a file, in its order."""
    import duckdb

    with duckdb.connect(config={"memory_limit": memory}) as con:
        query = f"SELECT {COLUMNS} FROM read_parquet('{file}')"
        return con.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)").fetchall()[0][0]


def land(config: str) -> int:
    """The product's landing."""
    from datetime import date

    from pipelines.config import load
    from pipelines.ingest import land

    return land(load(config), date(2025, 12, 31), "usage").rows


if __name__ == "__main__":
    steps = {step.__name__: step for step in (generate, fill, read, copy, land)}
    print(steps[sys.argv[1]](*sys.argv[2:]))
