"""Edges of how many tickets there are and which of them wait."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import support
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == support.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    def computed(tickets, started=181, **columns):
        own = subscription(started_at=days_ago(started), **columns)
        return open_company(subscriptions=[own], tickets=tickets).features(AS_OF, catalogue=OWN)["a"]

    return computed


def ticket(number=0, **columns):
    dated = {name: days_ago(value) if name.endswith("_at") else value for name, value in columns.items()}
    return {"ticket_id": str(number), "account_id": "a", **dated}


def opened(*days, **columns):
    return [ticket(number, opened_at=day, **columns) for number, day in enumerate(days)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"opened_at": 27}, {"tickets_28d": 1, "tickets_91d": 1, "open_tickets": 1, "oldest_open_ticket_days": 27}),
        ({"opened_at": 28}, {"tickets_28d": 0, "tickets_91d": 1}),
        ({"opened_at": 90}, {"tickets_91d": 1}),
        ({"opened_at": 91}, {"tickets_91d": 0, "open_tickets": 1, "oldest_open_ticket_days": 91}),
        ({"opened_at": 181}, {"open_tickets": 1, "oldest_open_ticket_days": 181, "unreplied_tickets": 1}),
        ({"opened_at": 182}, {"open_tickets": 0, "oldest_open_ticket_days": None, "unreplied_tickets": 0,
                              "oldest_unreplied_ticket_days": None}),
        ({"opened_at": -1}, {"tickets_28d": 0, "open_tickets": 0, "days_since_ticket": None}),
        ({"opened_at": 5, "resolved_at": 4}, {"open_tickets": 0, "unreplied_tickets": 0}),
        ({"opened_at": 5, "resolved_at": -1}, {"open_tickets": 1}),
        ({"opened_at": 5, "resolved_at": 4, "reopened_at": 3}, {"open_tickets": 1, "oldest_open_ticket_days": 5}),
        ({"opened_at": 5, "resolved_at": 4, "reopened_at": -1}, {"open_tickets": 0}),
        ({"opened_at": 5, "resolved_at": 3, "reopened_at": 4}, {"open_tickets": 0}),
        ({"opened_at": 5, "first_reply_at": 4}, {"unreplied_tickets": 0, "oldest_unreplied_ticket_days": None}),
        ({"opened_at": 5, "first_reply_at": -1}, {"unreplied_tickets": 1, "oldest_unreplied_ticket_days": 5}),
        ({"opened_at": 90, "severity": "high"}, {"severe_tickets_91d": 1}),
        ({"opened_at": 91, "severity": "urgent"}, {"severe_tickets_91d": 0}),
        ({"opened_at": 9, "severity": "normal"}, {"severe_tickets_91d": 0}),
        ({"opened_at": 9}, {"severe_tickets_91d": 0, "phone_tickets_91d": 0, "chat_tickets_91d": 0}),
        ({"opened_at": 90, "channel": "phone"}, {"phone_tickets_91d": 1, "chat_tickets_91d": 0}),
        ({"opened_at": 91, "channel": "phone"}, {"phone_tickets_91d": 0}),
        ({"opened_at": 90, "channel": "chat"}, {"phone_tickets_91d": 0, "chat_tickets_91d": 1}),
        ({"opened_at": 91, "channel": "chat"}, {"chat_tickets_91d": 0}),
        ({"opened_at": 364}, {"days_since_ticket": 364}),
        ({"opened_at": 365}, {"days_since_ticket": None}),
    ],
    ids=str,
)  # fmt: skip
def test_one_ticket(row, columns, expected):
    found = row([ticket(**columns)])
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("days", "started", "change"),
    [
        ((90, 91, 181), 182, -0.5),
        ((0, 50, 90, 91), 400, 2),
        ((0, 181), 182, 0),
        ((0, 182), 400, None),
        ((91,), 182, -1),
        ((90, 91), 181, None),
        ((), 400, None),
    ],
)
def test_change_against_the_91_days_before(row, days, started, change):
    assert row(opened(*days), started=started)["tickets_change_91d"] == change


@pytest.mark.parametrize(
    ("started", "interval", "expected"),
    [(3, "month", 2), (2, "month", 2), (1, "month", 0), (300, "year", 0), (338, "year", 2), (337, "year", 0)],
)
def test_open_tickets_count_only_near_the_renewal(row, started, interval, expected):
    """With 28 days to go, not with 29: months from 28 and 27 June end on 28 and 27 July, the year of 28 July 2023
    on 28 July 2024."""
    assert row(opened(4, 9), started=started, billing_interval=interval)["open_tickets_near_renewal"] == expected


def test_open_tickets_near_a_renewal_that_is_not_known(row):
    assert row(opened(4), billing_interval="decade")["open_tickets_near_renewal"] is None


@pytest.mark.parametrize(
    ("days", "started", "expected"),
    [
        ((13,), 40, 1),
        ((12,), 40, 0),
        ((40,), 40, 1),
        ((45, 2), 40, 0),  # before the start, and long after it
        ((41,), 40, 0),
        ((300, 20), 40, 1),
        ((2,), 40, 0),
        ((), 40, 0),
        ((-1,), 10, 0),
        ((90,), 90, 1),
        ((90,), 91, None),
    ],
)
def test_support_in_the_first_weeks(row, days, started, expected):
    assert row(opened(*days), started=started)["early_support_contact"] == expected


@pytest.mark.parametrize(("day", "started", "expected"), [(40, 40, 1), (13, 40, 1), (12, 40, 0), (90, 91, None)])
def test_the_first_weeks_are_those_of_the_trial(row, day, started, expected):
    assert row(opened(day), started=started, trial_ends_at=days_ago(started - 14))["early_support_contact"] == expected


def test_without_tickets_on_record_nothing_is_known_of_the_first_weeks(open_company, subscription):
    company = open_company(subscriptions=[subscription(started_at=days_ago(40))])
    assert company.features(AS_OF, catalogue=OWN)["a"]["early_support_contact"] is None
