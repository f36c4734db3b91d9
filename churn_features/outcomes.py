"""Who left: the outcome of each account that was eligible on an as-of date, as observed later.

Belongs here: eligibility's counterpart in time, the definition of churn and its kinds. Does not belong here: features.

An account churns if all its paid subscriptions have ended and none starts again within ``grace_days``. Plan changes,
overlaps and gaps within grace are no churn; an end after the end of the data has not happened; an account that never
returns has churned. Stripe: a subscriber has churned when all its subscriptions are cancelled or unpaid, past_due
ones are active (https://docs.stripe.com/billing/subscriptions/analytics).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from churn_features import states
from churn_features.clock import Moment, cut, cutoff, stored
from churn_features.query import Query
from churn_features.tables import TABLES

KINDS = ("voluntary", "involuntary", "unknown")


@dataclass(frozen=True)
class Outcome:
    """When a departure counts: from ``lead_days`` to ``lead_days + window_days`` after the cutoff, final after
    ``grace_days`` without a return. All in days of the company's zone."""

    lead_days: int = 0
    window_days: int = 30
    grace_days: int = 7

    @property
    def horizon_days(self) -> int:
        """Days after an as-of date until its outcomes are matured."""
        return self.lead_days + self.window_days + self.grace_days

    def matured(self, as_of: date, observed: date) -> bool:
        """Whether outcomes of ``as_of`` are final in data known at the end of day ``observed``."""
        return as_of + timedelta(days=self.horizon_days) <= observed

    def window(self, as_of: date, zone: str) -> tuple[datetime, datetime]:
        """First instant that counts and first that no longer does, naive UTC."""
        first = as_of + timedelta(days=self.lead_days)
        return cutoff(first, zone), cutoff(first + timedelta(days=self.window_days), zone)


def outcomes(present: Iterable[str], outcome: Outcome) -> Query:
    """A query for one row per account eligible at an as-of date: ``account_id``, ``as_of``, ``churned``, ``kind``,
    ``churned_at``.

    Parameters: ``as_of`` and ``cutoff`` of the as-of date, ``observed_on`` and ``observed`` (its cutoff), the end of
    the data; ``window_start`` and ``window_end``, the instants of ``Outcome.window``. Accounts that left within the
    lead time are neither leavers nor stayers and are not returned. ``kind`` and ``churned_at`` are missing for
    stayers. A cancellation that was asked for is voluntary, even while past due.
    """
    query, names = Query(), set(present)
    p = query.parameters
    then = Moment(p.date("as_of"), p.instant("cutoff"))
    observed = Moment(p.date("observed_on"), p.instant("observed"))
    cohort = states.paying_accounts(_subscriptions(query, "then", names, then)).select("account_id")
    cohort = query.step("eligible", cohort)
    later = _subscriptions(query, "observed", names, observed)
    departures = query.step("departures", _departures(later, then, outcome.grace_days))
    row = cohort.left_join(departures, "account_id").drop("account_id_right")
    start, end = p.instant("window_start"), p.instant("window_end")
    row = row.filter(row.left_at.isnull() | (row.left_at >= start))
    churned = (row.left_at < end).coalesce(False)
    row = row.select(
        "account_id",
        as_of=then.as_of,
        churned=churned,
        kind=ibis.ifelse(churned, row.kind, ibis.null().cast("string")),
        churned_at=ibis.ifelse(churned, row.left_at, ibis.null().cast("timestamp")),
    )
    query.step("outcomes", row)
    return query


def _subscriptions(query: Query, name: str, present: set[str], moment: Moment) -> ir.Table:
    """Subscriptions with their state as known at the moment."""
    table, log = TABLES["subscriptions"], TABLES["subscription_changes"]
    rows = query.step(f"subscriptions_{name}", cut(table, stored(table), moment))
    changes = None
    if log.name in present:
        changes = query.step(f"changes_{name}", states.change_log(rows, cut(log, stored(log), moment)))
    return query.step(f"state_{name}", states.current(rows, changes, moment))


def _departures(subscriptions: ir.Table, moment: Moment, grace_days: int) -> ir.Table:
    """First departure of each account at or after the moment's cutoff: ``account_id``, ``left_at``, ``kind``."""
    # an unpaid subscription is usually ended in form later on; it is lost from when it was unpaid
    ended_at = ibis.least(subscriptions.ended_at, subscriptions.unpaid_at)
    ended_on = ibis.least(subscriptions.ended_on, subscriptions.unpaid_on)
    paid_on = ibis.coalesce(subscriptions.trial_ends_on, subscriptions.started_on)
    paid_at = ibis.coalesce(subscriptions.trial_ends_at, subscriptions.started_at)
    spells = subscriptions.mutate(
        paid_on=paid_on, paid_at=paid_at, left_at=ended_at, left_on=ended_on, kind=_kind(subscriptions)
    )
    priced = (spells.start_mrr > 0) | (spells.mrr > 0)
    spells = spells.filter(priced & (spells.left_at.isnull() | (spells.left_at > spells.paid_at)))
    ends = spells.filter(spells.left_at >= moment.cutoff)
    later = spells.select(
        "account_id", paid_on=spells.paid_on, next_left_at=spells.left_at.coalesce(ibis.timestamp("9999-01-01"))
    ).view()
    grace = ibis.interval(days=grace_days)
    final = ends.anti_join(
        later,
        [
            ends.account_id == later.account_id,
            later.paid_on <= (ends.left_on.cast("timestamp") + grace).cast("date"),
            later.next_left_at > ends.left_at,
        ],
    )
    # the kind decides between subscriptions that ended at the same instant, else the order of rows would
    order = ibis.struct({"left_at": final.left_at, "kind": final.kind})
    return final.group_by("account_id").agg(left_at=final.left_at.min(), kind=final.kind.argmin(order))


def _kind(rows: ir.Table) -> ir.Value:
    return ibis.cases(
        (rows.cancel_requested_at.notnull() | (rows.end_reason == "requested"), "voluntary"),
        (rows.end_reason.isin(["payment_failed", "disputed"]) | rows.unpaid_at.notnull(), "involuntary"),
        else_="unknown",
    )
