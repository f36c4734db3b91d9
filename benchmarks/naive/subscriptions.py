"""The course of each subscription: what it cost and in what state it was, now and on an earlier day.

Belongs here: subscriptions brought together with their changes. Does not belong here: features (``contract``,
``price``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known

_ID = "subscription_id"
_STATED = ["mrr", "plan", "quantity"]


def course(known: Known) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Subscriptions by id, and their changes in the order of time with the account of each and ``enters``: whether the
    change leads into another status."""
    subs = known.rows(
        "subscriptions", "started_at", ended_at="ended_at", ended_on="ended_at", ends_on="cancel_requested_at",
        cancel_requested_at="cancel_requested_at",
    ).set_index(_ID)  # fmt: skip
    changes = known.rows("subscription_changes", "changed_at")
    changes = changes.merge(subs["account_id"].reset_index(), on=_ID).sort_values("changed_at", ignore_index=True)
    states = changes[changes["status"].notna()]
    entered = states["status"] != states.groupby(_ID)["status"].shift().fillna("active")
    changes["enters"] = entered.reindex(changes.index, fill_value=False)
    return _current(subs, changes, known), changes


def _current(subs: pd.DataFrame, changes: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Subscriptions with their present price, plan, seats and status, and whether they are ``paying``.

    ``paid_ago``: days since it was first paid for. ``left_ago``: days since it ended, became unpaid or free.
    ``status_ago``: days since it entered its status; ``status_end``: the announced end of that.
    """
    subs = subs.rename(columns={name: f"start_{name}" for name in _STATED}).join(was(subs, changes))
    trial_over = subs["trial_ends_at"].isna() | (subs["trial_ends_at"] < known.cutoff)
    live = subs["ended_at"].isna() & (subs["status"] != "unpaid")
    entered = known.days_since(subs["trial_ends_on"].fillna(subs["started_on"]))
    priced = changes[changes["mrr"] > 0].groupby(_ID)["days_ago"].max().reindex(subs.index)
    paid_ago = entered.where(subs["start_mrr"] > 0, priced.clip(upper=entered))

    status_ago = changes[changes["enters"]].groupby(_ID)["days_ago"].min().reindex(subs.index)
    states = changes[changes["status"].notna()].drop_duplicates(_ID, keep="last").set_index(_ID)
    prices = with_before(subs, changes)
    freed = prices[(prices["mrr"] == 0) & (prices["mrr_before"] > 0)].groupby(_ID)["days_ago"].min()
    left = pd.DataFrame({
        "ended": known.days_since(subs["ended_on"]),
        "unpaid": status_ago.where(subs["status"] == "unpaid"),
        "free": freed.reindex(subs.index).where(subs["mrr"] == 0),
    })  # fmt: skip
    return subs.assign(
        live=live,
        in_trial=live & ~trial_over,
        paying=live & trial_over & (subs["mrr"] > 0),
        paid_ago=paid_ago.where(trial_over & ~(subs["ended_at"] <= subs["trial_ends_at"])),
        left_ago=left.max(axis=1),
        status_ago=status_ago,
        status_end=states["until_on"],
        highest_mrr=subs["start_mrr"].clip(lower=changes.groupby(_ID)["mrr"].max().reindex(subs.index)),
    )


def was(subs: pd.DataFrame, changes: pd.DataFrame, days: int = 0) -> pd.DataFrame:
    """Price, plan, seats and status of each subscription at the end of the day so many days ago."""
    stated = changes[changes["days_ago"] >= days].groupby(_ID)[[*_STATED, "status"]].last()
    return stated.reindex(subs.index).fillna(subs[_STATED].assign(status="active"))


def paid_then(subs: pd.DataFrame, changes: pd.DataFrame, known: Known, days: int) -> pd.DataFrame:
    """Price and seats of the subscriptions that were paid for at the end of the day so many days ago."""
    start = subs[[f"start_{name}" for name in _STATED]].set_axis(_STATED, axis=1)
    then = was(start, changes, days).assign(account_id=subs["account_id"])
    ended = known.days_since(subs["ended_on"]) >= days
    return then[(subs["paid_ago"] >= days) & ~ended & (then["status"] != "unpaid") & (then["mrr"] > 0)]


def with_before(subs: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Changes of price with the price before, ``mrr_before``, and ``same_size``: whether plan and seats are those that
    it was for."""
    start = subs[["account_id"]].assign(**{name: subs[f"start_{name}"] for name in _STATED}).reset_index()
    log = pd.concat([start, changes[[_ID, "account_id", "days_ago", *_STATED]]], ignore_index=True)
    log[["plan", "quantity"]] = log.groupby(_ID)[["plan", "quantity"]].ffill()
    log = log[log["mrr"].notna()]
    before = log.groupby(_ID)[_STATED].shift()
    same = {
        name: (log[name] == before[name]) | (log[name].isna() & before[name].isna()) for name in ("plan", "quantity")
    }
    return log.assign(mrr_before=before["mrr"], same_size=same["plan"] & same["quantity"])[log["days_ago"].notna()]
