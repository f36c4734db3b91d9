"""Edges of adoption and onboarding: seats, and a new account's first steps while all of them are on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from churn_features import adoption
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == adoption.__name__)
LONG_AGO = date(2000, 1, 1)


def did(event, *days, **columns):
    return [
        {"account_id": "a", "event": event, "day": AS_OF - timedelta(days=d), "quantity": 1.0, **columns} for d in days
    ]


@pytest.fixture
def row(open_company, subscription):
    """Features of an account that started ``tenure`` days ago."""

    def row(usage, tenure, usage_from=LONG_AGO, **columns):
        started = subscription()["started_at"].fromisoformat((AS_OF - timedelta(days=tenure)).isoformat())
        company = open_company(subscriptions=[subscription(started_at=started, **columns)], usage=usage)
        return company.features(AS_OF, usage_from, OWN)["a"]

    return row


ONBOARDING = ("setup_steps_done", "days_to_key_action", "days_without_key_action")


@pytest.mark.parametrize(
    ("tenure", "usage", "expected"),
    [
        (20, [], (0, None, 20)),
        (0, [], (0, None, 0)),
        (20, did("set_up", 20, 19, 3), (3, None, 20)),
        (20, did("made_report", 5, 17), (0, 3, None)),
        (20, did("made_report", 20), (0, 0, None)),
        (20, did("made_report", 25, 3), (0, 0, None)),  # in the trial, before it paid
        (90, did("made_report", 90) + did("set_up", 90), (1, 0, None)),
        (91, did("made_report", 90) + did("set_up", 90), (None, None, None)),
        (91, [], (None, None, None)),
    ],
)
def test_onboarding_of_an_account_of_up_to_90_days(row, tenure, usage, expected):
    found = row(usage, tenure)
    assert tuple(found[name] for name in ONBOARDING) == expected


@pytest.mark.parametrize(("first_day_on_record", "known"), [(20, True), (19, False)])
def test_onboarding_is_missing_if_its_first_day_is_not_on_record(row, first_day_on_record, known):
    found = row(did("made_report", 10), 20, usage_from=AS_OF - timedelta(days=first_day_on_record))
    assert tuple(found[name] for name in ONBOARDING) == ((0, 10, None) if known else (None, None, None))


def test_onboarding_is_missing_without_usage(open_company, subscription):
    found = open_company(subscriptions=[subscription()]).features(date(2024, 1, 20), catalogue=OWN)["a"]
    assert tuple(found[name] for name in ONBOARDING) == (None, None, None)


def test_users_of_the_busiest_day_against_seats(row):
    usage = did("signed_in", 3, users=4) + did("made_report", 3, users=6) + did("signed_in", 28, users=50)
    assert row(usage, 400, quantity=3)["users_28d"] == 6
    assert row(usage, 400, quantity=3)["seats_used_share"] == 2
    assert row(usage, 400, quantity=None)["seats_used_share"] is None
    assert row(usage, 400, quantity=0)["seats_used_share"] is None
    assert row(did("signed_in", 3), 400, quantity=3)["users_28d"] is None, "a source that does not count users"


def test_breadth_counts_events_and_not_their_number(row):
    usage = did("signed_in", 1, 2, 3) + did("exported", 27) + did("made_report", 28)
    assert row(usage, 400)["events_28d"] == 2


def test_invites_and_posts_reach_91_days_back(row):
    found = row(did("invited", 0, 90, 91) + did("posted", 90, 91), 400)
    assert (found["invites_91d"], found["community_posts_91d"]) == (2, 1)
