"""Which subscriptions an account has and in what state, after cutting time: the base of eligibility and of features.

Belongs here: joining subscriptions with their changes, who is a paying account. Does not belong here: features.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.clock import Moment


def change_log(subscriptions: ir.Table, changes: ir.Table) -> ir.Table:
    """Cut changes with the account they belong to: the columns of ``subscription_changes`` and ``account_id``."""
    owners = subscriptions.select("subscription_id", "account_id")
    return changes.inner_join(owners, "subscription_id")


def current(subscriptions: ir.Table, changes: ir.Table | None, moment: Moment) -> ir.Table:
    """One row per subscription started before the cutoff, with its latest known state.

    Adds ``paying`` (started, past its trial, price above zero, not ended, not unpaid), ``live`` (the same, free and
    trial ones included), ``status``, ``discount_share``, ``until_days_ago`` (the end of the latest discount) and
    ``unpaid_on``, all missing without a table of changes; ``mrr``, ``plan`` and ``quantity`` are the latest known. A
    subscription in state *unpaid* counts as ended (Stripe's definition of a churned subscriber); *past_due* and
    *paused* ones are still there.
    """
    rows = subscriptions.mutate(start_mrr=subscriptions.mrr, start_quantity=subscriptions.quantity)
    if changes is None:
        nothing = ibis.null()
        rows = rows.mutate(
            status=nothing.cast("string"), discount_share=nothing.cast("float64"),
            until_days_ago=nothing.cast("int64"), unpaid_on=nothing.cast("date"),
            unpaid_at=nothing.cast("timestamp"),
        )  # fmt: skip
    else:
        rows = _with_changes(rows, changes)
    started = rows.trial_ends_at.isnull() | (rows.trial_ends_at < moment.cutoff)
    live = rows.ended_at.isnull() & (rows.status.coalesce("active") != "unpaid")
    return rows.mutate(live=live, paying=live & started & (rows.mrr > 0))


def _with_changes(rows: ir.Table, changes: ir.Table) -> ir.Table:
    latest = changes.group_by("subscription_id").agg(
        **{
            f"new_{name}": changes[name].argmax(changes.changed_at, where=changes[name].notnull())
            for name in ("mrr", "plan", "quantity", "discount_share", "status")
        },
        until_days_ago=changes.until_days_ago.argmax(changes.changed_at, where=changes.discount_share.notnull()),
        unpaid_on=changes.changed_on.argmax(changes.changed_at, where=changes.status.notnull()),
        unpaid_at=changes.changed_at.max(where=changes.status.notnull()),
    )
    joined = rows.left_join(latest, "subscription_id").drop("subscription_id_right")
    unpaid = joined.new_status == "unpaid"
    now = joined.mutate(
        mrr=ibis.coalesce(joined.new_mrr, joined.mrr),
        plan=ibis.coalesce(joined.new_plan, joined.plan),
        quantity=ibis.coalesce(joined.new_quantity, joined.quantity),
        discount_share=joined.new_discount_share,
        status=ibis.coalesce(joined.new_status, "active"),
        unpaid_on=ibis.ifelse(unpaid, joined.unpaid_on, ibis.null().cast("date")),
        unpaid_at=ibis.ifelse(unpaid, joined.unpaid_at, ibis.null().cast("timestamp")),
    )
    # not drop: the order in which it names the columns differs from process to process
    return now.select([name for name in now.columns if not name.startswith("new_")])


def paying_accounts(subscriptions: ir.Table) -> ir.Table:
    """One row per eligible account: it has a paid, started, not ended subscription (``current`` rows in).

    ``announced``: every paying subscription has a cancellation on request, so the departure is already known.
    ``mrr_now``: recurring revenue per month in minor units.
    """
    paying = subscriptions.filter(subscriptions.paying)
    return paying.group_by("account_id").agg(
        announced=paying.cancel_requested_at.notnull().all(), mrr_now=paying.mrr.sum()
    )


def with_state_ago(rows: ir.Table, changes: ir.Table | None, days: int) -> ir.Table:
    """``current`` rows with ``mrr_<days>d_ago`` and ``quantity_<days>d_ago``: missing if it started later, or if
    changes are not on record."""
    before = rows.started_days_ago >= days
    names = {"mrr": rows.start_mrr, "quantity": rows.start_quantity}
    if changes is None:
        past = dict.fromkeys(names, ibis.null().cast("int64"))
    else:
        old = changes.days_ago >= days
        latest = changes.group_by("subscription_id").agg(
            **{
                f"old_{name}": changes[name].argmax(changes.changed_at, where=old & changes[name].notnull())
                for name in names
            }
        )
        rows = rows.left_join(latest, "subscription_id").drop("subscription_id_right")
        past = {name: ibis.coalesce(rows[f"old_{name}"], rows[f"start_{name}"]) for name in names}
    return rows.mutate(
        **{f"{name}_{days}d_ago": ibis.ifelse(before, value, ibis.null().cast("int64")) for name, value in past.items()}
    )
