"""The renewal calendar: on which days a subscription is billed, in days of the company's zone.

Belongs here: billing dates from a first billing date and an interval. Does not belong here: features, and whether
anything is still billed (``states``).

A subscription is billed for the first time when its trial ends, or else when it starts, and from then on after every
whole interval. Months are always added to the first billing date itself and cut to the end of a short month: one of
January 31 is billed on February 28 (29 in leap years) and on March 31; a yearly one of February 29 on February 28 and,
in leap years, on the 29th.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.clock import Moment

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Months of the intervals that are counted in months."""

DAYS = {"day": 1, "week": 7}
"""Days of the others."""


def billing_dates(first: ir.Value, interval: ir.Value, as_of: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The last billing date up to the as-of date and the next one after it.

    The last one is missing before the first billing date, both are for intervals other than those of the contract.
    """
    monthly, daily = _monthly(first, interval, as_of), _daily(first, interval, as_of)
    last, following = (ibis.coalesce(m, d) for m, d in zip(monthly, daily, strict=True))
    counted = interval.isin([*MONTHS, *DAYS])
    none = ibis.null().cast("date")
    return (
        ibis.ifelse(first <= as_of, last, none),
        ibis.ifelse((first > as_of) & counted, first, following),
    )


def _monthly(first: ir.Value, interval: ir.Value, as_of: ir.Value) -> tuple[ir.Value, ir.Value]:
    months = _length(interval, MONTHS)
    elapsed = (as_of.year() - first.year()) * 12 + as_of.month() - first.month()
    whole = (elapsed // months) * months

    def after(count: ir.Value) -> ir.Value:
        return (first.cast("timestamp") + count.cast("int64").as_interval("M")).cast("date")

    # the billing date of the as-of date's own month may lie on either side of it
    this = after(whole)
    return ibis.ifelse(this <= as_of, this, after(whole - months)), ibis.ifelse(
        this > as_of, this, after(whole + months)
    )


def _daily(first: ir.Value, interval: ir.Value, as_of: ir.Value) -> tuple[ir.Value, ir.Value]:
    days = _length(interval, DAYS)
    since = as_of.delta(first, unit="day") % days

    def moved(count: ir.Value) -> ir.Value:
        return (as_of.cast("timestamp") + count.cast("int64").as_interval("D")).cast("date")

    return moved(-since), moved(days - since)


def _length(interval: ir.Value, lengths: dict[str, int]) -> ir.Value:
    cases = [(name, ibis.literal(length)) for name, length in lengths.items()]
    return interval.cases(*cases, else_=ibis.null().cast("int8"))


def with_renewal(rows: ir.Table, moment: Moment) -> ir.Table:
    """``states.current`` rows with ``renewed_days_ago`` (the last billing date) and ``renewal_days_ago`` (the next,
    negative)."""
    first = ibis.coalesce(rows.trial_ends_on, rows.started_on)
    last, following = billing_dates(first, rows.billing_interval, moment.as_of)
    return rows.mutate(renewed_days_ago=moment.days_since(last), renewal_days_ago=moment.days_since(following))
