"""Lets Great Expectations query a DuckDB connection that is already open.

Great Expectations closes a connection before it fetches, and a DuckDB cursor dies with its connection, so the stock
duckdb-engine dialect fails on every metric: here results are fetched at once. Great Expectations also opens its own
connections from a URL, which would not see the views in memory: here the URL names an open connection. Belongs here:
nothing but that. Import this module only where a check runs: it loads SQLAlchemy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb_engine
from sqlalchemy import pool
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

if TYPE_CHECKING:
    import duckdb

_open: dict[str, duckdb.DuckDBPyConnection] = {}
_numbers = count()


class _BufferedContext(duckdb_engine.Dialect.execution_ctx_cls):
    def post_exec(self) -> None:
        super().post_exec()
        if self.cursor is not None and self.cursor.description:
            rows = deque(self.cursor.fetchall())
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)


class OpenDuckDB(duckdb_engine.Dialect):
    """DuckDB dialect whose connections are cursors of a connection opened elsewhere in this process."""

    execution_ctx_cls = _BufferedContext
    supports_statement_cache = False

    @classmethod
    def get_pool_class(cls, url: Any) -> type[pool.Pool]:
        return pool.NullPool

    def connect(self, *arguments: Any, **settings: Any) -> Any:
        name = settings.get("database") or arguments[0]
        return duckdb_engine.ConnectionWrapper(_open[name].cursor())


registry.register("duckdbopen", __name__, "OpenDuckDB")


@contextmanager
def connection_string(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """URL under which SQLAlchemy reaches ``connection`` until the context ends."""
    name = f"open-{next(_numbers)}"
    _open[name] = connection
    try:
        yield f"duckdbopen:///{name}"
    finally:
        del _open[name]
