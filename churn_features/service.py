"""How well the account's support requests were dealt with: time to a reply and a solution, whether it held, the rating.

Belongs here: features over ``tickets`` that judge the answer. Does not belong here: how many requests there are and
which of them wait (``support``).
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from churn_features.daily_use import bit_count
from churn_features.feature import feature, measure
from churn_features.scores import against_others, count_scores, mean_score, total_score
from churn_features.support import HALF_YEAR

_BITS = 62
"""Days in a bitmap."""


def _mean_hours(later: ir.Value, earlier: ir.Value, where: ir.Value) -> ir.Value:
    # whole seconds are averaged before the division: their sum does not depend on the order of rows
    return later.delta(earlier, unit="second").mean(where=where) / 3600.0


@measure(empty=0)
def tickets_182d(tickets: ir.Table) -> ir.Value:
    return tickets.count(where=tickets.days_ago < HALF_YEAR)


def _ticket_days(tickets: ir.Table, first: int) -> ir.Value:
    """Bitmap of the days with a ticket, bit n for ``first`` + n days ago."""
    bit = ibis.literal(1).cast("int64") << (tickets.days_ago - first).clip(lower=0, upper=_BITS - 1)
    return ibis.ifelse(tickets.days_ago.between(first, first + _BITS - 1), bit, 0).bit_or()


@measure(empty=0)
def ticket_days_0(tickets: ir.Table) -> ir.Value:
    return _ticket_days(tickets, 0)


@measure(empty=0)
def ticket_days_62(tickets: ir.Table) -> ir.Value:
    return _ticket_days(tickets, 62)


@measure(empty=0)
def ticket_days_124(tickets: ir.Table) -> ir.Value:
    return _ticket_days(tickets, 124)


@measure(empty=0)
def ticket_days_186(tickets: ir.Table) -> ir.Value:
    return _ticket_days(tickets, 186)


def _first_days(days: ir.Value, older: ir.Value, last: int = _BITS) -> ir.Value:
    """Number of the first ``last`` days of a bitmap with a ticket and none in the 14 days before; ``older`` is the
    bitmap of the days before."""
    before = [(days >> n) | ((older & ((1 << n) - 1)) << (_BITS - n)) for n in range(1, 15)]
    counted = days & ((1 << last) - 1)
    return bit_count(counted) - bit_count(counted & reduce(or_, before))


@measure
def earlier_resolution_hours(tickets: ir.Table) -> ir.Value:
    return _mean_hours(tickets.resolved_at, tickets.opened_at, tickets.days_ago.between(91, 364))


@measure(empty=0)
def ratings_365d(tickets: ir.Table) -> ir.Value:
    return count_scores(tickets.satisfaction, tickets.satisfaction.notnull())


@measure
def rating_points_365d(tickets: ir.Table) -> ir.Value:
    return total_score(tickets.satisfaction, tickets.satisfaction.notnull())


@feature(unit="hours", theme="support", sentence="Mean time to a first reply: {first_reply_hours_91d} hours")
def first_reply_hours_91d(tickets: ir.Table) -> ir.Value:
    """Mean hours to the first reply of tickets opened in the last 91 days and replied to; missing without one.

    >>> known("first_reply_hours_91d", tickets=[{"opened_at": 9, "first_reply_at": 8}, {"opened_at": 3}])
    24.0
    """
    return _mean_hours(tickets.first_reply_at, tickets.opened_at, tickets.days_ago < 91)


@feature(
    unit="hours",
    theme="support",
    sentence="Mean time to a solution: {resolution_hours_91d} hours",
    usual=", {resolution_change_91d} against earlier tickets",
)
def resolution_hours_91d(tickets: ir.Table) -> ir.Value:
    """Mean hours to resolution of tickets opened in the last 91 days and resolved; missing without one.

    >>> known("resolution_hours_91d", tickets=[{"opened_at": 9, "resolved_at": 8}, {"opened_at": 9, "resolved_at": 6}])
    48.0
    """
    return _mean_hours(tickets.resolved_at, tickets.opened_at, tickets.days_ago < 91)


@feature(
    unit="change",
    theme="support",
    sentence="Mean time to a solution: {resolution_hours_91d} hours, {resolution_change_91d} against earlier tickets",
)
def resolution_change_91d(resolution_hours_91d: ir.Value, earlier_resolution_hours: ir.Value) -> ir.Value:
    """``resolution_hours_91d`` over the mean of the account's tickets opened 91 to 364 days ago, minus 1; missing
    without a resolved one in either time.

    >>> known("resolution_change_91d", tickets=[{"opened_at": 90, "resolved_at": 87},
    ...       {"opened_at": 91, "resolved_at": 89}])
    0.5
    """
    return resolution_hours_91d / earlier_resolution_hours.nullif(0) - 1


@feature(
    unit="count",
    theme="support",
    empty=0,
    direction=1,
    sentence="Support tickets opened again in the last 91 days: {reopened_tickets_91d}",
)
def reopened_tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets opened again in the last 91 days, of those opened in the last 365.

    >>> known("reopened_tickets_91d", tickets=[{"opened_at": 99, "resolved_at": 95, "reopened_at": 90},
    ...       {"opened_at": 99, "resolved_at": 95, "reopened_at": 91}])
    1.0
    """
    return tickets.count(where=tickets.reopened_days_ago < 91)


@feature(
    unit="share",
    theme="support",
    sentence="Support tickets within two weeks of the one before: {repeat_tickets_share_182d}",
)
def repeat_tickets_share_182d(
    tickets_182d: ir.Value,
    ticket_days_0: ir.Value,
    ticket_days_62: ir.Value,
    ticket_days_124: ir.Value,
    ticket_days_186: ir.Value,
) -> ir.Value:
    """Share of the tickets opened in the last 182 days that came at most 14 days after the account's ticket before:
    trouble that was not over; missing without tickets.

    >>> known("repeat_tickets_share_182d", tickets=[{"opened_at": 60}, {"opened_at": 46}, {"opened_at": 31}])
    0.3333333333333333
    """
    # bitmaps, as it takes longer to sort tickets than to do all else with them: of the tickets of a day without any in
    # the 14 days before, all but one are repeats
    first = (
        _first_days(ticket_days_0, ticket_days_62)
        + _first_days(ticket_days_62, ticket_days_124)
        + _first_days(ticket_days_124, ticket_days_186, HALF_YEAR - 124)
    )
    return (tickets_182d - first) / tickets_182d.nullif(0)


@feature(
    unit="score",
    theme="support",
    direction=-1,
    sentence="Satisfaction with support, 1 to 5: {support_satisfaction_182d}",
)
def support_satisfaction_182d(tickets: ir.Table) -> ir.Value:
    """Mean satisfaction of tickets opened in the last 182 days and rated so far; missing without a rating.

    >>> known("support_satisfaction_182d", tickets=[{"opened_at": 181, "rated_at": 180, "satisfaction": 5},
    ...       {"opened_at": 9, "rated_at": 0, "satisfaction": 2}, {"opened_at": 9, "rated_at": -1, "satisfaction": 1}])
    3.5
    """
    return mean_score(tickets.satisfaction, tickets.days_ago < HALF_YEAR)


@feature(
    unit="score",
    theme="support",
    direction=-1,
    sentence="Last rating of support, 1 to 5: {support_satisfaction_last}",
    usual=", against the mean of earlier ones: {support_satisfaction_change} points",
)
def support_satisfaction_last(tickets: ir.Table) -> ir.Value:
    """Satisfaction of the ticket that was rated last, of those opened in the last 365 days; missing without a rating.

    >>> known("support_satisfaction_last", tickets=[{"opened_at": 9, "rated_at": 2, "satisfaction": 5},
    ...       {"opened_at": 5, "rated_at": 4, "satisfaction": 1}])
    5.0
    """
    # the id decides between tickets rated at the same instant
    order = ibis.struct({"rated_at": tickets.rated_at, "ticket_id": tickets.ticket_id})
    return tickets.satisfaction.argmax(order, where=tickets.satisfaction.notnull())


@feature(
    unit="score",
    theme="support",
    sentence="Last rating of support against the mean of earlier ones: {support_satisfaction_change} points, now "
    "{support_satisfaction_last}",
)
def support_satisfaction_change(
    support_satisfaction_last: ir.Value, rating_points_365d: ir.Value, ratings_365d: ir.Value
) -> ir.Value:
    """``support_satisfaction_last`` minus the mean of the other ratings of tickets opened in the last 365 days: above 0
    where a bad experience turned good; missing with fewer than two ratings.

    >>> known("support_satisfaction_change", tickets=[{"opened_at": 9, "rated_at": 2, "satisfaction": 5},
    ...       {"opened_at": 5, "rated_at": 4, "satisfaction": 1}])
    4.0
    """
    return against_others(support_satisfaction_last, rating_points_365d, ratings_365d)
