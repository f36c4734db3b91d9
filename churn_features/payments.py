"""Whether attempts to collect succeed.

Belongs here: features over ``payments``. Does not belong here: what is owed (``invoices``), cards
(``payment_methods``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature

_QUARTER, _HALF_YEAR, _YEAR = 91, 182, 365

HARD_DECLINES = (
    "account_closed", "bank_account_closed", "card_not_supported", "currency_not_supported", "debit_not_authorized",
    "do_not_try_again", "expired_card", "incorrect_number", "invalid_account", "invalid_number", "lost_card",
    "pickup_card", "restricted_card", "revocation_of_all_authorizations", "revocation_of_authorization", "stolen_card",
    "stop_payment_order", "transaction_not_allowed",
)  # fmt: skip
"""Failure codes after which trying the same card or account again is in vain: of Stripe's codes those that call for
another way to pay, a withdrawn permission included (https://docs.stripe.com/declines/codes and, for bank debits,
https://docs.stripe.com/error-codes)."""


def recent(payments: ir.Table) -> ir.Table:
    """Cut payments of the last 365 days."""
    return payments.filter(payments.days_ago < _YEAR)


@feature(
    unit="count",
    theme="payment",
    empty=0,
    sentence="Failed payments in the last 91 days: {failed_payments_91d}",
    usual=", attempts of the last 182 days that succeeded: {payment_success_rate_182d}",
)
def failed_payments_91d(payments: ir.Table) -> ir.Value:
    """Attempts to collect that failed in the last 91 days.

    >>> known("failed_payments_91d", payments=[{"attempted_at": d, "succeeded": False} for d in (90, 91)])
    1.0
    """
    return payments.count(where=~payments.succeeded & (payments.days_ago < _QUARTER))


@feature(
    unit="count",
    theme="payment",
    direction=1,
    empty=0,
    sentence="Payments refused for good in the last 91 days: {hard_declines_91d}",
)
def hard_declines_91d(payments: ir.Table) -> ir.Value:
    """Failed attempts of the last 91 days with a permanent ``failure_code``, such as a lost or expired card: another
    way to pay is needed (``HARD_DECLINES``). A failure without a code is none.

    >>> codes = ("lost_card", "insufficient_funds")
    >>> tries = [{"attempted_at": 5, "succeeded": False, "failure_code": code} for code in codes]
    >>> known("hard_declines_91d", payments=tries)
    1.0
    """
    failed = ~payments.succeeded & (payments.days_ago < _QUARTER)
    # CASE looks at the codes of the few that failed only
    return payments.count(where=ibis.ifelse(failed, payments.failure_code.isin(HARD_DECLINES), False).coalesce(False))


@feature(
    unit="share",
    theme="payment",
    direction=-1,
    sentence="Attempts to collect in the last 182 days that succeeded: {payment_success_rate_182d}",
)
def payment_success_rate_182d(payments: ir.Table) -> ir.Value:
    """Attempts of the last 182 days that succeeded over all of them; missing without attempts.

    >>> tries = [{"attempted_at": 181, "succeeded": True}, {"attempted_at": 182, "succeeded": True}]
    >>> known("payment_success_rate_182d", payments=[*tries, {"attempted_at": 9, "succeeded": False}])
    0.5
    """
    return payments.succeeded.cast("int64").mean(where=payments.days_ago < _HALF_YEAR)


@feature(unit="days", theme="payment", sentence="Days since the last failed payment: {days_since_failed_payment}")
def days_since_failed_payment(payments: ir.Table) -> ir.Value:
    """Days since the last failed attempt; missing without one in the last 365 days.

    >>> known("days_since_failed_payment", payments=[{"attempted_at": 7, "succeeded": False}])
    7.0
    """
    return payments.days_ago.min(where=~payments.succeeded)


@feature(
    unit="yes/no",
    theme="payment",
    direction=1,
    sentence="The last attempt to collect a payment failed",
    usual=", of those of the last 182 days {payment_success_rate_182d} succeeded",
)
def payment_failing(payments: ir.Table) -> ir.Value:
    """1 if the latest attempt in 365 days failed, 0 if it succeeded; missing without attempts.

    >>> tries = [{"attempted_at": 9, "succeeded": False}, {"attempted_at": 5, "succeeded": True}]
    >>> known("payment_failing", payments=tries)
    0.0
    """
    failed = payments.attempted_at.max(where=~payments.succeeded)
    paid = payments.attempted_at.max(where=payments.succeeded)
    failing = ibis.coalesce(failed > paid, failed.notnull())
    return ibis.ifelse(failed.notnull() | paid.notnull(), failing.cast("float64"), ibis.null().cast("float64"))
