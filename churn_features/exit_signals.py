"""What people do who are about to leave: take their data with them, look for the exit, disconnect.

Belongs here: features over roles export, cancel_page, downgrade_page and integration_removed. Does not belong here:
less of anything (``usage``), and a cancellation that was asked for (``standing``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.daily_use import after, last_days_ago, quantity
from churn_features.feature import feature, measure


@measure(empty=0, role="export")
def exports_91d(usage: ir.Table) -> ir.Value:
    return quantity(usage, "91d", "export")


@feature(
    unit="count",
    theme="exit signals",
    sentence="Data exports in the last 7 days: {exports_7d}",
    usual=", {exports_burst_7d} of those of the last 91 days",
    empty=0,
    role="export",
)
def exports_7d(usage: ir.Table) -> ir.Value:
    """Events with role export in the last 7 days.

    >>> known("exports_7d", usage=[{"day": 6, "event": "export", "quantity": 2}, {"day": 7, "event": "export"}])
    2.0
    """
    return quantity(usage, "7d", "export")


@feature(
    unit="share",
    theme="exit signals",
    sentence="Share of the quarter's data exports made in the last week: {exports_burst_7d}",
    usual=", {exports_7d} exports",
)
def exports_burst_7d(exports_7d: ir.Value, exports_91d: ir.Value, usage_known_days: ir.Value) -> ir.Value:
    """Exports of the last 7 days over those of the last 91; missing before 91 days of history, and without any.

    >>> known("exports_burst_7d", usage=[{"day": day, "event": "export"} for day in (6, 7, 89, 90, 91)])
    0.25
    """
    return after(usage_known_days, 91, exports_7d / exports_91d.nullif(0))


@feature(
    unit="count",
    theme="exit signals",
    direction=1,
    sentence="Views of the cancellation page in the last 7 days: {cancel_page_views_7d}",
    usual=", {cancel_page_views_28d} in the last 28",
    empty=0,
    role="cancel_page",
)
def cancel_page_views_7d(usage: ir.Table) -> ir.Value:
    """Events with role cancel_page in the last 7 days.

    >>> known("cancel_page_views_7d", usage=[{"day": 6, "event": "cancel_page"}, {"day": 7, "event": "cancel_page"}])
    1.0
    """
    return quantity(usage, "7d", "cancel_page")


@feature(
    unit="count",
    theme="exit signals",
    direction=1,
    sentence="Views of the cancellation page in the last 28 days: {cancel_page_views_28d}",
    empty=0,
    role="cancel_page",
)
def cancel_page_views_28d(usage: ir.Table) -> ir.Value:
    """Events with role cancel_page in the last 28 days.

    >>> known("cancel_page_views_28d", usage=[{"day": 27, "event": "cancel_page"}, {"day": 28, "event": "cancel_page"}])
    1.0
    """
    return quantity(usage, "28d", "cancel_page")


@feature(
    unit="days",
    theme="exit signals",
    sentence="Days since the last view of the cancellation page: {days_since_cancel_page}",
    role="cancel_page",
)
def days_since_cancel_page(usage: ir.Table) -> ir.Value:
    """Days since the last event with role cancel_page; missing without one in the last 91 days.

    >>> known("days_since_cancel_page", usage=[{"day": 4, "event": "cancel_page"}, {"day": 8, "event": "cancel_page"}])
    4.0
    """
    return last_days_ago(usage, "cancel_page")


@feature(
    unit="count",
    theme="exit signals",
    direction=1,
    sentence="Views of the downgrade page in the last 28 days: {downgrade_page_views_28d}",
    empty=0,
    role="downgrade_page",
)
def downgrade_page_views_28d(usage: ir.Table) -> ir.Value:
    """Events with role downgrade_page in the last 28 days.

    >>> known("downgrade_page_views_28d", usage=[{"day": day, "event": "downgrade_page"} for day in (27, 28)])
    1.0
    """
    return quantity(usage, "28d", "downgrade_page")


@feature(
    unit="count",
    theme="exit signals",
    direction=1,
    sentence="Integrations removed in the last 91 days: {integrations_removed_91d}",
    empty=0,
    role="integration_removed",
)
def integrations_removed_91d(usage: ir.Table) -> ir.Value:
    """Events with role integration_removed in the last 91 days.

    >>> known("integrations_removed_91d", usage=[{"day": day, "event": "integration_removed"} for day in (90, 91)])
    1.0
    """
    return quantity(usage, "91d", "integration_removed")
