"""Who is a paying account, on random companies as by hand: the features' base, the outcomes' and the rates'."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.clock import cutoff
from churn_features.rates import rates

AS_OF = date(2024, 6, 30)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


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
    assert ("a" in company.features(AS_OF, catalogue=())) == eligible
    assert ("a" in company.outcomes(AS_OF)) == eligible, "features and outcomes agree on who is eligible"


@pytest.mark.parametrize(
    ("requested", "announced"),
    [([None], False), ([days_ago(0)], True), ([days_ago(-1)], False), ([days_ago(5), None], False),
     ([days_ago(5), days_ago(3)], True)],
)  # fmt: skip
def test_announced_is_all_paying_subscriptions_with_a_cancellation_known(of_contract, requested, announced):
    found = of_contract(
        (), *({"subscription_id": str(n), "cancel_requested_at": when} for n, when in enumerate(requested))
    )
    assert found["announced"] is announced


instants = st.one_of(st.sampled_from([-2, -1, 0, 1, 2]), st.integers(-30, 120)).map(days_ago)
subscriptions = st.fixed_dictionaries({
    "account_id": st.sampled_from(["a", "b", "c"]), "mrr": st.sampled_from([0, 100, 2500]), "started_at": instants,
    "trial_ends_at": st.none() | st.none() | instants, "ended_at": st.none() | instants,
})  # fmt: skip
changes = st.fixed_dictionaries({
    "subscription_id": st.sampled_from(["0", "1", "2", "3"]), "changed_at": instants,
    "mrr": st.none() | st.sampled_from([0, 100, 2500]),
    "status": st.none() | st.sampled_from(["active", "paused", "past_due", "unpaid"]),
})  # fmt: skip


@pytest.fixture(scope="module")
def company(open_company):
    return open_company(subscriptions=[], subscription_changes=[])


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    rows=st.lists(subscriptions, min_size=1, max_size=4),
    log=st.lists(changes, max_size=6, unique_by=lambda row: (row["subscription_id"], row["changed_at"])),
)
def test_the_state_of_a_day_is_what_the_course_of_time_leads_to(company, subscription, rows, log):
    named = [subscription(**{**row, "subscription_id": str(n)}) for n, row in enumerate(rows)]
    began = {row["subscription_id"]: row["started_at"] for row in named}
    company.store("subscriptions", named)
    # a change before its subscription began says nothing of it
    kept = [row for row in log if row["changed_at"] > began.get(row["subscription_id"], row["changed_at"])]
    company.store("subscription_changes", kept)
    paying = company.features(AS_OF, catalogue=())
    end = cutoff(AS_OF, "UTC")
    bound = {"period_start": end, "period_end": end, "observed_on": AS_OF, "observed": end}
    found = company.con.execute(rates(company.present, grace_days=0).sql("duckdb"), bound)
    row = dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))
    assert row["active_at_start"] == len(paying)
    assert row["mrr_at_start"] == sum(row["mrr_now"] for row in paying.values())
