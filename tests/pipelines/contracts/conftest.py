"""A folder in which tables are landed by hand and checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from churn_features.tables import TABLES
from pipelines.contracts.record import Checked
from pipelines.contracts.validate import check_table
from pipelines.engine import SQL_TYPES

_company: dict[str, bytes] = {}  # checked once for all tests
SETTINGS = {"memory_limit": "512MB", "threads": 2}


@dataclass
class Ground:
    """Lands rows as Parquet, checks them as of 2025-06-30 (checked at 08:00 UTC the day after), reads the outcome."""

    folder: Path
    zone: str = "UTC"

    def landed(self, table: str) -> Path:
        return self.folder / "landed" / table / "as_of=2025-06-30" / "part-0.parquet"

    def accepted(self, table: str) -> Path:
        return self.folder / "tables" / table / "as_of=2025-06-30.parquet"

    def quarantine(self, table: str) -> Path:
        return self.folder / "quarantine" / "as_of=2025-06-30" / f"{table}.parquet"

    def land(self, table: str, rows: Iterable[Mapping[str, Any]], types: Mapping[str, str] | None = None) -> None:
        """Rows by column; ``_row`` counts from 1, ``_file`` is rows.csv. ``types`` replaces SQL types."""
        kinds = {column.name: SQL_TYPES[column.type] for column in TABLES[table].columns}
        kinds |= {"_file": "VARCHAR", "_row": "BIGINT", "_unreadable": "VARCHAR"} | dict(types or {})
        with duckdb.connect() as connection:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
            connection.execute(f"CREATE TABLE t ({columns})")
            values = [
                [{"_file": "rows.csv", "_row": number, **row}.get(name) for name in kinds]
                for number, row in enumerate(rows, 1)
            ]
            if values:
                connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(kinds))})", values)
            self.landed(table).parent.mkdir(parents=True, exist_ok=True)
            connection.execute("COPY t TO '" + str(self.landed(table)).replace("'", "''") + "' (FORMAT parquet)")

    def check(self, table: str, **arguments: Any) -> Checked:
        """Checks what was landed against every copy accepted so far."""
        present = {name: self.accepted(name) for name in TABLES if name != table and self.accepted(name).exists()}
        given: dict[str, Any] = {
            "as_of": date(2025, 6, 30),
            "cutoff": datetime(2025, 7, 1),
            "now": datetime(2025, 7, 1, 8),
            "zone": self.zone,
            "accepted_to": self.accepted(table),
            "quarantine_to": self.quarantine(table),
            **arguments,
        }
        return check_table(SETTINGS, TABLES[table], self.landed(table), present, **given)

    def landed_and_checked(self, table: str, rows: Iterable[Mapping[str, Any]], **arguments: Any) -> Checked:
        self.land(table, rows)
        return self.check(table, **arguments)

    def company(self) -> None:
        """Accounts a, b and c; a subscription s-a of 2025 until 31 March, and s-b that still runs; an invoice i-a."""
        if not _company:
            with TemporaryDirectory() as folder:
                once = Ground(Path(folder))
                once.landed_and_checked("accounts", [account("a"), account("b"), account("c")])
                ended = subscription("s-a", account_id="a", ended_at=datetime(2025, 3, 31, 12))
                once.landed_and_checked("subscriptions", [ended, subscription("s-b", account_id="b")])
                once.landed_and_checked("invoices", [invoice("i-a")])
                names = ("accounts", "subscriptions", "invoices")
                _company.update({name: once.accepted(name).read_bytes() for name in names})
        for name, content in _company.items():
            self.accepted(name).parent.mkdir(parents=True, exist_ok=True)
            self.accepted(name).write_bytes(content)

    def rows(self, path: Path) -> list[dict[str, Any]]:
        with duckdb.connect() as connection:
            files = str(path / "*.parquet") if path.is_dir() else str(path)
            found = connection.execute("SELECT * FROM read_parquet(?, hive_partitioning = false)", [files])
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def set_aside(self, table: str) -> list[dict[str, Any]]:
        """Lines of the quarantine with the record as a dict; empty without a file."""
        path = self.quarantine(table)
        return [row | {"record": json.loads(row["record"])} for row in self.rows(path)] if path.exists() else []


def account(key: str, **values: Any) -> dict[str, Any]:
    return {"account_id": key, "created_at": datetime(2024, 12, 1, 9), **values}


def subscription(key: str, **values: Any) -> dict[str, Any]:
    given = {"account_id": "a", "plan": "pro", "billing_interval": "month", "mrr": 4900}
    return {"subscription_id": key, **given, "started_at": datetime(2025, 1, 1, 10), **values}


def invoice(key: str, **values: Any) -> dict[str, Any]:
    dates = {"issued_at": datetime(2025, 2, 1), "due_at": datetime(2025, 2, 15)}
    return {"invoice_id": key, "account_id": "a", **dates, "amount": 4900, **values}


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)
