"""The naive reference and the statement on a random company: every feature has many values, and all are the same.

Rows are drawn so that the rare is common: many changes of each subscription, invoices tried again and again, corrected
and deleted rows. What the demo company never does is done here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from benchmarks import naive
from churn_features.catalogue import BY_NAME
from churn_features.clock import cutoff, stored_schema
from churn_features.statement import features
from churn_features.tables import INTERVALS, ROLES, STATUSES, TABLES

AS_OF, ZONE, ACCOUNTS = date(2024, 3, 31), "Europe/Berlin", 500
CUTOFF = cutoff(AS_OF, ZONE)
EVENTS = {f"did_{role}": role for role in ROLES} | {"did_setup_too": "setup_step", "did_more": "key_action"}
SQL_TYPES = {
    "string": "VARCHAR", "timestamp": "TIMESTAMP", "date": "DATE", "int64": "BIGINT", "float64": "DOUBLE",
    "boolean": "BOOLEAN",
}  # fmt: skip

Row = dict[str, Any]


class Draw(Random):
    """Instants and choices."""

    def ago(self, least: float, most: float) -> datetime:
        """An instant so many days before the cutoff."""
        return CUTOFF - timedelta(seconds=self.randint(int(least * 86400), int(most * 86400)))

    def after(self, instant: datetime | None, days: float, often: float = 1) -> datetime | None:
        """An instant at most so many days after another one, so often."""
        if instant is None or self.random() > often:
            return None
        return instant + timedelta(seconds=self.randint(1, int(days * 86400)))

    def times(self, most: int) -> range:
        return range(self.randint(0, most))


def account(draw: Draw, owner: str) -> dict[str, list[Row]]:
    """All rows of an account. It may use the product before its first subscription, which may be free."""
    begun, priced = draw.ago(0, 420), draw.random() < 0.8
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    rows["accounts"].append({
        "created_at": begun - timedelta(days=draw.randint(-3, 99)), "industry": draw.choice(["retail", "care", None]),
        "country": draw.choice(["DE", "AT"]), "size": draw.choice(["1-10", "11-50"]),
        "channel": draw.choice(["partner", "ads"]),
    })  # fmt: skip
    for number in range(draw.randint(1, 3)):
        start = draw.after(begun, 200) if number else begun
        asked = draw.after(start, 300, 0.2)
        subscription = {
            "subscription_id": f"{owner}-{number}", "plan": draw.choice("bp"), "started_at": start,
            "billing_interval": draw.choice(INTERVALS), "quantity": draw.choice([None, 0, 1, 2]),
            "mrr": draw.choice([0, 100, 200, 300]) * priced,
            "trial_ends_at": draw.after(start, 40, 0.3), "cancel_requested_at": asked,
            "ends_at": draw.after(asked, 120), "ended_at": draw.after(start, 300, 0.4),
        }  # fmt: skip
        rows["subscriptions"].append(subscription)
        rows["subscription_changes"] += changes(draw, subscription)
    for number in draw.times(6):
        issued = draw.ago(-5, 400)
        invoice = {
            "invoice_id": f"{owner}-{number}", "issued_at": issued, "due_at": draw.after(issued, 30),
            "amount": draw.choice([100, 200, 300, 0, -50]), "paid_at": draw.after(issued, 60, 0.5),
            "closed_at": draw.after(issued, 60, 0.2), "closed_as": draw.choice(["void", "uncollectible"]),
        }  # fmt: skip
        rows["invoices"].append(invoice)
        rows["payments"] += [
            {"payment_id": f"{owner}-{number}-{tried}", "invoice_id": invoice["invoice_id"], "amount": 100,
             "attempted_at": draw.after(issued, 20), "succeeded": draw.random() < 0.5,
             "failure_code": draw.choice(["lost_card", "insufficient_funds", None])}
            for tried in draw.times(3)
        ]  # fmt: skip
    for number in draw.times(3):
        added = draw.ago(-5, 500)
        rows["payment_methods"].append({
            "payment_method_id": f"{owner}-{number}", "added_at": added, "kind": draw.choice(["card", "sepa_debit"]),
            "removed_at": draw.after(added, 300, 0.4),
            "expires_on": draw.choice([None, AS_OF + timedelta(days=draw.randint(-99, 99))]),
        })  # fmt: skip
    for number in draw.times(8):
        opened = draw.ago(-5, 400)
        resolved = draw.after(opened, 30, 0.6)
        rows["tickets"].append({
            "ticket_id": f"{owner}-{number}", "opened_at": opened, "first_reply_at": draw.after(opened, 5, 0.7),
            "resolved_at": resolved, "reopened_at": draw.after(resolved, 60, 0.5),
            "channel": draw.choice(["phone", "chat", None]), "severity": draw.choice(["low", "high", "urgent", None]),
            "rated_at": draw.after(opened, 40, 0.5), "satisfaction": float(draw.randint(1, 5)),
        })  # fmt: skip
    for _ in draw.times(10):
        given, kind = draw.ago(-5, 400), draw.choice(["nps", "csat", "survey", "request", "request"])
        rows["feedback"].append({
            "given_at": given, "kind": kind, "answered_at": draw.after(given, 40, 0.4),
            "score": float(draw.randint(1, 5)) if kind in ("nps", "csat") else None,
            "topic": draw.choice([None, "price", "search"]) if kind != "request" else None,
        })  # fmt: skip
    for number in draw.times(6):
        contacted = draw.ago(-5, 400)
        rows["outreach"].append({
            "contacted_at": contacted, "play": f"play {number}", "outcome_at": draw.after(contacted, 9, 0.8),
            "outcome": draw.choice(["no_answer", "no_show", "reached"]),
        })  # fmt: skip
    history = draw.choice([8, 40, 120])
    often, events = draw.choice([3, 30]), [*EVENTS, "other"]
    used = {(AS_OF - timedelta(days=draw.randint(-1, history)), draw.choice(events)) for _ in range(often)}
    rows["usage"] = [
        {"day": day, "event": event, "quantity": float(draw.randint(1, 5)), "users": draw.choice([None, 1, 2, 3])}
        for day, event in sorted(used)
    ]
    return {name: [{"account_id": owner, **row} for row in content] for name, content in rows.items()}


def changes(draw: Draw, subscription: Row) -> list[Row]:
    """Of price, of size, of state and of the discount, whether or not they change anything."""
    start, id_ = subscription["started_at"], subscription["subscription_id"]
    rows: list[Row] = []
    for _ in draw.times(6):
        at = draw.after(start, 300)
        rows.append(
            draw.choice([
                {"changed_at": at, "mrr": draw.choice([0, 100, 200, 300])},
                {"changed_at": at, "plan": draw.choice("bp"), "quantity": draw.choice([None, 1, 2]),
                 "mrr": draw.choice([None, 100, 200])},
                {"changed_at": at, "status": draw.choice(STATUSES), "until": draw.after(at, 120, 0.5)},
            ])
        )  # fmt: skip
    for _ in draw.times(4):
        at, share = draw.after(start, 300), draw.choice([0.0, 0.0, 0.1, 0.2])
        rows.append({"changed_at": at, "discount_share": share, "until": draw.after(at, 200, 0.7) if share else None})
    return [{"subscription_id": id_, **row} for row in rows]


def stored(draw: Draw, table: str, row: Row) -> Row:
    """With days of instants; some rows were recorded late, landed late, corrected or deleted."""
    if table not in ("usage", "accounts", "subscriptions") and draw.random() < 0.1:
        row["recorded_at"] = draw.ago(-9, 30)
    if table not in ("accounts", "subscriptions") and draw.random() < 0.1:
        row[draw.choice(["known_after", "known_to"])] = AS_OF - timedelta(days=draw.randint(-3, 9))
    days = {
        column.day: row[column.name].replace(tzinfo=UTC).astimezone(ZoneInfo(ZONE)).date()
        for column in TABLES[table].columns
        if column.day and table != "usage" and row.get(column.name) is not None
    }
    return {**row, **days}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[duckdb.DuckDBPyConnection, Path]:
    """Its tables in an engine, and a lake of them."""
    draw, lake, con = Draw(3), tmp_path_factory.mktemp("random"), duckdb.connect()
    owners = [account(draw, f"{number:04}") for number in range(ACCOUNTS)]
    for name, table in TABLES.items():
        schema = stored_schema(table)
        rows = [stored(draw, name, row) for owned in owners for row in owned[name]]
        drawn = pd.DataFrame([{column: row.get(column) for column in schema} for row in rows], dtype=object)
        columns = ", ".join(f'"{column}"::{SQL_TYPES[type_]} AS "{column}"' for column, type_ in schema.items())
        con.register("drawn", drawn)
        con.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM drawn")
        (lake / "tables" / name).mkdir(parents=True)
        con.execute(f"COPY {name} TO '{lake / 'tables' / name / 'all.parquet'}'")
    return con, lake


@pytest.fixture(scope="module")
def reference(company: tuple[duckdb.DuckDBPyConnection, Path]) -> pd.DataFrame:
    return naive.features(naive.load(company[1]), pd.Timestamp(AS_OF), ZONE, EVENTS).set_index("account_id")


def test_every_value_is_that_of_the_statement(
    company: tuple[duckdb.DuckDBPyConnection, Path], reference: pd.DataFrame
) -> None:
    con, _ = company
    known = f"coalesce(known_after < DATE '{AS_OF}', true) AND coalesce(known_to >= DATE '{AS_OF}', true)"
    (since,) = con.execute(f"SELECT min(day) FROM usage WHERE {known}").fetchone() or (None,)
    parameters = {"as_of": AS_OF, "cutoff": CUTOFF, "usage_from": since}
    ours = con.execute(features(TABLES, EVENTS).sql(), parameters).df().set_index("account_id")
    assert len(ours) > ACCOUNTS / 3
    compared: Callable[..., None] = pd.testing.assert_series_equal
    for name in BY_NAME:
        compared(reference[name], ours[name], check_dtype=False, rtol=1e-9, atol=1e-12, obj=name)


def test_every_feature_says_something(reference: pd.DataFrame) -> None:
    always_the_same = [name for name in BY_NAME if reference[name].dropna().nunique() < 2]
    assert not always_the_same
