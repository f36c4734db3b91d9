"""What passes between the account and the company's people: support, feedback, outreach; and who the account is.

Belongs here: features over ``tickets``, ``feedback``, ``outreach`` and ``accounts``. Does not belong here: help pages
and errors met in the product (``usage``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure

_HALF_YEAR = 182


def _mean_hours(later: ir.Value, earlier: ir.Value, where: ir.Value) -> ir.Value:
    # whole seconds are averaged before the division: their sum does not depend on the order of rows
    return later.delta(earlier, unit="second").mean(where=where) / 3600.0


@measure
def nps_before_last(feedback: ir.Table) -> ir.Value:
    """Mean of the earlier NPS answers of the year before the last one."""
    return feedback.score.mean(where=(feedback.kind == "nps") & (feedback.answers_later > 0))


@feature(unit="count", theme="support", empty=0, sentence="Support tickets in the last 28 days: {tickets_28d}")
def tickets_28d(tickets: ir.Table) -> ir.Value:
    """Tickets opened in the last 28 days."""
    return tickets.count(where=tickets.days_ago < 28)


@feature(unit="count", theme="support", empty=0, sentence="Support tickets in the last 91 days: {tickets_91d}")
def tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets opened in the last 91 days."""
    return tickets.count(where=tickets.days_ago < 91)


@feature(unit="count", theme="support", empty=0, direction=1, sentence="Support tickets still open: {open_tickets}")
def open_tickets(tickets: ir.Table) -> ir.Value:
    """Tickets of the last 182 days that are not resolved."""
    return tickets.count(where=tickets.resolved_at.isnull() & (tickets.days_ago < _HALF_YEAR))


@feature(
    unit="days",
    theme="support",
    direction=1,
    sentence="The oldest open ticket has waited for {oldest_open_ticket_days} days",
)
def oldest_open_ticket_days(tickets: ir.Table) -> ir.Value:
    """Days since the oldest unresolved ticket of the last 182 days was opened; missing without one."""
    return tickets.days_ago.max(where=tickets.resolved_at.isnull() & (tickets.days_ago < _HALF_YEAR))


@feature(
    unit="count",
    theme="support",
    empty=0,
    sentence="Tickets of high or urgent severity in the last 91 days: {severe_tickets_91d}",
)
def severe_tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets of severity high or urgent opened in the last 91 days."""
    return tickets.count(where=tickets.severity.isin(["high", "urgent"]) & (tickets.days_ago < 91))


@feature(unit="hours", theme="support", sentence="Mean time to a first reply: {first_reply_hours_91d} hours")
def first_reply_hours_91d(tickets: ir.Table) -> ir.Value:
    """Mean hours to the first reply of tickets opened in the last 91 days and replied to; missing without one."""
    return _mean_hours(tickets.first_reply_at, tickets.opened_at, tickets.days_ago < 91)


@feature(unit="hours", theme="support", sentence="Mean time to a solution: {resolution_hours_91d} hours")
def resolution_hours_91d(tickets: ir.Table) -> ir.Value:
    """Mean hours to resolution of tickets opened in the last 91 days and resolved; missing without one."""
    return _mean_hours(tickets.resolved_at, tickets.opened_at, tickets.days_ago < 91)


@feature(
    unit="score",
    theme="support",
    direction=-1,
    sentence="Satisfaction with support, 1 to 5: {support_satisfaction_182d}",
)
def support_satisfaction_182d(tickets: ir.Table) -> ir.Value:
    """Mean satisfaction of tickets opened in the last 182 days and rated; missing without a rating."""
    return tickets.satisfaction.mean(where=tickets.days_ago < _HALF_YEAR)


@feature(unit="score", theme="feedback", direction=-1, sentence="Last NPS answer, 0 to 10: {nps_last}")
def nps_last(feedback: ir.Table) -> ir.Value:
    """Last NPS answer of the past 365 days; missing without one."""
    return feedback.score.mean(where=(feedback.kind == "nps") & (feedback.answers_later == 0))


@feature(
    unit="score",
    theme="feedback",
    sentence="NPS answer against the mean of earlier ones: {nps_change} points, now {nps_last}",
)
def nps_change(nps_last: ir.Value, nps_before_last: ir.Value) -> ir.Value:
    """Last NPS answer minus the mean of the earlier ones of the past 365 days."""
    return nps_last - nps_before_last


@feature(
    unit="days", theme="feedback", sentence="Feedback has waited for an answer for {feedback_unanswered_days} days"
)
def feedback_unanswered_days(feedback: ir.Table) -> ir.Value:
    """Days since the oldest survey answer of the last 182 days without a reply; missing without one."""
    open_survey = (feedback.kind == "survey") & feedback.answered_at.isnull() & (feedback.days_ago < _HALF_YEAR)
    return feedback.days_ago.max(where=open_survey)


@feature(unit="days", theme="relationship", sentence="Days since anyone last contacted them: {days_since_contact}")
def days_since_contact(outreach: ir.Table) -> ir.Value:
    """Days since the company last contacted the account; missing if never."""
    return outreach.days_ago.min()


@feature(unit="category", theme="account")
def industry(accounts: ir.Table) -> ir.Value:
    """Industry at sign-up."""
    return accounts.industry.max()


@feature(unit="category", theme="account")
def country(accounts: ir.Table) -> ir.Value:
    """Country at sign-up."""
    return accounts.country.max()


@feature(unit="category", theme="account")
def size(accounts: ir.Table) -> ir.Value:
    """Size class at sign-up."""
    return accounts["size"].max()


@feature(unit="category", theme="account")
def acquisition_channel(accounts: ir.Table) -> ir.Value:
    """How the account was won."""
    return accounts.channel.max()


def with_answer_order(feedback: ir.Table) -> ir.Table:
    """Cut feedback of the last 365 days with ``answers_later``: how many NPS answers the account gave after it."""
    recent = feedback.filter(feedback.days_ago < 365)
    order = ibis.window(group_by=["account_id", "kind"], order_by=[ibis.desc("given_at")])
    return recent.mutate(answers_later=ibis.row_number().over(order))
