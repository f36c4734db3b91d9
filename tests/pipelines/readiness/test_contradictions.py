"""Every contradiction finds its rows, counts them, shows them, and finds nothing in good ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from churn_features.tables import TABLES
from pipelines.readiness.contradictions import contradictions
from pipelines.readiness.profile import profile

AS_OF = date(2025, 3, 10)
MOMENT = {"as_of": AS_OF, "cutoff": datetime(2025, 3, 11)}
AT = datetime
EARLY, LATE = AT(2024, 12, 1), AT(2025, 2, 20)

# code -> bad rows of its table, rows of other tables, column and value of the example
BAD: dict[str, tuple[dict[str, Any], dict[str, list[dict[str, Any]]], str, str]] = {
    "accounts.churned_but_subscribed": (
        {"churned": True}, {"subscriptions": [{"account_id": "bad"}]}, "churned", "true",
    ),
    "accounts.not_churned_but_ended": (
        {"churned": False}, {"subscriptions": [{"account_id": "bad", "ended_at": LATE}]}, "churned", "false",
    ),
    "accounts.without_subscription": ({}, {"subscriptions": []}, "created_at", "2025-01-01 09:00:00"),
    "subscriptions.ended_without_date": ({"ended": True}, {}, "ended", "true"),
    "subscriptions.date_without_ended": ({"ended": False, "ended_at": LATE}, {}, "ended_at", "2025-02-20 00:00:00"),
    "subscriptions.announced_end_passed": (
        {"cancel_requested_at": AT(2025, 2, 1), "ends_at": LATE}, {}, "ends_at", "2025-02-20 00:00:00",
    ),
    "subscriptions.requested_after_end": (
        {"cancel_requested_at": AT(2025, 2, 21), "ended_at": LATE}, {}, "cancel_requested_at", "2025-02-21 00:00:00",
    ),
    "subscriptions.undated ends_at": ({"ends_at": AT(2025, 4, 1)}, {}, "ends_at", "2025-04-01 00:00:00"),
    "subscriptions.undated end_reason": ({"end_reason": "requested"}, {}, "end_reason", "requested"),
    "subscriptions.undated feedback": ({"feedback": "unused"}, {}, "feedback", "unused"),
    "subscription_changes.nothing_changed": ({"mrr": None}, {}, "changed_at", "2025-02-01 00:00:00"),
    "subscription_changes.before_start": (
        {"changed_at": AT(2025, 1, 1)}, {"subscriptions": [{}]}, "changed_at", "2025-01-01 00:00:00",
    ),
    "subscription_changes.after_end": (
        {"changed_at": AT(2025, 2, 21)}, {"subscriptions": [{"ended_at": LATE}]}, "changed_at", "2025-02-21 00:00:00",
    ),
    "invoices.paid_without_date": ({"paid": True}, {}, "paid", "true"),
    "invoices.date_without_paid": ({"paid": False, "paid_at": LATE}, {}, "paid_at", "2025-02-20 00:00:00"),
    "invoices.collected_without_date": (
        {}, {"payments": [{"invoice_id": "bad", "amount": 2000, "succeeded": True},
                          {"invoice_id": "bad", "amount": 2900, "succeeded": True}]}, "amount", "4900",
    ),
    "invoices.paid_and_closed": ({"paid_at": LATE, "closed_at": LATE}, {}, "closed_at", "2025-02-20 00:00:00"),
    "invoices.undated closed_as": ({"closed_as": "void"}, {}, "closed_as", "void"),
    "invoices.before_signup": ({"issued_at": EARLY}, {"accounts": [{}]}, "issued_at", "2024-12-01 00:00:00"),
    "payments.succeeded_with_failure": (
        {"succeeded": True, "failure_code": "expired_card"}, {}, "failure_code", "expired_card",
    ),
    "payments.before_signup": ({"attempted_at": EARLY}, {"accounts": [{}]}, "attempted_at", "2024-12-01 00:00:00"),
    "payment_methods.card_without_expiry": ({"kind": "Card", "expires_on": None}, {}, "expires_on", "empty"),
    "payment_methods.before_signup": ({"added_at": EARLY}, {"accounts": [{}]}, "added_at", "2024-12-01 00:00:00"),
    "tickets.reopened_without_date": ({"reopened": True}, {}, "reopened", "true"),
    "tickets.undated satisfaction": ({"satisfaction": 2.0}, {}, "satisfaction", "2.0"),
    "tickets.before_signup": ({"opened_at": EARLY}, {"accounts": [{}]}, "opened_at", "2024-12-01 00:00:00"),
    "feedback.without_score": ({"kind": "nps"}, {}, "score", "empty"),
    "feedback.before_signup": ({"given_at": EARLY}, {"accounts": [{}]}, "given_at", "2024-12-01 00:00:00"),
    "outreach.undated outcome": ({"outcome": "replied"}, {}, "outcome", "replied"),
    "outreach.before_signup": ({"contacted_at": EARLY}, {"accounts": [{}]}, "contacted_at", "2024-12-01 00:00:00"),
}  # fmt: skip

GOOD: dict[str, dict[str, Any]] = {
    "accounts": {"churned": False},
    "subscriptions": {
        "ended": True, "ended_at": LATE, "end_reason": "requested", "cancel_requested_at": LATE, "ends_at": LATE,
        "feedback": "unused",
    },
    "subscription_changes": {"changed_at": LATE},
    "invoices": {"paid": True, "paid_at": LATE},
    "payments": {"failure_code": "expired_card"},
    "payment_methods": {"kind": "sepa_debit", "expires_on": None},
    "tickets": {"reopened": True, "reopened_at": LATE, "satisfaction": 2.0, "rated_at": LATE},
    "feedback": {"kind": "nps", "score": 3.0},
    "outreach": {"outcome": "replied", "outcome_at": LATE},
}  # fmt: skip


def named(table: str, row: dict[str, Any], name: str, at: int = 0) -> dict[str, Any]:
    """The row with a key of its own."""
    if len(TABLES[table].key) > 1:
        when = TABLES[table].occurred
        return {**row, when: row.get(when, AT(2025, 2, 1)).replace(second=at)}
    return {**row, TABLES[table].key[0]: name}


@pytest.mark.parametrize("code", BAD)
def test_a_contradiction_is_counted_and_shown(code: str, store: Callable[..., Any], by_code: Any) -> None:
    row, others, column, value = BAD[code]
    table = code.partition(".")[0]
    bad = [named(table, row, name, at) for at, name in enumerate(("bad", "worse"))]
    if others and table in ("accounts", "invoices"):
        bad = [named(table, row, "bad")]
    good = named(table, GOOD[table], "good", 30)
    tables = {"accounts": [{}], "subscriptions": [{}], "payments": [], **others}
    if table == "accounts":
        tables["subscriptions"] = [*tables["subscriptions"], {"subscription_id": "of good", "account_id": "good"}]
    tables[table] = [*bad, good]
    con = store(**tables)
    told, found = profile(con, TABLES[table], tables, (), "shop", MOMENT)
    ours = [each for each in found if f"{each.code} {each.column}" == code or each.code == code]
    assert [each.code for each in ours] == [code.partition(" ")[0]]
    (each,) = ours
    assert (each.count, each.of, each.column) == (len(bad), len(bad) + 1, column)
    assert told.rows == len(bad) + 1
    assert len(each.examples) == len(bad)
    assert (each.examples[0].table, each.examples[0].column) == (table, column)
    assert each.examples[0].value == value
    assert "{" not in each.remedy


@pytest.mark.parametrize("table", GOOD)
def test_good_rows_contradict_nothing(table: str, store: Callable[..., Any]) -> None:
    tables: dict[str, list[dict[str, Any]]] = {"accounts": [{}], "subscriptions": [{}], "payments": [{}]}
    con = store(**{**tables, table: [GOOD[table]]})
    _, found = profile(con, TABLES[table], {*tables, table}, (), "shop", MOMENT)
    codes = {each.code for each in contradictions(TABLES[table], frozenset(TABLES))}
    assert not codes & {each.code for each in found}


def test_every_contradiction_is_tried() -> None:
    asked = {
        f"{each.code} {each.column}" if each.known_from else each.code
        for table in TABLES.values()
        for each in contradictions(table, frozenset(TABLES))
    }
    assert asked == set(BAD)


def test_what_needs_a_table_that_is_not_there_is_not_asked() -> None:
    for table in TABLES.values():
        for each in contradictions(table, frozenset({table.name})):
            assert not each.needs or table.name == "subscriptions"
