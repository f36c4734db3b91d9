"""What the account pays and how that has moved: revenue, price rises, discounts.

Belongs here: features over prices in ``subscriptions`` and ``subscription_changes``. Does not belong here: what was
charged (``invoices``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure

_HALF_YEAR = 182


@measure
def mrr_28d_ago(subscriptions: ir.Table) -> ir.Value:
    """Recurring revenue of what the account paid for at the end of the day 28 days ago."""
    return subscriptions.mrr_28d_ago.sum()


@measure
def mrr_91d_ago(subscriptions: ir.Table) -> ir.Value:
    """The same, 91 days ago."""
    return subscriptions.mrr_91d_ago.sum()


@measure
def highest_mrr(subscriptions: ir.Table) -> ir.Value:
    """The highest price that each of the present subscriptions ever had, summed."""
    return subscriptions.highest_mrr.sum(where=subscriptions.paying)


@feature(unit="money", theme="price")
def mrr(subscriptions: ir.Table) -> ir.Value:
    """Monthly recurring revenue of all paying subscriptions, minor units.

    >>> known("mrr", subscriptions=[{"mrr": 3000}, {"subscription_id": "t", "mrr": 500, "ended_at": 1}])
    3000.0
    """
    return subscriptions.mrr.sum(where=subscriptions.paying)


@feature(
    unit="money",
    theme="price",
    sentence="Price per seat and month: {mrr_per_seat}",
    usual=", what they pay apart from changes in seats {price_change_91d} in the last 91 days",
)
def mrr_per_seat(mrr: ir.Value, seats: ir.Value) -> ir.Value:
    """``mrr`` over ``seats``, minor units; missing where seats are unknown or 0.

    >>> known("mrr_per_seat", subscriptions=[{"mrr": 3000, "quantity": 4}])
    750.0
    """
    return mrr / seats.nullif(0)


@feature(unit="money", theme="price", sentence="Price per active user and month: {mrr_per_user_28d}")
def mrr_per_user_28d(mrr: ir.Value, users_28d: ir.Value) -> ir.Value:
    """``mrr`` over ``users_28d``, minor units; missing where users are unknown or 0.

    >>> known("mrr_per_user_28d", subscriptions=[{"mrr": 3000}], usage=[{"day": 3, "event": "login", "users": 2}])
    1500.0
    """
    return mrr / users_28d.nullif(0)


@feature(unit="money", theme="price", sentence="Price per key action of the last 28 days: {mrr_per_key_action_28d}")
def mrr_per_key_action_28d(mrr: ir.Value, key_actions_28d: ir.Value) -> ir.Value:
    """``mrr`` over ``key_actions_28d``: what a use of the product costs; missing where there was none.

    >>> known("mrr_per_key_action_28d", usage=[{"day": 3, "event": "key_action", "quantity": 40}])
    250.0
    """
    return mrr / key_actions_28d.nullif(0)


@feature(
    unit="change",
    theme="price",
    sentence="Recurring revenue changed by {mrr_change_28d} in the last 28 days",
    usual=", now {mrr} a month",
)
def mrr_change_28d(mrr: ir.Value, mrr_28d_ago: ir.Value) -> ir.Value:
    """Recurring revenue over that at the end of the day 28 days ago, minus 1; missing for accounts that did not pay
    then.

    >>> known("mrr_change_28d", subscription_changes=[{"changed_at": 27, "mrr": 7500}])
    -0.25
    """
    return mrr / mrr_28d_ago.nullif(0) - 1


@feature(
    unit="change",
    theme="price",
    sentence="Recurring revenue changed by {mrr_change_91d} in the last 91 days",
    usual=", now {mrr} a month",
)
def mrr_change_91d(mrr: ir.Value, mrr_91d_ago: ir.Value) -> ir.Value:
    """Recurring revenue over that at the end of the day 91 days ago, minus 1; missing for accounts that did not pay
    then.

    >>> known("mrr_change_91d", subscription_changes=[{"changed_at": 90, "mrr": 7500}])
    -0.25
    """
    return mrr / mrr_91d_ago.nullif(0) - 1


@feature(
    unit="share",
    theme="price",
    sentence="Pays {mrr_below_highest_share} less than it once did",
    usual=", now {mrr} a month",
)
def mrr_below_highest_share(mrr: ir.Value, highest_mrr: ir.Value) -> ir.Value:
    """1 - recurring revenue / the highest that the paying subscriptions ever had: 0 at the height, 0.25 after a
    downgrade by a quarter. Missing where changes are not on record.

    >>> known("mrr_below_highest_share", subscription_changes=[{"changed_at": 200, "mrr": 7500}])
    0.25
    """
    return 1 - mrr / highest_mrr.nullif(0)


@feature(
    unit="change",
    theme="price",
    sentence="Apart from changes in seats, what they pay changed by {price_change_91d} in the last 91 days",
    usual=", now {mrr} a month",
)
def price_change_91d(mrr: ir.Value, mrr_91d_ago: ir.Value, seats: ir.Value, seats_91d_ago: ir.Value) -> ir.Value:
    """Revenue per seat over that at the end of the day 91 days ago, minus 1 (of revenue, where seats are unknown at
    either date): a price rise, and as well a dearer plan or a product bought on top. Missing for accounts that did not
    pay then.

    >>> dearer, more = {"changed_at": 9, "mrr": 12500}, {"changed_at": 9, "mrr": 20000, "quantity": 8}
    >>> known("price_change_91d", subscriptions=[{"quantity": 4}], subscription_changes=[dearer])
    0.25
    >>> known("price_change_91d", subscriptions=[{"quantity": 4}], subscription_changes=[more])
    0.0
    """
    size = ibis.coalesce(seats / seats_91d_ago.nullif(0), 1.0)
    return mrr / mrr_91d_ago.nullif(0) / size.nullif(0) - 1


@feature(
    unit="days",
    theme="price",
    sentence="The price was raised {days_since_price_rise} days ago",
    usual=", what they pay apart from changes in seats {price_change_91d} in the last 91 days",
)
def days_since_price_rise(subscription_changes: ir.Table) -> ir.Value:
    """Days since the price of a subscription was last raised while plan and quantity were what they had been at the
    price before; missing if it never was.

    >>> known("days_since_price_rise", subscription_changes=[{"changed_at": 40, "mrr": 11000}])
    40.0
    >>> more = [{"changed_at": 41, "quantity": 2}, {"changed_at": 40, "mrr": 20000}]
    >>> known("days_since_price_rise", subscriptions=[{"quantity": 1}], subscription_changes=more)
    """
    changes = subscription_changes
    return changes.days_ago.min(where=(changes.mrr > changes.mrr_before) & changes.same_size)


@feature(unit="count", theme="price", empty=0)
def upgrades_182d(subscription_changes: ir.Table) -> ir.Value:
    """Raises of a subscription's price in the last 182 days with a plan or quantity other than at the price before.

    >>> known("upgrades_182d", subscription_changes=[{"changed_at": 181, "mrr": 20000, "plan": "pro"}])
    1.0
    """
    changes = subscription_changes
    up = (changes.mrr > changes.mrr_before) & ~changes.same_size
    return changes.count(where=up & (changes.days_ago < _HALF_YEAR))


@feature(unit="count", theme="price", empty=0, sentence="Downgrades in the last 182 days: {downgrades_182d}")
def downgrades_182d(subscription_changes: ir.Table) -> ir.Value:
    """Changes in the last 182 days that lowered the recurring revenue of a subscription.

    >>> known("downgrades_182d", subscription_changes=[{"changed_at": d, "mrr": 9000 + d} for d in (182, 181, 5)])
    2.0
    """
    changes = subscription_changes
    return changes.count(where=(changes.mrr < changes.mrr_before) & (changes.days_ago < _HALF_YEAR))


@feature(unit="days", theme="price", sentence="Days since the price or the plan last changed: {days_since_change}")
def days_since_change(subscription_changes: ir.Table) -> ir.Value:
    """Days since the last change of price, plan or quantity; missing if there never was one.

    >>> known("days_since_change", subscription_changes=[{"changed_at": 7, "quantity": 3}])
    7.0
    """
    changes = subscription_changes
    return changes.days_ago.min(where=changes.mrr.notnull() | changes.plan.notnull() | changes.quantity.notnull())


@feature(unit="share", theme="price", sentence="Discount at present: {discount_share}")
def discount_share(subscriptions: ir.Table) -> ir.Value:
    """Largest discount on a paying subscription, 0 to 1, 0 once it has ended; missing if none was ever recorded.

    >>> known("discount_share", subscription_changes=[{"changed_at": 60, "discount_share": 0.2, "until": -30}])
    0.2
    """
    present = ibis.ifelse(subscriptions.discount_end_days_ago >= 0, 0.0, subscriptions.discount_share)
    return present.max(where=subscriptions.paying)


@feature(unit="days", theme="price", sentence="Days until the discount ends: {days_to_discount_end}")
def days_to_discount_end(subscriptions: ir.Table) -> ir.Value:
    """Days to the announced end of a running discount, at least 1; missing without one.

    >>> known("days_to_discount_end", subscription_changes=[{"changed_at": 60, "discount_share": 0.2, "until": -30}])
    30.0
    """
    running = subscriptions.paying & (subscriptions.discount_share > 0) & (subscriptions.discount_end_days_ago < 0)
    return -subscriptions.discount_end_days_ago.max(where=running)


@feature(unit="days", theme="price", sentence="The discount ended {days_since_discount_end} days ago")
def days_since_discount_end(subscriptions: ir.Table) -> ir.Value:
    """Days since the last discount of a paying subscription ended, as announced or by a change to 0; missing while one
    runs on it and if it never had one.

    >>> known("days_since_discount_end", subscription_changes=[{"changed_at": 60, "discount_share": 0.2, "until": 5}])
    5.0
    """
    none = ibis.null().cast("int64")
    announced = ibis.ifelse(subscriptions.discount_end_days_ago >= 0, subscriptions.discount_end_days_ago, none)
    withdrawn = ibis.ifelse(subscriptions.discount_share == 0, subscriptions.withdrawn_days_ago, none)
    return ibis.greatest(announced, withdrawn).min(where=subscriptions.paying)
