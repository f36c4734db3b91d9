"""One account written by hand, and what a feature says of it: the examples in the features' documentation.

Belongs here: filling in what an example leaves out, and running it. Does not belong here: any feature, and anything
of a real company.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from churn_features.catalogue import BY_NAME
from churn_features.clock import cutoff, stored_schema
from churn_features.statement import features
from churn_features.tables import ROLES, TABLES, Column
from pipelines.engine import SQL_TYPES, identifier

AS_OF = date(2024, 6, 30)
"""The day of every example, a Sunday; its company lives in UTC."""

_ACCOUNT = {"account_id": "a", "created_at": 181}
_SUBSCRIPTION = {
    "subscription_id": "s", "account_id": "a", "plan": "basic", "billing_interval": "month", "mrr": 10000,
    "started_at": 181,
}  # fmt: skip
_STANDARD: dict[str, dict[str, Any]] = {
    "accounts": _ACCOUNT, "subscriptions": _SUBSCRIPTION, "usage": {"quantity": 1.0}, "invoices": {"due_at": 0},
    "payment_methods": {"kind": "card"}, "feedback": {"kind": "nps"}, "outreach": {"play": "call"},
}  # fmt: skip
_FILLED = {"account_id": "a", "subscription_id": "s", "invoice_id": "i", "amount": 10000}


def known(feature: str, **tables: Sequence[Mapping[str, Any]]) -> Any:
    """The value of a feature for account ``a`` on 2024-06-30, from rows written as dictionaries.

    A column of days or instants takes whole days before that day: 0 is noon on it, -1 the day after. What is left out
    is filled in: the account signed up on 2024-01-01 (181 days before) and has paid 100.00 (10000) a month for
    subscription ``s`` since then; other rows are the account's, invoices and payments of 100.00, events carry the
    names of their roles. A table that is not given does not exist. Returns a number, a text, or None where nothing is
    known.
    """
    import duckdb

    given = {"accounts": [_ACCOUNT], "subscriptions": [_SUBSCRIPTION], **tables}
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        for name, rows in given.items():
            _store(con, name, [_completed(name, number, row) for number, row in enumerate(rows)])
        statement = features(given, {role: role for role in ROLES}, (BY_NAME[feature],)).sql("duckdb")
        parameters = {"as_of": AS_OF, "cutoff": cutoff(AS_OF, "UTC"), "usage_from": date(2020, 1, 1)}
        found = con.execute(f"SELECT {identifier(feature)} FROM ({statement}) WHERE account_id = 'a'", parameters)
        row = found.fetchone()
    return row[0] if row else None


def _completed(table: str, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    full = {**_STANDARD.get(table, {}), **row}
    for column in TABLES[table].columns:
        if column.required and column.name not in full:
            of_its_own = TABLES[table].key == (column.name,)
            full[column.name] = f"{column.name} {number}" if of_its_own else _FILLED.get(column.name)
    return {name: value for column in TABLES[table].columns for name, value in _dated(column, full.get(column.name))}


def _dated(column: Column, value: Any) -> list[tuple[str, Any]]:
    if value is None or column.type not in ("instant", "day"):
        return [(column.name, value)]
    day = AS_OF - timedelta(days=value)
    return (
        [(str(column.day), day), (column.name, datetime.combine(day, time(12)))] if column.day else [(column.name, day)]
    )


def _store(con: Any, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    known_as = {"string": "text", "timestamp": "instant", "date": "day", "int64": "integer", "float64": "number",
                "boolean": "flag"}  # fmt: skip
    columns = {name: SQL_TYPES[known_as[kind]] for name, kind in stored_schema(TABLES[table]).items()}
    con.execute(f"CREATE TABLE {table} ({', '.join(f'{identifier(name)} {kind}' for name, kind in columns.items())})")
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        con.execute(f"INSERT INTO {table} VALUES ({marks})", [row.get(name) for name in columns])
