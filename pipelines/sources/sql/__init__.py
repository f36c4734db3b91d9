"""SQL databases: a table or a query per table of the contract, streamed in batches.

Belongs here: which rows and columns a landing asks for. Does not belong here: talking to a database (``postgresql``,
and ``alchemy`` for all others), tables that are read by what changed (``changes``), what columns mean (``mapping``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.config import Config, QueryMapping, SqlSource
from pipelines.engine import blames_sql
from pipelines.errors import ChurnError
from pipelines.sources import Window
from pipelines.sources.landing import absent, check_columns, keep_columns, land_rows
from pipelines.sources.sql.stream import Arrival, Batches, Bound, Relation, arriving, types
from pipelines.sources.sql.typed import Typed

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class SqlReader:
    """The tables of a database; ``say`` is told how far a long read has come."""

    source: SqlSource
    config: Config
    say: Callable[[str], None] | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.source.tables)

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``."""
        import duckdb

        from pipelines.sources.sql import alchemy, changes, postgresql

        mapping = self.source.tables[table.name]
        opened = postgresql.opened if self.source.dialect == "postgresql" else alchemy.opened
        with opened(self.source, self.config, table.name, mapping) as relation:
            check_columns(table, relation.place, list(relation.kinds), mapping.mapped)
            try:
                if mapping.cursor:
                    changes.land(con, relation, self.source, table, window, self.config, folder, self.say)
                else:
                    batches = relation.stream(needed(mapping, relation), _later(table, mapping, relation, window))
                    self._rows(con, table, mapping, batches, relation.place, window, folder / "part-0.parquet")
            except duckdb.Error as error:
                raise _explained(table, relation.place, error) from error
        return absent(table, mapping)

    def _rows(
        self, con: duckdb.DuckDBPyConnection, table: Table, mapping: QueryMapping, batches: Batches, place: str,
        window: Window, part: Path,
    ) -> None:  # fmt: skip
        plain = Typed.of(table, mapping, batches.schema, window, place)
        if plain:
            keep_columns(part.parent, types(con, batches.schema))
            with closing(Arrival(table.name, batches, self.say).watched()) as arrived:
                plain.write(arrived, part)
            return
        with arriving(con, table.name, batches, self.say) as arrival:
            land_rows(con, table, mapping, arrival.rows(place), place, window, self.config, part)


def needed(mapping: QueryMapping, relation: Relation) -> list[str]:
    """The columns to ask for, in the database's order: those mapped by name and the cursor, or all where SQL of the
    mapping may read any of them."""
    if mapping.where or any(origin.sql is not None for origin in mapping.mapped.values()):
        return list(relation.kinds)
    mapped = {origin.column.casefold() for origin in mapping.mapped.values() if origin.column is not None}
    wanted = mapped | ({mapping.cursor.casefold()} if mapping.cursor else set())
    # of names that differ in nothing but case, all: the engine tells which one is meant
    return [name for name in relation.kinds if name.casefold() in wanted] or list(relation.kinds)[:1]


def _later(table: Table, mapping: QueryMapping, relation: Relation, window: Window) -> Bound | None:
    """Usage of days that are on file need not leave the database, if the column that dates it can be compared there.

    The engine finds the exact days. Midnight UTC of the day before the first one wanted is early enough in every zone.
    """
    if table.name != "usage" or window.after_day is None:
        return None
    origin = mapping.mapped["day" if "day" in mapping.columns else "occurred_at"]
    for name, kind in relation.kinds.items():
        if origin.column is not None and origin.column.casefold() == name.casefold():
            midnight = datetime.combine(window.after_day, time())
            match kind:
                case "day":
                    return Bound(name, kind, window.after_day)
                case "time" | "instant":
                    return Bound(name, kind, midnight)
    return None


def _explained(table: Table, place: str, error: Exception) -> ChurnError:
    said = " ".join(str(error).split())
    if blames_sql(said):
        remedy = f"correct the SQL in sources.*.tables.{table.name} (columns, where), which is DuckDB's"
    else:
        remedy = "correct the values there, or leave such rows out by where or query; other tables are not affected"
    return ChurnError(f"table {table.name}: {place} cannot be landed: {said[:600]}", remedy)
