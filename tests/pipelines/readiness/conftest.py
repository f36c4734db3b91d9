"""Accepted tables written by hand, as the report reads them, without landing and checking anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from churn_features.clock import stored_schema
from churn_features.tables import KNOWN, TABLES
from pipelines.readiness.findings import Finding

Rows = Sequence[Mapping[str, Any]]

_SQL_TYPES = {
    "string": "VARCHAR", "timestamp": "TIMESTAMP", "date": "DATE", "int64": "BIGINT", "float64": "DOUBLE",
    "boolean": "BOOLEAN",
}  # fmt: skip
LEAST: dict[str, dict[str, Any]] = {
    "accounts": {"account_id": "a", "created_at": datetime(2025, 1, 1, 9)},
    "subscriptions": {
        "subscription_id": "s", "account_id": "a", "plan": "pro", "billing_interval": "month", "mrr": 4900,
        "started_at": datetime(2025, 1, 2, 9),
    },
    "subscription_changes": {"subscription_id": "s", "changed_at": datetime(2025, 2, 1), "mrr": 5900},
    "invoices": {
        "invoice_id": "i", "account_id": "a", "issued_at": datetime(2025, 2, 1), "due_at": datetime(2025, 2, 15),
        "amount": 4900,
    },
    "payments": {
        "payment_id": "p", "invoice_id": "i", "account_id": "a", "attempted_at": datetime(2025, 2, 3), "amount": 4900,
        "succeeded": False,
    },
    "payment_methods": {
        "payment_method_id": "m", "account_id": "a", "added_at": datetime(2025, 1, 2), "kind": "card",
        "expires_on": date(2028, 1, 31),
    },
    "usage": {"account_id": "a", "day": date(2025, 2, 1), "event": "opened", "quantity": 1.0},
    "tickets": {"ticket_id": "t", "account_id": "a", "opened_at": datetime(2025, 2, 1)},
    "feedback": {"account_id": "a", "given_at": datetime(2025, 2, 1), "kind": "survey"},
    "outreach": {"account_id": "a", "contacted_at": datetime(2025, 2, 1), "play": "call"},
}  # fmt: skip
"""The least that a row of each table says."""


@pytest.fixture
def store() -> Iterator[Callable[..., duckdb.DuckDBPyConnection]]:
    """``store(accounts=[...], ...)``: a connection with the views ``now_TABLE``, rows completed from ``LEAST``."""
    con = duckdb.connect(config={"threads": 1})

    def store(**tables: Rows) -> duckdb.DuckDBPyConnection:
        for name, rows in tables.items():
            schema = {column: kind for column, kind in stored_schema(TABLES[name]).items() if column not in KNOWN}
            columns = ", ".join(f'"{column}" {_SQL_TYPES[kind]}' for column, kind in schema.items())
            con.execute(f"CREATE OR REPLACE TABLE now_{name} ({columns})")
            for row in rows:
                full = {**LEAST[name], **row}
                days = {
                    column.day: full[column.name].date()
                    for column in TABLES[name].columns
                    if column.day and full.get(column.name) is not None
                }
                values = [{**days, **full}.get(column) for column in schema]
                con.execute(f"INSERT INTO now_{name} VALUES ({', '.join('?' for _ in values)})", values)
        return con

    yield store
    con.close()


@pytest.fixture
def by_code() -> Callable[[Sequence[Finding]], dict[str, Finding]]:
    """Findings by code, and by code and column where a code occurs more than once."""

    def by_code(found: Sequence[Finding]) -> dict[str, Finding]:
        codes = [each.code for each in found]
        return {
            each.code if codes.count(each.code) == 1 else f"{each.code} {each.column}": each for each in found
        }  # fmt: skip

    return by_code
