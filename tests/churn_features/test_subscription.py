"""The contract: the calendar of renewals, what is paid for now and was 91 days ago, discounts, states."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import subscription
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == subscription.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture(scope="module")
def renewals(open_company):
    return open_company(subscriptions=[])


@pytest.mark.parametrize(
    ("interval", "started", "as_of", "renewal"),
    [
        ("month", "2024-01-15", "2024-01-15", "2024-02-15"),
        ("month", "2024-01-15", "2024-02-14", "2024-02-15"),
        ("month", "2024-01-15", "2024-02-15", "2024-03-15"),  # on the renewal day the next one counts
        ("month", "2024-01-31", "2024-02-28", "2024-02-29"),
        ("month", "2024-01-31", "2024-02-29", "2024-03-31"),
        ("month", "2023-01-31", "2023-02-27", "2023-02-28"),
        ("month", "2023-01-31", "2023-02-28", "2023-03-31"),
        ("month", "2024-01-31", "2024-03-31", "2024-04-30"),
        ("month", "2024-01-31", "2024-04-30", "2024-05-31"),
        ("month", "2023-11-30", "2024-02-28", "2024-02-29"),
        ("month", "2023-12-05", "2024-01-04", "2024-01-05"),  # over the turn of the year
        ("quarter", "2023-11-30", "2024-02-28", "2024-02-29"),
        ("quarter", "2023-11-30", "2024-02-29", "2024-05-30"),
        ("quarter", "2024-01-10", "2024-03-20", "2024-04-10"),
        ("half_year", "2023-08-31", "2024-01-01", "2024-02-29"),
        ("half_year", "2023-08-31", "2024-02-29", "2024-08-31"),
        ("year", "2024-02-29", "2024-06-30", "2025-02-28"),
        ("year", "2024-02-29", "2025-02-28", "2026-02-28"),
        ("year", "2024-02-29", "2028-02-28", "2028-02-29"),
        ("year", "2023-07-01", "2024-06-30", "2024-07-01"),
        ("year", "2023-07-01", "2024-07-01", "2025-07-01"),
        ("week", "2024-06-03", "2024-06-03", "2024-06-10"),
        ("week", "2024-06-03", "2024-06-09", "2024-06-10"),
        ("week", "2024-06-03", "2024-06-10", "2024-06-17"),
        ("week", "2024-02-26", "2024-03-01", "2024-03-04"),
        ("day", "2024-06-03", "2024-06-30", "2024-07-01"),
        ("decade", "2024-01-15", "2024-02-14", None),
    ],
)
def test_next_renewal(renewals, subscription, interval, started, as_of, renewal):
    start = datetime.fromisoformat(f"{started} 12:00")
    renewals.store("subscriptions", [subscription(billing_interval=interval, started_at=start)])
    day = date.fromisoformat(as_of)
    expected = (date.fromisoformat(renewal) - day).days if renewal else None
    assert renewals.features(day, catalogue=OWN)["a"]["days_to_renewal"] == expected


@pytest.fixture
def row(open_company, subscription):
    """Features of account ``a`` with these subscriptions (columns changed) and changes of subscription ``s``."""

    def row(*subscriptions, changes=()):
        tables = {
            "subscriptions": [subscription(**columns) for columns in subscriptions],
            "subscription_changes": [{"subscription_id": "s", **change} for change in changes],
        }
        return open_company(**tables).features(AS_OF, catalogue=OWN)["a"]

    return row


def test_the_nearest_renewal_counts(row):
    found = row({"billing_interval": "year"}, {"subscription_id": "t", "started_at": days_ago(10)})
    assert found["days_to_renewal"] == 20


def test_a_change_long_ago_is_part_of_the_past_and_a_later_one_is_not(row):
    changes = [
        {"changed_at": days_ago(91), "mrr": 20000, "quantity": 4},
        {"changed_at": days_ago(90), "mrr": 30000, "quantity": 5},
    ]
    found = row({"quantity": 2}, changes=changes)
    assert (found["mrr"], found["seats"]) == (30000, 5)
    assert (found["mrr_change_91d"], found["seats_change_91d"]) == (0.5, 0.25)
    assert found["price_change_91d"] == pytest.approx(1.5 / 1.25 - 1)


def test_empty_columns_of_a_change_did_not_change(row):
    changes = [
        {"changed_at": days_ago(20), "mrr": 20000, "plan": "pro"},
        {"changed_at": days_ago(10), "quantity": 7},
        {"changed_at": days_ago(5), "status": "past_due"},
    ]
    found = row({}, changes=changes)
    assert (found["mrr"], found["plan"], found["seats"], found["past_due"]) == (20000, "pro", 7, 1)
    assert found["days_since_change"] == 10


@pytest.mark.parametrize(("started", "known"), [(91, True), (90, False)])
def test_changes_are_missing_for_who_did_not_pay_then(row, started, known):
    found = row({"started_at": days_ago(started), "quantity": 2})
    names = ("mrr_change_91d", "price_change_91d", "seats_change_91d")
    assert [found[name] for name in names] == [0 if known else None] * 3


def test_price_without_seats_is_revenue(row):
    assert row({}, changes=[{"changed_at": days_ago(3), "mrr": 11000}])["price_change_91d"] == pytest.approx(0.1)


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


ELIGIBLE = [
    ("paying", {}, [], True),
    ("not started", {"started_at": days_ago(-1)}, [], False),
    ("started in the last microsecond", {"started_at": datetime.fromisoformat("2024-06-30 23:59:59.999999")}, [], True),
    ("in trial", {"trial_ends_at": days_ago(-1)}, [], False),
    ("past its trial", {"trial_ends_at": days_ago(0)}, [], True),
    ("free", {"mrr": 0}, [], False),
    ("free, then paid for", {"mrr": 0}, [{"mrr": 500}], True),
    ("paid for, then free", {}, [{"mrr": 0}], False),
    ("ended", {"ended_at": days_ago(0)}, [], False),
    ("to end after the cutoff", {"ended_at": days_ago(-1)}, [], True),
    ("past due", {}, [{"status": "past_due"}], True),
    ("paused", {}, [{"status": "paused"}], True),
    ("unpaid", {}, [{"status": "unpaid"}], False),
    ("unpaid, then paid", {}, [{"status": "unpaid"}, {"status": "active"}], True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "changes", "eligible"), [case[1:] for case in ELIGIBLE], ids=[c[0] for c in ELIGIBLE]
)
def test_who_is_a_paying_account(open_company, subscription, columns, changes, eligible):
    dated = [{"subscription_id": "s", "changed_at": days_ago(9 - n), **c} for n, c in enumerate(changes)]
    company = open_company(subscriptions=[subscription(**columns)], subscription_changes=dated)
    assert ("a" in company.features(AS_OF, catalogue=OWN)) == eligible
    assert ("a" in company.outcomes(AS_OF)) == eligible, "features and outcomes agree on who is eligible"


@pytest.mark.parametrize(
    ("requested", "announced"),
    [([None], False), ([days_ago(0)], True), ([days_ago(-1)], False), ([days_ago(5), None], False),
     ([days_ago(5), days_ago(3)], True)],
)  # fmt: skip
def test_announced_is_all_paying_subscriptions_with_a_cancellation_known(row, requested, announced):
    found = row(*({"subscription_id": str(n), "cancel_requested_at": when} for n, when in enumerate(requested)))
    assert found["announced"] is announced
