"""Edges of survey answers and of silence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import feedback
from churn_features.catalogue import FEATURES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == feedback.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    def computed(answers, started=181, **columns):
        own = subscription(started_at=days_ago(started), **columns)
        return open_company(subscriptions=[own], feedback=answers).features(AS_OF, catalogue=OWN)["a"]

    return computed


def answer(days, score=None, kind="nps", **columns):
    return {"account_id": "a", "given_at": days_ago(days), "kind": kind, "score": score, **columns}


def request(days):
    return answer(days, kind="request")


@pytest.mark.parametrize(("kind", "other"), [("nps", "csat"), ("csat", "nps")])
@pytest.mark.parametrize(
    ("answers", "last", "change"),
    [
        ([], None, None),
        ([(9, 4.0)], 4, None),
        ([(9, 2.0), (99, 5.0)], 2, -3),
        ([(9, 2.0), (99, 4.0), (199, 1.0)], 2, -0.5),
        ([(9, 2.0), (364, 5.0)], 2, -3),
        ([(9, 2.0), (365, 5.0)], 2, None),
        ([(364, 3.0)], 3, None),
        ([(365, 3.0)], None, None),
        ([(-1, 1.0), (9, 5.0)], 5, None),
    ],
)
def test_the_last_score_against_earlier_ones(row, kind, other, answers, last, change):
    given = [answer(days, score, kind) for days, score in answers]
    for more in ([], [answer(1, 1.0, other)], [request(2)], [answer(3, kind="survey")]):
        found = row([*given, *more])
        assert (found[f"{kind}_last"], found[f"{kind}_change"]) == (last, change)


def test_scores_do_not_depend_on_the_order_of_rows(row):
    answers = [answer(1, 4.0, "csat"), *(answer(d, s, "csat") for d, s in [(9, 1.1), (8, 2.2), (7, 3.3), (6, 4.7)])]
    found = {row(answers[n:] + answers[:n])["csat_change"] for n in range(5)}
    assert found == {4 - 11.3 / 4}


@pytest.mark.parametrize(
    ("answers", "days"),
    [
        ([answer(50, kind="survey"), answer(20, kind="survey")], 50),
        ([answer(50, kind="survey", answered_at=days_ago(1)), answer(20, kind="survey")], 20),
        ([answer(50, kind="survey", answered_at=days_ago(-1))], 50),
        ([answer(181, kind="survey")], 181),
        ([answer(182, kind="survey")], None),
        ([answer(50, 9.0)], None),
        ([request(50)], None),
    ],
)
def test_feedback_without_an_answer(row, answers, days):
    assert row(answers)["feedback_unanswered_days"] == days


@pytest.mark.parametrize(
    ("answers", "count", "days"),
    [
        ([], 0, None),
        ([answer(364)], 1, 364),
        ([answer(365)], 0, None),
        ([answer(-1)], 0, None),
        ([request(9)], 0, None),
        ([answer(40, kind="survey"), answer(60), answer(80, kind="csat"), request(3)], 3, 40),
    ],
)
def test_answers_and_the_last_one(row, answers, count, days):
    found = row(answers)
    assert (found["feedback_answers_365d"], found["days_since_feedback"]) == (count, days)


@pytest.mark.parametrize(
    ("answers", "count", "days"),
    [
        ([], 0, None),
        ([answer(9)], 0, None),
        ([request(9)], 1, 9),
        ([request(364)], 1, 364),
        ([request(365)], 0, None),
        ([request(-1)], 0, None),
        ([request(9), answer(9)], 0, None),
        ([request(9), answer(8.5, kind="survey")], 0, None),
        ([request(9), answer(9.5)], 1, 9),
        ([request(9), answer(-1)], 1, 9),
        ([request(60), answer(50), request(20), request(6)], 2, 20),
    ],
)
def test_silence_after_a_request(row, answers, count, days):
    found = row(answers)
    assert (found["survey_requests_unanswered"], found["survey_silence_days"]) == (count, days)


def test_the_answer_of_another_account_ends_no_silence(open_company, subscription):
    subscriptions = [subscription(), subscription(subscription_id="t", account_id="b")]
    rows = [request(9), {**answer(3), "account_id": "b"}]
    found = open_company(subscriptions=subscriptions, feedback=rows).features(AS_OF, catalogue=OWN)
    assert [found[account]["survey_requests_unanswered"] for account in "ab"] == [1, 0]


@pytest.mark.parametrize(
    ("topics", "repeats"),
    [
        ([], 0),
        ([(9, "price")], 0),
        ([(9, "price"), (364, "price")], 1),
        ([(9, "price"), (365, "price")], 0),
        ([(-1, "price"), (9, "price")], 0),
        ([(9, "price"), (40, "price"), (41, "price"), (70, "search"), (71, "search"), (80, "speed")], 3),
        ([(9, None), (10, None)], 0),
    ],
)
def test_topics_that_come_again(row, topics, repeats):
    assert row([answer(days, topic=topic) for days, topic in topics])["feedback_topic_repeats_365d"] == repeats


def test_the_topic_of_a_request_is_not_theirs(row):
    asked = [answer(days, kind="request", topic="price") for days in (5, 6)]
    assert row([*asked, answer(9, topic="price")])["feedback_topic_repeats_365d"] == 0


@pytest.mark.parametrize(
    ("answers", "started", "expected"),
    [
        ([answer(40)], 40, 1),
        ([answer(41)], 40, 0),
        ([answer(0, kind="survey")], 40, 1),
        ([request(9)], 40, 0),
        ([], 40, 0),
        ([answer(90)], 90, 1),
        ([answer(90)], 91, None),
    ],
)
def test_feedback_since_the_start_of_a_new_account(row, answers, started, expected):
    assert row(answers, started=started)["early_feedback"] == expected


def test_feedback_in_the_trial_is_feedback_since_the_start(row):
    assert row([answer(40)], started=40, trial_ends_at=days_ago(26))["early_feedback"] == 1


def test_without_feedback_on_record_nothing_is_known_of_a_new_account(open_company, subscription):
    company = open_company(subscriptions=[subscription(started_at=days_ago(40))])
    assert company.features(AS_OF, catalogue=OWN)["a"]["early_feedback"] is None
