"""How widely the account uses what it bought, by how many people.

Belongs here: breadth, users against seats, colleagues invited, customization. Does not belong here: volume and
regularity (``usage``), and the first weeks of a new account (``onboarding``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.daily_use import after, change, is_function, number, quantity
from churn_features.feature import feature, measure


@measure(empty=0)
def events_previous_28d(usage: ir.Table) -> ir.Value:
    return number(is_function(usage) & (usage.quantity_previous_28d > 0))


@measure(empty=0)
def events_not_in_28d(usage: ir.Table) -> ir.Value:
    return number(is_function(usage) & (usage.last_days_ago >= 28))


@measure
def users_previous_28d(usage: ir.Table) -> ir.Value:
    return usage.users_previous_28d.max()


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Different functions used in the last 28 days: {events_28d}",
    usual=", {events_change_28d} against the 28 days before",
)
def events_28d(usage: ir.Table) -> ir.Value:
    """Number of different functions used in the last 28 days: the breadth of use. A function is an event of any role or
    of none, except error, search_failed, setup_step, setup_skip, cancel_page, downgrade_page, export,
    integration_removed and help_view.

    >>> known("events_28d", usage=[{"day": n, "event": e} for n, e in ((27, "a"), (3, "a"), (28, "b"), (3, "error"))])
    1.0
    """
    # a row is an account's event already, so there is nothing to make distinct
    return number(is_function(usage) & (usage.quantity_28d > 0))


@feature(
    unit="change",
    theme="adoption",
    direction=-1,
    sentence="Different functions: {events_28d} in the last 28 days, {events_change_28d} against the 28 days before",
)
def events_change_28d(events_28d: ir.Value, events_previous_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Different functions (as in ``events_28d``) of the last 28 days over those of the 28 days before, minus 1; missing
    before 56 days of history, and if there were none before.

    >>> known("events_change_28d", usage=[{"day": n, "event": e} for n, e in ((0, "a"), (28, "b"), (55, "c"))])
    -0.5
    """
    return change(events_28d, events_previous_28d, usage_known_days, 56)


@feature(
    unit="count",
    theme="adoption",
    direction=1,
    sentence="Functions used in the last 91 days, but not in the last 28: {events_dropped_28d}",
    usual=", still in use: {events_28d}",
)
def events_dropped_28d(events_not_in_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Different functions (as in ``events_28d``) used in the last 91 days and not in the last 28; missing before 56
    days of history.

    >>> known("events_dropped_28d", usage=[{"day": n, "event": e} for n, e in ((28, "a"), (50, "b"), (3, "b"))])
    1.0
    """
    return after(usage_known_days, 56, events_not_in_28d)


@feature(
    unit="count",
    theme="adoption",
    sentence="Most people seen doing the same thing on one day in the last 28 days: {users_28d}",
    usual=", {users_change_28d} against the 28 days before",
)
def users_28d(usage: ir.Table) -> ir.Value:
    """Largest number of distinct users of one event on one day in the last 28 days, 0 if nothing happened in them and
    users were known in the 28 days before; missing if users are unknown.

    >>> known("users_28d", usage=[{"day": day, "event": "any", "users": users} for day, users in ((3, 4), (28, 9))])
    4.0
    >>> known("users_28d", usage=[{"day": 28, "event": "any", "users": 9}])
    0.0
    """
    silent = (usage.quantity_28d.sum() == 0) & usage.users_previous_28d.max().notnull()
    return usage.users_28d.max().coalesce(ibis.ifelse(silent, 0, ibis.null().cast("int64")))


@feature(
    unit="change",
    theme="adoption",
    direction=-1,
    sentence="Most people seen doing the same thing on one day, in the last 28 days against the 28 before: "
    "{users_change_28d}",
    usual=", now {users_28d}",
)
def users_change_28d(users_28d: ir.Value, users_previous_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """``users_28d`` over the same of the 28 days before, minus 1; missing before 56 days of history, and if users are
    unknown.

    >>> known("users_change_28d", usage=[{"day": day, "event": "any", "users": n} for day, n in ((27, 3), (28, 4))])
    -0.25
    """
    return change(users_28d, users_previous_28d, usage_known_days, 56)


@feature(
    unit="share",
    theme="adoption",
    sentence="At most {users_28d} people were seen doing the same thing on one day, for {seats} seats: "
    "{seats_used_share}",
    usual=", people {users_change_28d} against the 28 days before",
)
def seats_used_share(users_28d: ir.Value, seats: ir.Value) -> ir.Value:
    """``users_28d`` over the seats paid for: the share in use or less, as other people may do other things; above 1 if
    more people use it than were paid for; missing if users or seats are unknown.

    >>> seats = {"subscription_id": "s", "changed_at": 50, "quantity": 8}
    >>> known("seats_used_share", usage=[{"day": 5, "event": "any", "users": 2}], subscription_changes=[seats])
    0.25
    """
    return users_28d / seats.nullif(0)


@feature(
    unit="count",
    theme="adoption",
    sentence="Activity in the last 28 days for each of the {users_28d} people at most seen doing the same thing on one "
    "day: {activity_per_user_28d}",
    usual=", people {users_change_28d} against the 28 days before",
)
def activity_per_user_28d(activity_28d: ir.Value, users_28d: ir.Value) -> ir.Value:
    """Sum of all events in the last 28 days over ``users_28d``; missing if users are unknown.

    >>> known("activity_per_user_28d", usage=[{"day": 5, "event": "any", "users": 2, "quantity": 30}])
    15.0
    """
    return activity_28d / users_28d.nullif(0)


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Colleagues invited in the last 91 days: {invites_91d}",
    role="invite",
)
def invites_91d(usage: ir.Table) -> ir.Value:
    """Events with role invite in the last 91 days.

    >>> known("invites_91d", usage=[{"day": 90, "event": "invite", "quantity": 2}, {"day": 91, "event": "invite"}])
    2.0
    """
    return quantity(usage, "91d", "invite")


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Adjustments of the product to their needs in the last 91 days: {customizations_91d}",
    role="customization",
)
def customizations_91d(usage: ir.Table) -> ir.Value:
    """Events with role customization in the last 91 days: dashboards, workflows and settings of their own.

    >>> known("customizations_91d", usage=[{"day": day, "event": "customization"} for day in (90, 91)])
    1.0
    """
    return quantity(usage, "91d", "customization")
