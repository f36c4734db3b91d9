"""A company whose tables are in a database of the PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from benchmarks import database
from pipelines import config as configuration
from pipelines import ingest
from pipelines.config import Config
from pipelines.lake import Lake
from pipelines.sources.sql import stream

DAY = date(2025, 3, 10)


@dataclass
class Company:
    """A company in a database: its configuration as plain values, and its landings."""

    root: Path
    url: str
    run: Callable[..., None]
    keys: dict[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> dict[str, Any]:
        return self.keys["sources"]["db"]

    @property
    def tables(self) -> dict[str, Any]:
        return self.source["tables"]

    def config(self) -> Config:
        """The configuration as it now stands; the address comes from the environment."""
        os.environ["DATABASE"] = self.url
        self.root.mkdir(exist_ok=True)
        (self.root / "churn.yaml").write_text(yaml.safe_dump(self.keys, sort_keys=False), "utf-8")
        return configuration.load(self.root / "churn.yaml")

    def land(self, table: str = "accounts", as_of: date = DAY, **more: Any) -> ingest.Landed:
        return ingest.land(self.config(), as_of, table, **more)

    def folder(self, table: str = "accounts", as_of: date = DAY) -> Path:
        config = self.config()
        return Lake(config.path(config.lake)).landed(table, as_of)

    def rows(self, what: str = "*", table: str = "accounts", as_of: date = DAY) -> list[tuple[Any, ...]]:
        """What a landing holds, in its order."""
        with duckdb.connect() as con:
            parts = f"{self.folder(table, as_of)}/*.parquet"
            return con.execute(
                f"SELECT {what} FROM read_parquet('{parts}', hive_partitioning = false) ORDER BY _row"
            ).fetchall()


ACCOUNTS = {"account_id": "id", "created_at": "joined", "name": "label"}
SUBSCRIPTIONS = {
    "subscription_id": "sid",
    "account_id": "acc",
    "plan": "plan",
    "billing_interval": {"constant": "month"},
    "mrr": {"column": "price", "scale": 100},
    "started_at": "begins",
    "ended_at": "ends",
}
USAGE = {"account_id": "acc", "day": "day", "event": "what", "quantity": "n"}


def keys(**tables: Any) -> dict[str, Any]:
    """A configuration with one source of kind sql."""
    return {
        "company": "Database company",
        "time_zone": "Europe/Berlin",
        "history_start": "2025-01-01",
        "sources": {"db": {"kind": "sql", "url": "${DATABASE}", "tables": tables}},
        "engine": {"threads": 1, "memory_limit": "512MB"},
    }


TABLES = {
    "accounts": {"table": "crm.customers", "columns": ACCOUNTS},
    "subscriptions": {"table": "crm.contracts", "columns": SUBSCRIPTIONS},
    "usage": {"query": "SELECT * FROM crm.events WHERE what <> 'heartbeat'", "columns": USAGE},
}

_DATA = """
    CREATE SCHEMA crm;
    CREATE TABLE crm.customers (id text, joined timestamptz, label text, updated_at timestamptz);
    INSERT INTO crm.customers SELECT 'a' || n, timestamptz '2025-01-01 10:00+00' + n * interval '1 day',
        'Customer ' || n, timestamptz '2025-03-01 10:00+00' + n * interval '1 minute' FROM generate_series(1, 20) n;
    CREATE TABLE crm.contracts (sid text, acc text, plan text, price numeric(10, 2), begins date, ends date);
    INSERT INTO crm.contracts SELECT 's' || n, 'a' || n, 'basic', 10 + n / 100.0, date '2025-01-02' + n,
        CASE WHEN n = 7 THEN date '2025-03-05' WHEN n = 8 THEN date 'infinity' END FROM generate_series(1, 20) n;
    CREATE TABLE crm.events (acc text, day date, what text, n integer);
    INSERT INTO crm.events SELECT 'a' || n, date '2025-02-20' + d, w, 1 + d % 3
        FROM generate_series(1, 20) n, generate_series(0, 18) d, unnest(ARRAY['login', 'heartbeat']) w
"""


@pytest.fixture
def company(server: database.Server, tmp_path: Path) -> Iterator[Company]:
    """Three tables in a database of their own, nothing landed yet."""
    import copy

    name = f"company_{os.getpid()}_{abs(hash(tmp_path))}"
    server.run(f"CREATE DATABASE {name}")
    server.run(*(each for each in _DATA.split(";\n")), database=name)

    def run(*statements: str) -> None:
        server.run(*statements, database=name)

    yield Company(tmp_path / "company", server.url(database=name), run, copy.deepcopy(keys(**TABLES)))
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each batch that left the database."""
    batches: list[int] = []
    real = stream.Arrival.watched

    def counted(self: Any) -> Any:
        for batch in real(self):
            batches.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(stream.Arrival, "watched", counted)
    return batches
