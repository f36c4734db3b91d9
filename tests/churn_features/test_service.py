"""Edges of how well tickets were dealt with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import permutations

import pytest

from churn_features import service
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == service.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda tickets: open_company(subscriptions=[subscription()], tickets=tickets).features(AS_OF, catalogue=OWN)[
        "a"
    ]


def ticket(number=0, **columns):
    dated = {name: days_ago(value) if name.endswith("_at") else value for name, value in columns.items()}
    return {"ticket_id": str(number), "account_id": "a", **dated}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"opened_at": 9}, {"first_reply_hours_91d": None, "resolution_hours_91d": None}),
        ({"opened_at": 9, "first_reply_at": 8.5}, {"first_reply_hours_91d": 12}),
        ({"opened_at": 90, "first_reply_at": 89}, {"first_reply_hours_91d": 24}),
        ({"opened_at": 91, "first_reply_at": 89}, {"first_reply_hours_91d": None}),
        ({"opened_at": 0, "first_reply_at": -1}, {"first_reply_hours_91d": None}),
        ({"opened_at": 5, "resolved_at": 4}, {"resolution_hours_91d": 24, "resolution_change_91d": None}),
        ({"opened_at": 5, "resolved_at": -1}, {"resolution_hours_91d": None}),
        ({"opened_at": 91, "resolved_at": 4}, {"resolution_hours_91d": None}),
        ({"opened_at": 99, "resolved_at": 95, "reopened_at": 90}, {"reopened_tickets_91d": 1}),
        ({"opened_at": 99, "resolved_at": 95, "reopened_at": 91}, {"reopened_tickets_91d": 0}),
        ({"opened_at": 9, "resolved_at": 5, "reopened_at": -1}, {"reopened_tickets_91d": 0}),
        ({"opened_at": 364, "resolved_at": 95, "reopened_at": 9}, {"reopened_tickets_91d": 1}),
        ({"opened_at": 365, "resolved_at": 95, "reopened_at": 9}, {"reopened_tickets_91d": 0}),
        ({"opened_at": 9, "rated_at": 8, "satisfaction": 2.0},
         {"support_satisfaction_182d": 2, "support_satisfaction_last": 2, "support_satisfaction_change": None}),
        ({"opened_at": 9, "resolved_at": 8, "rated_at": -1, "satisfaction": 2.0},
         {"support_satisfaction_182d": None, "support_satisfaction_last": None}),
        ({"opened_at": 182, "rated_at": 8, "satisfaction": 2.0},
         {"support_satisfaction_182d": None, "support_satisfaction_last": 2}),
        ({"opened_at": 9, "resolved_at": 8, "satisfaction": 2.0},  # nobody knows since when
         {"support_satisfaction_182d": None, "support_satisfaction_last": None, "support_satisfaction_change": None}),
        ({"opened_at": 365, "rated_at": 8, "satisfaction": 2.0}, {"support_satisfaction_last": None}),
    ],
    ids=str,
)  # fmt: skip
def test_one_ticket(row, columns, expected):
    found = row([ticket(**columns)])
    assert {name: found[name] for name in expected} == expected


def test_mean_hours_do_not_depend_on_the_order_of_rows(row):
    delays = [7, 11, 13, 1001, 3607, 12345, 86399]
    tickets = [
        {**ticket(n, opened_at=9), "first_reply_at": days_ago(9) + timedelta(seconds=s)} for n, s in enumerate(delays)
    ]
    found = {row(order)["first_reply_hours_91d"] for order in (tickets, tickets[::-1], tickets[3:] + tickets[:3])}
    assert found == {sum(delays) / len(delays) / 3600}


@pytest.mark.parametrize(
    ("stays", "change"),
    [
        ([(90, 87), (91, 89)], 0.5),
        ([(90, 87), (91, 89), (364, 358)], -0.25),
        ([(90, 87), (365, 358)], None),
        ([(91, 89)], None),
        ([(90, 87), (91, 91)], None),
        ([(90, 87), (91, -1)], None),
    ],
)
def test_time_to_a_solution_against_the_accounts_own_past(row, stays, change):
    tickets = [ticket(n, opened_at=start, resolved_at=end) for n, (start, end) in enumerate(stays)]
    assert row(tickets)["resolution_change_91d"] == change


@pytest.mark.parametrize(
    ("days", "share"),
    [
        ([], None),
        ([182], None),
        ([50], 0),
        ([50, 36], 0.5),
        ([50, 35], 0),
        ([5, 5], 0.5),
        ([182, 181], 1),
        ([196, 182, 181], 1),
        ([195, 181], 1),
        ([196, 181], 0),
        ([30, 20, 10], 2 / 3),
    ],
)
def test_tickets_soon_after_the_one_before(row, days, share):
    tickets = [ticket(n, opened_at=day) for n, day in enumerate(days)]
    assert row(tickets)["repeat_tickets_share_182d"] == share


def test_the_ticket_of_another_account_is_not_the_one_before(open_company, subscription):
    subscriptions = [subscription(), subscription(subscription_id="t", account_id="b")]
    tickets = [ticket(0, opened_at=10), {**ticket(1, opened_at=9), "account_id": "b"}]
    found = open_company(subscriptions=subscriptions, tickets=tickets).features(AS_OF, catalogue=OWN)
    assert [found[account]["repeat_tickets_share_182d"] for account in "ab"] == [0, 0]


def rated(number, day, score, opened=100):
    # in the reverse order of their solutions
    return ticket(number, opened_at=opened, resolved_at=90 - day, rated_at=day, satisfaction=score)


@pytest.mark.parametrize(
    ("ratings", "last", "change"),
    [
        ([rated(0, 2, 5.0), rated(1, 4, 1.0)], 5, 4),
        ([rated(0, 4, 5.0), rated(1, 2, 1.0)], 1, -4),
        ([rated(0, 4, 5.0), rated(1, 2, None)], 5, None),
        ([rated(0, 4, 5.0), rated(1, -1, 1.0)], 5, None),
        ([rated(0, 2, 4.0), rated(1, 4, 1.0), rated(2, 6, 2.0)], 4, 2.5),
        ([rated(0, 4, 5.0), rated(1, 4, 1.0)], 1, -4),
        ([rated(0, 2, 5.0), rated(1, 4, 1.0, opened=364)], 5, 4),
        ([rated(0, 2, 5.0), rated(1, 4, 1.0, opened=365)], 5, None),
    ],
)
def test_the_last_rating_against_the_others(row, ratings, last, change):
    for order in permutations(ratings):
        found = row(order)
        assert (found["support_satisfaction_last"], found["support_satisfaction_change"]) == (last, change)
