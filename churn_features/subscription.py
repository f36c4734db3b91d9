"""The contract: what is subscribed to, since when, billed how often, and the account's course up to here.

Belongs here: features over ``subscriptions`` (rows of ``states.current`` with ``renewal`` and gaps). Does not belong
here: what it costs (``price``), whether it is past due, paused or cancelled (``standing``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure
from churn_features.renewal import DAYS, MONTHS
from churn_features.states import GAP_DAYS


def _order_of_start(subscriptions: ir.Table) -> ir.Value:
    # the id decides between subscriptions that started at the same instant, else the order of rows would
    return ibis.struct({"started_at": subscriptions.started_at, "subscription_id": subscriptions.subscription_id})


def _interval_days(interval: ir.Value) -> ir.Value:
    lengths = DAYS | {name: 30 * months for name, months in MONTHS.items()}
    return interval.cases(*[(name, ibis.literal(days)) for name, days in lengths.items()], else_=ibis.null("int16"))


@measure
def seats_91d_ago(subscriptions: ir.Table) -> ir.Value:
    return subscriptions.quantity_91d_ago.sum()


@measure
def interval_days_before(subscriptions: ir.Table) -> ir.Value:
    """Length of the billing interval of the paid subscription that ended last."""
    order = ibis.struct({"ended_at": subscriptions.ended_at, "subscription_id": subscriptions.subscription_id})
    was_paid = subscriptions.ended_at.notnull() & subscriptions.paid_days_ago.notnull()
    return _interval_days(subscriptions.billing_interval).argmax(order, where=was_paid)


@feature(unit="days", theme="contract")
def tenure_days(subscriptions: ir.Table) -> ir.Value:
    """Days since the account first paid: since the first priced subscription started or its trial ended, or since a
    free one got a price. Interruptions are included.

    >>> known("tenure_days", subscriptions=[{"started_at": 40, "trial_ends_at": 26}])
    26.0
    """
    return subscriptions.paid_days_ago.max()


@feature(unit="seats", theme="contract")
def seats(subscriptions: ir.Table) -> ir.Value:
    """Seats of all paying subscriptions; missing where none states a quantity.

    >>> known("seats", subscriptions=[{"quantity": 5}], subscription_changes=[{"changed_at": 3, "quantity": 8}])
    8.0
    """
    return subscriptions.quantity.sum(where=subscriptions.paying)


@feature(
    unit="change",
    theme="contract",
    sentence="Seats changed by {seats_change_91d} in the last 91 days, to {seats}",
)
def seats_change_91d(seats: ir.Value, seats_91d_ago: ir.Value) -> ir.Value:
    """Seats over those paid for at the end of the day 91 days ago, minus 1; missing where either is unknown.

    >>> seats = [{"changed_at": 91, "quantity": 4}, {"changed_at": 90, "quantity": 5}]
    >>> known("seats_change_91d", subscriptions=[{"quantity": 1}], subscription_changes=seats)
    0.25
    """
    return seats / seats_91d_ago.nullif(0) - 1


@feature(unit="category", theme="contract")
def plan(subscriptions: ir.Table) -> ir.Value:
    """Plan of the paying subscription that started last.

    >>> known("plan", subscriptions=[{"plan": "basic"}], subscription_changes=[{"changed_at": 3, "plan": "pro"}])
    'pro'
    """
    return subscriptions.plan.argmax(_order_of_start(subscriptions), where=subscriptions.paying)


@feature(unit="category", theme="contract")
def billing_interval(subscriptions: ir.Table) -> ir.Value:
    """Billing interval of the paying subscription that started last.

    >>> known("billing_interval", subscriptions=[{"billing_interval": "year"}])
    'year'
    """
    return subscriptions.billing_interval.argmax(_order_of_start(subscriptions), where=subscriptions.paying)


@measure
def interval_days(billing_interval: ir.Value) -> ir.Value:
    return _interval_days(billing_interval)


@feature(unit="yes/no", theme="contract", sentence="Is billed in shorter intervals than with the last subscription")
def billed_more_often(interval_days: ir.Value, interval_days_before: ir.Value) -> ir.Value:
    """1 if the paying subscription that started last has a shorter billing interval than the paid one that ended last,
    0 if not or if none has ended.

    >>> year = {"subscription_id": "t", "billing_interval": "year", "started_at": 400, "ended_at": 35}
    >>> known("billed_more_often", subscriptions=[year, {"billing_interval": "month", "started_at": 35}])
    1.0
    """
    return (interval_days < interval_days_before).coalesce(False).cast("int8")


@feature(unit="days", theme="contract")
def days_to_renewal(subscriptions: ir.Table) -> ir.Value:
    """Days from the as-of date to the next billing date of any paying subscription, at least 1; counted from the end of
    its trial, or else its start. One that is known to end on or before that date is not billed again. Missing without
    another billing date, or where the interval is none of the contract's.

    >>> known("days_to_renewal", subscriptions=[{"started_at": 30}])  # of May 31: billed today, and on July 31
    31.0
    >>> known("days_to_renewal", subscriptions=[{"started_at": 30, "cancel_requested_at": 3, "ends_at": -31}])
    """
    ends_before = (subscriptions.ends_days_ago >= subscriptions.renewal_days_ago).coalesce(False)
    return -subscriptions.renewal_days_ago.max(where=subscriptions.paying & ~ends_before)


@feature(unit="days", theme="contract")
def days_since_renewal(subscriptions: ir.Table) -> ir.Value:
    """Days from the last billing date of any paying subscription, the first one included, to the as-of date: 0 on that
    day. Missing only where the interval is none of the contract's.

    >>> known("days_since_renewal", subscriptions=[{"started_at": 367, "billing_interval": "year"}])  # June 29, 2023
    1.0
    """
    return subscriptions.renewed_days_ago.min(where=subscriptions.paying)


@feature(unit="count", theme="contract", sentence="Paid subscriptions at present: {subscriptions_active}")
def subscriptions_active(subscriptions: ir.Table) -> ir.Value:
    """Number of paying subscriptions.

    >>> known("subscriptions_active", subscriptions=[{}, {"subscription_id": "t"}, {"subscription_id": "u", "mrr": 0}])
    2.0
    """
    return subscriptions.count(where=subscriptions.paying)


@feature(unit="count", theme="contract", sentence="Left and came back by a new subscription: {earlier_spells} times")
def earlier_spells(subscriptions: ir.Table) -> ir.Value:
    """How often the account came back by a new subscription after more than 7 days without a paid one. One that is
    paid for again, after having been unpaid or free, is no new one.

    >>> old = {"subscription_id": "old", "started_at": 300, "ended_at": 100}
    >>> known("earlier_spells", subscriptions=[old, {"started_at": 92}])
    1.0
    >>> known("earlier_spells", subscriptions=[old, {"started_at": 93}])
    0.0
    """
    return subscriptions.count(where=subscriptions.gap_days > GAP_DAYS)


@feature(unit="days", theme="contract", sentence="Came back by a new subscription {days_since_return} days ago")
def days_since_return(subscriptions: ir.Table) -> ir.Value:
    """Days since the account last came back by a new subscription after more than 7 days without a paid one; missing
    if it never did.

    >>> old = {"subscription_id": "old", "started_at": 300, "ended_at": 100}
    >>> known("days_since_return", subscriptions=[old, {"started_at": 50}])
    50.0
    """
    return subscriptions.paid_days_ago.min(where=subscriptions.gap_days > GAP_DAYS)


@feature(unit="days", theme="contract")
def trial_days(subscriptions: ir.Table) -> ir.Value:
    """Days of the longest trial that led to a paid subscription; 0 if the account never tried before it paid.

    >>> known("trial_days", subscriptions=[{"started_at": 40, "trial_ends_at": 26}])
    14.0
    """
    length = subscriptions.started_days_ago - subscriptions.trial_ends_days_ago
    return length.max(where=subscriptions.paid_days_ago.notnull()).coalesce(0)


@feature(unit="yes/no", theme="contract", sentence="Is trying another subscription beside the paid one")
def in_trial(subscriptions: ir.Table) -> ir.Value:
    """1 if another subscription is in its trial beside the paid ones: it has not ended and its trial has not.

    >>> trial = {"subscription_id": "t", "started_at": 5, "trial_ends_at": -9}
    >>> known("in_trial", subscriptions=[{}, trial])
    1.0
    """
    return (subscriptions.live & subscriptions.in_trial).any().coalesce(False).cast("int8")
