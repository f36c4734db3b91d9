"""How often the company's people turned to the account, and whether they reached anyone.

Belongs here: features over ``outreach``. Does not belong here: what the account started itself (``support``), surveys
(``feedback``). Plays are free text: no feature rests on what one is called.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature

_IN_VAIN = ["no_answer", "no_show"]


def with_success(outreach: ir.Table) -> ir.Table:
    """Cut outreach with ``reached`` (missing while the outcome is unknown) and ``in_vain``: whether nobody was reached
    then, nor by any contact after it that has an outcome."""
    reached = outreach.outcome.notin(_IN_VAIN)
    success = ibis.ifelse(reached, outreach.contacted_at, ibis.null().cast("timestamp"))
    last_success = success.max().over(ibis.window(group_by="account_id"))
    since = last_success.isnull() | (outreach.contacted_at > last_success)
    return outreach.mutate(reached=reached, in_vain=outreach.outcome.isin(_IN_VAIN) & since)


@feature(
    unit="count",
    theme="relationship",
    empty=0,
    sentence="Contacts made in the last 28 days: {contacts_28d}",
    usual=", {contacts_91d} in the last 91",
)
def contacts_28d(outreach: ir.Table) -> ir.Value:
    """Contacts that the company made in the last 28 days, whatever came of them.

    >>> known("contacts_28d", outreach=[{"contacted_at": 0}, {"contacted_at": 27}, {"contacted_at": 28}])
    2.0
    """
    return outreach.count(where=outreach.days_ago < 28)


@feature(unit="count", theme="relationship", empty=0, sentence="Contacts made in the last 91 days: {contacts_91d}")
def contacts_91d(outreach: ir.Table) -> ir.Value:
    """Contacts that the company made in the last 91 days, whatever came of them.

    >>> known("contacts_91d", outreach=[{"contacted_at": 0}, {"contacted_at": 90}, {"contacted_at": 91}])
    2.0
    """
    return outreach.count(where=outreach.days_ago < 91)


@feature(
    unit="days",
    theme="relationship",
    sentence="Days since anyone last contacted them: {days_since_contact}",
    usual=", contacts in the last 91 days: {contacts_91d}",
)
def days_since_contact(outreach: ir.Table) -> ir.Value:
    """Days since the company last contacted the account; missing if never.

    >>> known("days_since_contact", outreach=[{"contacted_at": 12}, {"contacted_at": 40}, {"contacted_at": -1}])
    12.0
    """
    return outreach.days_ago.min()


@feature(unit="days", theme="relationship", sentence="Days since anyone was last reached there: {days_since_reached}")
def days_since_reached(outreach: ir.Table) -> ir.Value:
    """Days since the last contact that reached somebody: its outcome is known and neither no_answer nor no_show;
    missing if there was none.

    >>> known("days_since_reached", outreach=[{"contacted_at": 40, "outcome_at": 40, "outcome": "reached"},
    ...       {"contacted_at": 12, "outcome_at": 12, "outcome": "no_answer"}, {"contacted_at": 3}])
    40.0
    """
    return outreach.days_ago.min(where=outreach.reached)


@feature(
    unit="share",
    theme="relationship",
    sentence="Contacts of the last 182 days that reached somebody: {reached_share_182d}",
)
def reached_share_182d(outreach: ir.Table) -> ir.Value:
    """Contacts of the last 182 days that reached somebody, over those whose outcome is known; missing without one.

    >>> known("reached_share_182d", outreach=[{"contacted_at": 181, "outcome_at": 180, "outcome": "reached"},
    ...       {"contacted_at": 12, "outcome_at": 12, "outcome": "no_answer"}, {"contacted_at": 3}])
    0.5
    """
    recent = outreach.days_ago < 182
    return outreach.count(where=recent & outreach.reached) / outreach.reached.count(where=recent).nullif(0)


@feature(
    unit="count",
    theme="relationship",
    empty=0,
    sentence="Attempts to reach them in vain since the last success: {contacts_in_vain}",
    usual=", contacts of the last 182 days that reached somebody: {reached_share_182d}",
)
def contacts_in_vain(outreach: ir.Table) -> ir.Value:
    """Contacts of the last 365 days with outcome no_answer or no_show, made after anybody was last reached.

    >>> known("contacts_in_vain", outreach=[{"contacted_at": days, "outcome_at": days, "outcome": outcome}
    ...       for days, outcome in [(50, "no_answer"), (40, "reached"), (12, "no_answer"), (5, "no_show")]])
    2.0
    """
    return outreach.count(where=outreach.in_vain & (outreach.days_ago < 365))


@feature(
    unit="count",
    theme="relationship",
    empty=0,
    sentence="Meetings missed in the last 182 days: {no_shows_182d}",
)
def no_shows_182d(outreach: ir.Table) -> ir.Value:
    """Contacts of the last 182 days with outcome no_show.

    >>> known("no_shows_182d", outreach=[{"contacted_at": 181, "outcome_at": 181, "outcome": "no_show"},
    ...       {"contacted_at": 3, "outcome_at": -1, "outcome": "no_show"}])
    1.0
    """
    return outreach.count(where=(outreach.outcome == "no_show") & (outreach.days_ago < 182))
