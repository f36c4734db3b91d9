"""Edges of adoption: breadth and what was dropped, users and seats."""

from __future__ import annotations

import pytest

from churn_features.catalogue import BY_NAME
from churn_features.sentences import say
from churn_features.tables import ROLES


def test_breadth_counts_events_and_not_their_number(of_usage, used):
    usage = used("signed_in", 1, 2, 3) + used("invited", 27) + used("made_report", 28)
    assert of_usage(("events_28d",), usage) == (2,)


@pytest.mark.parametrize("role", ROLES)
def test_errors_setup_help_and_the_way_out_are_no_functions(of_usage, used, role):
    names = ("events_28d", "events_change_28d", "events_dropped_28d")
    function = role not in (
        "error", "search_failed", "setup_step", "setup_skip", "cancel_page", "downgrade_page", "export",
        "integration_removed", "help_view",
    )  # fmt: skip
    roles = {"now": role, "then": role}
    usage = used("now", 3) + used("then", 30) + used("no role", 3, 30)
    assert of_usage(names, usage, roles=roles) == ((2, 0, 1) if function else (1, 0, 0))
    assert of_usage(("functions_tried",), usage, tenure=60, roles=roles) == (3 if function else 1,)


def test_breadth_against_the_28_days_before(of_usage, used):
    usage = used("a", 0) + used("b", 27, 28) + used("c", 28, 55) + used("d", 55) + used("e", 55, 3) + used("f", 56)
    assert of_usage(("events_28d", "events_change_28d"), usage) == (3, 3 / 4 - 1)
    assert of_usage(("events_change_28d",), usage, tenure=55) == (None,)
    assert of_usage(("events_change_28d",), used("a", 0, 56)) == (None,)


@pytest.mark.parametrize(("tenure", "dropped"), [(400, 2), (56, 2), (55, None)])
def test_a_dropped_function_was_used_in_91_days_and_not_in_28(of_usage, used, tenure, dropped):
    usage = used("a", 27, 60) + used("b", 28) + used("c", 90) + used("d", 91)
    assert of_usage(("events_dropped_28d",), usage, tenure) == (dropped,)


def test_users_of_the_busiest_day_against_seats(of_usage, used):
    names = ("users_28d", "seats_used_share", "activity_per_user_28d")
    usage = used("signed_in", 3, users=4) + used("made_report", 3, users=6) + used("signed_in", 28, users=50)
    assert of_usage(names, usage, seats=3) == (6, 2, 2 / 6)
    assert of_usage(names, usage, seats=None) == (6, None, 2 / 6)
    assert of_usage(names, usage, seats=0) == (6, None, 2 / 6)
    assert of_usage(names, used("signed_in", 3), seats=3) == (None,) * 3, "a source that does not count users"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({28: 5}, (0, 0, None)),
        ({55: 5}, (0, 0, None)),
        ({56: 5}, (None, None, None)),
        ({28: None}, (None, None, None)),
        ({28: 5, 3: None}, (None, None, None)),  # somebody came, nobody counted them
    ],
)
def test_a_silent_account_uses_none_of_its_seats(of_usage, used, usage, expected):
    names = ("users_28d", "seats_used_share", "activity_per_user_28d")
    rows = [row for day, users in usage.items() for row in used("signed_in", day, users=users)]
    assert of_usage(names, rows, seats=10) == expected


@pytest.mark.parametrize(
    ("recent", "before", "change"),
    [
        ({27: 6}, {28: 3, 55: 8, 56: 99}, 6 / 8 - 1),
        ({}, {28: 3}, -1),  # nobody came
        ({0: None}, {28: 3}, None),  # somebody came, nobody counted them
        ({0: 6}, {28: None}, None),
        ({0: 6}, {}, None),
    ],
)
def test_users_against_the_28_days_before(of_usage, used, recent, before, change):
    usage = [row for day, users in {**recent, **before}.items() for row in used("signed_in", day, users=users)]
    assert of_usage(("users_change_28d",), usage) == (change,)
    assert of_usage(("users_change_28d",), usage, tenure=55) == (None,)


def test_users_are_told_as_what_is_known_of_them(of_usage, used):
    """Two events of a day with six and four people: by six, by ten or by any number between."""
    names = ("users_28d", "seats_used_share")
    row = dict(zip(names, of_usage(names, used("a", 3, users=4) + used("b", 3, users=6), seats=12), strict=True))
    units = {"users_28d": "count", "seats_used_share": "share", "seats": "seats"}
    told = [say(BY_NAME[name], {**row, "seats": 12}, units, "EUR") for name in names]
    assert told == [
        "Most people seen doing the same thing on one day in the last 28 days: 6",
        "At most 6 people were seen doing the same thing on one day, for 12 seats: 50 %",
    ]
