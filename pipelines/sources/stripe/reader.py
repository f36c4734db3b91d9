"""Stripe as a source: bring what is on file up to date, then land contract tables made of it.

Belongs here: the protocol of sources. Does not belong here: how Stripe is read (``sync``), what its objects mean
(``mapping``, ``history``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from churn_features.tables import TABLES, Table
from pipelines.config import Config, RowMapping, StripeSource
from pipelines.engine import scan, spill
from pipelines.lake import locked
from pipelines.sources import Window
from pipelines.sources.landing import absent, land_rows
from pipelines.sources.stripe import history
from pipelines.sources.stripe.catalogue import Catalogue
from pipelines.sources.stripe.client import Client
from pipelines.sources.stripe.collecting import QUERIES
from pipelines.sources.stripe.evidence import evidence
from pipelines.sources.stripe.fields import instant
from pipelines.sources.stripe.kinds import needed
from pipelines.sources.stripe.mapping import owned
from pipelines.sources.stripe.store import Cursor, Store
from pipelines.sources.stripe.sync import Sync

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_INSTANTS = (
    "started_at",
    "trial_ends_at",
    "cancel_requested_at",
    "ends_at",
    "ended_at",
    "changed_at",
    "until",
    "recorded_at",
)

_BATCH = 5000


@dataclass(frozen=True)
class StripeReader:
    """The tables of one Stripe account."""

    source: StripeSource
    config: Config
    say: Callable[[str], None] | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        return self.source.gives

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``. Stripe is asked once for all tables of a day: what is on file from a read
        after the cutoff is not read again."""
        store = Store.of(self.source, self.config)
        with locked(store.root.with_suffix(".lock")):
            cursor = self._read(con, store, window)
            with TemporaryDirectory(dir=spill(self.config)) as scratch:
                rows = self._rows(con, table.name, store, cursor, Path(scratch) / "rows.parquet")
                con.execute(f"CREATE OR REPLACE TEMP TABLE stripe_rows AS SELECT * FROM ({rows}) ORDER BY _file, _row")
        given = [row[0] for row in con.execute("DESCRIBE stripe_rows").fetchall()]
        columns = RowMapping(columns={name: name for name in table.names if name in given})
        land_rows(
            con, table, columns, "SELECT * FROM stripe_rows", "Stripe", window, self.config, folder / "part-0.parquet"
        )
        con.execute("DROP TABLE stripe_rows")
        return absent(table, columns)

    def _read(self, con: duckdb.DuckDBPyConnection, store: Store, window: Window) -> Cursor:
        sync = Sync(Client(self.source), store, needed(self.tables), con, self.source.overlap_minutes * 60)
        if self.say:
            sync = replace(sync, say=self.say)
        return sync.until(window.cutoff.replace(tzinfo=UTC).timestamp())

    def _rows(self, con: duckdb.DuckDBPyConnection, table: str, store: Store, cursor: Cursor, scratch: Path) -> str:
        if table in QUERIES:
            return QUERIES[table](self.source, store, cursor, self.config.currency)
        self._write_course(con, table, store, cursor, scratch)
        instants = [name for name in _INSTANTS if name in TABLES[table].names]
        times = ", ".join(f"{instant(name)} AS {name}" for name in instants)
        found = f"SELECT * REPLACE ({times}) FROM {scan([scratch])}"
        if table == "subscription_changes":
            return found
        return owned(self.source, store, cursor, found)

    def _write_course(
        self, con: duckdb.DuckDBPyConnection, table: str, store: Store, cursor: Cursor, target: Path
    ) -> None:
        """Write the rows of a table that ``history`` makes, with instants as Unix seconds."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        catalogue = Catalogue.read(con, store, cursor, self.source.plan)
        schema = _schema(table)
        held: list[dict[str, Any]] = []
        changed = 0
        with pq.ParquetWriter(target, schema) as writer:
            for each, file, row in evidence(con, store, cursor, catalogue):
                found = history.rows(each, cursor.covered, catalogue, self.config.currency.lower())
                if found is None:
                    continue
                if table == "subscriptions":
                    held.append({**found[0], "_file": file, "_row": row})
                for change in found[1] if table == "subscription_changes" else ():
                    changed += 1
                    held.append({**change, "_file": "subscription_changes", "_row": changed})
                if len(held) >= _BATCH:
                    writer.write_table(pa.Table.from_pylist(held, schema))
                    held = []
            writer.write_table(pa.Table.from_pylist(held, schema))


def _schema(table: str) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "instant": pa.int64(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
    # money is text where it may be of another currency
    own = {"money": pa.string() if table == "subscriptions" else pa.int64()}
    extra = [("customer", pa.string())] if table == "subscriptions" else []
    fields = [(each.name, (types | own)[each.type]) for each in TABLES[table].columns if each.name != "account_id"]
    return pa.schema([*fields, *extra, ("_file", pa.string()), ("_row", pa.int64())])
