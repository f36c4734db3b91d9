"""The examples' configurations, unchanged, over small files in the layouts that they are for."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
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
