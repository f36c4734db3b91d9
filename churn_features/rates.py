"""How the company as a whole keeps its customers: churn rates and revenue retention of a period.

Belongs here: metrics of a company and a period, each with its formula. Does not belong here: anything of one account.
Departures are those of the outcomes: both rest on ``spells``.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from churn_features import spells
from churn_features.clock import Moment, cut, stored
from churn_features.outcomes import known_at
from churn_features.query import Query
from churn_features.tables import TABLES

COURSE, SPELLS, ATTEMPTS = "stretches_in_spells", "spells", "known_attempts"
"""The tables on which the rates of all periods rest: ``spells.in_spells`` and ``spells.spells`` of all accounts, and
attempts to pay."""


def course(present: Iterable[str], grace_days: int = 7) -> dict[str, Query]:
    """Queries for the tables ``COURSE``, ``SPELLS`` and, if there are payments, ``ATTEMPTS``, which spare ``rates``
    most of its work; the second reads the first.

    Parameters of the others: ``observed_on`` and ``observed`` (its cutoff), the end of the data.
    """
    names, paid, times, payments = set(present), Query(), Query(), Query()
    times.step(SPELLS, spells.spells(_stretches(paid, names, _observed(paid), grace_days)))
    if "payments" not in names:
        return {COURSE: paid, SPELLS: times}
    _known_attempts(payments, _observed(payments))
    return {COURSE: paid, SPELLS: times, ATTEMPTS: payments}


def rates(present: Iterable[str], grace_days: int = 7, course_on_file: bool = False) -> Query:
    """A query for one row about a period: a calendar month, or 30 days for Stripe's churn rate.

    ``course_on_file``: the tables of ``course`` hold what it gives for the same end of the data.
    Parameters: ``period_start`` and ``period_end`` (``clock.period``); unless those tables are on file ``observed_on``
    and ``observed`` (its cutoff), the end of the data, which should lie ``grace_days`` after the period: until then a
    departure may still turn out to be a gap. A customer is an account that pays, or comes back within the grace.
    Columns:

    - ``active_at_start``, ``active_at_end``: customers at the two instants
    - ``new``: accounts that became customers for the first time in the period; ``returned``: those that came back
    - ``churned``: departures in the period; ``churned_of_start``: those of them that were customers at its start
    - ``logo_churn_rate`` = churned_of_start / active_at_start: 5 of 100 are 5 %
    - ``stripe_churn_rate`` = churned / (active_at_start + new + returned): over 30 days Stripe's subscriber churn rate
      (https://support.stripe.com/questions/calculating-subscriber-churn-rate-in-billing)
    - ``mrr_at_start``, ``mrr_at_end``: monthly recurring revenue of the customers at the two instants, minor units
    - of the customers at the start: ``churned_mrr``, what those who left had paid; ``contraction_mrr`` and
      ``expansion_mrr``, by how much less and more those who stayed pay at the end
    - ``gross_mrr_churn_rate`` = (churned_mrr + contraction_mrr) / mrr_at_start
    - ``net_mrr_churn_rate`` = (churned_mrr + contraction_mrr - expansion_mrr) / mrr_at_start, negative if they grew
    - ``gross_revenue_retention`` (GRR) = 1 - gross_mrr_churn_rate
    - ``net_revenue_retention`` (NRR) = 1 - net_mrr_churn_rate
    - ``arpu`` = mrr_at_end / active_at_end, minor units per customer and month
    - ``payment_attempts`` in the period, ``payment_success_rate`` = those that succeeded / payment_attempts; missing
      without a table of payments
    - ``gross_mrr_churn_rate_error`` (GRR has the same), ``net_mrr_churn_rate_error`` (and NRR), ``arpu_error`` and
      ``payment_success_rate_error``: standard errors, the accounts taken as a sample (``_ratio_error``)

    A rate is missing where it would be divided by nothing, its error with fewer than two accounts.
    """
    query, names = Query(order_by="period_start"), set(present)
    p = query.parameters
    observed = _observed(query)
    start, end = p.instant("period_start"), p.instant("period_end")
    course_of = Query() if course_on_file else query
    paid, customers = _course(course_of, names, observed, grace_days)
    at_start = query.step("mrr_then", spells.mrr_at(paid, customers, start))
    at_end = query.step("mrr_later", spells.mrr_at(paid, customers, end))
    counts = query.step("counts", _counts(customers, start, end))
    held = customers.filter(spells.open_at(customers, start)).select("account_id", stays=customers.to_at >= end)
    money = query.step("money", _money(held, at_start, at_end))
    one = at_end.mutate(one=ibis.literal(1.0))
    total = query.step(
        "total", one.agg(mrr_at_end=one.mrr.sum().coalesce(0), arpu_error=_ratio_error(one.mrr, one.one))
    )
    row = counts.cross_join(money).cross_join(total)
    if "payments" in names:
        row = row.cross_join(query.step("attempts", _attempts(_known_attempts(course_of, observed), start, end)))
    else:
        row = row.mutate(payment_attempts=ibis.null().cast("int64"), payments_succeeded=ibis.null().cast("int64"))
        row = row.mutate(payment_success_rate_error=ibis.null().cast("float64"))
    query.step("rates", _rates(row, start, end))
    return query


def customers(present: Iterable[str], grace_days: int = 7) -> Query:
    """A query for one row per time in which an account was a customer without interruption: ``account_id``, ``number``
    (1 for its first), ``from_at``, ``to_at`` (the year 9999 if it has not left), ``kind`` of the departure and ``mrr``,
    the revenue per month (minor units) that ended with it, or is paid now.

    Parameters: ``observed_on`` and ``observed`` (its cutoff), the end of the data.
    """
    query = Query()
    paid, held = _course(query, set(present), _observed(query), grace_days)
    last = paid.group_by("account_id", "number", "to_at").agg(mrr=paid.mrr.sum())
    query.step("customers", held.inner_join(last, ["account_id", "number", "to_at"]))
    return query


def _observed(query: Query) -> Moment:
    """The end of the data, as parameters of the query."""
    return Moment(query.parameters.date("observed_on"), query.parameters.instant("observed"))


def _known_attempts(query: Query, observed: Moment) -> ir.Table:
    payments = cut(TABLES["payments"], stored(TABLES["payments"]), observed)
    return query.step(ATTEMPTS, payments.select("account_id", "attempted_at", "succeeded"))


def _course(query: Query, present: set[str], observed: Moment, grace_days: int) -> tuple[ir.Table, ir.Table]:
    """``spells.in_spells`` and ``spells.spells`` as steps of a query."""
    paid = _stretches(query, present, observed, grace_days)
    return paid, query.step(SPELLS, spells.spells(paid))


def _stretches(query: Query, present: set[str], observed: Moment, grace_days: int) -> ir.Table:
    paid = query.step("stretches", spells.stretches(*known_at(query, "observed", present, observed)))
    return query.step(COURSE, spells.in_spells(paid, grace_days))


def _counts(customers: ir.Table, start: ir.Value, end: ir.Value) -> ir.Table:
    began = (customers.from_at >= start) & (customers.from_at < end)
    left = (customers.to_at >= start) & (customers.to_at < end)
    return customers.agg(
        active_at_start=customers.count(where=spells.open_at(customers, start)),
        active_at_end=customers.count(where=spells.open_at(customers, end)),
        new=customers.count(where=began & (customers.number == 1)),
        returned=customers.count(where=began & (customers.number > 1)),
        churned=customers.count(where=left),
        churned_of_start=customers.count(where=left & (customers.from_at < start)),
    )


def _money(held: ir.Table, at_start: ir.Table, at_end: ir.Table) -> ir.Table:
    then = at_start.select(then_of="account_id", mrr_then="mrr")
    later = at_end.select(later_of="account_id", mrr_later="mrr")
    rows = held.inner_join(then, held.account_id == then.then_of)
    rows = rows.left_join(later, rows.account_id == later.later_of)
    change = rows.mrr_later.coalesce(0) - rows.mrr_then
    lost = ibis.ifelse(rows.stays, -change, rows.mrr_then)
    return rows.agg(
        gross_mrr_churn_rate_error=_ratio_error(ibis.greatest(lost, 0), rows.mrr_then),
        net_mrr_churn_rate_error=_ratio_error(lost, rows.mrr_then),
        mrr_at_start=rows.mrr_then.sum().coalesce(0),
        churned_mrr=rows.mrr_then.sum(where=~rows.stays).coalesce(0),
        contraction_mrr=(-change).sum(where=rows.stays & (change < 0)).coalesce(0),
        expansion_mrr=change.sum(where=rows.stays & (change > 0)).coalesce(0),
    )


def _attempts(payments: ir.Table, start: ir.Value, end: ir.Value) -> ir.Table:
    within = payments.filter((payments.attempted_at >= start) & (payments.attempted_at < end))
    # attempts of one account succeed or fail together
    own = within.group_by("account_id").agg(made=within.count(), succeeded=within.count(where=within.succeeded))
    return own.agg(
        payment_attempts=own.made.sum().coalesce(0),
        payments_succeeded=own.succeeded.sum().coalesce(0),
        payment_success_rate_error=_ratio_error(own.succeeded, own.made),
    )


def _ratio_error(part: ir.Value, whole: ir.Value) -> ir.Value:
    """Standard error of sum(part) / sum(whole) over rows that are a sample, a row per account: the spread of part less
    ratio times whole (Cochran 1977, Sampling Techniques, chapter 6). Missing with fewer than two rows."""
    x, y = whole.cast("float64"), part.cast("float64")
    rows, total = x.count(), x.sum()
    ratio = y.sum() / total.nullif(0)
    squares = (y * y).sum() - 2 * ratio * (x * y).sum() + ratio * ratio * (x * x).sum()
    return (ibis.greatest(squares, 0.0) * rows / (rows - 1).nullif(0)).sqrt() / total.nullif(0)


def _rates(row: ir.Table, start: ir.Value, end: ir.Value) -> ir.Table:
    entered = row.active_at_start + row.new + row.returned
    gross = (row.churned_mrr + row.contraction_mrr) / row.mrr_at_start.nullif(0)
    net = (row.churned_mrr + row.contraction_mrr - row.expansion_mrr) / row.mrr_at_start.nullif(0)
    return row.select(
        period_start=start,
        period_end=end,
        active_at_start=row.active_at_start,
        active_at_end=row.active_at_end,
        new=row.new,
        returned=row.returned,
        churned=row.churned,
        churned_of_start=row.churned_of_start,
        logo_churn_rate=row.churned_of_start / row.active_at_start.nullif(0),
        stripe_churn_rate=row.churned / entered.nullif(0),
        mrr_at_start=row.mrr_at_start,
        mrr_at_end=row.mrr_at_end,
        churned_mrr=row.churned_mrr,
        contraction_mrr=row.contraction_mrr,
        expansion_mrr=row.expansion_mrr,
        gross_mrr_churn_rate=gross,
        net_mrr_churn_rate=net,
        gross_revenue_retention=1 - gross,
        net_revenue_retention=1 - net,
        arpu=row.mrr_at_end / row.active_at_end.nullif(0),
        payment_attempts=row.payment_attempts,
        payment_success_rate=row.payments_succeeded / row.payment_attempts.nullif(0),
        gross_mrr_churn_rate_error=row.gross_mrr_churn_rate_error,
        net_mrr_churn_rate_error=row.net_mrr_churn_rate_error,
        arpu_error=row.arpu_error,
        payment_success_rate_error=row.payment_success_rate_error,
    )
