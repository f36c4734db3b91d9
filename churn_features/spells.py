"""The course of time: when each account paid how much, as known at one moment.

Belongs here: stretches of a subscription at one price and in one state, spells of an account, what was paid for at an
instant. Does not belong here: the state on a single date (``states``), features, what counts as churn (``outcomes``)
and rates (``rates``), which both rest on these spells.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

_FAR = ibis.timestamp("9999-01-01")
_FAR_DAY = ibis.date("9999-01-01")


def stretches(subscriptions: ir.Table, changes: ir.Table | None) -> ir.Table:
    """One row per stretch of time in which a subscription was paid for at one price, from cut tables.

    ``account_id``, ``subscription_id``, ``mrr`` (above zero), ``from_at`` and ``from_on``, ``to_at`` and ``to_on`` (the
    first instant at which it no longer holds; the year 9999 while it does) and ``kind``, why it ended, if it did. A
    subscription is paid for when its trial is over, while its price is above zero and its state is not *unpaid*, until
    it ends.
    """
    points = _points(subscriptions, changes)
    in_time = ibis.cumulative_window(group_by="subscription_id", order_by=["is_change", "at"])
    known = points.mutate(mrr_known=points.mrr.count().over(in_time), status_known=points.status.count().over(in_time))
    same_mrr = ibis.window(group_by=["subscription_id", known.mrr_known])
    same_status = ibis.window(group_by=["subscription_id", known.status_known])
    stated = known.mutate(mrr=known.mrr.max().over(same_mrr), status=known.status.max().over(same_status))
    course = stated.mutate(
        next_at=stated["at"].lead().over(in_time).coalesce(_FAR),
        next_on=stated["on"].lead().over(in_time).coalesce(_FAR_DAY),
        next_status=stated.status.lead().over(in_time),
    )
    facts = subscriptions.select(
        "subscription_id", "account_id", "cancel_requested_at", "end_reason", "ended_at", "ended_on",
        paid_at=ibis.coalesce(subscriptions.trial_ends_at, subscriptions.started_at),
        paid_on=ibis.coalesce(subscriptions.trial_ends_on, subscriptions.started_on),
    )  # fmt: skip
    rows = course.inner_join(facts, "subscription_id")
    ends = (rows.ended_at <= rows.next_at).coalesce(False)
    later = rows["at"] > rows.paid_at
    rows = rows.mutate(
        from_at=ibis.ifelse(later, rows["at"], rows.paid_at),
        from_on=ibis.ifelse(later, rows["on"], rows.paid_on),
        to_at=ibis.ifelse(ends, rows.ended_at, rows.next_at),
        to_on=ibis.ifelse(ends, rows.ended_on, rows.next_on),
        ends=ends,
    )
    paid = rows.filter((rows.mrr > 0) & (rows.status != "unpaid") & (rows.from_at < rows.to_at))
    return paid.select("account_id", "subscription_id", "mrr", "from_at", "from_on", "to_at", "to_on", kind=_kind(paid))


def _points(subscriptions: ir.Table, changes: ir.Table | None) -> ir.Table:
    """The start of each subscription and its changes; what a row does not state is missing."""
    starts = subscriptions.select(
        "subscription_id", is_change=ibis.literal(0), at=subscriptions.started_at, on=subscriptions.started_on,
        mrr=subscriptions.mrr, status=ibis.literal("active"),
    )  # fmt: skip
    if changes is None:
        return starts
    later = changes.select(
        "subscription_id", is_change=ibis.literal(1), at=changes.changed_at, on=changes.changed_on, mrr=changes.mrr,
        status=changes.status,
    )  # fmt: skip
    return starts.union(later)


def _kind(rows: ir.Table) -> ir.Value:
    failed = rows.end_reason.isin(["payment_failed", "disputed"]).coalesce(False)
    # Stripe stamps a request on what it ends itself when all attempts failed, at the instant of the end
    before = rows.cancel_requested_at < rows.to_at
    asked = ibis.ifelse(rows.ends, ~failed | before, before | (rows.cancel_requested_at == rows.to_at))
    requested = rows.cancel_requested_at.notnull() & asked
    requested |= rows.cancel_requested_at.isnull() & (rows.end_reason == "requested").coalesce(False)
    unpaid = (rows.next_status == "unpaid").coalesce(False) & ~rows.ends
    return ibis.cases(
        (requested, "voluntary"),
        (unpaid, "involuntary"),
        (rows.ends & failed, "involuntary"),
        (rows.ends, "unknown"),
        # what is left became free: a choice, unless it is what becomes of those who do not pay
        (rows.status == "past_due", "involuntary"),
        else_="voluntary",
    )


def in_spells(paid: ir.Table, grace_days: int) -> ir.Table:
    """``stretches`` with ``number``, the account's spell as a customer that each belongs to, 1 for the first.

    Overlaps, changes of plan and gaps of up to ``grace_days`` days of the zone do not interrupt a spell.
    """
    order = ["from_at", "subscription_id"]
    before = ibis.window(group_by="account_id", order_by=order, preceding=(None, 1))
    reach = paid.mutate(last_on=paid.to_on.max().over(before))
    grace = ibis.interval(days=grace_days)
    starts = reach.last_on.isnull() | (reach.from_on > (reach.last_on.cast("timestamp") + grace).cast("date"))
    marked = reach.mutate(starts=starts.cast("int64"))
    number = marked.starts.sum().over(ibis.cumulative_window(group_by="account_id", order_by=order))
    return marked.select(*paid.columns, number=number)


def spells(paid: ir.Table) -> ir.Table:
    """One row per time in which an account was a customer without interruption (``in_spells`` in).

    ``account_id``, ``number``, ``from_at``, ``to_at`` (the year 9999 if it has not left) and ``kind`` of the departure.
    """
    # the kind decides between subscriptions that ended at the same instant, else the order of rows would
    rank = ibis.cases((paid.kind == "involuntary", 2), (paid.kind == "unknown", 1), else_=0)
    order = ibis.struct({"to_at": paid.to_at, "rank": rank})
    return paid.group_by("account_id", "number").agg(
        from_at=paid.from_at.min(), to_at=paid.to_at.max(), kind=paid.kind.argmax(order)
    )


def open_at(customers: ir.Table, instant: ir.Value) -> ir.Value:
    """Which of the ``spells`` hold an instant: begun before it and not over by then."""
    return (customers.from_at < instant) & (customers.to_at >= instant)


def mrr_at(paid: ir.Table, customers: ir.Table, instant: ir.Value) -> ir.Table:
    """``account_id`` and ``mrr`` of the customers at an instant, monthly recurring revenue (``in_spells`` and
    ``spells`` in).

    Whoever has no paid subscription just then, but comes back within the grace, counts with what it pays for then.
    """
    holds = paid.filter((paid.from_at < instant) & (paid.to_at >= instant))
    now = holds.group_by("account_id").agg(mrr=holds.mrr.sum())
    between = customers.filter(open_at(customers, instant)).select("account_id", "number").anti_join(now, "account_id")
    ahead = paid.filter(paid.from_at >= instant).semi_join(between, ["account_id", "number"])
    ahead = ahead.mutate(first_at=ahead.from_at.min().over(group_by="account_id"))
    back = ahead.filter(ahead.from_at == ahead.first_at)
    return now.union(back.group_by("account_id").agg(mrr=back.mrr.sum()))
