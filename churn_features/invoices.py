"""What was charged and whether it was paid: open and overdue invoices, unexpected charges.

Belongs here: features over ``invoices`` and the failed attempts on them. Does not belong here: attempts as such
(``payments``), recurring prices (``price``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure

_HALF_YEAR, _YEAR = 182, 365


def recent(invoices: ir.Table, payments: ir.Table | None) -> ir.Table:
    """Cut invoices of the last 365 days with ``open`` (not paid, not closed, not a credit), ``charged`` (not void, not
    a credit), ``failed_attempts`` of the last 91 days to collect each, and ``last_failed_days_ago``."""
    due = invoices.amount > 0
    rows = invoices.mutate(
        open=invoices.paid_at.isnull() & invoices.closed_at.isnull() & due,
        charged=(invoices.closed_as != "void").coalesce(True) & due,
    ).filter(invoices.days_ago < _YEAR)
    if payments is None:
        nothing = ibis.null().cast("int64")
        return rows.mutate(failed_attempts=nothing, last_failed_days_ago=nothing)
    # the few that failed, not all payments, are brought together with their invoices
    failed = payments.filter(~payments.succeeded & (payments.days_ago < 91))
    failed = failed.group_by(of_invoice=failed.invoice_id).agg(
        failed_attempts=failed.count(), last_failed_days_ago=failed.days_ago.min()
    )
    return rows.left_join(failed, rows.invoice_id == failed.of_invoice).drop("of_invoice")


@measure
def last_invoice_365d(invoices: ir.Table) -> ir.Value:
    order = ibis.struct({"issued_at": invoices.issued_at, "invoice_id": invoices.invoice_id})
    return invoices.amount.argmax(order, where=invoices.charged)


@measure
def invoiced_365d(invoices: ir.Table) -> ir.Value:
    return invoices.amount.sum(where=invoices.charged)


@measure
def invoices_365d(invoices: ir.Table) -> ir.Value:
    return invoices.count(where=invoices.charged)


@measure(empty=0)
def failed_attempts_on_open(invoices: ir.Table) -> ir.Value:
    return invoices.failed_attempts.sum(where=invoices.open).coalesce(0)


@measure(empty=0)
def failed_lately_on_open(invoices: ir.Table) -> ir.Value:
    return invoices.count(where=invoices.open & (invoices.last_failed_days_ago < 28))


@feature(unit="count", theme="payment", empty=0, sentence="Invoices not paid yet: {open_invoices}")
def open_invoices(invoices: ir.Table) -> ir.Value:
    """Invoices of the last 365 days that are neither paid nor closed, due or not; credits are none.

    >>> known("open_invoices", invoices=[{"issued_at": 364}, {"issued_at": 365}, {"issued_at": 9, "closed_at": 2}])
    1.0
    """
    return invoices.count(where=invoices.open)


@feature(
    unit="money",
    theme="payment",
    direction=1,
    empty=0,
    sentence="Overdue and unpaid: {overdue_amount}",
    usual=", invoices of the last 182 days were paid {late_payment_days_182d} days late",
)
def overdue_amount(invoices: ir.Table) -> ir.Value:
    """Total of open invoices of the last 365 days that are past their due day, minor units.

    >>> known("overdue_amount", invoices=[{"issued_at": 20, "due_at": 1}, {"issued_at": 20, "due_at": 0}])
    10000.0
    """
    return invoices.amount.sum(where=invoices.open & (invoices.due_days_ago > 0)).coalesce(0)


@feature(
    unit="days",
    theme="payment",
    direction=1,
    sentence="The oldest unpaid invoice has been due for {days_overdue} days",
    usual=", invoices of the last 182 days were paid {late_payment_days_182d} days late",
    empty=0,
)
def days_overdue(invoices: ir.Table) -> ir.Value:
    """Days since the oldest open invoice of the last 365 days was due; 0 without one.

    >>> known("days_overdue", invoices=[{"issued_at": 20, "due_at": 6}, {"issued_at": 50, "due_at": 36, "paid_at": 2}])
    6.0
    """
    return invoices.due_days_ago.max(where=invoices.open & (invoices.due_days_ago > 0)).coalesce(0)


@feature(
    unit="count",
    theme="payment",
    direction=1,
    sentence="Failed attempts to collect what is open: {failed_attempts_open}",
)
def failed_attempts_open(failed_attempts_on_open: ir.Value, failed_payments_91d: ir.Value) -> ir.Value:
    """Attempts of the last 91 days that failed to collect an invoice still open; missing unless there are tables of
    both invoices and payments.

    >>> tries = [{"attempted_at": d, "succeeded": False} for d in (4, 2)]
    >>> known("failed_attempts_open", invoices=[{"invoice_id": "i", "issued_at": 5}], payments=tries)
    2.0
    >>> known("failed_attempts_open", invoices=[{"invoice_id": "i", "issued_at": 5, "paid_at": 1}], payments=tries)
    0.0
    """
    return ibis.ifelse(failed_payments_91d.notnull(), failed_attempts_on_open, ibis.null().cast("int64"))


@feature(unit="yes/no", theme="payment", direction=1, sentence="A failed payment is being tried again")
def in_retry(failed_lately_on_open: ir.Value, failed_payments_91d: ir.Value) -> ir.Value:
    """1 if an attempt to collect an invoice still open failed in the last 28 days; missing unless there are tables of
    both invoices and payments.

    >>> bill = {"invoice_id": "i", "issued_at": 30}
    >>> known("in_retry", invoices=[bill], payments=[{"attempted_at": 27, "succeeded": False}])
    1.0
    >>> known("in_retry", invoices=[bill], payments=[{"attempted_at": 28, "succeeded": False}])
    0.0
    """
    trying = (failed_lately_on_open > 0).cast("int64")
    return ibis.ifelse(failed_payments_91d.notnull(), trying, ibis.null().cast("int64"))


@feature(
    unit="days", theme="payment", sentence="Invoices of the last 182 days were paid {late_payment_days_182d} days late"
)
def late_payment_days_182d(invoices: ir.Table) -> ir.Value:
    """Mean days from the due day to the payment of invoices issued in the last 182 days and paid, 0 for those paid in
    time; missing without one.

    >>> late, early = {"issued_at": 60, "due_at": 46, "paid_at": 40}, {"issued_at": 30, "due_at": 16, "paid_at": 20}
    >>> known("late_payment_days_182d", invoices=[late, early])
    3.0
    """
    days = (invoices.due_days_ago - invoices.paid_days_ago).clip(lower=0)
    return days.mean(where=invoices.paid_at.notnull() & (invoices.days_ago < _HALF_YEAR))


@feature(
    unit="change",
    theme="price",
    sentence="The last invoice differs by {last_invoice_change_365d} from the mean of the earlier ones",
)
def last_invoice_change_365d(last_invoice_365d: ir.Value, invoiced_365d: ir.Value, invoices_365d: ir.Value) -> ir.Value:
    """Last invoice over the mean of the account's earlier ones, all of the last 365 days, minus 1: the unexpected
    charge. Void invoices and credits do not count; missing without two.

    >>> bills = [{"issued_at": 90}, {"issued_at": 60, "amount": 14000}, {"issued_at": 30, "amount": 18000}]
    >>> known("last_invoice_change_365d", invoices=bills)
    0.5
    """
    earlier = (invoiced_365d - last_invoice_365d) / (invoices_365d - 1).nullif(0)
    return last_invoice_365d / earlier.nullif(0) - 1


@feature(
    unit="count",
    theme="payment",
    direction=1,
    empty=0,
    sentence="Invoices of the last 365 days given up as uncollectible: {uncollectible_invoices_365d}",
)
def uncollectible_invoices_365d(invoices: ir.Table) -> ir.Value:
    """Invoices issued in the last 365 days and closed as uncollectible.

    >>> lost = [{"issued_at": d, "closed_at": 3, "closed_as": "uncollectible"} for d in (364, 365)]
    >>> known("uncollectible_invoices_365d", invoices=lost)
    1.0
    """
    return invoices.count(where=invoices.closed_as == "uncollectible")


@feature(unit="count", theme="price", empty=0, sentence="Credits in the last 365 days: {credits_365d}")
def credits_365d(invoices: ir.Table) -> ir.Value:
    """Invoices with a negative amount issued in the last 365 days, as which some companies book credits.

    >>> known("credits_365d", invoices=[{"issued_at": 20}, {"issued_at": 18, "amount": -2500}])
    1.0
    """
    return invoices.count(where=invoices.amount < 0)
