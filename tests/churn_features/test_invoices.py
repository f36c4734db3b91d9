"""Edges of invoices: open, overdue, closed, late, out of the ordinary, tried again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import invoices
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == invoices.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda **tables: open_company(subscriptions=[subscription()], **tables).features(AS_OF, catalogue=OWN)["a"]


def invoice(issued, due=None, amount=900, name="i", **columns):
    """An invoice whose instants are given as days ago, due on the day it was issued unless told."""
    dated = {
        column: days_ago(value) if column.endswith("_at") and value is not None else value
        for column, value in columns.items()
    }
    return {"invoice_id": name, "account_id": "a", "issued_at": days_ago(issued), "amount": amount,
            "due_at": days_ago(issued if due is None else due), **dated}  # fmt: skip


@pytest.mark.parametrize(
    ("bill", "count", "amount", "days"),
    [
        (invoice(20, 1), 1, 900, 1),
        (invoice(20, 0), 1, 0, 0),  # due on the as-of date
        (invoice(20, -5), 1, 0, 0),
        (invoice(20, 5, paid_at=0), 0, 0, 0),
        (invoice(20, 5, paid_at=-1), 1, 900, 5),  # paid after the cutoff
        (invoice(20, 5, closed_at=0, closed_as="void"), 0, 0, 0),
        (invoice(20, 5, closed_at=-1, closed_as="void"), 1, 900, 5),  # closed after the cutoff
        (invoice(20, 5, closed_as="void"), 1, 900, 5),  # nobody knows since when
        (invoice(364, 350), 1, 900, 350),
        (invoice(365, 350), 0, 0, 0),
        (invoice(-1, -1), 0, 0, 0),
        (invoice(20, 5, amount=-900), 0, 0, 0),  # a credit is not owed by the customer
    ],
)
def test_open_and_overdue_invoices(row, bill, count, amount, days):
    found = row(invoices=[bill])
    assert (found["open_invoices"], found["overdue_amount"], found["days_overdue"]) == (count, amount, days)


def test_several_overdue_invoices(row):
    found = row(
        invoices=[invoice(20, 6, name="1"), invoice(60, 46, 100, name="2"), invoice(90, 76, paid_at=3, name="3")]
    )
    assert (found["open_invoices"], found["overdue_amount"], found["days_overdue"]) == (2, 1000, 46)


@pytest.mark.parametrize(
    ("bills", "days"),
    [
        ([], None),
        ([invoice(40, 30)], None),
        ([invoice(40, 30, paid_at=-1)], None),
        ([invoice(40, 30, paid_at=25)], 5),
        ([invoice(40, 30, paid_at=30)], 0),
        ([invoice(40, 30, paid_at=38)], 0),  # early payments do not make up for late ones
        ([invoice(40, 30, paid_at=38, name="1"), invoice(60, 50, paid_at=44, name="2")], 3),
        ([invoice(181, 170, paid_at=160)], 10),
        ([invoice(182, 170, paid_at=160)], None),
    ],
)
def test_late_payment(row, bills, days):
    assert row(invoices=bills)["late_payment_days_182d"] == days


@pytest.mark.parametrize(
    ("amounts", "change"),
    [
        ([], None),
        ([(30, 100)], None),
        ([(60, 100), (30, 150)], 0.5),
        ([(90, 100), (60, 300), (30, 100)], -0.5),
        ([(364, 100), (30, 150)], 0.5),
        ([(365, 100), (30, 150)], None),
        ([(60, 100), (30, 150), (-1, 900)], 0.5),
        ([(60, 100), (30, -150)], None),  # a credit is no charge
        ([(60, 0), (30, 150)], None),
    ],
)
def test_the_last_invoice_against_earlier_ones(row, amounts, change):
    bills = [invoice(days, amount=amount, name=str(n)) for n, (days, amount) in enumerate(amounts)]
    for order in (bills, bills[::-1]):
        assert row(invoices=order)["last_invoice_change_365d"] == change


def test_a_void_invoice_is_no_unexpected_charge(row):
    void = {"closed_at": 10, "closed_as": "void"}
    bills = [
        invoice(60, amount=100, name="1"),
        invoice(30, amount=100, name="2"),
        invoice(20, amount=999, name="3", **void),
    ]
    assert row(invoices=bills)["last_invoice_change_365d"] == 0
    void["closed_at"] = -1
    bills[2] = invoice(20, amount=900, name="3", **void)
    assert row(invoices=bills)["last_invoice_change_365d"] == 8


@pytest.mark.parametrize(
    ("issued", "closed", "as_", "count"),
    [(30, 0, "uncollectible", 1), (30, -1, "uncollectible", 0), (364, 5, "uncollectible", 1),
     (365, 5, "uncollectible", 0), (30, 5, "void", 0)],
)  # fmt: skip
def test_uncollectible_invoices(row, issued, closed, as_, count):
    found = row(invoices=[invoice(issued, closed_at=closed, closed_as=as_)])
    assert found["uncollectible_invoices_365d"] == count


@pytest.mark.parametrize(("issued", "amount", "count"), [(364, -1, 1), (365, -1, 0), (5, 0, 0), (5, 1, 0), (-1, -5, 0)])
def test_credits(row, issued, amount, count):
    assert row(invoices=[invoice(issued, amount=amount)])["credits_365d"] == count


def attempt(days, succeeded=False, of="i", number=0):
    return {"payment_id": f"{of} {days} {number}", "invoice_id": of, "account_id": "a", "attempted_at": days_ago(days),
            "amount": 900, "succeeded": succeeded}  # fmt: skip


@pytest.mark.parametrize(
    ("bill", "tries", "failed", "retry"),
    [
        (invoice(100), [], 0, 0),
        (invoice(100), [attempt(27)], 1, 1),
        (invoice(100), [attempt(28)], 1, 0),
        (invoice(100), [attempt(90), attempt(91), attempt(50)], 2, 0),
        (invoice(100), [attempt(9), attempt(5), attempt(-1)], 2, 1),
        (invoice(100, paid_at=2), [attempt(5), attempt(2, True)], 0, 0),
        (invoice(100, paid_at=-1), [attempt(5), attempt(-1, True)], 1, 1),  # it succeeds tomorrow
        (invoice(100, closed_at=1, closed_as="uncollectible"), [attempt(5)], 0, 0),
        (invoice(100), [attempt(5, of="another")], 0, 0),
        (invoice(100, -3), [attempt(5)], 1, 1),  # tried before it is due
    ],
)
def test_attempts_on_open_invoices(row, bill, tries, failed, retry):
    found = row(invoices=[bill], payments=tries)
    assert (found["failed_attempts_open"], found["in_retry"]) == (failed, retry)


def test_attempts_of_several_invoices_add_up(row):
    bills = [invoice(60, name="1"), invoice(30, name="2"), invoice(20, name="3", paid_at=3)]
    tries = [attempt(50, of="1"), attempt(5, of="2"), attempt(4, of="2"), attempt(6, of="3")]
    found = row(invoices=bills, payments=tries)
    assert (found["failed_attempts_open"], found["in_retry"]) == (3, 1)


@pytest.mark.parametrize("tables", [{"invoices": [invoice(9)]}, {"payments": [attempt(5)]}])
def test_without_both_tables_attempts_on_invoices_are_unknown(row, tables):
    found = row(**tables)
    assert (found["failed_attempts_open"], found["in_retry"]) == (None, None)
