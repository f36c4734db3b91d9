"""What the account says of the product when asked, and when it says nothing.

Belongs here: features over ``feedback``. Does not belong here: ratings of support tickets (``service``), the reasons of
a cancellation, which are outcome data.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure
from churn_features.scores import against_others, count_scores, total_score

_HALF_YEAR = 182
_NEW = 91


def with_answers(feedback: ir.Table) -> ir.Table:
    """Cut feedback of the last 365 days with ``silent``: whether it is a request after which the account has not
    answered anything."""
    recent = feedback.filter(feedback.days_ago < 365)
    answers = recent.filter(recent.kind != "request")
    last = answers.group_by(answered_by=answers.account_id).agg(last_answer=answers.given_at.max())
    # a join, as a window over the account would sort all rows
    rows = recent.left_join(last, recent.account_id == last.answered_by)
    unanswered = rows.last_answer.isnull() | (rows.given_at > rows.last_answer)
    return rows.select(*recent.columns, silent=(rows.kind == "request") & unanswered)


def _last_score(feedback: ir.Table, kind: str) -> ir.Value:
    return feedback.score.argmax(feedback.given_at, where=feedback.kind == kind)


@measure
def nps_points(feedback: ir.Table) -> ir.Value:
    return total_score(feedback.score, feedback.kind == "nps")


@measure
def nps_answers(feedback: ir.Table) -> ir.Value:
    return count_scores(feedback.score, feedback.kind == "nps")


@measure
def csat_points(feedback: ir.Table) -> ir.Value:
    return total_score(feedback.score, feedback.kind == "csat")


@measure
def csat_answers(feedback: ir.Table) -> ir.Value:
    return count_scores(feedback.score, feedback.kind == "csat")


@feature(
    unit="score",
    theme="feedback",
    direction=-1,
    sentence="Last NPS answer, 0 to 10: {nps_last}",
    usual=", against the mean of earlier ones: {nps_change} points",
)
def nps_last(feedback: ir.Table) -> ir.Value:
    """Last NPS answer of the past 365 days; missing without one.

    >>> known("nps_last", feedback=[{"given_at": 9, "score": 7}, {"given_at": 99, "score": 10}])
    7.0
    """
    return _last_score(feedback, "nps")


@feature(
    unit="score",
    theme="feedback",
    sentence="NPS answer against the mean of earlier ones: {nps_change} points, now {nps_last}",
)
def nps_change(nps_last: ir.Value, nps_points: ir.Value, nps_answers: ir.Value) -> ir.Value:
    """Last NPS answer minus the mean of the earlier ones of the past 365 days; missing with fewer than two.

    >>> known("nps_change", feedback=[{"given_at": 9, "score": 7}, {"given_at": 99, "score": 10}])
    -3.0
    """
    return against_others(nps_last, nps_points, nps_answers)


@feature(
    unit="score",
    theme="feedback",
    direction=-1,
    sentence="Last CSAT answer, 1 to 5: {csat_last}",
    usual=", against the mean of earlier ones: {csat_change} points",
)
def csat_last(feedback: ir.Table) -> ir.Value:
    """Last CSAT answer of the past 365 days; missing without one.

    >>> known("csat_last", feedback=[{"given_at": 9, "kind": "csat", "score": 2}, {"given_at": 5, "kind": "nps"}])
    2.0
    """
    return _last_score(feedback, "csat")


@feature(
    unit="score",
    theme="feedback",
    sentence="CSAT answer against the mean of earlier ones: {csat_change} points, now {csat_last}",
)
def csat_change(csat_last: ir.Value, csat_points: ir.Value, csat_answers: ir.Value) -> ir.Value:
    """Last CSAT answer minus the mean of the earlier ones of the past 365 days; missing with fewer than two.

    >>> known("csat_change", feedback=[{"given_at": days, "kind": "csat", "score": score}
    ...       for days, score in [(9, 2), (99, 4), (199, 5), (365, 1)]])
    -2.5
    """
    return against_others(csat_last, csat_points, csat_answers)


@feature(
    unit="count", theme="feedback", empty=0, sentence="Survey answers in the last 365 days: {feedback_answers_365d}"
)
def feedback_answers_365d(feedback: ir.Table) -> ir.Value:
    """Answers of any kind in the last 365 days; requests are not answers.

    >>> known("feedback_answers_365d", feedback=[{"given_at": 364}, {"given_at": 365},
    ...       {"given_at": 9, "kind": "request"}])
    1.0
    """
    return feedback.count(where=feedback.kind != "request")


@feature(
    unit="days",
    theme="feedback",
    sentence="Days since the last survey answer: {days_since_feedback}",
    usual=", answers in the last 365 days: {feedback_answers_365d}",
)
def days_since_feedback(feedback: ir.Table) -> ir.Value:
    """Days since the last answer of any kind; missing without one in the last 365 days.

    >>> known("days_since_feedback", feedback=[{"given_at": 30, "kind": "survey"}, {"given_at": 9, "kind": "request"}])
    30.0
    """
    return feedback.days_ago.min(where=feedback.kind != "request")


@feature(unit="yes/no", theme="onboarding", sentence="Has given feedback since the start")
def early_feedback(
    days_since_feedback: ir.Value, feedback_answers_365d: ir.Value, first_start_days_ago: ir.Value
) -> ir.Value:
    """1 if a new account has answered a survey since its first priced subscription started, its trial included, else
    0; missing from 91 days after that start on.

    >>> known("early_feedback", feedback=[{"given_at": 40}], subscriptions=[{"started_at": 40}])
    1.0
    >>> known("early_feedback", feedback=[{"given_at": 41}], subscriptions=[{"started_at": 40}])
    0.0
    """
    given = (days_since_feedback <= first_start_days_ago).coalesce(False).cast("float64")
    # feedback_answers_365d is missing, not 0, where there is no feedback on record at all
    new = (first_start_days_ago < _NEW) & feedback_answers_365d.notnull()
    return ibis.ifelse(new, given, ibis.null().cast("float64"))


@feature(
    unit="days", theme="feedback", sentence="Feedback has waited for an answer for {feedback_unanswered_days} days"
)
def feedback_unanswered_days(feedback: ir.Table) -> ir.Value:
    """Days since the oldest survey answer of the last 182 days without a reply; missing without one.

    >>> known("feedback_unanswered_days", feedback=[{"given_at": 50, "kind": "survey", "answered_at": 1},
    ...       {"given_at": 20, "kind": "survey"}])
    20.0
    """
    open_survey = (feedback.kind == "survey") & feedback.answered_at.isnull() & (feedback.days_ago < _HALF_YEAR)
    return feedback.days_ago.max(where=open_survey)


@feature(
    unit="count",
    theme="feedback",
    empty=0,
    sentence="Survey requests since they last answered one: {survey_requests_unanswered}",
)
def survey_requests_unanswered(feedback: ir.Table) -> ir.Value:
    """Requests of the last 365 days that came after the account's last answer of any kind.

    >>> known("survey_requests_unanswered", feedback=[{"given_at": 60, "kind": "request"}, {"given_at": 50},
    ...       {"given_at": 20, "kind": "request"}, {"given_at": 6, "kind": "request"}])
    2.0
    """
    return feedback.count(where=feedback.silent)


@feature(
    unit="days",
    theme="feedback",
    sentence="Has not answered any survey request for {survey_silence_days} days",
    usual=", answers in the last 365 days: {feedback_answers_365d}",
)
def survey_silence_days(feedback: ir.Table) -> ir.Value:
    """Days since the first request that ``survey_requests_unanswered`` counts; missing without one.

    >>> known("survey_silence_days", feedback=[{"given_at": 60, "kind": "request"}, {"given_at": 50},
    ...       {"given_at": 20, "kind": "request"}, {"given_at": 6, "kind": "request"}])
    20.0
    """
    return feedback.days_ago.max(where=feedback.silent)


@feature(
    unit="count",
    theme="feedback",
    empty=0,
    sentence="Survey answers of the last 365 days on a topic that they raised before: {feedback_topic_repeats_365d}",
)
def feedback_topic_repeats_365d(feedback: ir.Table) -> ir.Value:
    """Answers of the last 365 days with a topic, minus the number of different topics: how often one came again.

    >>> known("feedback_topic_repeats_365d", feedback=[{"given_at": 9, "topic": "price"},
    ...       {"given_at": 40, "topic": "price"}, {"given_at": 70, "topic": "search"}])
    1.0
    """
    answer = feedback.kind != "request"
    return feedback.topic.count(where=answer) - feedback.topic.nunique(where=answer)
