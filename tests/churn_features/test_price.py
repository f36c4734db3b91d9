"""Revenue, price and discounts: what is paid for now and what was paid for before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from churn_features import price
from churn_features.catalogue import BY_NAME, FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == price.__name__)


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


def test_a_change_long_ago_is_part_of_the_past_and_a_later_one_is_not(row):
    changes = [
        {"changed_at": days_ago(91), "mrr": 20000, "quantity": 4},
        {"changed_at": days_ago(90), "mrr": 30000, "quantity": 5},
    ]
    found = row({"quantity": 2}, changes=changes)
    assert (found["mrr"], found["mrr_change_91d"]) == (30000, 0.5)
    assert found["price_change_91d"] == pytest.approx(1.5 / 1.25 - 1)


def test_empty_columns_of_a_change_did_not_change(row):
    changes = [
        {"changed_at": days_ago(20), "mrr": 20000, "plan": "pro"},
        {"changed_at": days_ago(10), "quantity": 7},
        {"changed_at": days_ago(5), "status": "past_due"},
    ]
    found = row({}, changes=changes)
    assert (found["mrr"], found["mrr_per_seat"], found["days_since_change"]) == (20000, 20000 / 7, 10)


@pytest.mark.parametrize(("started", "known"), [(91, True), (90, False)])
def test_changes_are_missing_for_who_did_not_pay_then(row, started, known):
    found = row({"started_at": days_ago(started), "quantity": 2})
    assert [found[name] for name in ("mrr_change_91d", "price_change_91d")] == [0 if known else None] * 2
    assert found["mrr_change_28d"] == 0


def test_a_raise_of_an_unknown_size_is_a_rise_until_seats_are_stated(row):
    changes = dated({"changed_at": 60, "mrr": 11000}, {"changed_at": 50, "mrr": 12000, "quantity": 3})
    found = row({}, changes=changes)
    assert (found["days_since_price_rise"], found["upgrades_182d"]) == (60, 1)


def test_trap_a_product_bought_on_top_is_no_proof_of_risk(row):
    found = row({"quantity": 2}, {"subscription_id": "t", "quantity": 0, "started_at": days_ago(9), "mrr": 10000})
    assert found["price_change_91d"] == 1
    unit = BY_NAME["price_change_91d"]
    assert unit.direction == 0
    assert unit.sentence.startswith("Apart from changes in seats, what they pay changed")


def test_price_without_seats_is_revenue(row):
    assert row({}, changes=[{"changed_at": days_ago(3), "mrr": 11000}])["price_change_91d"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("old", "change"),
    [
        ({"started_at": days_ago(200), "ended_at": days_ago(90)}, 0.25),  # still paid for at the end of that day
        ({"started_at": days_ago(200), "ended_at": days_ago(91)}, None),
        ({"started_at": days_ago(200), "trial_ends_at": days_ago(90), "ended_at": days_ago(10)}, None),
        ({"started_at": days_ago(200), "trial_ends_at": days_ago(91), "ended_at": days_ago(10)}, 0.25),
        ({"started_at": days_ago(200), "mrr": 0, "ended_at": days_ago(10)}, None),
    ],
)
def test_what_was_paid_for_then_counts_though_it_has_ended(row, old, change):
    found = row({"subscription_id": "old", "mrr": 8000, **old}, {"started_at": days_ago(10)})
    assert found["mrr_change_91d"] == change


@pytest.mark.parametrize(("status", "change"), [("unpaid", None), ("past_due", 0), ("paused", 0)])
def test_what_was_unpaid_then_was_not_paid_for(row, status, change):
    changes = dated({"changed_at": 95, "status": status}, {"changed_at": 50, "status": "active"})
    assert row({}, changes=changes)["mrr_change_91d"] == change


def test_changes_of_28_days(row):
    changes = dated({"changed_at": 28, "mrr": 8000}, {"changed_at": 27, "mrr": 10000})
    found = row({"mrr": 4000}, changes=changes)
    assert (found["mrr_change_28d"], found["mrr_change_91d"]) == (0.25, 1.5)


@pytest.mark.parametrize(
    ("changes", "rise", "ups", "downs"),
    [
        ([], None, 0, 0),
        ([{"changed_at": 40, "mrr": 11000}], 40, 0, 0),
        ([{"changed_at": 40, "mrr": 10000}], None, 0, 0),  # said again
        ([{"changed_at": 40, "mrr": 11000, "plan": "basic", "quantity": 2}], 40, 0, 0),  # plan and seats said again
        ([{"changed_at": 40, "mrr": 11000, "plan": "pro"}], None, 1, 0),
        ([{"changed_at": 40, "mrr": 11000, "quantity": 3}], None, 1, 0),
        ([{"changed_at": 40, "mrr": 9000, "quantity": 1}], None, 0, 1),
        ([{"changed_at": 40, "mrr": 9000}], None, 0, 1),
        ([{"changed_at": 181, "mrr": 9000}], None, 0, 1),
        ([{"changed_at": 182, "mrr": 9000}], None, 0, 0),
        ([{"changed_at": 182, "mrr": 20000, "plan": "pro"}], None, 0, 0),
        # against the price just before, whatever else changed in between
        ([{"changed_at": 60, "mrr": 20000, "plan": "pro"}, {"changed_at": 50, "status": "past_due"},
          {"changed_at": 40, "mrr": 15000, "plan": "pro"}, {"changed_at": 30, "mrr": 16000}], 30, 1, 1),
        # the seats first, their price after them
        ([{"changed_at": 50, "quantity": 4}, {"changed_at": 40, "mrr": 20000}], None, 1, 0),
        ([{"changed_at": 50, "plan": "pro"}, {"changed_at": 45, "status": "paused"}, {"changed_at": 40, "mrr": 20000}],
         None, 1, 0),
        # what a row leaves empty is what was stated last, not what it was at the start
        ([{"changed_at": 60, "mrr": 20000, "quantity": 4}, {"changed_at": 50, "mrr": 22000},
          {"changed_at": 40, "mrr": 24000, "quantity": 4}], 40, 1, 0),
        ([{"changed_at": 60, "mrr": 20000, "plan": "pro"}, {"changed_at": 50, "mrr": 22000},
          {"changed_at": 40, "mrr": 24000, "plan": "basic"}], 50, 2, 0),
        # back to where it was
        ([{"changed_at": 60, "quantity": 4}, {"changed_at": 50, "quantity": 2}, {"changed_at": 40, "mrr": 11000}],
         40, 0, 0),
    ],
)  # fmt: skip
def test_rises_upgrades_and_downgrades(row, changes, rise, ups, downs):
    found = row({"quantity": 2}, changes=dated(*changes))
    assert (found["days_since_price_rise"], found["upgrades_182d"], found["downgrades_182d"]) == (rise, ups, downs)


def test_contraction_against_the_highest(row):
    changes = dated({"changed_at": 300, "mrr": 20000}, {"changed_at": 200, "mrr": 15000})
    assert row({}, changes=changes)["mrr_below_highest_share"] == 0.25
    assert row({}, changes=dated({"changed_at": 300, "mrr": 5000}))["mrr_below_highest_share"] == 0.5
    assert row({}, changes=dated({"changed_at": 300, "mrr": 20000}))["mrr_below_highest_share"] == 0


@pytest.mark.parametrize(
    ("changes", "share", "days_to_end"),
    [
        ([], None, None),
        ([{"changed_at": 20, "discount_share": 0.2}], 0.2, None),
        ([{"changed_at": 20, "discount_share": 0.2, "until": -10}], 0.2, 10),
        ([{"changed_at": 20, "discount_share": 0.2, "until": -10}, {"changed_at": 5, "plan": "pro"}], 0.2, 10),
        ([{"changed_at": 20, "discount_share": 0.2, "until": -10},
          {"changed_at": 5, "status": "paused", "until": -99}], 0.2, 10),
        ([{"changed_at": 20, "discount_share": 0.2, "until": -10}, {"changed_at": 5, "discount_share": 0.3}],
         0.3, None),
        ([{"changed_at": 20, "discount_share": 0.2, "until": -10}, {"changed_at": 5, "discount_share": 0.0}],
         0, None),
        ([{"changed_at": 20, "discount_share": 0.2, "until": 0}], 0, None),  # it ended
    ],
)  # fmt: skip
def test_discount_and_its_end(row, changes, share, days_to_end):
    dated = [
        {name: days_ago(value) if name in ("changed_at", "until") else value for name, value in change.items()}
        for change in changes
    ]
    found = row({}, changes=dated)
    assert (found["discount_share"], found["days_to_discount_end"]) == (share, days_to_end)


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ([], None),
        ([{"changed_at": 60, "discount_share": 0.0}], None),  # there never was one
        ([{"changed_at": 60, "discount_share": 0.2}], None),
        ([{"changed_at": 60, "discount_share": 0.2, "until": -1}], None),
        ([{"changed_at": 60, "discount_share": 0.2, "until": 0}], 0),
        ([{"changed_at": 60, "discount_share": 0.2, "until": 20}], 20),
        ([{"changed_at": 60, "discount_share": 0.2, "until": -9}, {"changed_at": 30, "discount_share": 0.0}], 30),
        ([{"changed_at": 60, "discount_share": 0.2, "until": 40}, {"changed_at": 30, "discount_share": 0.1}], None),
    ],
)
def test_days_since_a_discount_ended(row, changes, ended):
    assert row({}, changes=dated(*changes))["days_since_discount_end"] == ended


@pytest.mark.parametrize(("quantity", "per_seat"), [(4, 2500), (0, None), (None, None)])
def test_price_per_seat(row, quantity, per_seat):
    assert row({"quantity": quantity})["mrr_per_seat"] == per_seat


def test_price_per_user_and_use(open_company, subscription):
    usage = [
        {"account_id": "a", "day": date(2024, 6, day), "event": "made_report", "quantity": 5.0, "users": users}
        for day, users in ((2, 90), (3, 4), (9, 2))
    ]
    found = open_company(subscriptions=[subscription()], usage=usage).features(AS_OF, catalogue=OWN)["a"]
    assert (found["mrr_per_user_28d"], found["mrr_per_key_action_28d"]) == (2500, 1000)
    found = open_company(subscriptions=[subscription()], usage=[]).features(AS_OF, catalogue=OWN)["a"]
    assert (found["mrr_per_user_28d"], found["mrr_per_key_action_28d"]) == (None, None)
