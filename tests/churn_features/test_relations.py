"""Edges of tickets, feedback, outreach and account attributes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import relations
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == relations.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda **tables: open_company(subscriptions=[subscription()], **tables).features(AS_OF, catalogue=OWN)["a"]


def ticket(number=0, **columns):
    dated = {name: days_ago(value) if name.endswith("_at") else value for name, value in columns.items()}
    return {"ticket_id": str(number), "account_id": "a", **dated}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"opened_at": 27}, {"tickets_28d": 1, "tickets_91d": 1, "open_tickets": 1, "oldest_open_ticket_days": 27}),
        ({"opened_at": 28}, {"tickets_28d": 0, "tickets_91d": 1}),
        ({"opened_at": 91}, {"tickets_91d": 0, "open_tickets": 1, "oldest_open_ticket_days": 91}),
        ({"opened_at": 181}, {"open_tickets": 1, "oldest_open_ticket_days": 181}),
        ({"opened_at": 182}, {"open_tickets": 0, "oldest_open_ticket_days": None}),
        ({"opened_at": 5, "resolved_at": 4}, {"open_tickets": 0, "resolution_hours_91d": 24}),
        ({"opened_at": 5, "resolved_at": -1}, {"open_tickets": 1, "resolution_hours_91d": None}),
        ({"opened_at": 90, "severity": "high"}, {"severe_tickets_91d": 1}),
        ({"opened_at": 91, "severity": "urgent"}, {"severe_tickets_91d": 0}),
        ({"opened_at": 9, "severity": "normal"}, {"severe_tickets_91d": 0}),
        ({"opened_at": 9}, {"severe_tickets_91d": 0, "first_reply_hours_91d": None}),
        ({"opened_at": 9, "first_reply_at": 8.5}, {"first_reply_hours_91d": 12}),
        ({"opened_at": 0, "first_reply_at": -1}, {"first_reply_hours_91d": None}),
        ({"opened_at": 9, "resolved_at": 8, "satisfaction": 2.0}, {"support_satisfaction_182d": 2}),
        ({"opened_at": 9, "resolved_at": -1, "satisfaction": 2.0}, {"support_satisfaction_182d": None}),
        ({"opened_at": 182, "resolved_at": 8, "satisfaction": 2.0}, {"support_satisfaction_182d": None}),
    ],
    ids=str,
)
def test_one_ticket(row, columns, expected):
    found = row(tickets=[ticket(**columns)])
    assert {name: found[name] for name in expected} == expected


def test_mean_hours_do_not_depend_on_the_order_of_rows(row):
    delays = [7, 11, 13, 1001, 3607, 12345, 86399]
    tickets = [
        {**ticket(n, opened_at=9), "first_reply_at": days_ago(9) + timedelta(seconds=s)} for n, s in enumerate(delays)
    ]
    found = {
        row(tickets=order)["first_reply_hours_91d"] for order in (tickets, tickets[::-1], tickets[3:] + tickets[:3])
    }
    assert found == {sum(delays) / len(delays) / 3600}


def answer(days, score=None, kind="nps", **columns):
    return {"account_id": "a", "given_at": days_ago(days), "kind": kind, "score": score, **columns}


@pytest.mark.parametrize(
    ("answers", "last", "change"),
    [
        ([], None, None),
        ([answer(9, 7.0)], 7, None),
        ([answer(9, 7.0), answer(99, 10.0)], 7, -3),
        ([answer(9, 7.0), answer(99, 10.0), answer(199, 5.0)], 7, -0.5),
        ([answer(9, 7.0), answer(365, 10.0)], 7, None),
        ([answer(364, 3.0)], 3, None),
        ([answer(-1, 0.0), answer(9, 7.0)], 7, None),
        ([answer(1, 1.0, kind="csat"), answer(9, 7.0)], 7, None),
    ],
)
def test_nps(row, answers, last, change):
    found = row(feedback=answers)
    assert (found["nps_last"], found["nps_change"]) == (last, change)


@pytest.mark.parametrize(
    ("answers", "days"),
    [
        ([answer(50, kind="survey"), answer(20, kind="survey")], 50),
        ([answer(50, kind="survey", answered_at=days_ago(1)), answer(20, kind="survey")], 20),
        ([answer(50, kind="survey", answered_at=days_ago(-1))], 50),
        ([answer(181, kind="survey")], 181),
        ([answer(182, kind="survey")], None),
        ([answer(50, 9.0)], None),
    ],
)
def test_feedback_without_an_answer(row, answers, days):
    assert row(feedback=answers)["feedback_unanswered_days"] == days


def test_days_since_contact(row):
    contacts = [{"account_id": "a", "contacted_at": days_ago(d), "play": "call"} for d in (-1, 12, 40)]
    assert row(outreach=contacts)["days_since_contact"] == 12


def test_attributes_are_those_of_sign_up(open_company, subscription):
    account = {"account_id": "a", "created_at": days_ago(99), "size": "1-10", "country": "FR", "channel": "ads"}
    found = open_company(subscriptions=[subscription()], accounts=[account]).features(AS_OF, catalogue=OWN)["a"]
    assert [found[n] for n in ("size", "country", "acquisition_channel", "industry")] == ["1-10", "FR", "ads", None]
    later = {**account, "recorded_at": days_ago(-1)}
    found = open_company(subscriptions=[subscription()], accounts=[later]).features(AS_OF, catalogue=OWN)["a"]
    assert found["country"] is None
