"""Who left, trap by trap: each case is an account of one company, observed on one as-of date.

The list of the mistakes that others made and of the definitions to honour; ``TRAPS`` names them. The as-of date is
2024-03-31: a departure counts from 2024-04-01 to 2024-04-30, a return until 7 days after it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features.catalogue import FEATURES
from churn_features.clock import cutoff
from churn_features.outcomes import KINDS, Outcome

AS_OF = date(2024, 3, 31)
MONTH = Outcome(lead_days=0, window_days=30, grace_days=7)
STAYED = (False, None, None)
OUT = None


def at(text):
    return datetime.fromisoformat(f"2024-{text}")


def left(when, kind="unknown"):
    return (True, kind, at(when))


def unpaid(when):
    return [{"changed_at": at(when), "status": "unpaid"}]


ENDED = {"ended_at": at("04-10")}
TRIAL = {"trial_ends_at": at("04-16")}

PAST_DUE = {"changed_at": at("03-20"), "status": "past_due"}
FREE = {"changed_at": at("04-10"), "mrr": 0}
RECORDED_LATE = {"recorded_at": at("04-05")}

# trap: {case: (subscriptions, changes of the first one, outcome)}
TRAPS = {
    "a customer that never returns has churned": {
        "stays": ([{}], [], STAYED),
        "never returns": ([ENDED], [], left("04-10")),
        "leaves, returns late, leaves again": (
            [ENDED, {"started_at": at("04-18"), "ended_at": at("04-28")}], [], left("04-10"),
        ),
        "returns a day after the grace": ([ENDED, {"started_at": at("04-18")}], [], left("04-10")),
        "returns after the window, a long gap": ([ENDED, {"started_at": at("06-01")}], [], left("04-10")),
        "had left and returned before": ([{"started_at": at("01-01"), "ended_at": at("02-01")}, {}], [], STAYED),
    },
    "a row stamped exactly at the cutoff is excluded": {
        "starts at the cutoff": ([{"started_at": at("04-01")}], [], OUT),
        "starts in the last instant": ([{"started_at": at("03-31 23:59:59.999999")}], [], STAYED),
        "its trial ends at the cutoff": ([{"trial_ends_at": at("04-01")}], [], OUT),
        "ends in the last instant of the as-of date": ([{"ended_at": at("03-31 23:59:59.999999")}], [], OUT),
        "ends at the cutoff": ([{"ended_at": at("04-01")}], [], left("04-01")),
        "unpaid at the cutoff": ([{}], unpaid("04-01"), left("04-01", "involuntary")),
        "ends in the last instant of the window": (
            [{"ended_at": at("04-30 23:59:59.999999")}], [], left("04-30 23:59:59.999999"),
        ),
        "ends when the window has ended": ([{"ended_at": at("05-01")}], [], STAYED),
    },
    "a plan change, an overlap or a gap is not churn": {
        "changes the plan at the same instant": ([ENDED, {"plan": "pro", "started_at": at("04-10")}], [], STAYED),
        "changes the plan by a change": ([{}], [{"changed_at": at("04-05"), "plan": "pro", "mrr": 5}], STAYED),
        "overlaps": ([ENDED, {"started_at": at("04-03")}], [], STAYED),
        "overlaps, then both have ended": (
            [ENDED, {"started_at": at("04-03"), "ended_at": at("04-20")}], [], left("04-20"),
        ),
        "returns on the last day of grace": ([ENDED, {"started_at": at("04-17 23:00")}], [], STAYED),
        "returns within grace, then leaves": (
            [ENDED, {"started_at": at("04-12"), "ended_at": at("04-25")}], [], left("04-25"),
        ),
        "ends on the last day and returns in May": (
            [{"ended_at": at("04-30")}, {"started_at": at("05-07")}], [], STAYED,
        ),
        "is in a gap at the cutoff": ([{"ended_at": at("03-28")}, {"started_at": at("04-02")}], [], OUT),
    },
    "all subscriptions must have ended": {
        "ends one of two": ([ENDED, {}], [], STAYED),
        "ends one in the window and one after it": ([ENDED, {"ended_at": at("05-10")}], [], STAYED),
        "one becomes free, another is paid for": ([{}, {}], [FREE], STAYED),
    },
    "never-active and trial subscriptions are out of the base": {
        "never active: starts later": ([{"started_at": at("04-05"), "ended_at": at("04-20")}], [], OUT),
        "never paid: free plan": ([{"mrr": 0, **ENDED}], [], OUT),
        "is in trial and lapses": ([{**TRIAL, "ended_at": at("04-16")}], [], OUT),
        "is in trial and converts": ([TRIAL], [], OUT),
        "converted, then left": ([{"trial_ends_at": at("03-20"), **ENDED}], [], left("04-10")),
        "pays, and a trial lapses beside": ([{}, {**TRIAL, "ended_at": at("04-16")}], [], STAYED),
        "goes back to a trial that lapses": (
            [ENDED, {"started_at": at("04-11"), **TRIAL, "ended_at": at("04-16")}], [], left("04-10"),
        ),
        "goes back to a trial and pays within grace": ([ENDED, {"started_at": at("04-11"), **TRIAL}], [], STAYED),
    },
    "who goes from a price above zero to zero has churned": {
        "becomes free": ([{}], [FREE], left("04-10", "voluntary")),
        "became free before": ([{}], [{**FREE, "changed_at": at("03-20")}], OUT),
        "becomes free while past due": ([{}], [PAST_DUE, FREE], left("04-10", "involuntary")),
        "becomes free, ends in form later": ([{"ended_at": at("04-20")}], [FREE], left("04-10", "voluntary")),
        "becomes free for a week": ([{}], [FREE, {"changed_at": at("04-17"), "mrr": 500}], STAYED),
        "becomes free for longer": ([{}], [FREE, {"changed_at": at("04-18"), "mrr": 500}], left("04-10", "voluntary")),
        "ends and keeps a free plan": ([ENDED, {"mrr": 0}], [], left("04-10")),
        "free at first, paid for, left": (
            [{"mrr": 0, **ENDED}], [{"changed_at": at("02-01"), "mrr": 500}], left("04-10"),
        ),
    },
    "past due is active, paused is active, unpaid has churned": {
        "past due": ([{}], [PAST_DUE], STAYED),
        "past due in the window": ([{}], [{**PAST_DUE, "changed_at": at("04-05")}], STAYED),
        "paused": ([{}], [{"changed_at": at("03-20"), "status": "paused"}], STAYED),
        "unpaid": ([{}], unpaid("04-10"), left("04-10", "involuntary")),
        "unpaid, said twice": ([{}], [*unpaid("04-10"), *unpaid("04-20")], left("04-10", "involuntary")),
        "unpaid before": ([{}], unpaid("03-20"), OUT),
        "unpaid, ended in form within the window": (
            [{"ended_at": at("04-20")}], unpaid("04-10"), left("04-10", "involuntary"),
        ),
        "unpaid, ended in form after the window": (
            [{"ended_at": at("05-20")}], unpaid("04-10"), left("04-10", "involuntary"),
        ),
        "unpaid, paid within grace": (
            [{}], [*unpaid("04-10"), {"changed_at": at("04-17"), "status": "active"}], STAYED,
        ),
        "unpaid, paid after more than grace": (
            [{}], [*unpaid("04-10"), {"changed_at": at("04-18"), "status": "active"}], left("04-10", "involuntary"),
        ),
        "past due, then lost": (
            [{**ENDED, "end_reason": "payment_failed"}], [PAST_DUE], left("04-10", "involuntary"),
        ),
    },
    "to cancel while past due is voluntary": {
        "cancels while past due": (
            [{"cancel_requested_at": at("04-05"), **ENDED}], [PAST_DUE], left("04-10", "voluntary"),
        ),
        "cancels while past due, ended as failed": (
            [{"cancel_requested_at": at("04-05"), **ENDED, "end_reason": "payment_failed"}], [PAST_DUE],
            left("04-10", "voluntary"),
        ),
        "is ended as failed, stamped as a request at that very instant": (
            [{"cancel_requested_at": at("04-10"), **ENDED, "end_reason": "payment_failed"}], [PAST_DUE],
            left("04-10", "involuntary"),
        ),
        "cancels while past due an instant before it is ended as failed": (
            [{"cancel_requested_at": at("04-09 23:59:59.999999"), **ENDED, "end_reason": "payment_failed"}], [PAST_DUE],
            left("04-10", "voluntary"),
        ),
        "cancels at once": ([{"cancel_requested_at": at("04-10"), **ENDED}], [PAST_DUE], left("04-10", "voluntary")),
        "cancels while past due, then unpaid": (
            [{"cancel_requested_at": at("04-05")}], [PAST_DUE, *unpaid("04-10")], left("04-10", "voluntary"),
        ),
        "cancels what is unpaid already": (
            [{"cancel_requested_at": at("05-20"), "ended_at": at("05-25")}], unpaid("04-10"),
            left("04-10", "involuntary"),
        ),
    },
    "requested is not ended": {
        "has an end announced": ([{"cancel_requested_at": at("03-20"), "ends_at": at("04-10")}], [], STAYED),
        "announced its departure": ([{"cancel_requested_at": at("03-20"), **ENDED}], [], left("04-10", "voluntary")),
        "requested": ([{**ENDED, "end_reason": "requested"}], [], left("04-10", "voluntary")),
        "payment failed": ([{**ENDED, "end_reason": "payment_failed"}], [], left("04-10", "involuntary")),
        "disputed": ([{**ENDED, "end_reason": "disputed"}], [], left("04-10", "involuntary")),
        "asked for after the departure was observed": (
            [{**ENDED, "end_reason": "payment_failed", "cancel_requested_at": at("12-01")}], [],
            left("04-10", "involuntary"),
        ),
        "two of different kinds at once": (
            [{**ENDED, "end_reason": "requested"}, {**ENDED, "end_reason": "disputed"}], [],
            left("04-10", "involuntary"),
        ),
    },
    "who had left before the cutoff, as was recorded later, is neither": {
        "unpaid before": ([{}], [{**unpaid("03-20")[0], **RECORDED_LATE}], OUT),
        "free before": ([{}], [{**FREE, "changed_at": at("03-20"), **RECORDED_LATE}], OUT),
        "ended before": (
            [{"subscription_id": "late", "known_to": date(2024, 4, 5)},
             {"subscription_id": "late", "known_after": date(2024, 4, 5), "ended_at": at("03-20")}], [], OUT,
        ),
        "was no customer at all": ([{"known_to": date(2024, 4, 5)}], [], OUT),
        "had left, but came back within grace": (
            [{}, {"started_at": at("04-02")}], [{**unpaid("03-28")[0], **RECORDED_LATE}], STAYED,
        ),
        "a return recorded too late to know": (
            [ENDED, {"started_at": at("04-12"), "recorded_at": at("12-01")}], [], left("04-10"),
        ),
    },
}  # fmt: skip
CASES = {f"{trap}: {case}": told for trap, cases in TRAPS.items() for case, told in cases.items()}
LATE = "who had left before the cutoff, as was recorded later, is neither"
OBSERVED = date(2024, 8, 31)


def tables(subscription, cases=CASES):
    subscriptions, changes = [], []
    for name, (rows, changed, _) in cases.items():
        subscriptions += [
            subscription(**{"account_id": name, "subscription_id": f"{name} {n}", **row}) for n, row in enumerate(rows)
        ]
        changes += [{"subscription_id": f"{name} 0", **row} for row in changed]
    return {"subscriptions": subscriptions, "subscription_changes": changes}


@pytest.fixture(scope="module")
def company(open_company, subscription):
    return open_company(**tables(subscription))


@pytest.fixture(scope="module")
def found(company):
    return company.outcomes(AS_OF, OBSERVED, MONTH)


@pytest.mark.parametrize("name", CASES)
def test_outcome(found, name):
    expected = CASES[name][2]
    row = found.get(name)
    assert (row and (row["churned"], row["kind"], row["churned_at"])) == expected
    assert expected is OUT or row["as_of"] == AS_OF


def test_the_base_is_the_accounts_that_have_features(company, found):
    base = {
        name for name in company.features(AS_OF, catalogue=()) if not (name.startswith(LATE) and CASES[name][2] is OUT)
    }
    assert set(found) == base, "without a lead nobody else is left out"
    assert {row["kind"] for row in found.values()} == {None, *KINDS}


def test_an_outcome_does_not_change_once_it_is_matured(company, found):
    first = AS_OF + timedelta(days=MONTH.horizon_days)
    assert MONTH.matured(AS_OF, first)
    assert not MONTH.matured(AS_OF, first - timedelta(days=1))
    assert company.outcomes(AS_OF, first, MONTH) == found


@pytest.mark.parametrize(("observed", "churned"), [("2024-04-09", False), ("2024-04-10", True)])
def test_trap_an_end_after_the_end_of_the_data_is_not_churn(open_company, subscription, observed, churned):
    company = open_company(subscriptions=[subscription(ended_at=at("04-10 12:00"))])
    assert company.outcomes(AS_OF, date.fromisoformat(observed))["a"]["churned"] is churned


@pytest.mark.parametrize(
    ("ended_at", "churned"),
    [
        ("04-10", None),  # left within the lead: neither a leaver nor a stayer
        ("04-14 23:59:59.999999", None),
        ("04-15", True),
        ("05-14 23:59:59.999999", True),
        ("05-15", False),
    ],
)
def test_lead_days_move_the_window(open_company, subscription, ended_at, churned):
    company = open_company(subscriptions=[subscription(ended_at=at(ended_at))])
    rows = company.outcomes(AS_OF, OBSERVED, Outcome(lead_days=14, window_days=30, grace_days=7))
    assert (rows["a"]["churned"] if rows else None) is churned


@pytest.mark.parametrize(("grace", "churned"), [(0, True), (6, True), (7, False), (30, False)])
def test_grace_days_decide_what_a_gap_is(open_company, subscription, grace, churned):
    rows = [subscription(**ENDED), subscription(subscription_id="t", started_at=at("04-17"))]
    company = open_company(subscriptions=rows)
    assert company.outcomes(AS_OF, OBSERVED, Outcome(grace_days=grace))["a"]["churned"] is churned


def test_window_of_a_zone_across_a_change_of_the_clock():
    start, end = MONTH.window(date(2024, 3, 15), "Europe/Berlin")
    assert (start, end) == (at("03-15 23:00"), at("04-14 22:00"))
    assert MONTH.window(AS_OF, "UTC") == (cutoff(AS_OF, "UTC"), at("05-01"))


@pytest.mark.parametrize(("returned", "churned"), [("04-18 21:59:59", False), ("04-18 22:00", True)])
def test_grace_counts_days_of_the_zone(open_company, subscription, returned, churned):
    # it ended on April 11 in Berlin
    rows = [subscription(ended_at=at("04-10 22:30")), subscription(subscription_id="t", started_at=at(returned))]
    assert open_company(zone="Europe/Berlin", subscriptions=rows).outcomes(AS_OF)["a"]["churned"] is churned


def test_without_a_table_of_changes_ends_count_alone(open_company, subscription):
    only = {name: case for name, case in CASES.items() if not case[1]}
    rows = open_company(subscriptions=tables(subscription, only)["subscriptions"]).outcomes(AS_OF, OBSERVED)
    assert {name: row["churned"] for name, row in rows.items()} == {
        name: case[2][0] for name, case in only.items() if case[2] is not OUT
    }


# case: (subscriptions, changes of the first one, (mrr_then, mrr_later, contracted))
CONTRACTION = {
    "stays": ([{}], [], (10000, 10000, False)),
    "pays less": ([{}], [{"changed_at": at("04-10"), "mrr": 6000}], (10000, 6000, True)),
    "pays more": ([{}], [{"changed_at": at("04-10"), "mrr": 16000}], (10000, 16000, False)),
    "paid less before": ([{}], [{"changed_at": at("03-31 23:59"), "mrr": 6000}], (6000, 6000, False)),
    "pays less from the cutoff on": ([{}], [{"changed_at": at("04-01"), "mrr": 6000}], (10000, 6000, True)),
    "pays less once the window has ended": ([{}], [{"changed_at": at("05-01"), "mrr": 6000}], (10000, 10000, False)),
    "had paid less, as was recorded later": (
        [{}], [{"changed_at": at("03-20"), "mrr": 6000, **RECORDED_LATE}], (10000, 6000, True),
    ),
    "pays less for a while": (
        [{}], [{"changed_at": at("04-10"), "mrr": 6000}, {"changed_at": at("04-20"), "mrr": 10000}],
        (10000, 10000, False),
    ),
    "ends one of two": ([ENDED, {"mrr": 500}], [], (10500, 500, True)),
    "takes a cheaper one instead": ([ENDED, {"mrr": 500, "started_at": at("04-10")}], [], (10000, 500, True)),
    "is in a gap when the window ends": (
        [{"ended_at": at("04-28")}, {"started_at": at("05-03")}], [], (10000, 10000, False),
    ),
    "comes back from such a gap for less": (
        [{"ended_at": at("04-28")}, {"mrr": 500, "started_at": at("05-03")}, {"started_at": at("05-04")}], [],
        (10000, 500, True),
    ),
    "leaves": ([ENDED], [], (10000, 0, None)),
    "leaves and returns late": ([ENDED, {"mrr": 500, "started_at": at("04-20")}], [], (10000, 500, None)),
    "pauses": ([{}], [{"changed_at": at("04-10"), "status": "paused"}], (10000, 10000, False)),
}  # fmt: skip


@pytest.fixture(scope="module")
def contracted(open_company, subscription):
    return open_company(**tables(subscription, CONTRACTION)).outcomes(AS_OF, OBSERVED, MONTH)


@pytest.mark.parametrize("name", CONTRACTION)
def test_a_downgrade_is_contraction_and_not_churn(contracted, name):
    row, expected = contracted[name], CONTRACTION[name][2]
    assert (row["mrr_then"], row["mrr_later"], row["contracted"]) == expected
    assert row["churned"] is (expected[2] is None)


# case: (subscriptions, contacts, contacted)
CONTACTS = {
    "nobody called": ([{}], [], False),
    "called the instant the day is over": ([{}], [{"contacted_at": at("04-01")}], True),
    "called an instant before": ([{}], [{"contacted_at": at("03-31 23:59:59.999999")}], False),
    "called in the last instant of the window": ([{}], [{"contacted_at": at("04-30 23:59:59.999999")}], True),
    "called once it has ended": ([{}], [{"contacted_at": at("05-01")}], False),
    "not reached": (
        [{}], [{"contacted_at": at("04-05"), "outcome": "no_answer", "outcome_at": at("04-05 10:00")}], True,
    ),
    "called before it left": ([ENDED], [{"contacted_at": at("04-09 23:59:59.999999")}], True),
    "called when it had left, to win it back": ([ENDED], [{"contacted_at": at("04-10")}], False),
    "called before and after it left": (
        [ENDED], [{"contacted_at": at("04-20")}, {"contacted_at": at("04-02"), "play": "offer"}], True,
    ),
    "won back within the grace": (
        [ENDED, {"started_at": at("04-15")}], [{"contacted_at": at("04-12")}], True,
    ),
    "recorded after the end of the data": ([{}], [{"contacted_at": at("04-05"), "recorded_at": at("09-01")}], False),
    "recorded late": ([{}], [{"contacted_at": at("04-05"), "recorded_at": at("08-30")}], True),
    "taken back since": ([{}], [{"contacted_at": at("04-05"), "known_to": date(2024, 5, 1)}], False),
}  # fmt: skip


def contacts():
    return [{"account_id": name, "play": "call", **row} for name, case in CONTACTS.items() for row in case[1]]


@pytest.fixture(scope="module")
def contacted(open_company, subscription):
    known = tables(subscription, {name: (rows, [], None) for name, (rows, *_) in CONTACTS.items()})
    return open_company(**known, outreach=contacts()).outcomes(AS_OF, OBSERVED, MONTH)


@pytest.mark.parametrize("name", CONTACTS)
def test_who_was_contacted_before_the_outcome_is_marked(contacted, name):
    assert contacted[name]["contacted"] is CONTACTS[name][2]


def test_contacts_within_the_lead_count_too(open_company, subscription):
    rows = [{"account_id": "a", "play": "call", "contacted_at": at("04-03")}]
    company = open_company(subscriptions=[subscription()], outreach=rows)
    lead = Outcome(lead_days=14, window_days=30, grace_days=7)
    assert company.outcomes(AS_OF, OBSERVED, lead)["a"]["contacted"] is True


def test_without_outreach_nobody_is_marked(found):
    assert not any(row["contacted"] for row in found.values())


def test_a_contact_changes_nothing_but_the_mark(open_company, subscription, contacted):
    known = tables(subscription, {name: (rows, [], None) for name, (rows, *_) in CONTACTS.items()})
    without = open_company(**known).outcomes(AS_OF, OBSERVED, MONTH)
    assert {name: {**row, "contacted": None} for name, row in without.items()} == {
        name: {**row, "contacted": None} for name, row in contacted.items()
    }


def test_no_outcome_is_a_feature():
    outcome = {"churned", "kind", "churned_at", "mrr_then", "mrr_later", "contracted", "contacted"}
    assert not outcome & {feature.name for feature in FEATURES}
