"""The contract: tenure, plan, seats, interval, trials, earlier spells."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from churn_features import subscription
from churn_features.catalogue import BY_NAME, FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == subscription.__name__)


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


def test_the_nearest_renewal_counts(row):
    found = row({"billing_interval": "year"}, {"subscription_id": "t", "started_at": days_ago(10)})
    assert found["days_to_renewal"] == 20
    assert found["days_since_renewal"] == 10


@pytest.mark.parametrize(("ends_in", "days"), [(4, 166), (5, 166), (6, 5), (None, 5)])
def test_what_is_known_to_end_by_then_is_not_billed_again(row, ends_in, days):
    year = {"subscription_id": "main", "billing_interval": "year", "started_at": days_ago(200)}
    ends_at = None if ends_in is None else days_ago(-ends_in)
    month = {"started_at": days_ago(25), "cancel_requested_at": days_ago(2), "ends_at": ends_at}
    assert row(year, month)["days_to_renewal"] == days
    assert row(month)["days_to_renewal"] == (5 if days == 5 else None)


def test_tenure_spans_gaps_and_begins_with_the_first_price(row):
    found = row(
        {"subscription_id": "free", "mrr": 0, "started_at": days_ago(900)},
        {"subscription_id": "first", "started_at": days_ago(400), "ended_at": days_ago(300)},
        {"started_at": days_ago(50)},
    )
    assert found["tenure_days"] == 400


def test_the_plan_is_that_of_the_latest_start_whatever_the_order_of_rows(row):
    same = [{"subscription_id": name, "plan": name, "billing_interval": name} for name in ("year", "month", "week")]
    for order in (same, same[::-1], [same[1], same[0], same[2]]):
        found = row(*order)
        assert (found["plan"], found["billing_interval"]) == ("year", "year")


@pytest.mark.parametrize(
    ("columns", "changes", "tenure"),
    [
        ({"started_at": days_ago(400)}, [], 400),
        ({"started_at": days_ago(0)}, [], 0),
        ({"started_at": days_ago(40), "trial_ends_at": days_ago(26)}, [], 26),
        ({"started_at": days_ago(400), "mrr": 0}, [{"changed_at": 30, "mrr": 500}], 30),
        ({"started_at": days_ago(400), "mrr": 0}, [{"changed_at": 50, "mrr": 0}, {"changed_at": 30, "mrr": 500}], 30),
        ({"started_at": days_ago(40), "mrr": 0, "trial_ends_at": days_ago(26)}, [{"changed_at": 30, "mrr": 500}], 26),
        ({"started_at": days_ago(400)}, [{"changed_at": 300, "mrr": 0}, {"changed_at": 30, "mrr": 500}], 400),
    ],
)
def test_trap_tenure_begins_when_the_account_first_paid(row, columns, changes, tenure):
    assert row(columns, changes=dated(*changes))["tenure_days"] == tenure


def test_a_trial_that_lapsed_is_no_tenure(row):
    lapsed = {
        "subscription_id": "t",
        "started_at": days_ago(90),
        "trial_ends_at": days_ago(76),
        "ended_at": days_ago(76),
    }
    found = row(lapsed, {"started_at": days_ago(50)})
    assert (found["tenure_days"], found["trial_days"], found["earlier_spells"]) == (50, 0, 0)


@pytest.mark.parametrize(
    ("subscriptions", "spells", "returned"),
    [
        ([{"started_at": days_ago(50)}], 0, None),
        ([{"started_at": days_ago(300), "ended_at": days_ago(57)}, {"started_at": days_ago(50)}], 0, None),
        ([{"started_at": days_ago(300), "ended_at": days_ago(58)}, {"started_at": days_ago(50)}], 1, 50),
        # the trial of the return counts as a gap, since nothing was paid
        ([{"started_at": days_ago(300), "ended_at": days_ago(58)},
          {"started_at": days_ago(57), "trial_ends_at": days_ago(43)}], 1, 43),
        # a chain of terms, and one that runs beside
        ([{"started_at": days_ago(300), "ended_at": days_ago(200)}, {"started_at": days_ago(200),
          "ended_at": days_ago(100)}, {"started_at": days_ago(100)}], 0, None),
        ([{"started_at": days_ago(300)}, {"started_at": days_ago(290), "ended_at": days_ago(200)},
          {"started_at": days_ago(100)}], 0, None),
        # left twice
        ([{"started_at": days_ago(300), "ended_at": days_ago(250)}, {"started_at": days_ago(200),
          "ended_at": days_ago(150)}, {"started_at": days_ago(100)}], 2, 100),
    ],
)  # fmt: skip
def test_earlier_spells(row, subscriptions, spells, returned):
    named = [{"subscription_id": str(n), **columns} for n, columns in enumerate(subscriptions)]
    for order in (named, named[::-1]):
        found = row(*order)
        assert (found["earlier_spells"], found["days_since_return"]) == (spells, returned)


def test_unpaid_ends_a_spell(row):
    unpaid = dated({"changed_at": 100, "status": "unpaid"})
    found = row({"started_at": days_ago(300)}, {"subscription_id": "t", "started_at": days_ago(50)}, changes=unpaid)
    assert (found["earlier_spells"], found["days_since_return"], found["tenure_days"]) == (1, 50, 300)


def test_what_is_paid_for_again_is_no_new_subscription(row):
    for away, back in (({"status": "unpaid"}, {"status": "active"}), ({"mrr": 0}, {"mrr": 500})):
        changes = dated({"changed_at": 100, **away}, {"changed_at": 50, **back})
        found = row({"started_at": days_ago(300)}, changes=changes)
        assert (found["earlier_spells"], found["days_since_return"]) == (0, None)


def test_unpaid_said_twice_ended_the_spell_when_it_was_first_said(row):
    unpaid = dated({"changed_at": 100, "status": "unpaid"}, {"changed_at": 52, "status": "unpaid"})
    found = row({"started_at": days_ago(300)}, {"subscription_id": "t", "started_at": days_ago(50)}, changes=unpaid)
    assert (found["earlier_spells"], found["days_since_return"]) == (1, 50)


def test_what_every_account_has_is_no_reason():
    for name in ("days_to_renewal", "days_since_renewal", "upgrades_182d"):
        assert BY_NAME[name].sentence is None
    assert BY_NAME["seats_change_91d"].direction == 0, "a growing account may leave as well"
    assert all("by a new subscription" in BY_NAME[name].sentence for name in ("earlier_spells", "days_since_return"))


@pytest.mark.parametrize(
    ("before", "now", "more_often"),
    [(None, "month", 0), ("year", "month", 1), ("month", "year", 0), ("month", "month", 0), ("month", "week", 1),
     ("week", "day", 1), ("quarter", "half_year", 0), ("year", "decade", 0)],
)  # fmt: skip
def test_billed_more_often(row, before, now, more_often):
    ended = {"subscription_id": "t", "billing_interval": before, "started_at": days_ago(300), "ended_at": days_ago(30)}
    free = {**ended, "subscription_id": "u", "mrr": 0, "billing_interval": "year", "ended_at": days_ago(2)}
    found = row(*([ended] if before else []), free, {"billing_interval": now, "started_at": days_ago(30)})
    assert found["billed_more_often"] == more_often


@pytest.mark.parametrize(
    ("other", "in_trial"),
    [
        ({"trial_ends_at": days_ago(-1)}, 1),
        ({"trial_ends_at": days_ago(0)}, 0),
        ({"trial_ends_at": days_ago(-1), "ended_at": days_ago(2)}, 0),
        ({"trial_ends_at": days_ago(-1), "started_at": days_ago(-0.9)}, 0),
        ({}, 0),
    ],
)
def test_a_trial_beside_what_is_paid(row, other, in_trial):
    found = row({}, {"subscription_id": "t", "started_at": days_ago(9), **other})
    assert found["in_trial"] == in_trial
    assert found["subscriptions_active"] == (1 if other.get("trial_ends_at", days_ago(0)) > days_ago(0) else 2)


def test_the_longest_trial_before_paying(row):
    found = row(
        {"started_at": days_ago(40), "trial_ends_at": days_ago(33)},
        {"subscription_id": "t", "started_at": days_ago(100), "trial_ends_at": days_ago(70), "ended_at": days_ago(50)},
    )
    assert found["trial_days"] == 30
