"""Edges of payment methods and of the card's expiry."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import payment_methods
from churn_features.catalogue import BY_NAME, FEATURES
from churn_features.sentences import say

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == payment_methods.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda **tables: open_company(subscriptions=[subscription()], **tables).features(AS_OF, catalogue=OWN)["a"]


def cards(*expiring, **columns):
    return [
        {"payment_method_id": str(n), "account_id": "a", "added_at": days_ago(99), "kind": "card", "expires_on": day,
         **columns}
        for n, day in enumerate(expiring)
    ]  # fmt: skip


MANDATE = {"payment_method_id": "m", "account_id": "a", "kind": "sepa_debit"}


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
        # they pay by what was added last, not by an older card
        ([*cards(date(2023, 12, 13)), {**MANDATE, "added_at": days_ago(9)}], None, None),
        ([*cards(date(2023, 12, 13)), {**MANDATE, "added_at": days_ago(100)}], -200, 1),
        ([*cards(date(2023, 12, 13)), {**MANDATE, "added_at": days_ago(9), "removed_at": days_ago(1)}], -200, 1),
        (
            [
                *cards(date(2025, 6, 30)),
                *[{**card, "payment_method_id": "x", "added_at": days_ago(9)} for card in cards(date(2024, 6, 30))],
            ],
            0,
            1,
        ),
    ],
)
def test_expiry_of_the_newest_card_against_the_renewal_of_july_1(row, methods, days, before_renewal):
    for order in (methods, methods[::-1]):
        found = row(payment_methods=order)
        assert (found["days_to_card_expiry"], found["card_expires_before_renewal"]) == (days, before_renewal)


def test_what_is_told_of_a_card_that_has_expired():
    units = {name: unit.unit for name, unit in BY_NAME.items()}
    found = {"days_to_card_expiry": -200.0, "days_to_renewal": 1.0, "card_expires_before_renewal": 1.0}
    told = [say(BY_NAME[name], found, units, "EUR") for name in ("card_expires_before_renewal", "days_to_card_expiry")]
    assert told == [
        "The card will not be valid for the next charge in 1 days",
        "Days until the card expires, negative once it has: -200",
    ]


def method(name, added, kind="card", removed=None):
    return {"payment_method_id": name, "account_id": "a", "added_at": days_ago(added), "kind": kind,
            "removed_at": None if removed is None else days_ago(removed)}  # fmt: skip


@pytest.mark.parametrize(
    ("methods", "kind", "none"),
    [
        ([], None, 1),
        ([method("1", 9)], "card", 0),
        ([method("1", 9, removed=0)], None, 1),
        ([method("1", 9, removed=-1)], "card", 0),
        ([method("1", -1)], None, 1),
        ([method("1", 9), method("2", 8, "sepa_debit")], "sepa_debit", 0),
        ([method("1", 9), method("2", 8, "sepa_debit", removed=3)], "card", 0),
        ([method("1", 9, "paypal"), method("2", 9, "card")], "card", 0),  # at the same instant: by id
    ],
)
def test_how_they_pay(row, methods, kind, none):
    for order in (methods, methods[::-1]):
        found = row(payment_methods=order)
        assert (found["payment_method"], found["no_payment_method"]) == (kind, none)


@pytest.mark.parametrize(
    ("methods", "changes", "days"),
    [
        ([], 0, None),
        ([method("1", 9)], 0, 9),  # the first is no change
        ([method("1", 400), method("2", 181)], 1, 181),
        ([method("1", 400), method("2", 182)], 0, 182),
        ([method("1", 100), method("2", 50, removed=20), method("3", 20)], 2, 20),
        ([method("1", 400), method("2", -1)], 0, 400),
    ],
)
def test_changes_of_the_way_to_pay(row, methods, changes, days):
    found = row(payment_methods=methods)
    assert found["payment_method_changes_182d"] == changes
    assert found["days_since_payment_method_added"] == days
