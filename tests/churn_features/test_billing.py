"""Edges of invoices, payment attempts and cards."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import billing
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == billing.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda **tables: open_company(subscriptions=[subscription()], **tables).features(AS_OF, catalogue=OWN)["a"]


def attempts(*attempted):
    return [
        {"payment_id": str(n), "invoice_id": "i", "account_id": "a", "attempted_at": days_ago(d), "amount": 1,
         "succeeded": succeeded}
        for n, (d, succeeded) in enumerate(attempted)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attempted", "failing"),
    [
        ([], None),
        ([(3, True)], 0),
        ([(3, False)], 1),
        ([(9, False), (3, True)], 0),
        ([(9, True), (3, False)], 1),
        ([(3.1, False), (3, True)], 0),  # tried again on the same day
        ([(3.1, True), (3, False)], 1),
        ([(364, False)], 1),
        ([(365, False)], None),
        ([(365, False), (364, True)], 0),
        ([(-1, True), (3, False)], 1),
    ],
)
def test_the_latest_attempt_of_the_year_decides(row, attempted, failing):
    assert row(payments=attempts(*attempted))["payment_failing"] == failing


def test_failed_payments_in_91_days_and_the_last_in_a_year(row):
    found = row(payments=attempts((0, False), (90, False), (91, False), (1, True)))
    assert (found["failed_payments_91d"], found["days_since_failed_payment"]) == (2, 0)
    assert row(payments=attempts((364, False)))["days_since_failed_payment"] == 364
    assert row(payments=attempts((365, False)))["days_since_failed_payment"] is None
    assert row(payments=attempts((5, True)))["failed_payments_91d"] == 0


@pytest.mark.parametrize(
    ("issued", "due", "paid", "overdue"),
    [
        (20, 1, None, (900, 1)),
        (20, 0, None, (0, 0)),  # due on the as-of date
        (20, -5, None, (0, 0)),
        (20, 5, 0, (0, 0)),
        (20, 5, -1, (900, 5)),  # paid after the cutoff
        (364, 350, None, (900, 350)),
        (365, 350, None, (0, 0)),
    ],
)
def test_overdue_invoices(row, issued, due, paid, overdue):
    invoice = {"invoice_id": "i", "account_id": "a", "issued_at": days_ago(issued), "due_at": days_ago(due),
               "amount": 900, "paid_at": None if paid is None else days_ago(paid)}  # fmt: skip
    found = row(invoices=[invoice])
    assert (found["overdue_amount"], found["days_overdue"]) == overdue


def cards(*expiring, **columns):
    return [
        {"payment_method_id": str(n), "account_id": "a", "added_at": days_ago(99), "kind": "card", "expires_on": day,
         **columns}
        for n, day in enumerate(expiring)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("methods", "days", "before_renewal"),
    [
        ([], None, None),
        (cards(date(2024, 6, 30)), 0, 1),
        (cards(date(2024, 6, 29)), -1, 1),  # it has expired
        (cards(date(2024, 7, 1)), 1, 0),  # good on the day of renewal
        (cards(date(2024, 6, 30), date(2025, 6, 30)), 365, 0),
        (cards(None), None, None),
        (cards(date(2025, 1, 31), removed_at=days_ago(0)), None, None),
        (cards(date(2024, 7, 10), removed_at=days_ago(-1)), 10, 0),
        (cards(date(2025, 1, 31), added_at=days_ago(-1)), None, None),
    ],
)
def test_expiry_of_the_last_card_against_the_renewal_of_july_1(row, methods, days, before_renewal):
    found = row(payment_methods=methods)
    assert (found["days_to_card_expiry"], found["card_expires_before_renewal"]) == (days, before_renewal)
