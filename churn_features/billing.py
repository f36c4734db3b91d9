"""Whether the money comes in: invoices, payment attempts, cards.

Belongs here: features over ``invoices``, ``payments`` and ``payment_methods``. Does not belong here: price
(``subscription``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature

_YEAR = 365


@feature(unit="count", theme="payment", empty=0, sentence="Failed payments in the last 91 days: {failed_payments_91d}")
def failed_payments_91d(payments: ir.Table) -> ir.Value:
    """Attempts to collect that failed in the last 91 days."""
    return payments.count(where=~payments.succeeded & (payments.days_ago < 91))


@feature(unit="days", theme="payment", sentence="Days since the last failed payment: {days_since_failed_payment}")
def days_since_failed_payment(payments: ir.Table) -> ir.Value:
    """Days since the last failed attempt; missing without one in the last 365 days."""
    return payments.days_ago.min(where=~payments.succeeded & (payments.days_ago < _YEAR))


@feature(unit="yes/no", theme="payment", direction=1, sentence="The last attempt to collect a payment failed")
def payment_failing(payments: ir.Table) -> ir.Value:
    """1 if the latest attempt in 365 days failed, 0 if it succeeded; missing without attempts."""
    recent = payments.days_ago < _YEAR
    failed = payments.attempted_at.max(where=~payments.succeeded & recent)
    paid = payments.attempted_at.max(where=payments.succeeded & recent)
    failing = ibis.coalesce(failed > paid, failed.notnull())
    return ibis.ifelse(failed.notnull() | paid.notnull(), failing.cast("float64"), ibis.null().cast("float64"))


@feature(unit="money", theme="payment", direction=1, empty=0, sentence="Overdue and unpaid: {overdue_amount}")
def overdue_amount(invoices: ir.Table) -> ir.Value:
    """Total of invoices of the last 365 days that are past their due day and not paid, minor units."""
    overdue = invoices.paid_at.isnull() & (invoices.due_days_ago > 0) & (invoices.days_ago < _YEAR)
    return invoices.amount.sum(where=overdue).coalesce(0)


@feature(
    unit="days",
    theme="payment",
    direction=1,
    sentence="The oldest unpaid invoice has been due for {days_overdue} days",
    empty=0,
)
def days_overdue(invoices: ir.Table) -> ir.Value:
    """Days since the oldest unpaid invoice of the last 365 days was due; 0 without one."""
    overdue = invoices.paid_at.isnull() & (invoices.due_days_ago > 0) & (invoices.days_ago < _YEAR)
    return invoices.due_days_ago.max(where=overdue).coalesce(0)


@feature(unit="days", theme="payment", sentence="Days until the card expires: {days_to_card_expiry}")
def days_to_card_expiry(payment_methods: ir.Table) -> ir.Value:
    """Days until the last of the account's cards expires, negative if it has; missing without a card."""
    kept = payment_methods.removed_at.isnull() & payment_methods.expires_on.notnull()
    return -payment_methods.expires_days_ago.min(where=kept)


@feature(
    unit="yes/no",
    theme="payment",
    direction=1,
    sentence="The card expires in {days_to_card_expiry} days, before the next charge in {days_to_renewal} days",
)
def card_expires_before_renewal(days_to_card_expiry: ir.Value, days_to_renewal: ir.Value) -> ir.Value:
    """1 if the last card expires before the next billing date; missing without a card or a billing date."""
    return (days_to_card_expiry < days_to_renewal).cast("float64")
