"""Where a statement over the tables of a day runs: in DuckDB, or on Spark if the configuration says so.

Belongs here: the choice, and that the rows are the same either way: names, types and order. Does not belong here: any
statement, any engine. Everything else that reads or writes the lake is DuckDB's work in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import engine
from pipelines.config import Config

if TYPE_CHECKING:
    import duckdb


@contextmanager
def rows(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    sql: str,
    parameters: Mapping[str, date | datetime],
    spark_sql: Callable[[], str],
    tables: Mapping[str, Iterable[Path]],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """SQL with its parameters by which ``con`` reads the rows of a statement, in order of account.

    ``sql`` is the statement for DuckDB, whose tables are defined in ``con``; ``spark_sql`` gives the same for Spark,
    which reads the files in ``tables``.
    """
    if config.engine.kind == "duckdb":
        yield sql, parameters
        return
    from pipelines import spark

    # types as DuckDB would give them: it adds up in wider ones, and a file must not show which engine made it
    columns = {engine.identifier(row[0]): row[1] for row in con.execute(f"DESCRIBE {sql}", dict(parameters)).fetchall()}
    typed = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in columns.items())
    with spark.result(config, spark_sql(), tables, parameters) as files:
        yield f"SELECT {typed} FROM {engine.scan(files)} ORDER BY account_id", {}
