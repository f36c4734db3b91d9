"""How the contract stands: past due, paused, announced to end, changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from churn_features import standing
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == standing.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(of_contract):
    return partial(of_contract, OWN)


def dated(*changes):
    """Changes whose instants are given as days ago."""
    return [
        {name: days_ago(value) if name in ("changed_at", "until") else value for name, value in change.items()}
        for change in changes
    ]


@pytest.mark.parametrize(
    ("statuses", "past_due", "paused"),
    [
        ([], 0, 0),
        (["past_due"], 1, 0),
        (["paused"], 0, 1),
        (["past_due", "active"], 0, 0),
        (["paused", "past_due"], 1, 0),
    ],
)
def test_state_is_the_latest(row, statuses, past_due, paused):
    changes = [{"changed_at": days_ago(20 - n), "status": status} for n, status in enumerate(statuses)]
    found = row({}, changes=changes)
    assert (found["past_due"], found["paused"]) == (past_due, paused)


@pytest.mark.parametrize(
    ("changes", "past_due_days", "paused_days", "pause_end"),
    [
        ([], None, None, None),
        ([{"changed_at": 9, "status": "past_due"}], 9, None, None),
        ([{"changed_at": 9, "status": "past_due"}, {"changed_at": 4, "plan": "pro"}], 9, None, None),
        ([{"changed_at": 9, "status": "past_due"}, {"changed_at": 4, "status": "active"}], None, None, None),
        ([{"changed_at": 9, "status": "paused"}], None, 9, None),
        ([{"changed_at": 9, "status": "paused", "until": -1}], None, 9, 1),
        ([{"changed_at": 9, "status": "paused", "until": 0}], None, 9, None),
        ([{"changed_at": 9, "status": "paused", "until": -8}, {"changed_at": 4, "discount_share": 0.1, "until": -5}],
         None, 9, 8),
        ([{"changed_at": 9, "status": "paused", "until": -8}, {"changed_at": 4, "status": "active"}], None, None, None),
        ([{"changed_at": 9, "status": "paused", "until": -8}, {"changed_at": 4, "status": "paused"}], None, 9, None),
        # said again, it has not begun anew
        ([{"changed_at": 9, "status": "paused", "until": -1}, {"changed_at": 4, "status": "paused", "until": -30}],
         None, 9, 30),
        ([{"changed_at": 9, "status": "past_due"}, {"changed_at": 6, "plan": "pro"},
          {"changed_at": 4, "status": "past_due"}], 9, None, None),
        ([{"changed_at": 9, "status": "past_due"}, {"changed_at": 6, "status": "active"},
          {"changed_at": 4, "status": "past_due"}], 4, None, None),
        ([{"changed_at": 9, "status": "paused"}, {"changed_at": 4, "status": "past_due"}], 4, None, None),
    ],
)  # fmt: skip
def test_since_when_and_until_when(row, changes, past_due_days, paused_days, pause_end):
    found = row({}, changes=dated(*changes))
    names = ("past_due_days", "paused_days", "days_to_pause_end")
    assert tuple(found[name] for name in names) == (past_due_days, paused_days, pause_end)


def test_what_has_ended_has_no_state(row):
    changes = dated({"changed_at": 20, "status": "past_due"})
    found = row({"ended_at": days_ago(2)}, {"subscription_id": "t"}, changes=changes)
    assert (found["past_due"], found["past_due_days"], found["past_dues_365d"]) == (0, None, 1)


@pytest.mark.parametrize(("days", "year", "half"), [(0, 1, 1), (181, 1, 1), (182, 1, 0), (364, 1, 0), (365, 0, 0)])
def test_windows_of_changes(row, days, year, half):
    changes = dated({"changed_at": days, "status": "past_due", "plan": "pro"})
    found = row({"started_at": days_ago(700)}, changes=changes)
    assert (found["past_dues_365d"], found["plan_changes_182d"], found["pauses_365d"]) == (year, half, 0)
    changes = dated({"changed_at": days, "status": "paused", "mrr": 5})
    found = row({"started_at": days_ago(700)}, changes=changes)
    assert (found["past_dues_365d"], found["plan_changes_182d"], found["pauses_365d"]) == (0, 0, year)


@pytest.mark.parametrize(
    ("statuses", "past_dues", "pauses"),
    [
        (["active"], 0, 0),
        (["past_due", "past_due"], 1, 0),
        (["past_due", "active", "past_due", "past_due"], 2, 0),
        (["paused", None, "paused"], 0, 1),
        (["paused", "past_due", "paused"], 1, 2),
    ],
)
def test_a_state_counts_when_it_is_entered_not_when_it_is_stated(row, statuses, past_dues, pauses):
    changes = dated(*({"changed_at": 20 - n, "status": status, "mrr": 5} for n, status in enumerate(statuses)))
    found = row({}, changes=changes)
    assert (found["past_dues_365d"], found["pauses_365d"]) == (past_dues, pauses)


def test_a_state_entered_before_the_window_and_stated_within_it(row):
    changes = dated({"changed_at": 365, "status": "paused"}, {"changed_at": 9, "status": "paused"})
    found = row({"started_at": days_ago(700)}, changes=changes)
    assert (found["pauses_365d"], found["paused_days"]) == (0, 365)


@pytest.mark.parametrize(
    ("subscriptions", "share", "days"),
    [
        ([{}], 0, None),
        ([{"cancel_requested_at": days_ago(0), "ends_at": days_ago(-12)}], 1, 12),
        ([{"cancel_requested_at": days_ago(-1), "ends_at": days_ago(-12)}], 0, None),  # not known yet
        ([{"cancel_requested_at": days_ago(3)}], 1, None),
        ([{"cancel_requested_at": days_ago(3), "ends_at": days_ago(-12)}, {"mrr": 30000}], 0.25, 12),
        ([{"cancel_requested_at": days_ago(3), "ends_at": days_ago(-12)},
          {"cancel_requested_at": days_ago(3), "ends_at": days_ago(-5)}], 1, 5),
        ([{"cancel_requested_at": days_ago(9), "ends_at": days_ago(2), "ended_at": days_ago(2)}, {}], 0, None),
        # the announced day has come and the subscription has not ended
        ([{"cancel_requested_at": days_ago(9), "ends_at": days_ago(-1)}], 1, 1),
        ([{"cancel_requested_at": days_ago(9), "ends_at": days_ago(0)}], 1, None),
        ([{"cancel_requested_at": days_ago(9), "ends_at": days_ago(4)}], 1, None),
        ([{"cancel_requested_at": days_ago(9), "ends_at": days_ago(4)},
          {"cancel_requested_at": days_ago(9), "ends_at": days_ago(-8)}], 1, 8),
        ([{"mrr": 0, "cancel_requested_at": days_ago(9), "ends_at": days_ago(-2)}, {}], 0, None),
    ],
)  # fmt: skip
def test_announced_cancellation(row, subscriptions, share, days):
    found = row(*({"subscription_id": str(n), **columns} for n, columns in enumerate(subscriptions)))
    assert (found["cancel_requested_share"], found["days_to_announced_end"]) == (share, days)
    assert found["announced"] is (share == 1)
