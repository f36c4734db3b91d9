"""Which subscriptions an account has and in what state, after cutting time: the base of eligibility and of features.

Belongs here: joining subscriptions with their changes, who is a paying account. Does not belong here: features, and
the course of time between two dates (``spells``).
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from churn_features.clock import Moment

PAST = (28, 91)
"""Days ago for which features look up what was paid for then."""

GAP_DAYS = 7
"""A longer time without a paid subscription is an interruption for features, as it is a departure with the standard
grace of outcomes."""


def change_log(subscriptions: ir.Table, changes: ir.Table) -> ir.Table:
    """Cut changes with the account they belong to: the columns of ``subscription_changes``, ``account_id`` and
    ``enters_status``: whether the row states a status other than the one before, at first *active*."""
    owners = subscriptions.select("subscription_id", "account_id")
    log = changes.inner_join(owners, "subscription_id")
    # rows that state a status follow one another
    order = ibis.window(group_by=["subscription_id", log.status.isnull()], order_by="changed_at")
    return log.mutate(enters_status=(log.status != log.status.lag().over(order).coalesce("active")).coalesce(False))


def with_values_before(log: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """``change_log`` rows with ``mrr_before``, the price before, and ``same_size``, whether plan and quantity are those
    that it was for, missing unless the row states a price; and ``discount_before``, missing unless it states one."""
    start = subscriptions.select(
        "subscription_id", start_mrr=subscriptions.mrr, start_plan=subscriptions.plan,
        start_quantity=subscriptions.quantity,
    )  # fmt: skip
    # the few rows that state any of it, as sorting is what takes time
    sized = log.mrr.notnull() | log.plan.notnull() | log.quantity.notnull()
    stated = log.filter(sized | log.discount_share.notnull())
    rows = stated.inner_join(start, "subscription_id")
    in_time = ibis.cumulative_window(group_by="subscription_id", order_by="changed_at")
    rows = rows.mutate(plans=rows.plan.count().over(in_time), quantities=rows.quantity.count().over(in_time))

    def in_force(name: str, stated: str) -> ir.Value:
        value = rows[name].max().over(ibis.window(group_by=["subscription_id", stated]))
        return ibis.coalesce(value, rows[f"start_{name}"])

    rows = rows.mutate(plan_now=in_force("plan", "plans"), quantity_now=in_force("quantity", "quantities"))
    # rows that state a price follow one another, as do those that state a discount
    priced = ibis.window(group_by=["subscription_id", rows.mrr.isnull()], order_by="changed_at")
    discounted = ibis.window(group_by=["subscription_id", rows.discount_share.isnull()], order_by="changed_at")

    def before(name: str, start: str) -> ir.Value:
        value = ibis.coalesce(rows[name].lag().over(priced), rows[start])
        return ibis.ifelse(rows.mrr.notnull(), value, ibis.null().cast(value.type()))

    same_plan = rows.plan_now.identical_to(before("plan_now", "start_plan"))
    found = rows.select(
        of_subscription=rows.subscription_id,
        at=rows.changed_at,
        mrr_before=before("mrr", "start_mrr"),
        same_size=same_plan & rows.quantity_now.identical_to(before("quantity_now", "start_quantity")),
        discount_before=rows.discount_share.lag().over(discounted),
    )
    joined = log.left_join(found, (log.subscription_id == found.of_subscription) & (log.changed_at == found["at"]))
    return joined.select(*log.columns, "mrr_before", "same_size", "discount_before")


def current(subscriptions: ir.Table, changes: ir.Table | None, moment: Moment, past: Sequence[int] = ()) -> ir.Table:
    """One row per subscription started before the cutoff, with its latest known state.

    Adds ``paying`` (started, past its trial, price above zero, not ended, not unpaid), ``live`` (the same, free and
    trial ones included), ``in_trial``, ``paid_days_ago`` (since it was first paid for; missing if it never was) and
    ``left_days_ago`` (since it ended, became unpaid or free). ``mrr``, ``plan`` and ``quantity`` are the latest known.
    From the changes (``change_log`` rows), missing without a table of them: ``status`` with ``status_days_ago`` (since
    it was entered) and ``status_until_days_ago``; ``highest_mrr``; for each number of days in ``past``,
    ``mrr_<days>d_ago`` and ``quantity_<days>d_ago`` (missing if it was not paid for at the end of that day). From
    ``with_values_before`` rows, missing with any other: ``freed_days_ago`` (since its price last became 0); of the
    discount ``discount_share``, ``discount_end_days_ago`` (the announced end of the last one) and
    ``withdrawn_days_ago`` (since one was last set to 0). A subscription in state *unpaid*
    counts as ended (Stripe's definition of a churned subscriber); *past_due* and *paused* ones are still there.
    """
    rows = subscriptions.mutate(start_mrr=subscriptions.mrr, start_quantity=subscriptions.quantity)
    rows = _without_changes(rows, past) if changes is None else _with_changes(rows, changes, past)
    past_trial = rows.trial_ends_at.isnull() | (rows.trial_ends_at < moment.cutoff)
    live = rows.ended_at.isnull() & (rows.status.coalesce("active") != "unpaid")
    rows = rows.mutate(
        live=live,
        in_trial=~past_trial,
        paying=live & past_trial & (rows.mrr > 0),
        paid_days_ago=_first_paid(rows, past_trial),
    )
    nothing = ibis.null().cast("int64")
    rows = rows.mutate(
        left_days_ago=ibis.greatest(
            rows.ended_days_ago,
            ibis.ifelse(rows.status == "unpaid", rows.status_days_ago, nothing),
            ibis.ifelse(rows.mrr == 0, rows.freed_days_ago, nothing),
        )
    )
    paid_then = {
        days: (rows.paid_days_ago >= days)
        & (rows.ended_days_ago.isnull() | (rows.ended_days_ago < days))
        & (rows[f"status_{days}d_ago"].coalesce("active") != "unpaid")
        & (rows[f"mrr_{days}d_ago"] > 0)
        for days in past
    }
    then = {
        f"{name}_{days}d_ago": ibis.ifelse(paid_then[days], rows[f"{name}_{days}d_ago"], nothing)
        for days in past
        for name in ("mrr", "quantity")
    }
    return rows.mutate(**then)


def _first_paid(rows: ir.Table, past_trial: ir.Value) -> ir.Value:
    """Days since the subscription was first paid for: the end of its trial or its start, or when a free one got a
    price."""
    entered = ibis.coalesce(rows.trial_ends_days_ago, rows.started_days_ago)
    priced = ibis.ifelse(rows.priced_days_ago < entered, rows.priced_days_ago, entered)
    priced = ibis.ifelse(rows.priced_days_ago.notnull(), priced, ibis.null().cast("int64"))
    lapsed = (rows.ended_at <= rows.trial_ends_at).coalesce(False)
    first = ibis.ifelse(rows.start_mrr > 0, entered, priced)
    return ibis.ifelse(past_trial & ~lapsed, first, ibis.null().cast("int64"))


_FROM_VALUES_BEFORE = {
    "freed_days_ago": "int64", "discount_share": "float64", "discount_end_days_ago": "int64",
    "withdrawn_days_ago": "int64",
}  # fmt: skip


def _from_values_before(changes: ir.Table) -> dict[str, ir.Value]:
    if "mrr_before" not in changes.columns:
        return {name: ibis.null().cast(type_) for name, type_ in _FROM_VALUES_BEFORE.items()}
    share = changes.discount_share
    return {
        "freed_days_ago": changes.days_ago.min(where=(changes.mrr == 0) & (changes.mrr_before > 0)),
        "discount_share": share.argmax(changes.changed_at, where=share.notnull()),
        "discount_end_days_ago": _last_end(changes, share > 0),
        "withdrawn_days_ago": changes.days_ago.min(where=(share == 0) & (changes.discount_before > 0)),
    }


def _last_end(changes: ir.Table, of: ir.Value) -> ir.Value:
    """``until_days_ago`` of the last row of some."""
    # never empty: engines differ in whether argmax skips an empty value, and with it the last row
    none = -1_000_000
    return changes.until_days_ago.coalesce(none).argmax(changes.changed_at, where=of).nullif(none)


def _without_changes(rows: ir.Table, past: Sequence[int]) -> ir.Table:
    types = {
        "status": "string", "status_days_ago": "int64", "status_until_days_ago": "int64", "highest_mrr": "int64",
        "priced_days_ago": "int64", **_FROM_VALUES_BEFORE,
    }  # fmt: skip
    for days in past:
        types |= {f"mrr_{days}d_ago": "int64", f"quantity_{days}d_ago": "int64", f"status_{days}d_ago": "string"}
    return rows.mutate(**{name: ibis.null().cast(type_) for name, type_ in types.items()})


def _with_changes(rows: ir.Table, changes: ir.Table, past: Sequence[int]) -> ir.Table:
    def latest(name: str, before: ir.Value | None = None) -> ir.Value:
        stated = changes[name].notnull()
        return changes[name].argmax(changes.changed_at, where=stated if before is None else stated & before)

    found = {f"new_{name}": latest(name) for name in ("mrr", "plan", "quantity", "status")}
    found |= {
        **_from_values_before(changes),
        "status_days_ago": changes.days_ago.min(where=changes.enters_status),
        "status_until_days_ago": _last_end(changes, changes.status.notnull()),
        "priced_days_ago": changes.days_ago.max(where=changes.mrr > 0),
        "new_highest_mrr": changes.mrr.max(),
    }
    for days in past:
        old = changes.days_ago >= days
        found |= {f"new_{name}_{days}d_ago": latest(name, before=old) for name in ("mrr", "quantity", "status")}
    joined = rows.left_join(changes.group_by("subscription_id").agg(**found), "subscription_id")
    joined = joined.drop("subscription_id_right")
    values = {
        "mrr": ibis.coalesce(joined.new_mrr, joined.mrr),
        "plan": ibis.coalesce(joined.new_plan, joined.plan),
        "quantity": ibis.coalesce(joined.new_quantity, joined.quantity),
        "status": ibis.coalesce(joined.new_status, "active"),
        "highest_mrr": ibis.greatest(joined.start_mrr, joined.new_highest_mrr),
    }
    for days in past:
        values |= {
            f"mrr_{days}d_ago": ibis.coalesce(joined[f"new_mrr_{days}d_ago"], joined.start_mrr),
            f"quantity_{days}d_ago": ibis.coalesce(joined[f"new_quantity_{days}d_ago"], joined.start_quantity),
            f"status_{days}d_ago": joined[f"new_status_{days}d_ago"],
        }
    now = joined.mutate(**values)
    # not drop: the order in which it names the columns differs from process to process
    return now.select([name for name in now.columns if not name.startswith("new_")])


def with_gaps(rows: ir.Table) -> ir.Table:
    """``current`` rows with ``gap_days``: days for which the account had paid for nothing when this subscription was
    first paid for; missing for its first one and where another one was running, of subscriptions that were paid."""
    paid = rows.filter(rows.paid_days_ago.notnull())
    # the few accounts with several, as sorting is what takes time
    several = paid.group_by("account_id").agg(number=paid.count())
    several = paid.semi_join(several.filter(several.number > 1), "account_id")
    order = ibis.window(
        group_by="account_id", order_by=[several.paid_days_ago.desc(), several.subscription_id], preceding=(None, 1)
    )
    # -1: the subscription is still there
    last_left = several.left_days_ago.coalesce(-1).min().over(order)
    gaps = several.select(of_subscription=several.subscription_id, gap_days=last_left - several.paid_days_ago)
    joined = rows.left_join(gaps.filter(gaps.gap_days > 0), rows.subscription_id == gaps.of_subscription)
    return joined.drop("of_subscription")


def paying_accounts(subscriptions: ir.Table) -> ir.Table:
    """One row per eligible account: it has a paid, started, not ended subscription (``current`` rows in).

    ``announced``: every paying subscription has a cancellation on request, so the departure is already known.
    ``mrr_now``: recurring revenue per month in minor units.
    """
    facts = subscriptions.group_by("account_id").agg(**paying_facts(subscriptions))
    return facts.filter(facts.pays).select("account_id", "announced", "mrr_now")


def paying_facts(subscriptions: ir.Table) -> dict[str, ir.Value]:
    """The aggregates behind ``paying_accounts``, with ``pays``: whether the account is one."""
    paying = subscriptions.paying
    return {
        "pays": paying.any(),
        "announced": subscriptions.cancel_requested_at.notnull().all(where=paying),
        "mrr_now": subscriptions.mrr.sum(where=paying),
    }
