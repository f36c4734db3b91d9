"""Every rule finds its bad row, names row and value, and finds nothing in good rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from churn_features.tables import CONTRACT, TABLES
from pipelines.contracts.rules import rules_for

AT = datetime  # naive UTC, as all instants of the contract

ACCOUNT = {"account_id": "a", "created_at": AT(2024, 12, 1, 9)}
SUBSCRIPTION = {
    "subscription_id": "s-1", "account_id": "a", "plan": "pro", "billing_interval": "month", "mrr": 4900,
    "started_at": AT(2025, 1, 1, 10),
}  # fmt: skip
CHANGE = {"subscription_id": "s-a", "changed_at": AT(2025, 2, 1)}
INVOICE = {
    "invoice_id": "i-1", "account_id": "a", "issued_at": AT(2025, 2, 1), "due_at": AT(2025, 2, 15), "amount": 4900,
}  # fmt: skip
PAYMENT = {
    "payment_id": "p-1", "invoice_id": "i-a", "account_id": "a", "attempted_at": AT(2025, 2, 3), "amount": 4900,
    "succeeded": True,
}  # fmt: skip
METHOD = {"payment_method_id": "m-1", "account_id": "a", "added_at": AT(2025, 1, 1), "kind": "card"}
USAGE = {"account_id": "a", "occurred_at": AT(2025, 2, 1, 12), "event": "login"}
TICKET = {"ticket_id": "t-1", "account_id": "a", "opened_at": AT(2025, 2, 1, 9)}
FEEDBACK = {"account_id": "a", "given_at": AT(2025, 2, 1), "kind": "nps", "score": 9.0}
OUTREACH = {"account_id": "a", "contacted_at": AT(2025, 2, 1), "play": "call"}

GOOD: dict[str, dict[str, Any]] = {
    "accounts": {
        **ACCOUNT,
        "name": "Käse & Söhne «ÉTÉ» «é» 「日本語」 O'Brien {x} :y",
        "owner": "Zoë",
        "contact_ok": True,
    },
    "subscriptions": {
        **SUBSCRIPTION,
        "ended_at": AT(2025, 1, 1, 10),
        "ends_at": AT(2030, 1, 1),
        "end_reason": "requested",
    },
    "subscription_changes": {**CHANGE, "discount_share": 0.25, "status": "paused", "until": AT(2025, 3, 1)},
    "invoices": {**INVOICE, "subscription_id": "s-a", "paid_at": AT(2025, 1, 31, 12)},
    "payments": {**PAYMENT, "failure_code": "card_declined"},
    "payment_methods": {**METHOD, "expires_on": date(2028, 12, 31)},
    "usage": {**USAGE, "quantity": 0.0, "user_id": "u", "usage_id": "1"},
    "tickets": {
        **TICKET,
        "first_reply_at": AT(2025, 2, 1, 9),
        "rated_at": AT(2025, 2, 1, 9),
        "satisfaction": 5.0,
        "reopened_at": AT(2025, 2, 1, 9),
        "severity": "low",
    },
    "feedback": {**FEEDBACK, "topic": "price"},
    "outreach": {**OUTREACH, "list_as_of": date(2025, 1, 31)},
}

GARBLED = "KÃ¼nzli"
# rule, changed values of a good row, its reason
BAD: dict[str, list[tuple[str, dict[str, Any], str]]] = {
    "accounts": [
        (
            "unreadable",
            {"_unreadable": "created_at: '31-31-24' is not a date", "created_at": None},
            "created_at: '31-31-24' is not a date",
        ),
        ("required", {"created_at": None}, "created_at is empty"),
        (
            "future",
            {"created_at": AT(2025, 7, 1, 9)},
            "created_at 2025-07-01 09:00 is in the future: it was checked on 2025-07-01",
        ),
        ("impossible_date", {"created_at": AT(1970, 1, 1)}, "created_at 1970-01-01 00:00 is before 1990-01-01"),
        (
            "after_cutoff",
            {"created_at": AT(2025, 7, 1)},
            "created_at 2025-07-01 00:00 is after the end of 2025-06-30; it counts only from a later day on",
        ),
        (
            "future_fact",
            {"recorded_at": AT(2026, 1, 1)},
            "recorded_at 2026-01-01 00:00 is in the future: it was checked on 2025-07-01",
        ),
        ("encoding", {"name": GARBLED}, "name 'KÃ¼nzli' looks encoded twice; read the file as UTF-8"),
        ("encoding", {"owner": "Itâ€™s"}, "owner 'Itâ€™s' looks encoded twice; read the file as UTF-8"),
        ("too_long", {"name": "x" * 10_001}, "name has 10001 characters"),
    ],
    "subscriptions": [
        ("required", {"plan": None, "mrr": None}, "plan is empty; mrr is empty"),
        (
            "choices",
            {"billing_interval": "O'monthly"},
            "billing_interval 'O'monthly' is not one of day, week, month, quarter, half_year, year",
        ),
        ("orphan_account", {"account_id": "nobody"}, "account_id 'nobody' is not among the accounts"),
        (
            "impossible_date",
            {"ends_at": AT(9999, 12, 31)},
            "ends_at 9999-12-31 00:00 is after 2099-12-31; leave a date empty that is not known",
        ),
        ("out_of_range", {"mrr": -1, "quantity": -2}, "mrr -1 is negative; quantity -2 is negative"),
        (
            "ended_before_start",
            {"ended_at": AT(2024, 12, 31)},
            "ended_at 2024-12-31 00:00 is before started_at 2025-01-01 10:00",
        ),
        (
            "trial_before_start",
            {"trial_ends_at": AT(2025, 1, 1)},
            "trial_ends_at 2025-01-01 00:00 is before started_at 2025-01-01 10:00",
        ),
        (
            "cancelled_before_start",
            {"cancel_requested_at": AT(2025, 1, 1)},
            "cancel_requested_at 2025-01-01 00:00 is before started_at 2025-01-01 10:00",
        ),
        (
            "ends_before_start",
            {"ends_at": AT(2025, 1, 1)},
            "ends_at 2025-01-01 00:00 is before started_at 2025-01-01 10:00",
        ),
        (
            "before_account",
            {"started_at": AT(2024, 11, 30, 23)},
            "started on 2024-11-30, before its account was created on 2024-12-01",
        ),
    ],
    "subscription_changes": [
        ("orphan_subscription", {"subscription_id": "s-?"}, "subscription_id 's-?' is not among the subscriptions"),
        ("out_of_range", {"discount_share": 1.5}, "discount_share 1.5 is not between 0 and 1"),
        ("out_of_range", {"discount_share": float("nan")}, "discount_share nan is not between 0 and 1"),
        ("until_before_change", {"until": AT(2025, 1, 31)}, "until 2025-01-31 00:00 is before changed_at {changed_at}"),
    ],
    "invoices": [
        ("orphan_account", {"account_id": "nobody"}, "account_id 'nobody' is not among the accounts"),
        ("orphan_subscription", {"subscription_id": "s-?"}, "subscription_id 's-?' is not among the subscriptions"),
        ("negative_amount", {"amount": -100}, "amount -100 is negative"),
        (
            "paid_before_issue",
            {"paid_at": AT(2025, 1, 30)},
            "paid_at 2025-01-30 00:00 is before issued_at 2025-02-01 00:00",
        ),
        (
            "due_before_issue",
            {"due_at": AT(2025, 1, 30)},
            "due_at 2025-01-30 00:00 is before issued_at 2025-02-01 00:00",
        ),
    ],
    "payments": [
        ("orphan_invoice", {"invoice_id": "i-?"}, "invoice_id 'i-?' is not among the invoices"),
        ("required", {"succeeded": None}, "succeeded is empty"),
    ],
    "payment_methods": [
        (
            "removed_before_added",
            {"removed_at": AT(2024, 1, 1)},
            "removed_at 2024-01-01 00:00 is before added_at 2025-01-01 00:00",
        ),
        (
            "expired_when_added",
            {"expires_on": date(2024, 12, 31)},
            "expires_on 2024-12-31 is before added_at 2025-01-01",
        ),
    ],
    "usage": [
        ("required", {"event": None}, "event is empty"),
        ("orphan_account", {"account_id": "nobody"}, "account_id 'nobody' is not among the accounts"),
        ("no_time", {"occurred_at": None}, "day and occurred_at are both empty"),
        (
            "future",
            {"occurred_at": None, "day": date(2025, 7, 2), "account_id": "b"},
            "day 2025-07-02 is in the future: it was checked on 2025-07-01",
        ),
        (
            "after_cutoff",
            {"occurred_at": None, "day": date(2025, 7, 1), "account_id": "b"},
            "day 2025-07-01 is after the end of 2025-06-30; it counts only from a later day on",
        ),
        ("out_of_range", {"quantity": -0.5}, "quantity -0.5 is negative"),
        ("out_of_range", {"quantity": float("nan")}, "quantity nan is not a finite number"),
        ("out_of_range", {"quantity": float("inf")}, "quantity inf is not a finite number"),
        (
            "before_start",
            {"occurred_at": AT(2024, 12, 31, 23)},
            "used on 2024-12-31, before the account's first subscription started on 2025-01-01",
        ),
        (
            "before_start",
            {"occurred_at": None, "day": date(2024, 12, 31)},
            "used on 2024-12-31, before the account's first subscription started on 2025-01-01",
        ),
        (
            "after_end",
            {"occurred_at": AT(2025, 4, 1)},
            "used on 2025-04-01, after the account's last subscription ended on 2025-03-31",
        ),
        ("encoding", {"event": GARBLED}, "event 'KÃ¼nzli' looks encoded twice; read the file as UTF-8"),
    ],
    "tickets": [
        (
            "reply_before_opening",
            {"first_reply_at": AT(2025, 2, 1)},
            "first_reply_at 2025-02-01 00:00 is before opened_at 2025-02-01 09:00",
        ),
        (
            "resolved_before_opening",
            {"resolved_at": AT(2025, 2, 1)},
            "resolved_at 2025-02-01 00:00 is before opened_at 2025-02-01 09:00",
        ),
        (
            "reopened_before_opening",
            {"reopened_at": AT(2025, 2, 1)},
            "reopened_at 2025-02-01 00:00 is before opened_at 2025-02-01 09:00",
        ),
        (
            "rated_before_opening",
            {"rated_at": AT(2025, 2, 1)},
            "rated_at 2025-02-01 00:00 is before opened_at 2025-02-01 09:00",
        ),
        ("out_of_range", {"satisfaction": 0.0}, "satisfaction 0.0 is not between 1 and 5"),
        ("choices", {"severity": "Low"}, "severity 'Low' is not one of low, normal, high, urgent"),
    ],
    "feedback": [
        ("score_scale", {"score": 11.0}, "nps score 11.0 is not between 0 and 10"),
        ("score_scale", {"kind": "csat", "score": 0.0}, "csat score 0.0 is not between 1 and 5"),
        ("out_of_range", {"kind": "survey", "score": float("inf")}, "score inf is not a finite number"),
        (
            "answered_before_given",
            {"answered_at": AT(2025, 1, 1)},
            "answered_at 2025-01-01 00:00 is before given_at {given_at}",
        ),
    ],
    "outreach": [
        (
            "impossible_date",
            {"list_as_of": date(2125, 1, 1)},
            "list_as_of 2125-01-01 is after 2099-12-31; leave a date empty that is not known",
        ),
    ],
}


def _distinct(table: str, number: int) -> dict[str, Any]:
    """Values that keep row ``number`` from repeating a key without breaking another rule."""
    if table in ("subscription_changes", "feedback", "outreach"):
        return {TABLES[table].occurred: AT(2025, 2, 1, 0, number)}
    key = "usage_id" if table == "usage" else TABLES[table].key[0]
    return {key: f"{table}-{number}"}


@pytest.mark.parametrize("table", [table.name for table in CONTRACT])
def test_each_rule_finds_its_bad_row_and_no_other(ground: Any, table: str) -> None:
    ground.company()
    good = {**GOOD[table], **_distinct(table, 0)}
    rows, expected = [good], set()
    for number, (rule, values, reason) in enumerate(BAD[table], 1):
        row = {**good, **_distinct(table, number), **values}
        rows.append(row)
        shown = {name: f"{value:%Y-%m-%d %H:%M}" for name, value in row.items() if isinstance(value, datetime)}
        expected.add((f"{table}.{rule}", "rows.csv", number + 1, reason.format_map(shown)))
    result = ground.landed_and_checked(table, rows, max_bad_share=1.0)
    found = {(r.rule, each["file"], each["row"], each["reason"]) for r in result.rules for each in r.examples}
    assert found == expected
    assert sum(rule.bad_rows for rule in result.rules) == len(expected)
    assert {rule.status for rule in result.rules} <= {"passed", "failed"}


def test_every_rule_of_a_table_is_tried_above_or_comes_from_the_same_generator() -> None:
    tried = {rule for cases in BAD.values() for rule, _, _ in cases} | {"duplicate_key", "repeated_id"}
    names = {rule.id.split(".")[1] for table in CONTRACT for rule in rules_for(table)}
    assert names == tried


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_rules_have_their_own_ids_and_say_what_they_mean(table: Any) -> None:
    rules = rules_for(table)
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.table == table.name and rule.id.startswith(f"{table.name}.") and rule.meaning for rule in rules)
    assert all("{batch}" in rule.sql for rule in rules)


def test_the_first_row_of_a_key_is_kept_also_across_files_and_when_rows_are_identical(ground: Any) -> None:
    rows = [
        {**ACCOUNT, "_file": "b.csv", "_row": 1},
        {**ACCOUNT, "_file": "a.csv", "_row": 7},
        {**ACCOUNT, "_file": "a.csv", "_row": 2, "name": "first"},
        {**ACCOUNT, "_file": "b.csv", "_row": 2, "account_id": "A"},
        {**ACCOUNT, "_file": "b.csv", "_row": 3, "account_id": None},
        {**ACCOUNT, "_file": "b.csv", "_row": 4, "account_id": None},
    ]
    result = ground.landed_and_checked("accounts", rows, max_bad_share=1.0)
    duplicate = next(rule for rule in result.rules if rule.rule == "accounts.duplicate_key")
    assert [(each["file"], each["row"]) for each in duplicate.examples] == [("a.csv", 7), ("b.csv", 1)]
    assert duplicate.examples[0]["reason"] == "account_id 'a' was already given in a.csv row 2"
    kept = {row["account_id"]: row["name"] for row in ground.rows(ground.accepted("accounts"))}
    assert kept == {"A": None, "a": "first"}


def test_a_repeated_usage_id_is_set_aside_but_repeated_days_are_summed(ground: Any) -> None:
    ground.company()
    daily = {"account_id": "b", "day": date(2025, 2, 1), "event": "login", "quantity": 2.0}
    rows = [daily, daily, {**daily, "usage_id": "u1"}, {**daily, "usage_id": "u1", "quantity": 50.0}]
    result = ground.landed_and_checked("usage", rows, max_bad_share=1.0)
    assert [(line["row"], line["rule"]) for line in ground.set_aside("usage")] == [(4, "usage.repeated_id")]
    assert (result.accepted, result.quarantined) == (3, 1)
    assert [row["quantity"] for row in ground.rows(ground.accepted("usage"))] == [6.0]


def test_an_unreadable_value_is_not_reported_as_missing_too(ground: Any) -> None:
    told = "plan: 'x; mrr: y' is odd; created_at: '?' is not a date"
    rows = [{"account_id": None, "created_at": None, "_unreadable": told}]
    ground.landed_and_checked("accounts", rows)
    reasons = {line["rule"]: line["reason"] for line in ground.set_aside("accounts")}
    assert reasons == {"accounts.unreadable": told, "accounts.required": "account_id is empty"}
