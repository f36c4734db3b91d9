"""The contract and its price: tenure, recurring revenue, renewal, changes, discounts, pauses.

Belongs here: features over ``subscriptions`` (as ``states.current`` gives them) and ``subscription_changes``.
Does not belong here: invoices and payments (``billing``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def next_renewal(started_on: ir.Value, interval: ir.Value, as_of: ir.Value) -> ir.Value:
    """First billing date after the as-of date: the start plus whole intervals, clamped to the end of short months.

    Months are always added to the start itself, so a contract of January 31 renews on February 28 and March 31.
    """
    months = interval.cases(*[(name, ibis.literal(n)) for name, n in _MONTHS.items()], else_=ibis.literal(0))
    elapsed = (as_of.year() - started_on.year()) * 12 + as_of.month() - started_on.month()
    whole = (elapsed // months.nullif(0)) * months

    def after(extra: ir.Value) -> ir.Value:
        return (started_on.cast("timestamp") + (whole + extra).cast("int64").as_interval("M")).cast("date")

    monthly = ibis.ifelse(after(ibis.literal(0)) > as_of, after(ibis.literal(0)), after(months))
    days = interval.cases(("day", ibis.literal(1)), ("week", ibis.literal(7)), else_=ibis.null().cast("int8"))
    left = days - as_of.delta(started_on, unit="day") % days
    daily = (as_of.cast("timestamp") + left.cast("int64").as_interval("D")).cast("date")
    return ibis.ifelse(months > 0, monthly, daily)


def _order_of_start(subscriptions: ir.Table) -> ir.Value:
    # the id decides between subscriptions that started at the same instant, else the order of rows would
    return ibis.struct({"started_at": subscriptions.started_at, "subscription_id": subscriptions.subscription_id})


@measure
def first_started_days_ago(subscriptions: ir.Table) -> ir.Value:
    return subscriptions.started_days_ago.max(where=subscriptions.start_mrr > 0)


@measure
def mrr_91d_ago(subscriptions: ir.Table) -> ir.Value:
    """Recurring revenue that the present subscriptions had 91 days ago, later changes left out."""
    return subscriptions.mrr_91d_ago.sum(where=subscriptions.paying)


@measure
def seats_91d_ago(subscriptions: ir.Table) -> ir.Value:
    return subscriptions.quantity_91d_ago.sum(where=subscriptions.paying)


@feature(unit="days", theme="contract")
def tenure_days(first_started_days_ago: ir.Value) -> ir.Value:
    """Days since the account's first priced subscription started, gaps included."""
    return first_started_days_ago


@feature(unit="money", theme="price")
def mrr(subscriptions: ir.Table) -> ir.Value:
    """Monthly recurring revenue of all paying subscriptions, minor units."""
    return subscriptions.mrr.sum(where=subscriptions.paying)


@feature(unit="seats", theme="contract")
def seats(subscriptions: ir.Table) -> ir.Value:
    """Seats of all paying subscriptions; missing where none states a quantity."""
    return subscriptions.quantity.sum(where=subscriptions.paying)


@feature(unit="category", theme="contract")
def plan(subscriptions: ir.Table) -> ir.Value:
    """Plan of the paying subscription that started last."""
    return subscriptions.plan.argmax(_order_of_start(subscriptions), where=subscriptions.paying)


@feature(unit="category", theme="contract")
def billing_interval(subscriptions: ir.Table) -> ir.Value:
    """Billing interval of the paying subscription that started last."""
    return subscriptions.billing_interval.argmax(_order_of_start(subscriptions), where=subscriptions.paying)


@feature(unit="days", theme="contract", sentence="Days to the next renewal: {days_to_renewal}")
def days_to_renewal(subscriptions: ir.Table) -> ir.Value:
    """Days from the as-of date to the next billing date of any paying subscription, at least 1."""
    return -subscriptions.renewal_days_ago.max(where=subscriptions.paying)


@feature(unit="change", theme="price", sentence="Price changed by {mrr_change_91d} in the last 91 days")
def mrr_change_91d(mrr: ir.Value, mrr_91d_ago: ir.Value) -> ir.Value:
    """Recurring revenue over that of 91 days ago, minus 1; missing for accounts that did not pay then."""
    return mrr / mrr_91d_ago.nullif(0) - 1


@feature(
    unit="change",
    theme="price",
    direction=1,
    sentence="Price for the same quantity changed by {price_change_91d} in the last 91 days",
)
def price_change_91d(mrr: ir.Value, mrr_91d_ago: ir.Value, seats: ir.Value, seats_91d_ago: ir.Value) -> ir.Value:
    """Change over 91 days of revenue per seat (of revenue, where seats are unknown): a rise in price, not in size."""
    size = ibis.coalesce(seats / seats_91d_ago.nullif(0), 1.0)
    return mrr / mrr_91d_ago.nullif(0) / size.nullif(0) - 1


@feature(
    unit="change",
    theme="contract",
    direction=-1,
    sentence="Seats changed by {seats_change_91d} in the last 91 days, to {seats}",
)
def seats_change_91d(seats: ir.Value, seats_91d_ago: ir.Value) -> ir.Value:
    """Seats over those of 91 days ago, minus 1; missing where either is unknown."""
    return seats / seats_91d_ago.nullif(0) - 1


@feature(unit="days", theme="price", sentence="Days since the price or the plan last changed: {days_since_change}")
def days_since_change(subscription_changes: ir.Table) -> ir.Value:
    """Days since the last change of price, plan or quantity; missing if there never was one."""
    changed = (
        subscription_changes.mrr.notnull() | subscription_changes.plan.notnull()
        | subscription_changes.quantity.notnull()
    )  # fmt: skip
    return subscription_changes.days_ago.min(where=changed)


@feature(unit="share", theme="price", sentence="Discount at present: {discount_share}")
def discount_share(subscriptions: ir.Table) -> ir.Value:
    """Largest discount on a paying subscription, 0 to 1, 0 once it has ended; missing if none was ever recorded."""
    present = ibis.ifelse(subscriptions.until_days_ago >= 0, 0.0, subscriptions.discount_share)
    return present.max(where=subscriptions.paying)


@feature(unit="days", theme="price", sentence="Days until the discount ends: {days_to_discount_end}")
def days_to_discount_end(subscriptions: ir.Table) -> ir.Value:
    """Days to the announced end of a running discount; missing without one."""
    running = subscriptions.paying & (subscriptions.discount_share > 0) & (subscriptions.until_days_ago < 0)
    return -subscriptions.until_days_ago.max(where=running)


@feature(unit="yes/no", theme="payment", direction=1, sentence="A payment is overdue (subscription past due)")
def past_due(subscriptions: ir.Table) -> ir.Value:
    """1 if any paying subscription is in state past_due."""
    return (subscriptions.status == "past_due").any(where=subscriptions.paying).cast("int8")


@feature(unit="yes/no", theme="contract", sentence="The subscription is paused")
def paused(subscriptions: ir.Table) -> ir.Value:
    """1 if any paying subscription is paused."""
    return (subscriptions.status == "paused").any(where=subscriptions.paying).cast("int8")
