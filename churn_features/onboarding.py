"""How far a new account has come: setup, first functions, first key action.

Belongs here: features that read usage against the account's age. The start is that of its first priced subscription,
its trial included. They exist for less than 91 days after it and count the usage of the last 91 days: all since the
start, and what an account did before it where it could do without a price. One that came to a price on a free plan has
none of them. Does not belong here: what is as telling of an old account (``adoption``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.clock import LOOKBACK
from churn_features.daily_use import is_function, last_days_ago, number, quantity
from churn_features.feature import feature, measure


def _while_new(value: ir.Value, first_start_days_ago: ir.Value, days_of_usage_on_record: ir.Value) -> ir.Value:
    # with the first day, the one with most of the setup: an account that started today has one day
    whole = (first_start_days_ago < LOOKBACK) & (days_of_usage_on_record > first_start_days_ago)
    return ibis.ifelse(whole, value.cast("float64"), ibis.null().cast("float64"))


def first_start(subscriptions: ir.Table) -> ir.Value:
    """Days since the account's first priced subscription started, its trial included; missing without one."""
    return subscriptions.started_days_ago.max(where=subscriptions.start_mrr > 0)


@measure
def first_start_days_ago(subscriptions: ir.Table) -> ir.Value:
    return first_start(subscriptions)


@measure(empty=0, role="setup_step")
def setup_steps_91d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "91d", "setup_step")


@measure(empty=0, role="setup_step")
def setup_share_91d(usage: ir.Table) -> ir.Value:
    return number(usage.role == "setup_step") / usage.setup_events.max().nullif(0)


@measure(role="setup_step")
def last_setup_step_days_ago(usage: ir.Table) -> ir.Value:
    return last_days_ago(usage, "setup_step")


@measure(empty=0, role="setup_skip")
def setup_skips_91d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "91d", "setup_skip")


@measure(empty=0)
def functions_91d(usage: ir.Table) -> ir.Value:
    return number(is_function(usage))


@measure(role="key_action")
def first_key_action_days_ago(usage: ir.Table) -> ir.Value:
    return ibis.ifelse(usage.role == "key_action", usage.first_days_ago, ibis.null().cast("int64")).max()


@feature(unit="count", theme="onboarding", sentence="New account, setup steps done so far: {setup_steps_done}")
def setup_steps_done(
    setup_steps_91d: ir.Value, first_start_days_ago: ir.Value, days_of_usage_on_record: ir.Value
) -> ir.Value:
    """Events with role setup_step in the last 91 days; missing from 91 days after the start on.

    >>> new = {"subscription_id": "s", "started_at": 90, "mrr": 10000}
    >>> known("setup_steps_done", subscriptions=[new], usage=[{"day": day, "event": "setup_step"} for day in (90, 80)])
    2.0
    """
    return _while_new(setup_steps_91d, first_start_days_ago, days_of_usage_on_record)


@feature(
    unit="share",
    theme="onboarding",
    direction=-1,
    sentence="New account, kinds of setup steps done so far: {setup_share_done} of all there are",
)
def setup_share_done(
    setup_share_91d: ir.Value, first_start_days_ago: ir.Value, days_of_usage_on_record: ir.Value
) -> ir.Value:
    """Different events with role setup_step in the last 91 days over all events that are mapped to that role; missing
    from 91 days after the start on.

    >>> new = {"subscription_id": "s", "started_at": 90, "mrr": 10000}
    >>> known("setup_share_done", subscriptions=[new], usage=[{"day": day, "event": "setup_step"} for day in (90, 80)])
    1.0
    """
    return _while_new(setup_share_91d, first_start_days_ago, days_of_usage_on_record)


@feature(
    unit="count",
    theme="onboarding",
    sentence="New account, setup steps skipped so far: {setup_steps_skipped}",
)
def setup_steps_skipped(
    setup_skips_91d: ir.Value, first_start_days_ago: ir.Value, days_of_usage_on_record: ir.Value
) -> ir.Value:
    """Events with role setup_skip in the last 91 days; missing from 91 days after the start on.

    >>> new = {"subscription_id": "s", "started_at": 30, "mrr": 10000}
    >>> known("setup_steps_skipped", subscriptions=[new], usage=[{"day": 30, "event": "setup_skip"}])
    1.0
    """
    return _while_new(setup_skips_91d, first_start_days_ago, days_of_usage_on_record)


@feature(
    unit="days",
    theme="onboarding",
    sentence="Days without a further setup step: {days_since_setup_step}, done so far: {setup_steps_done}",
)
def days_since_setup_step(
    last_setup_step_days_ago: ir.Value,
    setup_steps_91d: ir.Value,
    first_start_days_ago: ir.Value,
    days_of_usage_on_record: ir.Value,
) -> ir.Value:
    """Days since the last setup step of a new account, since its start if there was none in the last 91 days; missing
    from 91 days after the start on.

    >>> new = {"subscription_id": "s", "started_at": 30, "mrr": 10000}
    >>> known("days_since_setup_step", subscriptions=[new], usage=[{"day": 12, "event": "setup_step"}])
    12.0
    >>> known("days_since_setup_step", subscriptions=[new], usage=[{"day": 12, "event": "login"}])
    30.0
    """
    # setup_steps_91d is missing, not 0, where usage as a whole or the role is unknown
    start = ibis.ifelse(setup_steps_91d.notnull(), first_start_days_ago, ibis.null().cast("int64"))
    return _while_new(ibis.coalesce(last_setup_step_days_ago, start), first_start_days_ago, days_of_usage_on_record)


@feature(
    unit="count",
    theme="onboarding",
    sentence="New account, different functions tried so far: {functions_tried}",
)
def functions_tried(
    functions_91d: ir.Value, first_start_days_ago: ir.Value, days_of_usage_on_record: ir.Value
) -> ir.Value:
    """Number of different functions (as in ``events_28d``) used in the last 91 days; missing from 91 days after the
    start on.

    >>> new = {"subscription_id": "s", "started_at": 30, "mrr": 10000}
    >>> known("functions_tried", subscriptions=[new], usage=[{"day": 30, "event": event} for event in ("a", "b")])
    2.0
    """
    return _while_new(functions_91d, first_start_days_ago, days_of_usage_on_record)


@feature(unit="days", theme="onboarding", sentence="Days from the start to the first key action: {days_to_key_action}")
def days_to_key_action(
    first_key_action_days_ago: ir.Value, first_start_days_ago: ir.Value, days_of_usage_on_record: ir.Value
) -> ir.Value:
    """Days from the start to the first key action of the last 91 days, 0 if that was before the start; missing while
    there was none (see ``days_without_key_action``) and from 91 days after the start on.

    >>> new = {"subscription_id": "s", "started_at": 30, "mrr": 10000}
    >>> known("days_to_key_action", subscriptions=[new], usage=[{"day": 25, "event": "key_action"}])
    5.0
    """
    # clip and not greatest: the greatest of nothing and 0 is 0
    days = (first_start_days_ago - first_key_action_days_ago).clip(lower=0)
    return _while_new(days, first_start_days_ago, days_of_usage_on_record)


@feature(
    unit="days",
    theme="onboarding",
    sentence="Started {days_without_key_action} days ago and has not done a key action yet",
)
def days_without_key_action(
    first_key_action_days_ago: ir.Value,
    key_actions_28d: ir.Value,
    first_start_days_ago: ir.Value,
    days_of_usage_on_record: ir.Value,
) -> ir.Value:
    """Days since the start of a new account without a key action in the last 91 days; missing once it had one and from
    91 days after the start on.

    >>> new = {"subscription_id": "s", "started_at": 30, "mrr": 10000}
    >>> known("days_without_key_action", subscriptions=[new], usage=[{"day": 25, "event": "login"}])
    30.0
    """
    # key_actions_28d is missing, not 0, where usage as a whole is unknown
    none_yet = first_key_action_days_ago.isnull() & key_actions_28d.notnull()
    waiting = ibis.ifelse(none_yet, first_start_days_ago, ibis.null().cast("int64"))
    return _while_new(waiting, first_start_days_ago, days_of_usage_on_record)
