"""Edges of the usage features: windows, history that is too short, streaks, roles."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from churn_features import usage
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == usage.__name__)
LONG_AGO = date(2000, 1, 1)


def used(*days, event="signed_in", quantity=1.0, **columns):
    return [
        {"account_id": "a", "event": event, "day": AS_OF - timedelta(days=d), "quantity": quantity, **columns}
        for d in days
    ]


@pytest.fixture
def row(open_company, subscription):
    """Features of an account with these usage rows; ``since`` is when it subscribed."""

    def row(usage, since="2023-01-01", usage_from=LONG_AGO, **arguments):
        started = subscription()["started_at"].fromisoformat(since)
        company = open_company(subscriptions=[subscription(started_at=started)], usage=usage, **arguments)
        return company.features(AS_OF, usage_from, OWN)["a"]

    return row


def test_first_and_last_day_of_each_window(row):
    found = row(used(0, 6, 7, 27, 28, 55, 56))
    assert (found["logins_7d"], found["logins_28d"], found["logins_change_28d"]) == (2, 4, 4 / 2 - 1)
    assert (found["active_days_7d"], found["active_days_28d"], found["active_days_change_28d"]) == (2, 4, 4 / 2 - 1)


@pytest.mark.parametrize(("last", "days"), [(0, 0), (90, 90), (91, None)])
def test_recency_reaches_91_days_back(row, last, days):
    found = row(used(last, 120))
    assert (found["days_since_activity"], found["days_since_login"]) == (days, days)


CHANGES = ("activity_change_28d", "logins_change_28d", "active_days_change_28d")


@pytest.mark.parametrize(
    ("since", "usage_from", "known"),
    [
        (AS_OF - timedelta(days=56), LONG_AGO, True),
        (AS_OF - timedelta(days=55), LONG_AGO, False),  # the account is too young
        (LONG_AGO, AS_OF - timedelta(days=55), True),
        (LONG_AGO, AS_OF - timedelta(days=54), False),  # the records are too young
    ],
)
def test_a_change_needs_56_days_of_history(row, since, usage_from, known):
    found = row(used(1, 30, 31), since=since.isoformat(), usage_from=usage_from)
    assert [found[name] for name in CHANGES] == [-0.5 if known else None] * 3
    assert found["logins_28d"] == 1


def test_a_change_from_nothing_is_missing_and_to_nothing_is_minus_one(row):
    assert [row(used(1))[name] for name in CHANGES] == [None] * 3
    assert [row(used(30))[name] for name in CHANGES] == [-1] * 3


@pytest.mark.parametrize(
    ("days", "streak"),
    [([], 0), ([1, 2], 0), ([0], 1), ([0, 1, 2, 4], 3), (range(61), 61), (range(62), 62), (range(91), 62)],
    ids=str,
)
def test_streak_of_active_days_ends_on_the_as_of_date(row, days, streak):
    assert row(used(*days))["active_streak_days"] == streak


def test_a_day_counts_once_however_many_events(row):
    found = row(used(0, 3) + used(0, 3, event="made_report", quantity=5.0))
    assert (found["active_days_7d"], found["activity_28d"], found["logins_7d"]) == (2, 12, 2)


def test_several_events_of_one_role_are_summed(row):
    roles = {"web": "login", "mobile": "login", "click": "key_action"}
    usage = used(1, event="web") + used(9, event="mobile", quantity=2.0) + used(3, event="click")
    found = row(usage, roles=roles)
    assert (found["logins_28d"], found["days_since_login"], found["key_actions_28d"]) == (3, 1, 1)


def test_without_roles_events_are_activity_still(row):
    found = row(used(1, 2), roles={})
    assert (found["activity_28d"], found["days_since_activity"]) == (2, 1)
    assert (found["active_days_28d"], found["days_since_login"]) == (2, None)


def test_of_a_role_without_an_event_nothing_is_known(row):
    found = row(used(1, 2), roles={"signed_in": "login"})
    unmapped = [feature.name for feature in OWN if feature.role not in (None, "login")]
    assert len(unmapped) >= 6
    assert {name: found[name] for name in unmapped} == dict.fromkeys(unmapped)
    assert found["exports_burst_7d"] is None
    assert found["logins_28d"] is not None


def test_exports_of_the_last_week_against_the_quarter(row):
    assert row(used(6, 7, 90, 91, event="exported"))["exports_burst_7d"] == 1 / 3
    assert row(used(1))["exports_burst_7d"] is None


def test_usage_before_the_subscription_counts_as_activity(row):
    found = row(used(5, 20), since="2024-06-20")
    assert (found["activity_28d"], found["active_days_28d"]) == (2, 2)
