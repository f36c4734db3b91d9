"""Who the account is: as it was at sign-up, once that is on record."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import account
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == account.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    def computed(started=99, trial_ends=None, **columns):
        own = {"account_id": "a", "created_at": days_ago(99), **columns}
        subscriptions = [subscription(started_at=days_ago(started), trial_ends_at=trial_ends)]
        return open_company(subscriptions=subscriptions, accounts=[own]).features(AS_OF, catalogue=OWN)["a"]

    return computed


def test_attributes_are_those_of_sign_up(row):
    columns = {"size": "1-10", "country": "FR", "channel": "ads"}
    names = ("size", "country", "acquisition_channel", "industry")
    found = row(**columns)
    assert [found[name] for name in names] == ["1-10", "FR", "ads", None]
    found = row(**columns, recorded_at=days_ago(-1))
    assert [found[name] for name in names] == [None] * 4


@pytest.mark.parametrize(("started", "days"), [(99, 0), (98, 1), (46, 53), (120, 0)])
def test_days_from_sign_up_to_the_first_subscription(row, started, days):
    assert row(started=started)["days_to_first_subscription"] == days


def test_a_trial_before_the_first_payment_is_part_of_the_days(row):
    assert row(started=99, trial_ends=days_ago(85))["days_to_first_subscription"] == 14


def test_a_sign_up_that_is_not_on_record_yet_has_no_date(row):
    assert row(recorded_at=days_ago(-1))["days_to_first_subscription"] is None
