"""Destinations of kind ``postgresql``: the current lists in a table, all days in another, in one transaction.

Belongs here: the transaction. Does not belong here: the tables (``postgresql_tables``), reaching a server
(``pipelines.postgresql``).

``<table>`` holds the accounts of each list's latest day, ``<table>_history`` those of every day that was delivered,
``<table>_deliveries`` one row per list and day, also for a list without any account. A day that is delivered again
replaces its rows of the history, and the current ones only where no later day is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.config.destinations import PostgresqlDestination
from pipelines.destinations.delivering import Delivery
from pipelines.destinations.postgresql_tables import ARRIVING, Tables
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.postgresql import GONE, is_refusal, uri
from pipelines.sources.sql.address import hidden
from pipelines.sources.sql.address import where as address

if TYPE_CHECKING:
    from sqlalchemy import URL


def where(config: Config, keys: PostgresqlDestination, list_name: str) -> str:
    """The database and the table, without user and password."""
    try:
        return f"{address(_parsed(keys))} {keys.table}"
    except ChurnError:
        return f"postgresql {keys.table}"


def deliver(delivery: Delivery) -> bool:
    """Bring the list there; whether anything changed. Raises SourceUnavailable if the server does not answer, and
    ChurnError if it refuses."""
    delivery.listing.require_one_row_each()
    with _connected(delivery) as connection, closing(connection.cursor()) as cursor:
        changed = _write(cursor, delivery)
        connection.commit()
        return changed


def _write(cursor: Any, delivery: Delivery) -> bool:
    keys, listing = delivery.keys, delivery.listing
    tables, milliseconds = Tables.of(keys.table, listing), keys.statement_timeout_seconds * 1000
    for setting in (
        f"SET LOCAL statement_timeout = {milliseconds}",
        f"SET LOCAL lock_timeout = {milliseconds}",
        "SET LOCAL standard_conforming_strings = on",
    ):
        cursor.execute(setting)
    # one delivery at a time; readers are not kept waiting
    _all(cursor, "SELECT pg_advisory_xact_lock(hashtext($1))", f"churn-pipeline {keys.table}")
    tables.prepare(cursor)
    day = (listing.name, listing.as_of)
    had = _all(cursor, f"SELECT digest FROM {tables.deliveries} WHERE list = $1 AND as_of = $2", *day)
    if had == [(listing.digest,)] and not delivery.again:
        return False
    cursor.adbc_ingest(ARRIVING, tables.arriving(listing), mode="create", temporary=True)
    _all(cursor, f"DELETE FROM {tables.history} WHERE list = $1 AND as_of = $2", *day)
    cursor.execute(tables.append())
    if not _all(cursor, f"SELECT 1 FROM {tables.deliveries} WHERE list = $1 AND as_of > $2 LIMIT 1", *day):
        _all(cursor, tables.remove(), listing.name)
        cursor.execute(tables.upsert())
    _all(
        cursor,
        f"INSERT INTO {tables.deliveries} (list, as_of, version, rows, digest) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (list, as_of) DO UPDATE SET version = EXCLUDED.version, rows = EXCLUDED.rows, "
        "digest = EXCLUDED.digest",
        *day, int(listing.manifest["version"]), len(listing.rows), listing.digest,
    )  # fmt: skip
    return True


def _all(cursor: Any, sql: str, *values: object) -> list[tuple[Any, ...]]:
    cursor.execute(sql, values)
    return list(cursor.fetchall())


@contextmanager
def _connected(delivery: Delivery) -> Iterator[Any]:
    """A connection in a transaction, which is undone unless it is committed; failures name table and remedy."""
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise ChurnError(
            f"destination {delivery.name}: PostgreSQL needs the package adbc-driver-postgresql",
            'run: pip install "churn-pipeline[postgres]"',
        ) from error
    keys = delivery.keys
    url = _parsed(keys)
    certificates = keys.sslrootcert and delivery.config.path(keys.sslrootcert)
    password = str(url.password) if url.password else None
    try:
        connection = dbapi.connect(uri(url, keys.sslmode, certificates))
    except Error as error:
        said = _said(error, password)
        message = f"no connection to {address(url)}: {said}"
        if is_refusal(said):
            raise ChurnError(message, "correct url (user, password, database), sslmode or sslrootcert") from None
        raise SourceUnavailable(message, "see that the server runs and can be reached from here") from None
    with closing(connection):
        try:
            yield connection
        except Error as error:
            raise _explained(error, keys.table, _said(error, password)) from None


def _explained(error: Exception, table: str, said: str) -> ChurnError:
    code, message = getattr(error, "sqlstate", None), f"{table} cannot be written: {said}; nothing of it was changed"
    if code in ("57014", "55P03"):
        return SourceUnavailable(message, "raise statement_timeout_seconds, or see who locks the table")
    if code.startswith(GONE) if code else "ERROR:" not in said:
        return SourceUnavailable(message, "try again once the server is back")
    if code == "42501":
        return ChurnError(
            message,
            f"grant SELECT, INSERT, UPDATE and DELETE on {table}, {table}_history and {table}_deliveries, and for new "
            "tables or columns let the user of the url make them (CREATE on the schema, owner of the tables)",
        )
    return ChurnError(message, "correct the tables, or take another table for this destination")


def _parsed(keys: PostgresqlDestination) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(keys.url.get_secret_value().replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        # what is wrong with it may be part of the password
        raise ChurnError(
            "the url of the destination cannot be read",
            "write it as postgresql://user:password@host:port/database; percent-encode @ : / in user and password",
        ) from None


def _said(error: Exception, password: str | None) -> str:
    return hidden(" ".join(str(error).split()), password)[:600]
