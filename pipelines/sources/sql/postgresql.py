"""PostgreSQL through its Arrow driver (ADBC): binary COPY in a read-only transaction, decoded into record batches.

Belongs here: the connection, the transaction and its limits, PostgreSQL's types. Does not belong here: which rows are
wanted. A value is bound as a setting of the transaction, as COPY takes no parameters.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.config import Config, QueryMapping, SqlSource
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.postgresql import GONE, is_refusal, quoted, uri
from pipelines.sources.sql.address import hidden, parsed, where
from pipelines.sources.sql.stream import Batches, Bound, Kind, Value

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import URL

BATCH_BYTES = 4 << 20
"""Size of a record batch, about: what is held of the table at a time, a few times over."""

_PLAIN = {"bool", "float4", "float8", "text", "varchar", "bpchar", "name", "int2", "int4", "int8"}
"""Types that the driver gives as they are. All others but times come as text: enums, uuid, json, intervals."""

_KINDS: Mapping[str, Kind] = {
    "timestamptz": "instant", "timestamp": "time", "date": "day", "int2": "integer", "int4": "integer",
    "int8": "integer",
}  # fmt: skip

_CASTS = {"instant": "timestamptz", "time": "timestamp", "day": "date", "integer": "bigint"}


@dataclass(frozen=True)
class _Relation:
    place: str
    database: str
    sql: str
    types: Mapping[str, tuple[str, int]]
    cursor: Any
    table: str
    password: str | None
    deadline: float

    @property
    def kinds(self) -> dict[str, Kind | None]:
        return {name: _KINDS.get(kind) for name, (kind, _) in self.types.items()}

    def stream(self, names: Sequence[str], bound: Bound | None = None, watched: str | None = None) -> Batches:
        """See ``pipelines.sources.sql.stream.Relation``."""
        items = ", ".join(f"{_read(name, *self.types[name])} AS {quoted(name)}" for name in names)
        query = f"SELECT {items} FROM {self.sql}"
        with self._explaining():
            if bound:
                # in this transaction only
                self.cursor.execute("SELECT set_config('churn.least', $1, true)", (_written(bound.least),))
                self.cursor.fetchall()
                least = f"CAST(current_setting('churn.least') AS {_CASTS[bound.kind]})"
                query += f" WHERE {quoted(bound.column)} >= {least} OR {quoted(bound.column)} IS NULL"
            self.cursor.execute(query)
            reader = self.cursor.fetch_record_batch()
        decimals = {name: found for name in names if (found := _decimal(*self.types[name]))}
        return Batches(_with_decimals(reader.schema, decimals), self._each(reader, decimals, watched))

    def _each(
        self, reader: pa.RecordBatchReader, decimals: Mapping[str, pa.DataType], watched: str | None
    ) -> Iterator[tuple[pa.RecordBatch, Value | None]]:
        import pyarrow.compute as pc

        schema = _with_decimals(reader.schema, decimals)
        while True:
            with self._explaining():
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
            yield (batch.cast(schema) if decimals else batch), pc.max(batch[watched]).as_py() if watched else None

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Failures of the server as errors that name the table and the remedy."""
        from adbc_driver_manager import Error

        try:
            yield
        # while rows arrive, pyarrow raises the driver's failures as its own
        except (Error, OSError, ValueError) as error:
            late = time.monotonic() >= self.deadline
            raise _explained(error, self.table, self.place, self.password, late) from None


@contextmanager
def opened(source: SqlSource, config: Config, table: str, mapping: QueryMapping) -> Iterator[_Relation]:
    """A table or query with a read-only transaction open, which sees one state of the database and changes nothing.

    Raises SourceUnavailable if the server does not answer, and ChurnError if it refuses or knows no such relation.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import StatementOptions, dbapi
    except ImportError as error:
        raise ChurnError(
            f"table {table}: PostgreSQL needs the package adbc-driver-postgresql",
            'run: pip install "churn-pipeline[postgres]"',
        ) from error
    url = parsed(source)
    password = str(url.password) if url.password else None
    try:
        connection = dbapi.connect(
            uri(url, source.sslmode, source.sslrootcert and config.path(source.sslrootcert)), autocommit=True
        )
    except Error as error:
        raise _not_connected(error, table, url, password) from None
    relation, place = _relation(mapping)
    deadline = time.monotonic() + source.statement_timeout_seconds
    with closing(connection), closing(connection.cursor()) as cursor:
        try:
            # the same rows come in the same order: a scan begins at the beginning, and in one process
            for setting in (
                "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
                f"SET LOCAL statement_timeout = {source.statement_timeout_seconds * 1000}",
                "SET LOCAL TimeZone = 'UTC'",
                "SET LOCAL DateStyle = 'ISO'",
                "SET LOCAL synchronize_seqscans = off",
                "SET LOCAL max_parallel_workers_per_gather = 0",
            ):
                cursor.execute(setting)
            cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)})
            schema = cursor.adbc_execute_schema(f"SELECT * FROM {relation}")
        except (Error, OSError) as error:
            raise _explained(error, table, place, password) from None
        types = {field.name: _type(field) for field in schema}
        yield _Relation(place, where(url), relation, types, cursor, table, password, deadline)


def _relation(mapping: QueryMapping) -> tuple[str, str]:
    """SQL for the rows, and what they are called."""
    if mapping.query is not None:
        return f"({mapping.query.strip().rstrip(';')}\n) AS query", "query"
    assert mapping.table is not None  # noqa: S101  one of both is given
    return ".".join(quoted(part) for part in mapping.table.split(".")), mapping.table


def _type(field: pa.Field) -> tuple[str, int]:
    """PostgreSQL's name of a column's type, and its modifier (-1 without one)."""
    told = field.metadata or {}
    return told.get(b"POSTGRESQL:type", b"").decode(), int(told.get(b"POSTGRESQL:typmod", b"-1"))


def _read(name: str, kind: str, modifier: int) -> str:
    """SQL for a column in a form that the driver gives exactly. Infinite times and NaN of numeric(p, s) are missing:
    the driver gives other times for them, and Arrow has no such decimals."""
    column = quoted(name)
    if kind in _PLAIN:
        return column
    if kind in _KINDS:
        return f"CASE WHEN isfinite({column}) THEN {column} END"
    if kind == "numeric" and _decimal(kind, modifier):
        return f"CAST(NULLIF({column}, 'NaN') AS text)"
    if kind == "money":
        return f"CAST(CAST({column} AS numeric) AS text)"
    return f"CAST(array_to_json({column}) AS text)" if kind.startswith("_") else f"CAST({column} AS text)"


def _decimal(kind: str, modifier: int) -> pa.DataType | None:
    """The Arrow type of a numeric(p, s), None for any other type; numeric without precision stays text, as exact as it
    is."""
    import pyarrow as pa

    if kind != "numeric" or modifier < 4:
        return None
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, ((modifier - 4) & 0x7FF ^ 1024) - 1024
    return pa.decimal128(precision, scale) if 0 <= scale <= precision <= 38 else None


def _with_decimals(schema: pa.Schema, decimals: Mapping[str, pa.DataType]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([pa.field(each.name, decimals.get(each.name, each.type)) for each in schema])


def _written(value: Value) -> str:
    return str(value) if isinstance(value, int) else value.isoformat()


def _not_connected(error: Exception, table: str, url: URL, password: str | None) -> ChurnError:
    said = _said(error, password)
    message = f"table {table}: no connection to {where(url)}: {said}"
    if is_refusal(said):
        return ChurnError(message, "correct url (user, password, database), sslmode or sslrootcert of the source")
    return SourceUnavailable(message, "see that the server runs and can be reached from here, or correct the url")


def _explained(error: Exception, table: str, place: str, password: str | None, late: bool = False) -> ChurnError:
    said = _said(error, password)
    message = f"table {table}: {place} cannot be read: {said}"
    # while rows arrive, the driver does not tell SQLSTATE
    code = getattr(error, "sqlstate", None)
    if code == "57014" or (late and code is None):
        return ChurnError(
            message,
            "raise statement_timeout_seconds of the source, read less by query or cursor, or index the cursor's column",
        )
    if code.startswith(GONE) if code else "ERROR:" not in said:
        return SourceUnavailable(message, "run it again once the server is back; nothing of the table was landed")
    return ChurnError(
        message, f"correct table, query or columns in sources.*.tables.{table}, or grant SELECT; others are unaffected"
    )


def _said(error: Exception, password: str | None) -> str:
    """What the driver says, without the query and the password."""
    said = str(error).partition("Query was:")[0].partition("SQLSTATE:")[0]
    return hidden(" ".join(said.split()), password).rstrip(". ")[:600]
