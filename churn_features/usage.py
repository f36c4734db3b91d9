"""How much and how regularly the account uses the product: volume, sign-ins, active days, recency, trend.

Belongs here: features over all its events, and over role login. Does not belong here: what it came for
(``key_actions``), how widely the product is used and by how many (``adoption``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.daily_use import after, bit_count, change, day_bits, days_in, last_days_ago, quantity
from churn_features.feature import feature, measure


@measure(empty=0)
def activity_7d(usage: ir.Table) -> ir.Value:
    return usage.quantity_7d.sum()


@measure(empty=0)
def activity_previous_28d(usage: ir.Table) -> ir.Value:
    return usage.quantity_previous_28d.sum()


@measure(empty=0, role="login")
def logins_previous_28d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "previous_28d", "login")


@measure(empty=0, role="login")
def login_day_bits(usage: ir.Table) -> ir.Value:
    return day_bits(usage, "login")


@measure
def active_days_previous_28d(active_day_bits: ir.Value) -> ir.Value:
    return days_in(active_day_bits, 28, 55)


@measure
def first_activity_days_ago(usage: ir.Table) -> ir.Value:
    return usage.first_days_ago.max()


@feature(unit="count", theme="usage", empty=0)
def activity_28d(usage: ir.Table) -> ir.Value:
    """Sum of all events in the last 28 days, mapped to a role or not.

    >>> known("activity_28d", usage=[{"day": 27, "event": "any", "quantity": 3}, {"day": 28, "event": "any"}])
    3.0
    """
    return usage.quantity_28d.sum()


@feature(
    unit="change",
    theme="usage",
    sentence="Activity in the last 7 days against the weekly mean of the 21 days before: {activity_change_7d}",
)
def activity_change_7d(activity_7d: ir.Value, activity_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Sum of all events in the last 7 days over a third of that of the 21 days before, minus 1; missing before 28
    days of history, and if there was nothing in the 21 days.

    >>> known("activity_change_7d", usage=[{"day": 6, "event": "any"}, {"day": 7, "event": "any", "quantity": 6}])
    -0.5
    """
    return change(activity_7d * 3, activity_28d - activity_7d, usage_known_days, 28)


@feature(
    unit="change",
    theme="usage",
    sentence="Activity in the last 28 days against the 28 days before: {activity_change_28d}",
)
def activity_change_28d(
    activity_28d: ir.Value, activity_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Sum of all events in the last 28 days over the 28 days before, minus 1; missing before 56 days of history, and
    if there was nothing before.

    >>> known("activity_change_28d", usage=[{"day": 27, "event": "any"}, {"day": 28, "event": "any", "quantity": 4}])
    -0.75
    """
    return change(activity_28d, activity_previous_28d, usage_known_days, 56)


@feature(
    unit="count",
    theme="usage",
    sentence="Sign-ins in the last 7 days: {logins_7d}",
    usual=", {logins_28d} in the last 28",
    empty=0,
    role="login",
)
def logins_7d(usage: ir.Table) -> ir.Value:
    """Events with role login in the last 7 days.

    >>> known("logins_7d", usage=[{"day": 6, "event": "login", "quantity": 3}, {"day": 7, "event": "login"}])
    3.0
    """
    return quantity(usage, "7d", "login")


@feature(
    unit="count",
    theme="usage",
    sentence="Sign-ins in the last 28 days: {logins_28d}",
    usual=", {logins_change_28d} against the 28 days before",
    empty=0,
    role="login",
)
def logins_28d(usage: ir.Table) -> ir.Value:
    """Events with role login in the last 28 days.

    >>> known("logins_28d", usage=[{"day": 27, "event": "login", "quantity": 3}, {"day": 28, "event": "login"}])
    3.0
    """
    return quantity(usage, "28d", "login")


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Sign-ins: {logins_28d} in the last 28 days, {logins_change_28d} against the 28 days before",
)
def logins_change_28d(logins_28d: ir.Value, logins_previous_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Logins of the last 28 days over the 28 days before, minus 1; missing before 56 days of history, and if there
    were none before.

    >>> known("logins_change_28d", usage=[{"day": 0, "event": "login"}, {"day": 55, "event": "login", "quantity": 2}])
    -0.5
    """
    return change(logins_28d, logins_previous_28d, usage_known_days, 56)


@feature(
    unit="count",
    theme="usage",
    sentence="Signed in on {login_days_28d} of the last 28 days",
    usual=", sign-ins {logins_change_28d} against the 28 days before",
)
def login_days_28d(login_day_bits: ir.Value) -> ir.Value:
    """Days with an event of role login among the last 28; missing where no event has that role.

    >>> known("login_days_28d", usage=[{"day": day, "event": "login", "quantity": 5} for day in (3, 27, 28)])
    2.0
    """
    return days_in(login_day_bits, 0, 27)


@feature(
    unit="count",
    theme="usage",
    sentence="Active on {active_days_7d} of the last 7 days",
    usual=", on {active_days_28d} of the last 28",
)
def active_days_7d(active_day_bits: ir.Value) -> ir.Value:
    """Days with any event among the last 7; missing without usage data.

    >>> known("active_days_7d", usage=[{"day": day, "event": event} for day in (0, 6, 7) for event in ("a", "b")])
    2.0
    """
    return days_in(active_day_bits, 0, 6)


@feature(
    unit="count",
    theme="usage",
    sentence="Active on {active_days_28d} of the last 28 days",
    usual=", {active_days_change_28d} against the 28 days before",
)
def active_days_28d(active_day_bits: ir.Value) -> ir.Value:
    """Days with any event among the last 28; missing without usage data.

    >>> known("active_days_28d", usage=[{"day": day, "event": event} for day in (0, 27, 28) for event in ("a", "b")])
    2.0
    """
    return days_in(active_day_bits, 0, 27)


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Active on {active_days_28d} of the last 28 days, {active_days_change_28d} against the 28 days before",
)
def active_days_change_28d(
    active_days_28d: ir.Value, active_days_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Active days of the last 28 over those of the 28 days before, minus 1; missing before 56 days of history, and if
    there was none before.

    >>> known("active_days_change_28d", usage=[{"day": day, "event": "any"} for day in (27, 28, 29, 30, 55)])
    -0.75
    """
    return change(active_days_28d, active_days_previous_28d, usage_known_days, 56)


@feature(unit="count", theme="usage", sentence="Active in {active_weeks_56d} of the last 8 weeks")
def active_weeks_56d(active_day_bits: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Weeks with any event among the last 8, each 7 days long, the last one ending on the as-of date; missing before
    56 days of history.

    >>> known("active_weeks_56d", usage=[{"day": day, "event": "any"} for day in (0, 6, 7, 55, 56)])
    3.0
    """
    weeks = [((active_day_bits >> 7 * week) & 127 != 0).cast("int64") for week in range(8)]
    return after(usage_known_days, 56, sum(weeks[1:], weeks[0]))


@feature(
    unit="days",
    theme="usage",
    sentence="Days in a row with activity, to the end of the day: {active_streak_days}",
    usual=", active on {active_days_28d} of the last 28 days",
)
def active_streak_days(active_day_bits: ir.Value) -> ir.Value:
    """Length of the run of active days that ends on the as-of date, 0 if not active on it, 62 at most; missing without
    usage data.

    The run is the block of trailing ones of the bitmap: ``bits & ~(bits + 1)``, which is 0 for an even bitmap.

    >>> known("active_streak_days", usage=[{"day": day, "event": "any"} for day in (0, 1, 2, 4)])
    3.0
    """
    return bit_count(active_day_bits & ~(active_day_bits + 1))


@feature(
    unit="yes/no", theme="usage", sentence="Came back in the last 7 days after at least 28 days without any activity"
)
def returned_after_gap(
    active_day_bits: ir.Value, first_activity_days_ago: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """1 if one of the last 7 days is active after 28 days or more without any event, and the account had been active
    before these, in the last 91 days, else 0; missing before 35 days of history.

    >>> known("returned_after_gap", usage=[{"day": 3, "event": "any"}, {"day": 32, "event": "any"}])
    1.0
    >>> known("returned_after_gap", usage=[{"day": 3, "event": "any"}, {"day": 31, "event": "any"}])
    0.0
    """
    # bit n of ``silent`` becomes: nothing from n to n + 1, 3, 7, 15 and at last n + 27 days ago
    silent = ~active_day_bits
    for length in (1, 2, 4, 8, 12):
        silent = silent & (silent >> length)
    returned = active_day_bits & (silent >> 1) & 127
    # after a return on one of the last 7 days, whatever lies before these lies before the gap
    earlier = (first_activity_days_ago >= 7).coalesce(False)
    # a product, as nothing and "not" would be "not": without usage data it is missing
    return after(usage_known_days, 35, (returned != 0).cast("int64") * earlier.cast("int64"))


@feature(
    unit="days",
    theme="usage",
    direction=1,
    sentence="Days since any activity: {days_since_activity}",
    usual=", active in {active_weeks_56d} of the last 8 weeks",
    missing="No activity on record in the last 91 days",
)
def days_since_activity(usage: ir.Table) -> ir.Value:
    """Days since the last event of any kind; missing without one in the last 91 days.

    >>> known("days_since_activity", usage=[{"day": 9, "event": "any"}, {"day": 40, "event": "login"}])
    9.0
    """
    return usage.last_days_ago.min()


@feature(
    unit="days",
    theme="usage",
    direction=1,
    sentence="Days since the last sign-in: {days_since_login}",
    usual=", active in {active_weeks_56d} of the last 8 weeks",
    missing="No sign-in on record in the last 91 days",
    role="login",
)
def days_since_login(usage: ir.Table) -> ir.Value:
    """Days since the last event with role login; missing without one in the last 91 days.

    >>> known("days_since_login", usage=[{"day": 9, "event": "any"}, {"day": 40, "event": "login"}])
    40.0
    """
    return last_days_ago(usage, "login")
