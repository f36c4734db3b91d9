"""The examples' configurations, unchanged, over small files in the layouts that they are for."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import config as configuration
from pipelines import ingest, tables, usage_store
from pipelines.config import Config
from pipelines.lake import Lake
from pipelines.sources import source_of

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2021, 3, 31)

CUSTOMER = ("id", "created", "name", "description", "email", "address_country", "shipping_address_country", "livemode")
SUBSCRIPTION = (
    "id", "_fivetran_synced", "_fivetran_active", "cancel_at", "cancel_at_period_end", "canceled_at",
    "current_period_end", "customer_id", "ended_at", "livemode", "quantity", "start_date", "status", "trial_end",
)  # fmt: skip
LINE = ("id", "invoice_id", "period_start", "plan_id", "proration", "quantity", "subscription_id")
PLAN = ("id", "amount", "interval", "interval_count", "nickname", "usage_type")
INVOICE = (
    "id",
    "amount",
    "currency",
    "customer_id",
    "date",
    "is_deleted",
    "livemode",
    "period_start",
    "subscription_id",
)
CHARGE = (
    "id", "amount", "created", "currency", "customer_id", "failure_code", "invoice_id", "livemode", "outcome_reason",
    "payment_intent_id", "status",
)  # fmt: skip


def write(file: Path, columns: Sequence[str], *rows: Mapping[str, Any]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_stripe(folder: Path) -> None:
    """Five customers of a company in the layout of the connector."""
    folder.mkdir()
    live = {"livemode": "TRUE"}
    write(
        folder / "customer_data.csv", CUSTOMER,
        *({**live, "id": f"c{n}", "created": "2021-01-01 08:00:00", "name": f"C{n}", "address_country": "DE"}
          for n in range(1, 6)),
        {"id": "test", "created": "2021-01-01 08:00:00", "livemode": "FALSE"},
    )  # fmt: skip
    common = {
        **live, "_fivetran_active": "true", "cancel_at_period_end": "FALSE", "status": "active", "quantity": 1,
        "_fivetran_synced": "2021-03-01 00:00:00", "start_date": "2021-01-02 10:00:00",
    }  # fmt: skip
    write(
        folder / "subscription_history_data.csv", SUBSCRIPTION,
        {**common, "id": "s1", "customer_id": "c1", "quantity": 2},
        {**common, "id": "s1", "customer_id": "c1", "quantity": 5, "status": "past_due", "_fivetran_active": "false",
         "_fivetran_synced": "2021-02-10 00:00:00"},
        {**common, "id": "s2", "customer_id": "c2", "cancel_at_period_end": "TRUE",
         "canceled_at": "2021-03-05 09:00:00", "current_period_end": "2022-01-02 10:00:00"},
        {**common, "id": "s3", "customer_id": "c3", "status": "canceled", "canceled_at": "2021-02-01 09:00:00",
         "ended_at": "2021-03-02 10:00:00"},
        {**common, "id": "s4", "customer_id": "c4", "trial_end": "2021-01-16 10:00:00 UTC"},
        {**common, "id": "s5", "customer_id": "c5", "status": "incomplete_expired"},
        {**common, "id": "s6", "customer_id": "c5", "livemode": "FALSE"},
    )  # fmt: skip
    write(
        folder / "plan_data.csv", PLAN,
        {"id": "p_month", "amount": 1500, "interval": "month", "interval_count": 1, "nickname": "Team",
         "usage_type": "licensed"},
        {"id": "p_year", "amount": 120_000, "interval": "year", "interval_count": 1, "usage_type": "licensed"},
        {"id": "p_quarter", "amount": 9000, "interval": "month", "interval_count": 3, "usage_type": "licensed"},
        {"id": "p_metered", "amount": 7, "interval": "month", "interval_count": 1, "usage_type": "metered"},
    )  # fmt: skip
    first = {"period_start": "2021-01-02 10:00:00", "proration": "FALSE", "quantity": 1}
    write(
        folder / "invoice_line_item_data.csv", LINE,
        {**first, "subscription_id": "s1", "plan_id": "p_month", "quantity": 2},
        {**first, "subscription_id": "s1", "plan_id": "p_month", "quantity": 9, "period_start": "2021-02-02 10:00:00"},
        {**first, "subscription_id": "s1", "plan_id": "p_year", "proration": "TRUE"},
        {**first, "subscription_id": "s2", "plan_id": "p_year"},
        {**first, "subscription_id": "s3", "plan_id": "p_quarter"},
        {**first, "subscription_id": "s3", "plan_id": "p_metered", "quantity": 400},
        {**first, "subscription_id": "s4", "plan_id": "p_metered"},
    )  # fmt: skip
    bill = {**live, "currency": "usd", "is_deleted": "FALSE", "customer_id": "c1", "subscription_id": "s1"}
    write(
        folder / "invoice_data.csv", INVOICE,
        {**bill, "id": "i1", "amount": 3000, "period_start": "2021-01-02 10:00:00"},
        {**bill, "id": "i2", "amount": 3000, "period_start": "2021-02-02 10:00:00", "date": "2021-02-03 00:00:00"},
        {**bill, "id": "i3", "amount": 1, "period_start": "2021-01-02 10:00:00", "is_deleted": "TRUE"},
    )  # fmt: skip
    try_ = {**live, "currency": "usd", "customer_id": "c1", "amount": 3000}
    write(
        folder / "charge_data.csv", CHARGE,
        {**try_, "id": "h1", "invoice_id": "i1", "created": "2021-01-02 10:00:05", "status": "succeeded"},
        {**try_, "id": "h2", "invoice_id": "i2", "created": "2021-02-03 10:00:05", "status": "failed",
         "failure_code": "card_declined", "outcome_reason": "do_not_honor"},
        {**try_, "id": "h3", "payment_intent_id": "pi1", "created": "2021-02-04 10:00:05", "status": "succeeded"},
    )  # fmt: skip
    write(
        folder / "payment_method_data.csv", ("id", "created", "customer_id", "livemode", "type"),
        {**live, "id": "m1", "created": "2021-01-01 09:00:00", "customer_id": "c1", "type": "card"},
        {**live, "id": "m2", "created": "2021-01-01 09:00:00", "customer_id": "c2", "type": "sepa_debit"},
        {**live, "id": "m3", "created": "2021-01-01 09:00:00", "type": "card"},
    )  # fmt: skip
    write(
        folder / "card_data.csv", ("id", "customer_id", "exp_month", "exp_year"),
        {"id": "m1", "exp_month": 2, "exp_year": 2024},
    )  # fmt: skip


def stripe(data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    place = folder / "examples" / "stripe-fivetran"
    place.mkdir(parents=True)
    shutil.copy(EXAMPLES / "stripe-fivetran" / "churn.yaml", place)
    monkeypatch.setenv("CHURN_DATA", str(data))
    return configuration.load(place / "churn.yaml")


def rows(config: Config, table: str, *columns: str) -> list[tuple[Any, ...]]:
    file = Lake(config.path(config.lake)).rows(table)
    with duckdb.connect() as con:
        return con.execute(f"SELECT {', '.join(columns)} FROM read_parquet('{file}') ORDER BY ALL").fetchall()


def test_stripe_s_tables_become_the_contract_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stripe(tmp_path / "stripe-connector-seeds")
    config = stripe(tmp_path, tmp_path, monkeypatch)
    for table in source_of(config):
        ingest.land(config, DAY, table)
        checked = tables.check(config, DAY, table)
        assert (checked.passed, checked.quarantined) == (True, 0), checked
    assert [row[0] for row in rows(config, "accounts", "account_id")] == ["c1", "c2", "c3", "c4", "c5"]
    # two seats at 15.00; 1,200.00 a year; 90.00 a quarter and metered usage; metered usage alone
    assert rows(config, "subscriptions", "subscription_id", "mrr", "billing_interval", "plan", "quantity") == [
        ("s1", 3000, "month", "Team", 2),
        ("s2", 10_000, "year", "p_year", 1),
        ("s3", 3000, "quarter", "p_quarter", 1),
        ("s4", 0, "month", "p_metered", 1),
    ]
    ends = rows(config, "subscriptions", "subscription_id", "cancel_requested_at", "ends_at", "ended_at", "auto_renew")
    assert ends[1] == ("s2", datetime(2021, 3, 5, 9), datetime(2022, 1, 2, 10), None, False)
    assert ends[2] == ("s3", datetime(2021, 2, 1, 9), None, datetime(2021, 3, 2, 10), True)
    assert rows(config, "subscriptions", "trial_ends_at")[0] == (datetime(2021, 1, 16, 10),)
    assert rows(config, "subscription_changes", "subscription_id", "changed_at", "quantity", "status")[:2] == [
        ("s1", datetime(2021, 2, 10), 5, "past_due"),
        ("s1", datetime(2021, 3, 1), 2, "active"),
    ]
    assert rows(config, "invoices", "invoice_id", "issued_at", "amount", "paid_at") == [
        ("i1", datetime(2021, 1, 2, 10), 3000, datetime(2021, 1, 2, 10, 0, 5)),
        ("i2", datetime(2021, 2, 3), 3000, None),
    ]
    assert rows(config, "payments", "payment_id", "invoice_id", "succeeded", "failure_code") == [
        ("h1", "i1", True, None),
        ("h2", "i2", False, "do_not_honor"),
    ]
    assert rows(config, "payment_methods", "payment_method_id", "kind", "expires_on") == [
        ("m1", "card", date(2024, 2, 29)),
        ("m2", "sepa_debit", None),
    ]


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("cancel_at_period_end", "proration"), pa.bool_()),
    **dict.fromkeys(
        ("mrr_change", "quantity_change", "quantity", "amount", "total", "recurring_interval_count", "card_exp_month",
         "card_exp_year"), pa.int64(),
    ),
    **dict.fromkeys(
        ("created", "cancel_at", "canceled_at", "current_period_end", "ended_at", "start_date", "trial_end", "date",
         "due_date", "period_start", "status_transitions_finalized_at", "status_transitions_paid_at",
         "status_transitions_voided_at", "status_transitions_marked_uncollectible_at"), pa.timestamp("us"),
    ),
}  # fmt: skip
"""Of the columns that are no text in Stripe's own tables; ``event_timestamp`` is one."""

STRIPE_TABLES = {
    "customers": "id created name description email address_country shipping_address_country",
    "subscriptions": "id customer_id status start_date trial_end cancel_at cancel_at_period_end canceled_at ended_at "
    "current_period_end cancellation_details_reason cancellation_details_feedback quantity price_id",
    "subscription_item_change_events": "event_timestamp event_type subscription_id subscription_item_id currency "
    "customer_id price_id product_id mrr_change quantity_change",
    "invoices": "id customer_id subscription_id charge_id status currency date due_date total "
    "status_transitions_finalized_at status_transitions_paid_at status_transitions_voided_at "
    "status_transitions_marked_uncollectible_at",
    "invoice_line_items": "id invoice_id source_type source_id subscription price_id quantity amount currency "
    "period_start proration",
    "prices": "id product_id nickname unit_amount_decimal recurring_interval recurring_interval_count "
    "recurring_usage_type",
    "products": "id name",
    "charges": "id customer_id invoice_id created amount currency status failure_code outcome_reason",
    "payment_methods": "id customer_id created type card_exp_month card_exp_year",
}


def stripe_company() -> dict[str, list[dict[str, Any]]]:
    """Seven customers of a company by Stripe's own tables; what a row does not say is missing."""
    begun = "2025-01-02 10:00:00"

    def price(
        id_: str, cents: str | None, interval: str | None, count: int = 1, usage: str = "licensed"
    ) -> dict[str, Any]:
        return {"id": id_, "product_id": f"prod_{id_}", "unit_amount_decimal": cents, "recurring_interval": interval,
                "recurring_interval_count": count, "recurring_usage_type": usage}  # fmt: skip

    def event(at: str, sub: str, item: str, of: str, mrr: int, seats: int, **more: Any) -> dict[str, Any]:
        return {"event_timestamp": at, "subscription_id": sub, "subscription_item_id": f"{sub}-{item}", "price_id": of,
                "mrr_change": mrr, "quantity_change": seats, "currency": "usd", **more}  # fmt: skip

    def line(sub: str, of: str, quantity: int, amount: int, at: str = begun, **more: Any) -> dict[str, Any]:
        return {"id": f"il_{sub}_{of}_{at}", "source_type": "subscription", "source_id": sub, "price_id": of,
                "quantity": quantity, "amount": amount, "currency": "usd", "period_start": at, "proration": False,
                **more}  # fmt: skip

    def sub(number: int, **more: Any) -> dict[str, Any]:
        return {"id": f"s{number}", "customer_id": f"c{number}", "status": "active", "start_date": begun,
                "cancel_at_period_end": False, "current_period_end": "2026-01-02 10:00:00", **more}  # fmt: skip

    def bill(id_: str, status: str, **more: Any) -> dict[str, Any]:
        return {"id": id_, "customer_id": "c1", "subscription_id": "s1", "status": status, "currency": "usd",
                "date": begun, "total": 3000, **more}  # fmt: skip

    def charge(id_: str, status: str, at: str, **more: Any) -> dict[str, Any]:
        return {
            "id": id_,
            "customer_id": "c1",
            "created": at,
            "amount": 3000,
            "currency": "usd",
            "status": status,
            **more,
        }

    return {
        "customers": [
            {"id": f"c{n}", "created": "2025-01-01 08:00:00", "name": f"C{n}", "address_country": "DE"}
            for n in range(1, 8)
        ],
        "products": [{"id": f"prod_{id_}", "name": id_.title()} for id_ in ("team", "annual", "quarterly", "tiers")],
        "prices": [
            price("team", "1500", "month"), price("annual", "120000", "year"), price("quarterly", "9000", "month", 3),
            price("calls", "7", "month", usage="metered"), price("tiers", None, "month"), price("setup", "500", None),
        ],
        "subscriptions": [
            sub(1, status="past_due"),
            sub(2, cancel_at_period_end=True, canceled_at="2025-03-05 09:00:00", cancel_at="2026-01-02 10:00:00"),
            sub(3, status="canceled", canceled_at="2025-02-01 09:00:00", ended_at="2025-03-02 10:00:00",
                cancellation_details_reason="cancellation_requested", cancellation_details_feedback="too_expensive"),
            sub(4, trial_end="2025-01-16 10:00:00"),
            sub(5, status="incomplete_expired"),
            sub(6, status="unpaid"),
            sub(7),
        ],
        "subscription_item_change_events": [
            # two items, then five seats, then another price for one of them
            event(begun, "s1", "a", "team", 3000, 2),
            event(begun, "s1", "b", "quarterly", 1000, 1),
            event("2025-02-10 00:00:00", "s1", "a", "team", 4500, 3),
            event("2025-03-10 12:30:00", "s1", "a", "team", -7500, -5),
            event("2025-03-10 12:30:00", "s1", "c", "annual", 20_000, 2),
            event(begun, "s2", "a", "annual", 10_000, 1),
            event(begun, "s3", "a", "quarterly", 3000, 1),
            event("2025-03-02 10:00:00", "s3", "a", "quarterly", -3000, -1, event_type="ACTIVE_END"),
            # the trial's end
            event("2025-01-16 10:00:00", "s4", "a", "team", 1500, 1),
            event(begun, "s6", "a", "team", 1500, 1),
            event(begun, "s1", "e", "team", 1400, 1, currency="eur"),
        ],
        "invoice_line_items": [
            line("s2", "annual", 1, 120_000),
            # a subscription without events yet: three months of 90.00 twice, 12.50 in tiers, and what is no recurring
            # revenue: metered calls, what is paid once, a proration, the next period
            line("s7", "quarterly", 2, 18_000),
            line("s7", "calls", 400, 2800),
            line("ii_1", "tiers", 10, 1250, source_type="invoice_item", subscription="s7"),
            line("s7", "setup", 1, 500),
            line("s7", "annual", 1, 9999, proration=True),
            line("s7", "quarterly", 9, 81_000, at="2025-04-02 10:00:00"),
            line("s7", "team", 1, 1400, currency="eur"),
        ],
        "invoices": [
            bill("i1", "paid", status_transitions_finalized_at="2025-01-02 11:00:00", charge_id="h1",
                 status_transitions_paid_at="2025-01-02 11:00:05"),
            bill("i2", "open", due_date="2025-02-16 00:00:00", charge_id="h2"),
            bill("i3", "void", status_transitions_voided_at="2025-02-20 00:00:00"),
            bill("i4", "uncollectible", status_transitions_marked_uncollectible_at="2025-02-21 00:00:00"),
            bill("i5", "draft"),
            bill("i6", "open", currency="eur"),
            bill("i7", "open", customer_id="c6", subscription_id="s6", charge_id="h4"),
        ],
        "charges": [
            charge("h1", "succeeded", "2025-01-02 11:00:05", invoice_id="i1", outcome_reason="elevated_risk_level"),
            charge("h2", "failed", "2025-02-03 10:00:05", invoice_id="i2", failure_code="card_declined",
                   outcome_reason="do_not_honor"),
            charge("h3", "succeeded", "2025-02-04 10:00:05"),
            charge("h4", "failed", "2025-02-25 10:00:00", invoice_id="i7", customer_id="c6",
                   failure_code="expired_card"),
            charge("h5", "pending", "2025-03-04 10:00:05", invoice_id="i2"),
        ],
        "payment_methods": [
            {"id": "m1", "customer_id": "c1", "created": "2025-01-01 09:00:00", "type": "card", "card_exp_month": 2,
             "card_exp_year": 2028},
            {"id": "m2", "customer_id": "c2", "created": "2025-01-01 09:00:00", "type": "sepa_debit"},
            {"id": "m3", "created": "2025-01-01 09:00:00", "type": "card"},
        ],
    }  # fmt: skip


def write_parquet(file: Path, columns: Sequence[str], found: Sequence[Mapping[str, Any]]) -> None:
    types = {name: TYPES.get(name, pa.string()) for name in columns}
    values = {
        name: pa.array(
            [instant(row.get(name)) if pa.types.is_timestamp(kind) else row.get(name) for row in found], kind
        )
        for name, kind in types.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(values), file)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_stripe_s_own_exports_become_the_contract_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The same company by typed files, two a table, and by files of text."""
    for table, found in stripe_company().items():
        columns = STRIPE_TABLES[table].split()
        if kind == "csv":
            (tmp_path / "export" / table).mkdir(parents=True)
            write(tmp_path / "export" / table / f"{table}.csv", columns, *found)
            continue
        for part, half in enumerate((found[::2], found[1::2])):
            write_parquet(tmp_path / "export" / table / f"part-{part:05}.snappy.parquet", columns, half)
    place = tmp_path / "examples" / "stripe-data-pipeline"
    place.mkdir(parents=True)
    shutil.copy(EXAMPLES / "stripe-data-pipeline" / "churn.yaml", place)
    monkeypatch.setenv("STRIPE_EXPORT", str(tmp_path / "export"))
    monkeypatch.setenv("STRIPE_FILES", kind)
    config = configuration.load(place / "churn.yaml")
    for table in source_of(config):
        ingest.land(config, date(2025, 3, 31), table)
        checked = tables.check(config, date(2025, 3, 31), table)
        assert (checked.passed, checked.quarantined) == (True, 0), checked
    assert rows(config, "accounts", "account_id", "name", "country")[0] == ("c1", "C1", "DE")
    assert rows(config, "subscriptions", "subscription_id", "mrr", "billing_interval", "plan", "quantity") == [
        ("s1", 4000, "month", "Team", 2),
        ("s2", 10_000, "year", "Annual", 1),
        ("s3", 3000, "quarter", "Quarterly", 1),
        ("s4", 1500, "month", "Team", 1),
        ("s6", 1500, "month", "Team", 1),
        ("s7", 7250, "quarter", "Quarterly", 2),
    ]
    ends = {row[0]: row[1:] for row in rows(
        config, "subscriptions", "subscription_id", "cancel_requested_at", "ends_at", "ended_at", "end_reason",
        "feedback", "auto_renew",
    )}  # fmt: skip
    # past_due is still a customer, unpaid has left
    assert ends["s1"] == (None, None, None, None, None, True)
    assert ends["s2"] == (datetime(2025, 3, 5, 9), datetime(2026, 1, 2, 10), None, None, None, False)
    asked, ended = datetime(2025, 2, 1, 9), datetime(2025, 3, 2, 10)
    assert ends["s3"] == (asked, None, ended, "requested", "too_expensive", True)
    assert ends["s6"] == (None, None, datetime(2025, 2, 25, 10), None, None, True)
    assert rows(config, "subscriptions", "trial_ends_at", "started_at")[0] == (
        datetime(2025, 1, 16, 10), datetime(2025, 1, 2, 10),
    )  # fmt: skip
    assert rows(config, "subscription_changes", "subscription_id", "changed_at", "mrr", "plan", "quantity") == [
        ("s1", datetime(2025, 2, 10), 8500, "Team", 5),
        ("s1", datetime(2025, 3, 10, 12, 30), 21_000, "Annual", 2),
    ]
    billed = datetime(2025, 1, 2, 10)
    facts = ("invoice_id", "issued_at", "due_at", "amount", "paid_at", "closed_at", "closed_as")
    assert rows(config, "invoices", *facts) == [
        ("i1", datetime(2025, 1, 2, 11), datetime(2025, 1, 2, 11), 3000, datetime(2025, 1, 2, 11, 0, 5), None, None),
        ("i2", billed, datetime(2025, 2, 16), 3000, None, None, None),
        ("i3", billed, billed, 3000, None, datetime(2025, 2, 20), "void"),
        ("i4", billed, billed, 3000, None, datetime(2025, 2, 21), "uncollectible"),
        ("i7", billed, billed, 3000, None, None, None),
    ]  # fmt: skip
    assert rows(config, "payments", "payment_id", "invoice_id", "succeeded", "failure_code") == [
        ("h1", "i1", True, None),
        ("h2", "i2", False, "do_not_honor"),
        ("h4", "i7", False, "expired_card"),
    ]
    assert rows(config, "payment_methods", "payment_method_id", "kind", "expires_on") == [
        ("m1", "card", date(2028, 2, 29)),
        ("m2", "sepa_debit", None),
    ]


FIRST, SECOND, BROKEN = "1735787045.123456", "1738465445.654321", "1738551845.5"
"""Loads of 2 January and 2 February 2025, and one that broke off a day later."""


def write_dlt(dataset: Path) -> None:
    """Files of these loads as dlt names them; the second load knows columns that the first did not."""

    def load(table: str, id_: str, **columns: list[Any]) -> None:
        size = len(next(iter(columns.values())))
        own = {"_dlt_load_id": [id_] * size, "_dlt_id": [f"{table}{id_}{n}" for n in range(size)]}
        (dataset / table).mkdir(parents=True, exist_ok=True)
        number = len(list((dataset / table).iterdir()))
        pq.write_table(pa.table({**columns, **own}), dataset / table / f"{id_}.0a1b2c{number}.parquet")

    def utc(*at: int) -> datetime:
        return datetime(*at, tzinfo=UTC)

    created, changed = utc(2025, 1, 1, 8), utc(2025, 2, 1, 9)
    load("customers", FIRST, id=["a", "b"], name=["A", "B"], created_at=[created] * 2, updated_at=[created] * 2)
    load("customers", SECOND, id=["a", "b", "c"], name=["A", "B & Co", "C"], owner=["ann", None, "bob"],
         created_at=[created, created, changed], updated_at=[created, changed, changed])  # fmt: skip
    load(
        "customers",
        BROKEN,
        id=["a", "d"],
        name=["wrong", "D"],
        created_at=[created] * 2,
        updated_at=[utc(2025, 2, 3)] * 2,
    )
    load("contracts", SECOND, id=["s1", "s2"], customer_id=["a", "b"], plan=["team", "pro"],
         billing_interval=["month", "year"], monthly_price=pa.array([29.5, None]),
         monthly_price__v_text=[None, "100"], started_at=[created] * 2,
         ended_at=pa.array([None, changed], pa.timestamp("us", "UTC")))  # fmt: skip
    evening, noon = utc(2025, 1, 1, 22, 30), utc(2025, 2, 1, 12)

    def events(load_id: str, ids: Sequence[str], account: str, name: str, at: datetime) -> None:
        n = len(ids)
        load("events", load_id, id=list(ids), customer_id=[account] * n, name=[name] * n, user_id=["u"] * n,
             happened_at=[at] * n)  # fmt: skip

    events(FIRST, ["e0"], "a", "report_made", evening)
    events(SECOND, ["e0"], "a", "report_made", evening)
    events(SECOND, [f"e{n}" for n in range(1, 41)], "b", "signed_in", noon)
    events(BROKEN, ["e99"], "b", "signed_in", noon)
    (dataset / "_dlt_loads").mkdir()
    (dataset / "init").touch()
    for id_ in (FIRST, SECOND):
        done = {"load_id": id_, "schema_name": "crm", "status": 0, "inserted_at": "2025-02-02T03:04:05+00:00",
                "schema_version_hash": "x="}  # fmt: skip
        (dataset / "_dlt_loads" / f"crm__{id_}.jsonl").write_text(json.dumps(done), "utf-8")


def test_what_dlt_wrote_becomes_the_contract_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Merged rows are versions, replaced and appended ones as they are, those of a load that broke off are left out."""
    write_dlt(tmp_path / "crm_data")
    place = tmp_path / "examples" / "dlt"
    place.mkdir(parents=True)
    shutil.copy(EXAMPLES / "dlt" / "churn.yaml", place)
    monkeypatch.setenv("DLT_DATASET", str(tmp_path / "crm_data"))
    config, day = configuration.load(place / "churn.yaml"), date(2025, 2, 5)
    quarantined = {}
    for table in source_of(config):
        ingest.land(config, day, table)
        checked = tables.check(config, day, table)
        assert checked.passed, checked
        quarantined[table] = checked.quarantined
    assert quarantined == {"accounts": 0, "subscriptions": 0, "usage": 1}  # e0, which two loads gave
    changed = datetime(2025, 2, 1, 9)
    assert rows(config, "accounts", "account_id", "name", "owner", "recorded_at") == [
        ("a", "A", None, None),
        ("b", "B", None, None),
        ("b", "B & Co", None, changed),
        ("c", "C", "bob", None),
    ]
    assert rows(config, "subscriptions", "subscription_id", "mrr", "ended_at") == [
        ("s1", 2950, None),
        ("s2", 10_000, changed),
    ]
    with duckdb.connect() as con:
        files = [str(each) for each in usage_store.files(Lake(config.path(config.lake)))]
        stored = con.execute(
            "SELECT account_id, day, event, quantity FROM read_parquet(?) ORDER BY ALL", [files]
        ).fetchall()
    assert stored == [
        ("a", date(2025, 1, 1), "report_made", 1.0),
        ("b", date(2025, 2, 1), "signed_in", 40.0),
    ]


SEGMENT = [
    {"type": "track", "event": "Report Created", "userId": "u1", "anonymousId": None, "messageId": "m1", "name": None,
     "timestamp": "2025-03-09T22:30:00.000Z", "receivedAt": "2025-03-09T22:30:01.000Z",
     "context": {"groupId": "acme", "ip": "1.2.3.4"}, "properties": {"pages": 3}},
    {"type": "page", "event": None, "userId": None, "anonymousId": "x9", "messageId": "m2", "name": "Settings",
     "timestamp": "2025-03-09T23:30:00.000Z", "receivedAt": "2025-03-11T08:00:00.000Z", "context": {"groupId": "acme"}},
    {"type": "identify", "userId": "u1", "messageId": "m3", "timestamp": "2025-03-09T23:31:00.000Z",
     "receivedAt": "2025-03-09T23:31:00.000Z", "context": {"groupId": "acme"}},
    {"type": "track", "event": "Signed In", "userId": "u2", "messageId": "m4", "timestamp": "2025-03-09T23:32:00.000Z",
     "receivedAt": "2025-03-09T23:32:00.000Z", "context": {}},
]  # fmt: skip
POSTHOG = [
    {"uuid": "m1", "event": "report created", "distinct_id": "u1", "person_id": None, "team_id": 1,
     "timestamp": "2025-03-09T22:30:00+00:00", "created_at": "2025-03-09T22:30:01+00:00",
     "properties": {"$groups": {"company": "acme"}, "pages": 3}},
    {"uuid": "m2", "event": "$pageview", "distinct_id": "x9", "person_id": "p9", "team_id": 1,
     "timestamp": "2025-03-09T23:30:00+00:00", "created_at": "2025-03-11T08:00:00+00:00",
     "properties": {"$groups": {"company": "acme"}}},
    {"uuid": "m3", "event": "$autocapture", "distinct_id": "u1", "timestamp": "2025-03-09T23:31:00+00:00",
     "created_at": "2025-03-09T23:31:00+00:00", "properties": {"$groups": {"company": "acme"}}},
    {"uuid": "m4", "event": "user signed in", "distinct_id": "u2", "timestamp": "2025-03-09T23:32:00+00:00",
     "created_at": "2025-03-09T23:32:00+00:00", "properties": {}},
]  # fmt: skip
MIXPANEL = [
    {"event": "Create Report", "properties": {"time": 1741559400, "distinct_id": "u1", "$insert_id": "m1",
     "company_id": "acme", "mp_processing_time_ms": 1741559401000, "$city": "Köln"}},
    {"event": "Open Page", "properties": {"time": 1741563000, "distinct_id": "d", "$user_id": "p9", "$insert_id": "m2",
     "company_id": "acme", "mp_processing_time_ms": 1741680000000}},
    {"event": "Sign In", "properties": {"time": 1741563120, "distinct_id": "u2", "$insert_id": "m4"}},
]  # fmt: skip
AMPLITUDE = [
    {"event_type": "create_report", "user_id": "u1", "device_id": "d1", "$insert_id": "m1", "uuid": "a-b",
     "event_time": "2025-03-09 22:30:00.000000", "server_upload_time": "2025-03-09 22:30:01.000000",
     "groups": {"company": ["acme"]}, "event_properties": {"pages": 3}},
    {"event_type": "open_page", "user_id": None, "device_id": "x9", "$insert_id": "m2", "uuid": "a-c",
     "event_time": "2025-03-09 23:30:00.000000", "server_upload_time": "2025-03-11 08:00:00.000000",
     "groups": {"company": ["acme"]}, "event_properties": {}},
    {"event_type": "sign_in", "user_id": "u2", "device_id": "d2", "$insert_id": "m4", "uuid": "a-d",
     "event_time": "2025-03-09 23:32:00.000000", "server_upload_time": "2025-03-09 23:32:00.000000", "groups": {}},
]  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "file", "lines", "events", "users"),
    [
        ("segment", "segment-logs/src/2025-03-09/one.gz", SEGMENT, ["Report Created", "page Settings"], ["u1", "x9"]),
        ("posthog", "posthog/2025/03/one.jsonl", POSTHOG, ["report created", "$pageview"], ["u1", "p9"]),
        ("mixpanel", "mixpanel/2025-03-09.jsonl", MIXPANEL, ["Create Report", "Open Page"], ["u1", "p9"]),
        ("amplitude", "amplitude/1/one.json.gz", AMPLITUDE, ["create_report", "open_page"], ["u1", "x9"]),
    ],
)
def test_event_exports_become_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, file: str, lines: list[Any], events: list[str],
    users: list[str],
) -> None:  # fmt: skip
    """What happened at 22:30 UTC is of the ninth in Berlin, an hour later of the tenth, and known from the eleventh."""
    place = tmp_path / "examples" / "events"
    place.mkdir(parents=True)
    shutil.copy(EXAMPLES / "events" / f"{tool}.yaml", place)
    monkeypatch.setenv("EVENTS", str(tmp_path))
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_bytes(gzip.compress(content) if file.endswith(".gz") else content)
    config = configuration.load(place / f"{tool}.yaml")
    day = date(2025, 3, 12)
    ingest.land(config, day, "usage")
    lake = Lake(config.path(config.lake))
    with duckdb.connect() as con:
        landed = con.execute(
            "SELECT account_id, event, user_id, usage_id, occurred_at, recorded_at, _unreadable "
            f"FROM '{lake.landed('usage', day)}/part-0.parquet' ORDER BY occurred_at"
        ).fetchall()
    assert landed == [
        ("acme", events[0], users[0], "m1", datetime(2025, 3, 9, 22, 30), datetime(2025, 3, 9, 22, 30, 1), None),
        ("acme", events[1], users[1], "m2", datetime(2025, 3, 9, 23, 30), datetime(2025, 3, 11, 8), None),
    ]
    assert tables.check(config, day, "usage").passed
    with duckdb.connect() as con:
        files = [str(each) for each in usage_store.files(lake)]
        stored = con.execute("SELECT day, event, quantity, users FROM read_parquet(?) ORDER BY day", [files]).fetchall()
    assert stored == [(date(2025, 3, 9), events[0], 1.0, 1), (date(2025, 3, 10), events[1], 1.0, 1)]
