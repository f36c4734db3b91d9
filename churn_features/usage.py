"""What the account did with the product: volume, regularity, recency and breadth by event role.

Belongs here: features over the ``usage`` table, and its one pass over the last 91 days. Does not belong here:
onboarding, which reads the same rows against the account's age, and anything about seats bought (``adoption``).
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure

LOOKBACK = 91
"""Days of usage that features read; a bound is what lets a nightly run skip older months."""

_BITMAP = 62
"""Days kept as bits of one signed 64-bit number; one more bit stays free so that adding 1 to all ones fits."""


@ibis.udf.scalar.builtin
def bit_count(bits: int) -> int:  # type: ignore[empty-body]
    """Number of set bits; the engine's own function."""


def by_event(cut_usage: ir.Table, roles: Mapping[str, str]) -> ir.Table:
    """Cut daily sums -> one row per account and event with its sums by window, in one pass over the rows.

    Columns: ``account_id``, ``role`` (missing for unmapped events), ``quantity_<7|28|91>d``,
    ``quantity_previous_28d`` (days 28 to 55), ``last_days_ago``, ``first_days_ago``, ``users_28d`` (most on one day)
    and ``days``, a bitmap of active days with bit n set for n days ago. CASE rather than FILTER: measured 20 % faster.
    """
    rows = cut_usage.filter(cut_usage.days_ago < LOOKBACK)
    age = rows.days_ago

    def total(first: int, last: int) -> ir.Value:
        return ibis.ifelse(age.between(first, last), rows.quantity, ibis.null().cast("float64")).sum().coalesce(0.0)

    one = ibis.literal(1).cast("int64")
    summed = rows.group_by("account_id", "event").agg(
        quantity_7d=total(0, 6),
        quantity_28d=total(0, 27),
        quantity_previous_28d=total(28, 55),
        quantity_91d=rows.quantity.sum(),
        last_days_ago=age.min(),
        first_days_ago=age.max(),
        users_28d=ibis.ifelse(age < 28, rows.users, ibis.null().cast("int64")).max(),
        # the shift is bounded too: an engine may evaluate it for rows that the condition leaves out
        days=ibis.ifelse(age < _BITMAP, one << ibis.least(age, _BITMAP - 1), 0).bit_or(),
    )
    named = [(event, ibis.literal(role)) for event, role in sorted(roles.items())]
    role = summed.event.cases(*named, else_=ibis.null().cast("string")) if named else ibis.null().cast("string")
    return summed.mutate(role=role)


def _of(usage: ir.Table, column: str, role: str) -> ir.Value:
    return usage[column].sum(where=usage.role == role).coalesce(0.0)


def change(now: ir.Value, before: ir.Value, known: ir.Value, days: int) -> ir.Value:
    """Relative change (0 = as before, -1 = all gone); missing until usage is known for ``days`` days, or if there
    was nothing before."""
    return ibis.ifelse(known >= days, now / before.nullif(0) - 1, ibis.null().cast("float64"))


@measure(empty=0)
def active_day_bits(usage: ir.Table) -> ir.Value:
    return usage.days.bit_or()


@measure(empty=0)
def activity_previous_28d(usage: ir.Table) -> ir.Value:
    return usage.quantity_previous_28d.sum()


@measure(empty=0, role="login")
def logins_previous_28d(usage: ir.Table) -> ir.Value:
    return _of(usage, "quantity_previous_28d", "login")


@measure(empty=0, role="key_action")
def key_actions_previous_28d(usage: ir.Table) -> ir.Value:
    return _of(usage, "quantity_previous_28d", "key_action")


@measure(empty=0, role="export")
def exports_91d(usage: ir.Table) -> ir.Value:
    return _of(usage, "quantity_91d", "export")


@measure
def usage_known_days(tenure_days: ir.Value, days_of_usage_on_record: ir.Value) -> ir.Value:
    """Days of this account's usage that are on record: it cannot have used the product before it subscribed."""
    return ibis.least(tenure_days, days_of_usage_on_record)


@measure
def active_days_previous_28d(active_day_bits: ir.Value) -> ir.Value:
    return bit_count((active_day_bits >> 28) & ((1 << 28) - 1))


@feature(unit="count", theme="usage", empty=0)
def activity_28d(usage: ir.Table) -> ir.Value:
    """Sum of all events in the last 28 days, mapped to a role or not."""
    return usage.quantity_28d.sum()


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Activity in the last 28 days against the 28 days before: {activity_change_28d}",
)
def activity_change_28d(
    activity_28d: ir.Value, activity_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Sum of all events in the last 28 days over the 28 days before, minus 1; missing before 56 days of history."""
    return change(activity_28d, activity_previous_28d, usage_known_days, 56)


@feature(unit="count", theme="usage", sentence="Sign-ins in the last 7 days: {logins_7d}", empty=0, role="login")
def logins_7d(usage: ir.Table) -> ir.Value:
    """Events with role login in the last 7 days."""
    return _of(usage, "quantity_7d", "login")


@feature(unit="count", theme="usage", sentence="Sign-ins in the last 28 days: {logins_28d}", empty=0, role="login")
def logins_28d(usage: ir.Table) -> ir.Value:
    """Events with role login in the last 28 days."""
    return _of(usage, "quantity_28d", "login")


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Sign-ins: {logins_28d} in the last 28 days, {logins_change_28d} against the 28 days before",
)
def logins_change_28d(logins_28d: ir.Value, logins_previous_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Logins of the last 28 days over the 28 days before, minus 1; missing before 56 days of history."""
    return change(logins_28d, logins_previous_28d, usage_known_days, 56)


@feature(unit="count", theme="usage", sentence="Active on {active_days_7d} of the last 7 days")
def active_days_7d(active_day_bits: ir.Value) -> ir.Value:
    """Days with any event among the last 7."""
    return bit_count(active_day_bits & ((1 << 7) - 1))


@feature(unit="count", theme="usage", sentence="Active on {active_days_28d} of the last 28 days")
def active_days_28d(active_day_bits: ir.Value) -> ir.Value:
    """Days with any event among the last 28."""
    return bit_count(active_day_bits & ((1 << 28) - 1))


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Active on {active_days_28d} of the last 28 days, {active_days_change_28d} against the 28 days before",
)
def active_days_change_28d(
    active_days_28d: ir.Value, active_days_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Active days of the last 28 over those of the 28 days before, minus 1; missing before 56 days of history."""
    return change(active_days_28d, active_days_previous_28d, usage_known_days, 56)


@feature(
    unit="days", theme="usage", sentence="Days in a row with activity, to the end of the day: {active_streak_days}"
)
def active_streak_days(active_day_bits: ir.Value) -> ir.Value:
    """Length of the run of active days that ends on the as-of date, 0 if not active on it, 62 at most.

    The run is the block of trailing ones of the bitmap: ``bits & ~(bits + 1)``, which is 0 for an even bitmap.
    """
    return bit_count(active_day_bits & ~(active_day_bits + 1))


@feature(
    unit="days",
    theme="usage",
    direction=1,
    sentence="Days since any activity: {days_since_activity}",
    missing="No activity in the last 91 days",
)
def days_since_activity(usage: ir.Table) -> ir.Value:
    """Days since the last event of any kind; missing without one in the last 91 days."""
    return usage.last_days_ago.min()


@feature(
    unit="days",
    theme="usage",
    direction=1,
    sentence="Days since the last sign-in: {days_since_login}",
    missing="No sign-in in the last 91 days",
    role="login",
)
def days_since_login(usage: ir.Table) -> ir.Value:
    """Days since the last event with role login; missing without one in the last 91 days."""
    return usage.last_days_ago.min(where=usage.role == "login")


@feature(
    unit="count",
    theme="usage",
    sentence="Key actions in the last 28 days: {key_actions_28d}",
    empty=0,
    role="key_action",
)
def key_actions_28d(usage: ir.Table) -> ir.Value:
    """Events with role key_action in the last 28 days."""
    return _of(usage, "quantity_28d", "key_action")


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Key actions: {key_actions_28d} in the last 28 days, {key_actions_change_28d} against the 28 before",
)
def key_actions_change_28d(
    key_actions_28d: ir.Value, key_actions_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Key actions of the last 28 days over the 28 days before, minus 1; missing before 56 days of history."""
    return change(key_actions_28d, key_actions_previous_28d, usage_known_days, 56)


@feature(
    unit="count", theme="exit signals", sentence="Data exports in the last 7 days: {exports_7d}", empty=0, role="export"
)
def exports_7d(usage: ir.Table) -> ir.Value:
    """Events with role export in the last 7 days."""
    return _of(usage, "quantity_7d", "export")


@feature(
    unit="share",
    theme="exit signals",
    sentence="Share of the quarter's data exports made in the last week: {exports_burst_7d}",
)
def exports_burst_7d(exports_7d: ir.Value, exports_91d: ir.Value) -> ir.Value:
    """Exports of the last 7 days over those of the last 91; missing without any."""
    return exports_7d / exports_91d.nullif(0)


@feature(
    unit="count",
    theme="exit signals",
    direction=1,
    sentence="Views of the cancellation page in the last 28 days: {cancel_page_views_28d}",
    empty=0,
    role="cancel_page",
)
def cancel_page_views_28d(usage: ir.Table) -> ir.Value:
    """Events with role cancel_page in the last 28 days."""
    return _of(usage, "quantity_28d", "cancel_page")


@feature(
    unit="count",
    theme="exit signals",
    direction=1,
    sentence="Views of the downgrade page in the last 28 days: {downgrade_page_views_28d}",
    empty=0,
    role="downgrade_page",
)
def downgrade_page_views_28d(usage: ir.Table) -> ir.Value:
    """Events with role downgrade_page in the last 28 days."""
    return _of(usage, "quantity_28d", "downgrade_page")


@feature(
    unit="count",
    theme="support",
    sentence="Help articles read in the last 28 days: {help_views_28d}",
    empty=0,
    role="help_view",
)
def help_views_28d(usage: ir.Table) -> ir.Value:
    """Events with role help_view in the last 28 days."""
    return _of(usage, "quantity_28d", "help_view")


@feature(unit="count", theme="support", sentence="Errors met in the last 28 days: {errors_28d}", empty=0, role="error")
def errors_28d(usage: ir.Table) -> ir.Value:
    """Events with role error in the last 28 days."""
    return _of(usage, "quantity_28d", "error")
