"""How widely the account uses what it bought, and how far a new account has come.

Belongs here: breadth, users against seats, onboarding. Does not belong here: volume and regularity (``usage``).
Onboarding features exist for accounts of up to 91 days only, the time for which all their usage is in view.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure
from churn_features.usage import LOOKBACK


def _while_new(value: ir.Value, tenure_days: ir.Value, days_of_usage_on_record: ir.Value) -> ir.Value:
    # with the first day, the one with most of the setup: an account of tenure 0 has one day
    whole = (tenure_days < LOOKBACK) & (days_of_usage_on_record > tenure_days)
    return ibis.ifelse(whole, value.cast("float64"), ibis.null().cast("float64"))


@measure(empty=0, role="setup_step")
def setup_steps_91d(usage: ir.Table) -> ir.Value:
    return usage.quantity_91d.sum(where=usage.role == "setup_step").coalesce(0.0)


@measure(role="key_action")
def first_key_action_days_ago(usage: ir.Table) -> ir.Value:
    return usage.first_days_ago.max(where=usage.role == "key_action")


@feature(unit="count", theme="adoption", empty=0, sentence="Different functions used in the last 28 days: {events_28d}")
def events_28d(usage: ir.Table) -> ir.Value:
    """Number of different events in the last 28 days: the breadth of use."""
    return usage.event.nunique(where=usage.quantity_28d > 0)


@feature(unit="count", theme="adoption", sentence="Most users on one day in the last 28 days: {users_28d}")
def users_28d(usage: ir.Table) -> ir.Value:
    """Largest number of distinct users of one event on one day in the last 28 days; missing if users are unknown."""
    return usage.users_28d.max()


@feature(unit="share", theme="adoption", sentence="Seats in use: {seats_used_share} of {seats}")
def seats_used_share(users_28d: ir.Value, seats: ir.Value) -> ir.Value:
    """``users_28d`` over the seats paid for; above 1 if more people use it than were paid for."""
    return users_28d / seats.nullif(0)


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Colleagues invited in the last 91 days: {invites_91d}",
    role="invite",
)
def invites_91d(usage: ir.Table) -> ir.Value:
    """Events with role invite in the last 91 days."""
    return usage.quantity_91d.sum(where=usage.role == "invite").coalesce(0.0)


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Community posts in the last 91 days: {community_posts_91d}",
    role="community",
)
def community_posts_91d(usage: ir.Table) -> ir.Value:
    """Events with role community in the last 91 days."""
    return usage.quantity_91d.sum(where=usage.role == "community").coalesce(0.0)


@feature(
    unit="count", theme="onboarding", sentence="Setup steps done {tenure_days} days after the start: {setup_steps_done}"
)
def setup_steps_done(setup_steps_91d: ir.Value, tenure_days: ir.Value, days_of_usage_on_record: ir.Value) -> ir.Value:
    """Events with role setup_step since the start; missing once the account is 91 days old."""
    return _while_new(setup_steps_91d, tenure_days, days_of_usage_on_record)


@feature(unit="days", theme="onboarding", sentence="Days from the start to the first key action: {days_to_key_action}")
def days_to_key_action(
    first_key_action_days_ago: ir.Value, tenure_days: ir.Value, days_of_usage_on_record: ir.Value
) -> ir.Value:
    """Days from the first subscription to the first key action; missing while there was none (see
    ``days_without_key_action``) and once the account is 91 days old."""
    # clip and not greatest: the greatest of nothing and 0 is 0
    days = (tenure_days - first_key_action_days_ago).clip(lower=0)
    return _while_new(days, tenure_days, days_of_usage_on_record)


@feature(
    unit="days",
    theme="onboarding",
    direction=1,
    sentence="Started {days_without_key_action} days ago and has not done a key action yet",
)
def days_without_key_action(
    first_key_action_days_ago: ir.Value,
    key_actions_28d: ir.Value,
    tenure_days: ir.Value,
    days_of_usage_on_record: ir.Value,
) -> ir.Value:
    """Days a new account has been waiting for its first key action; missing once it had one or is 91 days old."""
    # key_actions_28d is missing, not 0, where usage as a whole is unknown
    none_yet = first_key_action_days_ago.isnull() & key_actions_28d.notnull()
    waiting = ibis.ifelse(none_yet, tenure_days, ibis.null().cast("int64"))
    return _while_new(waiting, tenure_days, days_of_usage_on_record)
