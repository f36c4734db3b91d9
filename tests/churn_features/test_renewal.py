"""The calendar of renewals: against a calendar in plain Python on random dates, and month ends by hand."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from churn_features.catalogue import BY_NAME
from churn_features.renewal import DAYS, MONTHS
from churn_features.tables import INTERVALS

OWN = (BY_NAME["days_to_renewal"], BY_NAME["days_since_renewal"])


def billed(first, interval, number):
    """The billing date after ``number`` intervals, by walking the calendar: the last day of a month too short."""
    if interval in ("day", "week"):
        return date.fromordinal(first.toordinal() + number * (7 if interval == "week" else 1))
    year, month = first.year, first.month
    for _ in range(number * {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[interval]):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def around(first, interval, as_of):
    """The last billing date up to a day and the next one after it."""
    number = 0
    while billed(first, interval, number + 1) <= as_of:
        number += 1
    return billed(first, interval, number), billed(first, interval, number + 1)


@pytest.fixture(scope="module")
def days(open_company, subscription):
    """``days(start, interval, as_of, ...)``: days since the last and to the next billing date."""
    companies = {zone: open_company(zone=zone, subscriptions=[]) for zone in ("UTC", "Europe/Berlin")}

    def days(started_at, interval, as_of, zone="UTC", **columns):
        company = companies[zone]
        company.store("subscriptions", [subscription(billing_interval=interval, started_at=started_at, **columns)])
        found = company.features(as_of, catalogue=OWN)["a"]
        return found["days_since_renewal"], found["days_to_renewal"]

    return days


def noon(day):
    return datetime(day.year, day.month, day.day, 12)


starts = st.one_of(
    st.dates(date(2019, 1, 1), date(2024, 12, 31)),
    st.sampled_from([date(2020, 2, 29), date(2024, 2, 29), date(2023, 1, 31), date(2023, 12, 31), date(2024, 8, 30)]),
)
ages = st.one_of(st.integers(0, 2200), st.sampled_from([0, 1, 28, 29, 30, 31, 364, 365, 366, 1461]))


@settings(max_examples=120, derandomize=True, deadline=None, database=None)
@given(start=starts, age=ages, interval=st.sampled_from(INTERVALS))
@example(start=date(2024, 2, 29), age=365, interval="year")
@example(start=date(2023, 1, 31), age=28, interval="month")
def test_as_a_calendar_in_plain_python(days, start, age, interval):
    as_of = start + timedelta(days=age)
    last, following = around(start, interval, as_of)
    assert days(noon(start), interval, as_of) == ((as_of - last).days, (following - as_of).days)


@pytest.mark.parametrize(
    ("interval", "started", "as_of", "last", "renewal"),
    [
        ("month", "2024-01-15", "2024-01-15", "2024-01-15", "2024-02-15"),
        ("month", "2024-01-15", "2024-02-14", "2024-01-15", "2024-02-15"),
        ("month", "2024-01-15", "2024-02-15", "2024-02-15", "2024-03-15"),  # on the renewal day the next one counts
        ("month", "2024-01-31", "2024-02-28", "2024-01-31", "2024-02-29"),
        ("month", "2024-01-31", "2024-02-29", "2024-02-29", "2024-03-31"),
        ("month", "2023-01-31", "2023-02-27", "2023-01-31", "2023-02-28"),
        ("month", "2023-01-31", "2023-02-28", "2023-02-28", "2023-03-31"),
        ("month", "2024-01-31", "2024-03-31", "2024-03-31", "2024-04-30"),
        ("month", "2024-01-31", "2024-04-30", "2024-04-30", "2024-05-31"),
        ("month", "2023-11-30", "2024-02-28", "2024-01-30", "2024-02-29"),
        ("month", "2023-12-05", "2024-01-04", "2023-12-05", "2024-01-05"),  # over the turn of the year
        ("quarter", "2023-11-30", "2024-02-28", "2023-11-30", "2024-02-29"),
        ("quarter", "2023-11-30", "2024-02-29", "2024-02-29", "2024-05-30"),
        ("quarter", "2024-01-10", "2024-03-20", "2024-01-10", "2024-04-10"),
        ("half_year", "2023-08-31", "2024-01-01", "2023-08-31", "2024-02-29"),
        ("half_year", "2023-08-31", "2024-02-29", "2024-02-29", "2024-08-31"),
        ("year", "2024-02-29", "2024-06-30", "2024-02-29", "2025-02-28"),
        ("year", "2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28"),
        ("year", "2024-02-29", "2028-02-28", "2027-02-28", "2028-02-29"),
        ("year", "2023-07-01", "2024-06-30", "2023-07-01", "2024-07-01"),
        ("year", "2023-07-01", "2024-07-01", "2024-07-01", "2025-07-01"),
        ("week", "2024-06-03", "2024-06-03", "2024-06-03", "2024-06-10"),
        ("week", "2024-06-03", "2024-06-09", "2024-06-03", "2024-06-10"),
        ("week", "2024-06-03", "2024-06-10", "2024-06-10", "2024-06-17"),
        ("week", "2024-02-26", "2024-03-01", "2024-02-26", "2024-03-04"),
        ("day", "2024-06-03", "2024-06-30", "2024-06-30", "2024-07-01"),
    ],
)
def test_last_and_next_renewal(days, interval, started, as_of, last, renewal):
    day = date.fromisoformat(as_of)
    expected = (day - date.fromisoformat(last)).days, (date.fromisoformat(renewal) - day).days
    assert days(noon(date.fromisoformat(started)), interval, day) == expected


def test_an_interval_that_is_none_of_the_contracts_has_no_renewal(days):
    assert days(datetime(2024, 1, 15), "decade", date(2024, 2, 14)) == (None, None)
    assert {*MONTHS, *DAYS} == set(INTERVALS)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2024-02-14", (0, 29)),  # the trial ended on February 14: charged for the first time
        ("2024-02-29", (15, 14)),
        ("2024-03-14", (0, 31)),
    ],
)
def test_a_trial_moves_the_calendar_to_its_end(days, as_of, expected):
    trial = {"trial_ends_at": datetime(2024, 2, 14, 12)}
    assert days(datetime(2024, 1, 31, 12), "month", date.fromisoformat(as_of), **trial) == expected


def test_a_yearly_subscription_renews_a_year_after_its_trial(days):
    trial = {"trial_ends_at": datetime(2024, 1, 31, 12)}
    assert days(datetime(2024, 1, 1, 12), "year", date(2025, 1, 30), **trial) == (365, 1)


def test_days_are_those_of_the_zone(days):
    # January 31 in Berlin, January 30 in UTC
    started = datetime(2024, 1, 30, 23, 30)
    assert days(started, "month", date(2024, 4, 30), zone="Europe/Berlin") == (0, 31)
    assert days(started, "month", date(2024, 4, 30)) == (0, 30)
