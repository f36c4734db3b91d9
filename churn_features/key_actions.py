"""What the account came for: how often, how regularly and how recently it gets it, and the goals it reaches.

Belongs here: features over roles key_action and goal_reached. Does not belong here: the first key action of a new
account (``onboarding``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.daily_use import change, day_bits, days_in, last_days_ago, number, quantity
from churn_features.feature import feature, measure


@measure(empty=0, role="key_action")
def key_actions_previous_28d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "previous_28d", "key_action")


@measure(empty=0, role="key_action")
def key_action_day_bits(usage: ir.Table) -> ir.Value:
    return day_bits(usage, "key_action")


@feature(
    unit="count",
    theme="usage",
    sentence="Key actions in the last 28 days: {key_actions_28d}",
    usual=", {key_actions_change_28d} against the 28 days before",
    empty=0,
    role="key_action",
)
def key_actions_28d(usage: ir.Table) -> ir.Value:
    """Events with role key_action in the last 28 days.

    >>> known("key_actions_28d", usage=[{"day": 27, "event": "key_action"}, {"day": 28, "event": "key_action"}])
    1.0
    """
    return quantity(usage, "28d", "key_action")


@feature(
    unit="change",
    theme="usage",
    direction=-1,
    sentence="Key actions: {key_actions_28d} in the last 28 days, {key_actions_change_28d} against the 28 before",
)
def key_actions_change_28d(
    key_actions_28d: ir.Value, key_actions_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Key actions of the last 28 days over the 28 days before, minus 1; missing before 56 days of history, and if
    there were none before.

    >>> known("key_actions_change_28d", usage=[{"day": day, "event": "key_action"} for day in (27, 28, 55, 56)])
    -0.5
    """
    return change(key_actions_28d, key_actions_previous_28d, usage_known_days, 56)


@feature(
    unit="count",
    theme="usage",
    sentence="Key actions on {key_action_days_28d} of the last 28 days",
    usual=", key actions {key_actions_change_28d} against the 28 days before",
)
def key_action_days_28d(key_action_day_bits: ir.Value) -> ir.Value:
    """Days with an event of role key_action among the last 28; missing where no event has that role.

    >>> known("key_action_days_28d", usage=[{"day": day, "event": "key_action", "quantity": 9} for day in (27, 28)])
    1.0
    """
    return days_in(key_action_day_bits, 0, 27)


@feature(
    unit="days",
    theme="usage",
    direction=1,
    sentence="Days since the last key action: {days_since_key_action}",
    usual=", active in {active_weeks_56d} of the last 8 weeks",
    missing="No key action on record in the last 91 days",
    role="key_action",
)
def days_since_key_action(usage: ir.Table) -> ir.Value:
    """Days since the last event with role key_action; missing without one in the last 91 days.

    >>> known("days_since_key_action", usage=[{"day": 2, "event": "login"}, {"day": 30, "event": "key_action"}])
    30.0
    """
    return last_days_ago(usage, "key_action")


@feature(
    unit="share",
    theme="adoption",
    sentence="Share of key actions in all activity of the last 28 days: {key_action_share_28d}",
)
def key_action_share_28d(key_actions_28d: ir.Value, activity_28d: ir.Value) -> ir.Value:
    """Key actions over all events of the last 28 days: the depth of use; missing without activity.

    >>> known("key_action_share_28d", usage=[{"day": 1, "event": event} for event in ("key_action", "a", "b", "c")])
    0.25
    """
    return key_actions_28d / activity_28d.nullif(0)


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Different key functions used in the last 28 days: {key_functions_28d}",
    role="key_action",
)
def key_functions_28d(usage: ir.Table) -> ir.Value:
    """Number of different events with role key_action in the last 28 days: how much of the core is in use.

    >>> known("key_functions_28d", usage=[{"day": 27, "event": "key_action", "quantity": 9}])
    1.0
    """
    return number((usage.role == "key_action") & (usage.quantity_28d > 0))


@feature(
    unit="count",
    theme="adoption",
    direction=-1,
    empty=0,
    sentence="Goals reached in the last 91 days: {goals_reached_91d}",
    role="goal_reached",
)
def goals_reached_91d(usage: ir.Table) -> ir.Value:
    """Events with role goal_reached in the last 91 days.

    >>> known("goals_reached_91d", usage=[{"day": 90, "event": "goal_reached"}, {"day": 91, "event": "goal_reached"}])
    1.0
    """
    return quantity(usage, "91d", "goal_reached")


@feature(
    unit="days",
    theme="adoption",
    sentence="Days since the last goal reached: {days_since_goal}",
    usual=", reached in the last 91 days: {goals_reached_91d}",
    missing="No goal reached on record in the last 91 days",
    role="goal_reached",
)
def days_since_goal(usage: ir.Table) -> ir.Value:
    """Days since the last event with role goal_reached; missing without one in the last 91 days.

    >>> known("days_since_goal", usage=[{"day": 12, "event": "goal_reached"}, {"day": 90, "event": "goal_reached"}])
    12.0
    """
    return last_days_ago(usage, "goal_reached")
