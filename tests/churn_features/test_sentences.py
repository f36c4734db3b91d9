"""Values as people read them, and when there is nothing fit to be told."""

from __future__ import annotations

import math

import pytest

from churn_features.catalogue import BY_NAME, FEATURES
from churn_features.sentences import missing, say, word

UNITS = {name: feature.unit for name, feature in BY_NAME.items()}


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.35, "share", "35 %"),
        (1.25, "share", "125 %"),
        (-0.5, "change", "-50 %"),
        (0.5, "change", "+50 %"),
        (123456.0, "money", "1,234.56 EUR"),
        (5.0, "score", "5"),
        (4.25, "score", "4.2"),
        (1.5, "hours", "1.5"),
        (10.0, "hours", "10"),
        (12345.0, "count", "12,345"),
        (31.0, "days", "31"),
        (20.0, "seats", "20"),
        (1.0, "yes/no", "yes"),
        (0.0, "yes/no", "no"),
        ("pro", "category", "pro"),
        (None, "count", "unknown"),
        (math.nan, "money", "unknown"),
        (None, "category", "unknown"),
    ],
)
def test_word(value, unit, expected):
    assert word(value, unit, "EUR") == expected


def test_missing():
    assert [missing(value) for value in (None, math.nan, 0, 0.0, "", "x")] == [True, True] + [False] * 4


def told(name, **row):
    return say(BY_NAME[name], row, UNITS, "EUR")


def test_a_sentence_has_the_accounts_numbers():
    assert told("logins_change_28d", logins_28d=3.0, logins_change_28d=-0.857) == (
        "Sign-ins: 3 in the last 28 days, -86 % against the 28 days before"
    )
    assert told("seats_used_share", seats_used_share=0.4, seats=20.0, users_28d=8.0) == (
        "At most 8 people were seen doing the same thing on one day, for 20 seats: 40 %"
    )
    assert told("overdue_amount", overdue_amount=25000.0) == "Overdue and unpaid: 250.00 EUR"


@pytest.mark.parametrize(
    ("currency", "expected"), [("EUR", "1,234.56 EUR"), ("JPY", "123,456 JPY"), ("KWD", "123.456 KWD")]
)
def test_money_has_the_digits_of_its_currency(currency, expected):
    assert word(123456.0, "money", currency) == expected


def test_a_usual_level_that_did_not_change_is_no_news():
    feature = BY_NAME["mrr_per_seat"]
    row = {"mrr_per_seat": 1000.0, "price_change_91d": 0.2}
    assert say(feature, row, UNITS, "EUR").endswith("apart from changes in seats +20 % in the last 91 days")
    assert say(feature, row | {"price_change_91d": 0.004}, UNITS, "EUR") == "Price per seat and month: 10.00 EUR"


def test_what_is_usual_for_the_account_follows_as_far_as_it_is_known():
    assert told("logins_28d", logins_28d=3.0, logins_change_28d=-0.857) == (
        "Sign-ins in the last 28 days: 3, -86 % against the 28 days before"
    )
    assert told("logins_28d", logins_28d=3.0, logins_change_28d=math.nan) == "Sign-ins in the last 28 days: 3"
    assert told("logins_28d", logins_28d=3.0) == "Sign-ins in the last 28 days: 3", "a row without the other feature"
    assert told("nps_last", nps_last=4.0, nps_change=-2.5) == (
        "Last NPS answer, 0 to 10: 4, against the mean of earlier ones: -2.5 points"
    )
    assert told("payment_failing", payment_failing=0.0, payment_success_rate_182d=0.5) is None
    known = {"tenure_days": 91.0, "active_weeks_56d": 3.0}
    assert told("days_since_login", **known) == "No sign-in on record in the last 91 days"


def test_a_number_that_is_not_known_is_called_so():
    assert told("nps_change", nps_change=-2.5, nps_last=None).endswith("-2.5 points, now unknown")


def test_without_a_value_the_sentence_for_missing_is_told_or_nothing():
    known = {"tenure_days": 91.0, "active_weeks_56d": 0.0}
    text = "No sign-in on record in the last 91 days"
    assert told("days_since_login", days_since_login=math.nan, **known) == text
    assert told("nps_last", nps_last=None) is None
    assert told("nps_last") is None, "a feature that the row does not have"


@pytest.mark.parametrize("unknown", [{"tenure_days": 90.0}, {"tenure_days": None}, {"active_weeks_56d": math.nan}])
def test_that_nothing_happened_is_not_told_of_a_short_history(unknown):
    known = {"tenure_days": 200.0, "active_weeks_56d": 0.0}
    for feature in (each for each in FEATURES if each.missing):
        assert told(feature.name, **known) == feature.missing
        assert told(feature.name, **known | unknown) is None


def test_without_a_sentence_nothing_is_told():
    assert told("tenure_days", tenure_days=30.0) is None


@pytest.mark.parametrize("name", [feature.name for feature in FEATURES if feature.unit == "yes/no"])
def test_a_no_is_not_told_as_a_yes(name):
    numbers = dict.fromkeys(BY_NAME, 1.0)
    assert told(name, **numbers) is not None
    assert told(name, **numbers | {name: 0.0}) is None


@pytest.mark.parametrize("name", ["seats_change_91d", "mrr_change_28d", "logins_change_28d"])
def test_what_has_not_changed_is_not_told(name):
    for change, expected in ((0.0, False), (0.004, False), (-0.004, False), (0.006, True), (-1.0, True)):
        assert (told(name, **{name: change}) is not None) == expected, change


@pytest.mark.parametrize(
    ("name", "told"),
    [("logins_28d", True), ("plan_changes_182d", False), ("tickets_28d", False), ("failed_payments_91d", False)],
)
def test_nothing_is_only_news_where_it_is_about_the_use_of_the_product(name, told):
    units = {feature.name: feature.unit for feature in FEATURES}
    assert (say(BY_NAME[name], {name: 0.0}, units, "EUR") is not None) == told
    assert say(BY_NAME[name], {name: 2.0}, units, "EUR") is not None
