"""How much support the account asks for, and what of it still waits.

Belongs here: features over ``tickets`` that count, date or await requests. Does not belong here: how well they were
dealt with (``service``), help pages and errors met in the product (``self_help``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature, measure

HALF_YEAR = 182
NEW = 91
"""Days for which an account is new."""


def with_context(tickets: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """Cut tickets of the last 365 days with ``open`` (not resolved, or opened again since) and ``days_after_start``:
    days since the start of a new account, below 0 before it, missing for accounts that are not new."""
    recent = tickets.filter(tickets.days_ago < 365)
    # the first start of ``onboarding``, from subscriptions as they were at their start
    priced = subscriptions.filter(subscriptions.mrr > 0)
    starts = priced.group_by(started_by=priced.account_id).agg(start_days_ago=priced.started_days_ago.max())
    joined = recent.left_join(starts.filter(starts.start_days_ago < NEW), recent.account_id == starts.started_by)
    return joined.select(
        *[recent[name] for name in recent.columns],
        open=recent.resolved_at.isnull() | (recent.reopened_at > recent.resolved_at).coalesce(False),
        days_after_start=joined.start_days_ago - recent.days_ago,
    )


def _open(tickets: ir.Table) -> ir.BooleanValue:
    return tickets.open & (tickets.days_ago < HALF_YEAR)


def _unreplied(tickets: ir.Table) -> ir.BooleanValue:
    return _open(tickets) & tickets.first_reply_at.isnull()


@measure(empty=0)
def tickets_previous_91d(tickets: ir.Table) -> ir.Value:
    return tickets.count(where=tickets.days_ago.between(91, 181))


@measure(empty=0)
def tickets_after_start(tickets: ir.Table) -> ir.Value:
    return tickets.count(where=tickets.days_after_start.between(0, 27))


@feature(
    unit="count",
    theme="support",
    empty=0,
    sentence="Support tickets in the last 28 days: {tickets_28d}",
    usual=", {tickets_91d} in the last 91",
)
def tickets_28d(tickets: ir.Table) -> ir.Value:
    """Tickets opened in the last 28 days.

    >>> known("tickets_28d", tickets=[{"opened_at": 0}, {"opened_at": 27}, {"opened_at": 28}])
    2.0
    """
    return tickets.count(where=tickets.days_ago < 28)


@feature(
    unit="count",
    theme="support",
    empty=0,
    sentence="Support tickets in the last 91 days: {tickets_91d}",
    usual=", {tickets_change_91d} against the 91 days before",
)
def tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets opened in the last 91 days.

    >>> known("tickets_91d", tickets=[{"opened_at": 0}, {"opened_at": 90}, {"opened_at": 91}])
    2.0
    """
    return tickets.count(where=tickets.days_ago < 91)


@feature(
    unit="change",
    theme="support",
    sentence="Support tickets: {tickets_91d} in the last 91 days, {tickets_change_91d} against the 91 days before",
)
def tickets_change_91d(tickets_91d: ir.Value, tickets_previous_91d: ir.Value, tenure_days: ir.Value) -> ir.Value:
    """``tickets_91d`` over the tickets of the 91 days before, minus 1; missing without any then, or if the account is
    younger than 182 days.

    >>> known("tickets_change_91d", tickets=[{"opened_at": 90}, {"opened_at": 91}, {"opened_at": 181}],
    ...       subscriptions=[{"started_at": 182}])
    -0.5
    """
    change = tickets_91d / tickets_previous_91d.nullif(0) - 1
    return ibis.ifelse(tenure_days >= HALF_YEAR, change, ibis.null().cast("float64"))


@feature(unit="days", theme="support")
def days_since_ticket(tickets: ir.Table) -> ir.Value:
    """Days since the last ticket was opened; missing without one in the last 365 days.

    >>> known("days_since_ticket", tickets=[{"opened_at": 12}, {"opened_at": 40}, {"opened_at": -1}])
    12.0
    """
    return tickets.days_ago.min()


@feature(
    unit="count",
    theme="support",
    empty=0,
    sentence="Tickets of high or urgent severity in the last 91 days: {severe_tickets_91d}",
)
def severe_tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets of severity high or urgent opened in the last 91 days.

    >>> known("severe_tickets_91d", tickets=[{"opened_at": 90, "severity": "high"},
    ...       {"opened_at": 91, "severity": "urgent"}, {"opened_at": 1, "severity": "low"}])
    1.0
    """
    return tickets.count(where=tickets.severity.isin(["high", "urgent"]) & (tickets.days_ago < 91))


@feature(unit="count", theme="support", empty=0, sentence="Calls to support in the last 91 days: {phone_tickets_91d}")
def phone_tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets of channel phone opened in the last 91 days.

    >>> known("phone_tickets_91d", tickets=[{"opened_at": 90, "channel": "phone"}, {"opened_at": 9, "channel": "chat"}])
    1.0
    """
    return tickets.count(where=(tickets.channel == "phone") & (tickets.days_ago < 91))


@feature(unit="count", theme="support", empty=0, sentence="Chats with support in the last 91 days: {chat_tickets_91d}")
def chat_tickets_91d(tickets: ir.Table) -> ir.Value:
    """Tickets of channel chat opened in the last 91 days.

    >>> known("chat_tickets_91d", tickets=[{"opened_at": 90, "channel": "phone"}, {"opened_at": 9, "channel": "chat"}])
    1.0
    """
    return tickets.count(where=(tickets.channel == "chat") & (tickets.days_ago < 91))


@feature(
    unit="count",
    theme="support",
    empty=0,
    sentence="Support tickets still open: {open_tickets}",
    usual=", opened in the last 91 days: {tickets_91d}",
)
def open_tickets(tickets: ir.Table) -> ir.Value:
    """Tickets of the last 182 days that are not resolved, or were opened again since.

    >>> known("open_tickets", tickets=[{"opened_at": 181}, {"opened_at": 182}, {"opened_at": 9, "resolved_at": 8},
    ...       {"opened_at": 9, "resolved_at": 8, "reopened_at": 7}])
    2.0
    """
    return tickets.count(where=_open(tickets))


@feature(
    unit="days",
    theme="support",
    direction=1,
    sentence="The oldest open ticket has waited for {oldest_open_ticket_days} days",
    usual=", mean time to a solution: {resolution_hours_91d} hours",
)
def oldest_open_ticket_days(tickets: ir.Table) -> ir.Value:
    """Days since the oldest open ticket (as in ``open_tickets``) was opened; missing without one.

    >>> known("oldest_open_ticket_days", tickets=[{"opened_at": 5}, {"opened_at": 20, "resolved_at": -1}])
    20.0
    """
    return tickets.days_ago.max(where=_open(tickets))


@feature(
    unit="count",
    theme="support",
    sentence="{open_tickets_near_renewal} support tickets are open and the next renewal is {days_to_renewal} days away",
)
def open_tickets_near_renewal(open_tickets: ir.Value, days_to_renewal: ir.Value) -> ir.Value:
    """``open_tickets`` if the next renewal is at most 28 days away, else 0; missing without a renewal date.

    >>> known("open_tickets_near_renewal", tickets=[{"opened_at": 3}], subscriptions=[{"started_at": 3}])
    1.0
    """
    return open_tickets * (days_to_renewal <= 28).cast("int64")


@feature(
    unit="count",
    theme="support",
    empty=0,
    direction=1,
    sentence="Support tickets without any reply yet: {unreplied_tickets}",
)
def unreplied_tickets(tickets: ir.Table) -> ir.Value:
    """Open tickets (as in ``open_tickets``) to which nobody has replied.

    >>> known("unreplied_tickets", tickets=[{"opened_at": 3}, {"opened_at": 9, "first_reply_at": 8}])
    1.0
    """
    return tickets.count(where=_unreplied(tickets))


@feature(
    unit="days",
    theme="support",
    direction=1,
    sentence="A support ticket has waited for a first reply for {oldest_unreplied_ticket_days} days",
    usual=", mean time to a first reply: {first_reply_hours_91d} hours",
)
def oldest_unreplied_ticket_days(tickets: ir.Table) -> ir.Value:
    """Days since the oldest of the ``unreplied_tickets`` was opened; missing without one.

    >>> known("oldest_unreplied_ticket_days", tickets=[{"opened_at": 3}, {"opened_at": 9, "first_reply_at": 8}])
    3.0
    """
    return tickets.days_ago.max(where=_unreplied(tickets))


@feature(unit="yes/no", theme="onboarding", sentence="Needed support within four weeks of the start")
def early_support_contact(tickets_after_start: ir.Value, first_start_days_ago: ir.Value) -> ir.Value:
    """1 if a new account opened a ticket within the first 28 days since its first priced subscription started, its
    trial included (the day of the start is the first), else 0; missing from 91 days after that start on.

    >>> known("early_support_contact", tickets=[{"opened_at": 13}], subscriptions=[{"started_at": 40}])
    1.0
    >>> known("early_support_contact", tickets=[{"opened_at": 41}, {"opened_at": 12}],
    ...       subscriptions=[{"started_at": 40}])
    0.0
    """
    early = (tickets_after_start > 0).cast("float64")
    return ibis.ifelse(first_start_days_ago < NEW, early, ibis.null().cast("float64"))
