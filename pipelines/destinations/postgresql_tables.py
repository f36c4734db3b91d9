"""The tables of a PostgreSQL destination: their columns and types, and the statements that fill them.

Belongs here: SQL. Does not belong here: connections and transactions (``postgresql``). Names are those of the
configuration and of the list's columns, quoted; values are bound or arrive as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.destinations.listing import Listing
from pipelines.lists.columns import COLUMNS
from pipelines.postgresql import quoted

if TYPE_CHECKING:
    import pyarrow as pa

ARRIVING = "churn_arriving"
"""The temporary table of the rows that are delivered."""

_TYPES = {"integer": "integer", "number": "double precision", "text": "text", "date": "date"}
_MEANING = {each.name: each.meaning + (f", {each.unit}" if each.unit else "") for each in COLUMNS}
_KINDS = {each.name: _TYPES[each.kind] for each in COLUMNS}


@dataclass(frozen=True)
class Tables:
    """Quoted names, and the columns of the list that arrives with their types."""

    current: str
    history: str
    deliveries: str
    columns: Mapping[str, str]
    version: int

    @classmethod
    def of(cls, table: str, listing: Listing) -> Tables:
        """The tables of ``name`` or ``schema.name``."""
        schema, _, name = table.rpartition(".")
        before = f"{quoted(schema)}." if schema else ""
        current, history, deliveries = (f"{before}{quoted(name + end)}" for end in ("", "_history", "_deliveries"))
        columns = {each.name: _KINDS.get(each.name) or _sql_type(each.type) for each in listing.table.schema}
        return cls(current, history, deliveries, columns, int(listing.manifest["version"]))

    def prepare(self, cursor: Any) -> None:
        """Make tables and columns that are not there yet; what is there stays as it is."""
        for table, key in ((self.current, "list, account_id"), (self.history, "list, as_of, account_id")):
            there = _columns(cursor, table)
            if not there:
                columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in self.columns.items())
                cursor.execute(f"CREATE TABLE {table} (list text, {columns}, PRIMARY KEY ({key}))")
            for name, kind in self.columns.items():
                if there and name not in there:
                    cursor.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {kind}")
                if name in _MEANING and name not in there:
                    cursor.execute(f"COMMENT ON COLUMN {table}.{quoted(name)} IS {_literal(_MEANING[name])}")
            self._say_version(cursor, table)
        if not _columns(cursor, self.deliveries):
            cursor.execute(
                f"CREATE TABLE {self.deliveries} (list text, as_of date, version integer NOT NULL, "
                "rows integer NOT NULL, digest text NOT NULL, PRIMARY KEY (list, as_of))"
            )

    def arriving(self, listing: Listing) -> pa.Table:
        """The rows as they go to the server. PostgreSQL's text has no place for NUL."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = listing.table
        for at, field in enumerate(table.schema):
            if pa.types.is_string(field.type):
                table = table.set_column(at, field.name, pc.replace_substring(table[at], "\x00", "\ufffd"))
        return table.add_column(0, "list", pa.array([listing.name] * len(table), pa.string()))

    def append(self) -> str:
        """All that arrive into the history, which has none of their day."""
        return f"INSERT INTO {self.history} ({self._names}) SELECT {self._values} FROM {ARRIVING}"

    def remove(self) -> str:
        """From the current rows of list $1 those that do not arrive."""
        return (
            f"DELETE FROM {self.current} AS there WHERE there.list = $1 AND NOT EXISTS "
            f"(SELECT 1 FROM {ARRIVING} AS arriving WHERE arriving.account_id = there.account_id)"
        )

    def upsert(self) -> str:
        """All that arrive in place of the current ones."""
        values = ", ".join(f"{quoted(name)} = EXCLUDED.{quoted(name)}" for name in self.columns if name != "account_id")
        return (
            f"INSERT INTO {self.current} ({self._names}) SELECT {self._values} FROM {ARRIVING} "
            f"ON CONFLICT (list, account_id) DO UPDATE SET {values}"
        )

    @property
    def _names(self) -> str:
        return ", ".join(["list", *(quoted(name) for name in self.columns)])

    @property
    def _values(self) -> str:
        return ", ".join(["list", *(f"CAST({quoted(name)} AS {kind})" for name, kind in self.columns.items())])

    def _say_version(self, cursor: Any, table: str) -> None:
        """The greatest version of the columns that arrived in a table, as its comment."""
        cursor.execute("SELECT substring(obj_description($1::regclass) FROM '\\d+$')::integer", (table,))
        [(said,)] = cursor.fetchall()
        if said is None or said < self.version:
            text = f"Lists of churn-pipeline; version of the columns: {self.version}"
            cursor.execute(f"COMMENT ON TABLE {table} IS {_literal(text)}")


def _columns(cursor: Any, table: str) -> set[str]:
    """The columns that a table has, none if there is no such table."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
        (table,),
    )
    return {name for (name,) in cursor.fetchall()}


def _sql_type(kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "bigint"
    if pa.types.is_floating(kind):
        return "double precision"
    return "date" if pa.types.is_date(kind) else "text"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
