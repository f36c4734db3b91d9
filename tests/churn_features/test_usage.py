"""Edges of volume and regularity: windows, history that is too short, streaks, gaps, roles."""

from __future__ import annotations

import pytest

CHANGES = ("activity_change_28d", "logins_change_28d", "active_days_change_28d")


def test_first_and_last_day_of_each_window(of_usage, used):
    usage = used("signed_in", 0, 6, 7, 27, 28, 55, 56)
    assert of_usage(("logins_7d", "logins_28d", "logins_change_28d", "login_days_28d"), usage) == (2, 4, 4 / 2 - 1, 4)
    assert of_usage(("active_days_7d", "active_days_28d", "active_days_change_28d"), usage) == (2, 4, 4 / 2 - 1)
    assert of_usage(("activity_28d", "activity_change_28d"), usage) == (4, 4 / 2 - 1)


@pytest.mark.parametrize(("last", "days"), [(0, 0), (90, 90), (91, None)])
def test_recency_reaches_91_days_back(of_usage, used, last, days):
    assert of_usage(("days_since_activity", "days_since_login"), used("signed_in", last, 120)) == (days, days)


@pytest.mark.parametrize(
    ("tenure", "on_record", "known"),
    [
        (56, 9000, True),
        (55, 9000, False),  # the account is too young
        (9000, 56, True),
        (9000, 55, False),  # the records are too young
    ],
)
def test_a_change_needs_56_days_of_history(of_usage, used, tenure, on_record, known):
    usage = used("signed_in", 1, 30, 31)
    expected = (-0.5,) * 3 if known else (None,) * 3
    assert of_usage(CHANGES, usage, tenure, on_record) == expected
    assert of_usage(("active_weeks_56d",), usage, tenure, on_record) == (2 if known else None,)
    assert of_usage(("logins_28d",), usage, tenure, on_record) == (1,)


def test_a_change_from_nothing_is_missing_and_to_nothing_is_minus_one(of_usage, used):
    assert of_usage(CHANGES, used("signed_in", 1)) == (None,) * 3
    assert of_usage(CHANGES, used("signed_in", 30)) == (-1,) * 3


@pytest.mark.parametrize(("tenure", "expected"), [(28, 3 * 2 / 3 - 1), (27, None)])
def test_the_last_week_against_the_three_before_it(of_usage, used, tenure, expected):
    usage = used("anything", 0, 6, 7, 20, 27, 28)
    assert of_usage(("activity_change_7d",), usage, tenure) == (expected,)
    assert of_usage(("activity_change_7d",), used("anything", 0, 28), tenure) == (None,)


@pytest.mark.parametrize(
    ("days", "streak"),
    [([], 0), ([1, 2], 0), ([0], 1), ([0, 1, 2, 4], 3), (range(61), 61), (range(62), 62), (range(91), 62)],
    ids=str,
)
def test_streak_of_active_days_ends_on_the_as_of_date(of_usage, used, days, streak):
    assert of_usage(("active_streak_days",), used("signed_in", *days)) == (streak,)


@pytest.mark.parametrize(
    ("days", "weeks"),
    [([], 0), ([0, 6], 1), ([6, 7], 2), ([13, 14], 2), ([55], 1), ([56], 0), (range(91), 8)],
    ids=str,
)
def test_weeks_end_on_the_as_of_date(of_usage, used, days, weeks):
    assert of_usage(("active_weeks_56d",), used("signed_in", *days)) == (weeks,)


@pytest.mark.parametrize(
    ("days", "returned"),
    [
        ([0], 0),  # for the first time: nothing to come back from
        ([0, 6], 0),
        ([0, 70], 1),
        ([6, 90], 1),
        ([0, 91], 0),  # too long ago to tell
        ([0, 28], 0),
        ([0, 29], 1),
        ([6, 34], 0),
        ([6, 35], 1),
        ([7, 36], 0),  # back for more than a week
        ([0, 5, 34], 1),  # the first day of the return counts, not the last
        ([0, 5, 33], 0),
        ([], 0),
        ([60], 0),
        (range(91), 0),
    ],
    ids=str,
)
def test_a_return_is_a_day_of_the_last_week_after_28_silent_ones(of_usage, used, days, returned):
    assert of_usage(("returned_after_gap",), used("signed_in", *days)) == (returned,)


@pytest.mark.parametrize(("tenure", "on_record", "returned"), [(35, 35, 1), (34, 9000, None), (9000, 34, None)])
def test_a_return_needs_35_days_of_history(of_usage, used, tenure, on_record, returned):
    assert of_usage(("returned_after_gap",), used("signed_in", 0, 34), tenure, on_record) == (returned,)


def test_a_day_counts_once_however_many_events(of_usage, used):
    usage = used("signed_in", 0, 3) + used("made_report", 0, 3, quantity=5.0)
    assert of_usage(("active_days_7d", "login_days_28d", "activity_28d", "logins_7d"), usage) == (2, 2, 12, 2)


def test_several_events_of_one_role_are_taken_together(of_usage, used):
    roles = {"web": "login", "mobile": "login", "click": "key_action"}
    usage = used("web", 1, 9) + used("mobile", 9, quantity=2.0) + used("click", 3)
    names = ("logins_28d", "login_days_28d", "days_since_login", "key_actions_28d")
    assert of_usage(names, usage, roles=roles) == (4, 2, 1, 1)


def test_without_roles_events_are_activity_still(of_usage, used):
    names = ("activity_28d", "days_since_activity", "active_days_28d", "days_since_login", "login_days_28d")
    assert of_usage(names, used("signed_in", 1, 2), roles={}) == (2, 1, 2, None, None)


def test_usage_before_the_subscription_counts_as_activity(of_usage, used):
    usage = used("signed_in", 5, 20)
    assert of_usage(("activity_28d", "active_days_28d"), usage, tenure=10) == (2, 2)
