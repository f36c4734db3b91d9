"""How the contract stands: past due, paused, asked to end, changed lately.

Belongs here: features over the states of ``subscriptions`` and over ``subscription_changes`` that are not about money.
Does not belong here: what changed in price (``price``), invoices (``invoices``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.feature import feature, measure

_HALF_YEAR, _YEAR = 182, 365


def _in_state(subscriptions: ir.Table, status: str) -> ir.Value:
    return subscriptions.paying & (subscriptions.status == status)


def _times(changes: ir.Table, status: str) -> ir.Value:
    """How often the state was entered in the last 365 days."""
    return changes.count(where=changes.enters_status & (changes.status == status) & (changes.days_ago < _YEAR))


@measure
def mrr_requested(subscriptions: ir.Table) -> ir.Value:
    """Recurring revenue of the paying subscriptions whose cancellation is requested."""
    requested = subscriptions.paying & subscriptions.cancel_requested_at.notnull()
    return subscriptions.mrr.sum(where=requested).coalesce(0)


@feature(
    unit="share",
    theme="contract",
    direction=1,
    sentence="Cancellation is requested for {cancel_requested_share} of the revenue",
)
def cancel_requested_share(mrr_requested: ir.Value, mrr: ir.Value) -> ir.Value:
    """Share of the paying recurring revenue whose cancellation is requested and has not taken effect: 1 for an
    announced leaver, 0 without a request.

    >>> both = [{"mrr": 3000, "cancel_requested_at": 2}, {"subscription_id": "t", "mrr": 9000}]
    >>> known("cancel_requested_share", subscriptions=both)
    0.25
    """
    return mrr_requested / mrr.nullif(0)


@feature(unit="days", theme="contract", sentence="Days to the announced end of a subscription: {days_to_announced_end}")
def days_to_announced_end(subscriptions: ir.Table) -> ir.Value:
    """Days to the nearest announced end of a paying subscription, at least 1; missing without one and once that day has
    come.

    >>> known("days_to_announced_end", subscriptions=[{"cancel_requested_at": 2, "ends_at": -12}])
    12.0
    """
    return -subscriptions.ends_days_ago.max(where=subscriptions.paying & (subscriptions.ends_days_ago < 0))


@feature(
    unit="yes/no",
    theme="payment",
    direction=1,
    sentence="A payment is overdue (subscription past due)",
    usual=", in arrears in the last 365 days: {past_dues_365d} times",
)
def past_due(subscriptions: ir.Table) -> ir.Value:
    """1 if any paying subscription is in state past_due, else 0; missing where changes are not on record.

    >>> known("past_due", subscription_changes=[{"changed_at": 3, "status": "past_due"}])
    1.0
    """
    return (subscriptions.status == "past_due").any(where=subscriptions.paying).cast("int8")


@feature(
    unit="days",
    theme="payment",
    direction=1,
    sentence="The subscription has been past due for {past_due_days} days",
    usual=", in arrears in the last 365 days: {past_dues_365d} times",
)
def past_due_days(subscriptions: ir.Table) -> ir.Value:
    """Days since a paying subscription became past_due, of several the longest; missing while none is. To state it
    again does not begin it anew.

    >>> known("past_due_days", subscription_changes=[{"changed_at": d, "status": "past_due"} for d in (9, 3)])
    9.0
    """
    return subscriptions.status_days_ago.max(where=_in_state(subscriptions, "past_due"))


@feature(
    unit="count", theme="payment", empty=0, sentence="Fell into arrears in the last 365 days: {past_dues_365d} times"
)
def past_dues_365d(subscription_changes: ir.Table) -> ir.Value:
    """How often a subscription became past_due in the last 365 days; to state it again does not count.

    >>> course = [(364, "past_due"), (350, "active"), (9, "past_due"), (3, "past_due")]
    >>> known("past_dues_365d", subscription_changes=[{"changed_at": d, "status": status} for d, status in course])
    2.0
    """
    return _times(subscription_changes, "past_due")


@feature(unit="yes/no", theme="contract", sentence="The subscription is paused")
def paused(subscriptions: ir.Table) -> ir.Value:
    """1 if any paying subscription is paused, else 0; missing where changes are not on record.

    >>> known("paused", subscription_changes=[{"changed_at": 3, "status": "paused"}])
    1.0
    """
    return (subscriptions.status == "paused").any(where=subscriptions.paying).cast("int8")


@feature(unit="days", theme="contract", sentence="The subscription has been paused for {paused_days} days")
def paused_days(subscriptions: ir.Table) -> ir.Value:
    """Days since a paying subscription was paused, of several the longest; missing while none is. To state it again, as
    with a new end, does not begin it anew.

    >>> known("paused_days", subscription_changes=[{"changed_at": d, "status": "paused"} for d in (30, 5)])
    30.0
    """
    return subscriptions.status_days_ago.max(where=_in_state(subscriptions, "paused"))


@feature(unit="days", theme="contract", sentence="Days until the pause ends: {days_to_pause_end}")
def days_to_pause_end(subscriptions: ir.Table) -> ir.Value:
    """Days to the nearest announced end of a pause, at least 1; missing without a pause or once that day has come.

    >>> known("days_to_pause_end", subscription_changes=[{"changed_at": 9, "status": "paused", "until": -21}])
    21.0
    """
    ahead = _in_state(subscriptions, "paused") & (subscriptions.status_until_days_ago < 0)
    return -subscriptions.status_until_days_ago.max(where=ahead)


@feature(unit="count", theme="contract", empty=0, sentence="Pauses in the last 365 days: {pauses_365d}")
def pauses_365d(subscription_changes: ir.Table) -> ir.Value:
    """How often a subscription was paused in the last 365 days; to state it again, as with a new end, does not count.

    >>> course = [(364, "paused"), (350, "active"), (9, "paused"), (3, "paused")]
    >>> known("pauses_365d", subscription_changes=[{"changed_at": d, "status": status} for d, status in course])
    2.0
    """
    return _times(subscription_changes, "paused")


@feature(unit="count", theme="contract", empty=0, sentence="Changes of plan in the last 182 days: {plan_changes_182d}")
def plan_changes_182d(subscription_changes: ir.Table) -> ir.Value:
    """Changes of a subscription that state a plan, in the last 182 days.

    >>> known("plan_changes_182d", subscription_changes=[{"changed_at": d, "plan": "pro"} for d in (181, 182)])
    1.0
    """
    changes = subscription_changes
    return changes.count(where=changes.plan.notnull() & (changes.days_ago < _HALF_YEAR))
