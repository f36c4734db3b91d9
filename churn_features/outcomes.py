"""Who left: the outcome of each account that was eligible on an as-of date, as observed later.

Belongs here: eligibility's counterpart in time, the definition of churn and its kinds, what may have changed an
outcome. Does not belong here: features.

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

from churn_features import spells, states
from churn_features.clock import Moment, cut, cutoff, stored
from churn_features.query import Query
from churn_features.tables import TABLES

KINDS = ("voluntary", "involuntary", "unknown")
OUTCOME_TABLES = ("subscriptions", "subscription_changes", "outreach")
"""What ``outcomes`` reads, as far as it is there."""


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
    ``churned_at``, ``mrr_then``, ``mrr_later``, ``contracted``, ``contacted``.

    Parameters: ``as_of`` and ``cutoff`` of the as-of date, ``observed_on`` and ``observed`` (its cutoff), the end of
    the data; ``window_start`` and ``window_end``, the instants of ``Outcome.window``. Neither leavers nor stayers, and
    not returned, are accounts that left within the lead time and accounts that had already left at the cutoff, as was
    recorded only later. ``kind`` and ``churned_at`` are missing for stayers.

    A second outcome, of those who stay: ``mrr_then``, monthly recurring revenue at the cutoff as known then;
    ``mrr_later``, that at the end of the window as observed (of an account within its grace just then, what it came
    back with); ``contracted``, whether it is less; missing for leavers. This is what Stripe counts as contraction MRR:
    a subscriber pays less and does not leave, which is no churn
    (https://docs.stripe.com/billing/subscriptions/analytics/glossary).

    ``contacted`` marks the accounts whose outcome outreach may have changed: there is a contact between the cutoff and
    the end of the window, before the account left if it did, whatever came of it; false without a table of outreach.
    Later contacts, as to win a leaver back, changed nothing. Like everything else here it looks ahead.
    """
    query, names = Query(), set(present)
    p = query.parameters
    then = Moment(p.date("as_of"), p.instant("cutoff"))
    observed = Moment(p.date("observed_on"), p.instant("observed"))
    subscriptions, changes = known_at(query, "then", names, then)
    state = query.step("state", states.current(subscriptions, changes, then))
    eligible = query.step("eligible", states.paying_accounts(state).select("account_id", mrr_then="mrr_now"))
    paid = query.step("stretches", spells.stretches(*known_at(query, "observed", names, observed)))
    paid = query.step("stretches_in_spells", spells.in_spells(paid, outcome.grace_days))
    customers = query.step("spells", spells.spells(paid))
    start, end = p.instant("window_start"), p.instant("window_end")
    later = query.step("later", spells.mrr_at(paid, customers, end).rename(mrr_later="mrr"))
    # whoever is in no spell had left before the cutoff, whoever is not in it any more left within the lead
    held = customers.filter(spells.open_at(customers, then.cutoff) & (customers.to_at >= start))
    row = eligible.inner_join(held, "account_id").left_join(later, "account_id").drop("account_id_right")
    contacted: ir.BooleanValue = ibis.literal(False)
    if "outreach" in names:
        contacts = query.step("contacts_observed", _contacts(then, observed, end))
        row = row.left_join(contacts, "account_id").drop("account_id_right")
        contacted = (row.first_contact_at < row.to_at).coalesce(False)
    churned = row.to_at < end
    stayed_with = row.mrr_later.coalesce(0)
    query.step(
        "outcomes",
        row.select(
            "account_id",
            as_of=then.as_of,
            churned=churned,
            kind=ibis.ifelse(churned, row.kind, ibis.null().cast("string")),
            churned_at=ibis.ifelse(churned, row.to_at, ibis.null().cast("timestamp")),
            mrr_then=row.mrr_then,
            mrr_later=stayed_with,
            contracted=ibis.ifelse(churned, ibis.null().cast("boolean"), stayed_with < row.mrr_then),
            contacted=contacted,
        ),
    )
    return query


def _contacts(then: Moment, observed: Moment, end: ir.TimestampValue) -> ir.Table:
    """When each account was first contacted between the cutoff and ``end``, as observed."""
    rows = cut(TABLES["outreach"], stored(TABLES["outreach"]), observed)
    rows = rows.filter(rows.contacted_at >= then.cutoff, rows.contacted_at < end)
    return rows.group_by("account_id").agg(first_contact_at=rows.contacted_at.min())


def known_at(query: Query, name: str, present: set[str], moment: Moment) -> tuple[ir.Table, ir.Table | None]:
    """Subscriptions and their changes, if there is a table of them, as known at the moment."""
    table, log = TABLES["subscriptions"], TABLES["subscription_changes"]
    rows = query.step(f"subscriptions_{name}", cut(table, stored(table), moment))
    if log.name not in present:
        return rows, None
    return rows, query.step(f"changes_{name}", states.change_log(rows, cut(log, stored(log), moment)))
