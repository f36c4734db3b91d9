"""Edges of contacts and of what came of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import outreach
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == outreach.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda contacts: open_company(subscriptions=[subscription()], outreach=contacts).features(
        AS_OF, catalogue=OWN
    )["a"]


def contact(days, outcome=None, known=None, account="a"):
    """A contact whose outcome, if it has one, is known at once or ``known`` days ago."""
    at = None if outcome is None else days_ago(days if known is None else known)
    return {"account_id": account, "contacted_at": days_ago(days), "play": "call", "outcome_at": at, "outcome": outcome}


def test_contacts(row):
    found = row([contact(days) for days in (-1, 12, 27, 28, 90, 91)])
    assert [found[n] for n in ("contacts_28d", "contacts_91d", "days_since_contact")] == [2, 4, 12]
    found = row([])
    assert [found[n] for n in ("contacts_28d", "contacts_91d", "days_since_contact")] == [0, 0, None]


@pytest.mark.parametrize(
    ("contacts", "days", "share", "in_vain", "no_shows"),
    [
        ([], None, None, 0, 0),
        ([contact(5)], None, None, 0, 0),
        ([contact(5, "reached")], 5, 1, 0, 0),
        ([contact(5, "meeting_booked", known=0)], 5, 1, 0, 0),
        ([contact(5, "reached", known=-1)], None, None, 0, 0),
        ([contact(5, "no_answer")], None, 0, 1, 0),
        ([contact(5, "no_answer", known=-1)], None, None, 0, 0),
        ([contact(5, "no_show")], None, 0, 1, 1),
        ([contact(181, "reached"), contact(5, "no_answer")], 181, 0.5, 1, 0),
        ([contact(182, "reached"), contact(5, "no_answer"), contact(2)], 182, 0, 1, 0),
        ([contact(181, "no_show")], None, 0, 1, 1),
        ([contact(182, "no_show")], None, None, 1, 0),
        ([contact(364, "no_answer")], None, None, 1, 0),
        ([contact(365, "no_answer")], None, None, 0, 0),
        ([contact(9, "no_answer"), contact(5, "reached")], 5, 0.5, 0, 0),
        ([contact(9, "no_answer"), contact(5, "reached", known=-1)], None, 0, 1, 0),
        ([contact(9, "reached"), contact(5, "no_answer"), contact(4, "no_show")], 9, 1 / 3, 2, 1),
    ],
)
def test_what_came_of_contacts(row, contacts, days, share, in_vain, no_shows):
    found = row(contacts)
    names = ("days_since_reached", "reached_share_182d", "contacts_in_vain", "no_shows_182d")
    assert [found[name] for name in names] == [days, share, in_vain, no_shows]


def test_the_success_with_another_account_does_not_count(open_company, subscription):
    subscriptions = [subscription(), subscription(subscription_id="t", account_id="b")]
    rows = [contact(9, "no_answer"), contact(5, "reached", account="b")]
    found = open_company(subscriptions=subscriptions, outreach=rows).features(AS_OF, catalogue=OWN)
    assert [found[account]["contacts_in_vain"] for account in "ab"] == [1, 0]
