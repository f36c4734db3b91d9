"""Where the account gets stuck, and how it helps itself: errors, help pages, searches, training.

Belongs here: features over roles error, help_view, search_failed and training. Does not belong here: requests to
people (``support``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.daily_use import change, last_days_ago, quantity
from churn_features.feature import feature, measure


@measure(empty=0, role="help_view")
def help_views_previous_28d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "previous_28d", "help_view")


@measure(empty=0, role="error")
def errors_previous_28d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "previous_28d", "error")


@feature(
    unit="count",
    theme="support",
    sentence="Help articles read in the last 28 days: {help_views_28d}",
    usual=", {help_views_change_28d} against the 28 days before",
    empty=0,
    role="help_view",
)
def help_views_28d(usage: ir.Table) -> ir.Value:
    """Events with role help_view in the last 28 days.

    >>> known("help_views_28d", usage=[{"day": 27, "event": "help_view"}, {"day": 28, "event": "help_view"}])
    1.0
    """
    return quantity(usage, "28d", "help_view")


@feature(
    unit="change",
    theme="support",
    sentence="Help articles read: {help_views_28d} in the last 28 days, {help_views_change_28d} against the 28 before",
)
def help_views_change_28d(
    help_views_28d: ir.Value, help_views_previous_28d: ir.Value, usage_known_days: ir.Value
) -> ir.Value:
    """Help views of the last 28 days over the 28 days before, minus 1; missing before 56 days of history, and if there
    were none before.

    >>> known("help_views_change_28d", usage=[{"day": day, "event": "help_view"} for day in (0, 27, 28, 56)])
    1.0
    """
    return change(help_views_28d, help_views_previous_28d, usage_known_days, 56)


@feature(
    unit="share",
    theme="support",
    sentence="Looked for help in the last 28 days: {help_views_28d} articles read and {tickets_28d} tickets, "
    "{self_help_share_28d} of it without a person",
)
def self_help_share_28d(help_views_28d: ir.Value, tickets_28d: ir.Value) -> ir.Value:
    """Help views over help views and tickets of the last 28 days; 1: read without asking; missing without either.

    >>> read = [{"day": 3, "event": "help_view", "quantity": 3}]
    >>> known("self_help_share_28d", usage=read, tickets=[{"opened_at": 9}])
    0.75
    """
    return help_views_28d / (help_views_28d + tickets_28d).nullif(0)


@feature(
    unit="share",
    theme="support",
    sentence="Help articles read against key actions in the last 28 days: {help_views_28d} to {key_actions_28d}, a "
    "share of {help_share_28d}",
)
def help_share_28d(help_views_28d: ir.Value, key_actions_28d: ir.Value) -> ir.Value:
    """Help views over help views and key actions of the last 28 days; near 1: much help for little work done; missing
    without either.

    >>> known("help_share_28d", usage=[{"day": 1, "event": event} for event in ("help_view", "key_action")])
    0.5
    """
    return help_views_28d / (help_views_28d + key_actions_28d).nullif(0)


@feature(
    unit="count",
    theme="support",
    empty=0,
    sentence="Searches without a result in the last 28 days: {failed_searches_28d}",
    role="search_failed",
)
def failed_searches_28d(usage: ir.Table) -> ir.Value:
    """Events with role search_failed in the last 28 days.

    >>> known("failed_searches_28d", usage=[{"day": day, "event": "search_failed"} for day in (27, 28)])
    1.0
    """
    return quantity(usage, "28d", "search_failed")


@feature(
    unit="count",
    theme="support",
    sentence="Errors met in the last 28 days: {errors_28d}",
    usual=", {errors_change_28d} against the 28 days before",
    empty=0,
    role="error",
)
def errors_28d(usage: ir.Table) -> ir.Value:
    """Events with role error in the last 28 days.

    >>> known("errors_28d", usage=[{"day": 27, "event": "error", "quantity": 2}, {"day": 28, "event": "error"}])
    2.0
    """
    return quantity(usage, "28d", "error")


@feature(
    unit="change",
    theme="support",
    sentence="Errors met: {errors_28d} in the last 28 days, {errors_change_28d} against the 28 days before",
)
def errors_change_28d(errors_28d: ir.Value, errors_previous_28d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Errors of the last 28 days over the 28 days before, minus 1; missing before 56 days of history, and if there
    were none before.

    >>> known("errors_change_28d", usage=[{"day": 5, "event": "error", "quantity": 3}, {"day": 55, "event": "error"}])
    2.0
    """
    return change(errors_28d, errors_previous_28d, usage_known_days, 56)


@feature(
    unit="share",
    theme="support",
    sentence="Share of errors in all activity of the last 28 days: {error_share_28d}",
)
def error_share_28d(errors_28d: ir.Value, activity_28d: ir.Value) -> ir.Value:
    """Errors over all events of the last 28 days; missing without activity.

    >>> known("error_share_28d", usage=[{"day": 5, "event": "error"}, {"day": 5, "event": "login", "quantity": 3}])
    0.25
    """
    return errors_28d / activity_28d.nullif(0)


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Trainings, webinars and tutorials in the last 91 days: {training_91d}",
    role="training",
)
def training_91d(usage: ir.Table) -> ir.Value:
    """Events with role training in the last 91 days: trainings, webinars, tutorials and tours.

    >>> known("training_91d", usage=[{"day": 90, "event": "training"}, {"day": 91, "event": "training"}])
    1.0
    """
    return quantity(usage, "91d", "training")


@feature(
    unit="days",
    theme="adoption",
    sentence="Days since the last training, webinar or tutorial: {days_since_training}",
    missing="No training, webinar or tutorial on record in the last 91 days",
    role="training",
)
def days_since_training(usage: ir.Table) -> ir.Value:
    """Days since the last event with role training; missing without one in the last 91 days.

    >>> known("days_since_training", usage=[{"day": 12, "event": "training"}, {"day": 80, "event": "training"}])
    12.0
    """
    return last_days_ago(usage, "training")
