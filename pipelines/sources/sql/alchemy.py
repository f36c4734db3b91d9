"""All databases but PostgreSQL, through SQLAlchemy: a server-side cursor, whose rows come as text like those of a file.

Belongs here: the connection and its limits, values as text. Does not belong here: which rows are wanted. Types are not
relied on: SQLite has one per value and drivers differ, while the mapping reads text of every kind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config, QueryMapping, SqlSource
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources.sql.address import hidden, parsed, where
from pipelines.sources.sql.stream import Batches, Bound, Kind, Value

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.types import TypeEngine

ROWS = 5000
"""Rows that are fetched at once."""


@dataclass(frozen=True)
class _Relation:
    place: str
    database: str
    connection: Connection
    mapping: QueryMapping
    types: Mapping[str, TypeEngine[Any] | None]
    table: str
    password: str | None
    deadline: float

    @property
    def kinds(self) -> dict[str, Kind | None]:
        return {name: _kind(kind) for name, kind in self.types.items()}

    def stream(self, names: Sequence[str], bound: Bound | None = None, watched: str | None = None) -> Batches:
        """See ``pipelines.sources.sql.stream.Relation``."""
        import pyarrow as pa

        return Batches(pa.schema([(name, pa.string()) for name in names]), self._each(list(names), bound, watched))

    def _each(self, names: list[str], bound: Bound | None, watched: str | None) -> Iterator[tuple[Any, Value | None]]:
        import pyarrow as pa

        kind = self.kinds[watched] if watched else None
        schema = pa.schema([(name, pa.string()) for name in names])
        with explaining(self.table, self.place, self.password), closing(self._execute(names, bound)) as result:
            places = [list(result.keys()).index(name) for name in names]
            for rows in result.partitions(ROWS):
                columns = list(zip(*rows, strict=True))
                greatest = None
                if watched and kind:
                    seen = columns[places[names.index(watched)]]
                    values = [_value(value, kind, watched) for value in seen if value is not None]
                    greatest = max(values, default=None)
                texts = [pa.array([_text(value) for value in columns[place]], pa.string()) for place in places]
                yield pa.record_batch(texts, schema=schema), greatest
                if time.monotonic() > self.deadline:
                    raise _too_slow(self.table, self.place)

    def _execute(self, names: list[str], bound: Bound | None) -> Any:
        import sqlalchemy as sa

        connection = self.connection.execution_options(stream_results=True, yield_per=ROWS)
        if self.mapping.query is not None:
            return _queried(connection, _wrapped(self.mapping.query))
        # columns without a type: what cannot be read as one would break off the rows after it
        query = sa.select(*(sa.column(name) for name in names)).select_from(_table(self.mapping))
        if bound:
            column = sa.column(bound.column, self.types[bound.column])
            query = query.where(sa.or_(column >= bound.least, column.is_(None)))
        return connection.execute(query)


@contextmanager
def opened(source: SqlSource, config: Config, table: str, mapping: QueryMapping) -> Iterator[_Relation]:
    """A table or query with a transaction open that is never committed.

    Raises SourceUnavailable if there is no connection, and ChurnError if there is no such relation.
    """
    del config
    url = parsed(source)
    password = str(url.password) if url.password else None
    engine = _engine(url, table)
    deadline = time.monotonic() + source.statement_timeout_seconds
    place = mapping.table or "query"
    try:
        with _connection(engine, table, url, password) as connection:
            with explaining(table, place, password):
                _limit(connection, source.statement_timeout_seconds)
                types = _types(connection, mapping, table)
            yield _Relation(place, where(url), connection, mapping, types, table, password, deadline)
    finally:
        engine.dispose()


def _engine(url: URL, table: str) -> Engine:
    import sqlalchemy as sa
    from sqlalchemy.exc import NoSuchModuleError

    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        # SQLite would make it
        raise SourceUnavailable(f"table {table}: there is no file {url.database}", "put it there or correct the url")
    try:
        return sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    except (NoSuchModuleError, ImportError) as error:
        raise ChurnError(
            f"table {table}: the driver for {url.drivername} is not installed ({error})",
            "install the driver of the database beside churn-pipeline, such as pip install pymysql for mysql+pymysql://",
        ) from None


@contextmanager
def _connection(engine: Engine, table: str, url: URL, password: str | None) -> Iterator[Connection]:
    from sqlalchemy.exc import DBAPIError

    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise SourceUnavailable(
            f"table {table}: no connection to {where(url)}: {_said(error, password)}",
            "see that the server runs and can be reached from here, or correct user, password and database of the url",
        ) from None
    with connection:
        yield connection


def _limit(connection: Connection, seconds: int) -> None:
    """SQLite and MariaDB change nothing, and give up after so many seconds."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
        driver, deadline = connection.connection.driver_connection, time.monotonic() + seconds
        assert driver is not None  # noqa: S101  the connection is open
        driver.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    elif getattr(connection.dialect, "is_mariadb", False):
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {seconds}")


def _table(mapping: QueryMapping) -> Any:
    import sqlalchemy as sa

    schema, _, name = (mapping.table or "").rpartition(".")
    return sa.table(name, schema=schema or None)


def _types(connection: Connection, mapping: QueryMapping, table: str) -> dict[str, TypeEngine[Any] | None]:
    import sqlalchemy as sa
    from sqlalchemy.exc import NoSuchTableError

    if mapping.query is not None:
        # its columns without a row: what is not fetched, some drivers read before they close
        with closing(_queried(connection, f"{_wrapped(mapping.query)} WHERE 1 = 0")) as got:
            return dict.fromkeys(got.keys())
    relation = _table(mapping)
    try:
        found = sa.inspect(connection).get_columns(relation.name, schema=relation.schema)
    except NoSuchTableError:
        there = sa.inspect(connection)
        names = ", ".join([*there.get_table_names(relation.schema), *there.get_view_names(relation.schema)]) or "none"
        raise ChurnError(
            f"table {table}: the database has no table or view {mapping.table}; there are {names}",
            f"correct sources.*.tables.{table}.table",
        ) from None
    return {column["name"]: column["type"] for column in found}


def _wrapped(query: str) -> str:
    """A query as a part of another one, where nothing but a SELECT is allowed."""
    return f"SELECT * FROM ({query.strip().rstrip(';')}\n) query"


def _queried(connection: Connection, query: str) -> Any:
    """The result of a query as it is written: with parameters, even none, drivers would read ``%`` as their place."""
    return connection.execution_options(no_parameters=True).exec_driver_sql(query)


def _kind(kind: TypeEngine[Any] | None) -> Kind | None:
    import sqlalchemy as sa

    match kind:
        case sa.DateTime():
            return "instant" if kind.timezone else "time"
        case sa.Date():
            return "day"
        case sa.Integer():
            return "integer"
    return None


def _value(value: Any, kind: Kind, column: str) -> Value:
    """A driver's value of a column that can be compared, which may be text."""
    try:
        match kind:
            case "integer":
                return int(value)
            case "day":
                return value if isinstance(value, date) else date.fromisoformat(str(value))
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ChurnError(
            f"the cursor {column} holds {str(value)[:60]!r}, which cannot be compared", "choose another column, or none"
        ) from None
    if kind == "time":
        return moment.replace(tzinfo=None)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


@contextmanager
def explaining(table: str, place: str, password: str | None) -> Iterator[None]:
    """Failures of the database as errors that name the table and the remedy."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        said = _said(error, password)
        if said == "interrupted" or "max_statement_time exceeded" in said:
            raise _too_slow(table, place) from None
        message = f"table {table}: {place} cannot be read: {said}"
        if error.connection_invalidated:
            raise SourceUnavailable(message, "run it again once the server is back; nothing was landed") from None
        raise ChurnError(
            message, f"correct table, query or columns in sources.*.tables.{table}; other tables are not affected"
        ) from None


def _too_slow(table: str, place: str) -> ChurnError:
    return ChurnError(
        f"table {table}: {place} took longer than statement_timeout_seconds of the source",
        "raise it, or read less by query or cursor",
    )


def _said(error: Exception, password: str | None) -> str:
    return hidden(" ".join(str(getattr(error, "orig", None) or error).split()), password)[:600]
