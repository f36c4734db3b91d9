"""What is subscribed to, since when, until when, and how the contract stands.

Belongs here: features over subscriptions that are not about money. Does not belong here: what they cost (``price``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known, first, joined, last, number, total
from benchmarks.naive.subscriptions import paid_then

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_DAYS = {"day": 1, "week": 7}
_LENGTHS = {**_DAYS, **{name: 30 * months for name, months in _MONTHS.items()}}


def paying_accounts(subs: pd.DataFrame) -> pd.DataFrame:
    """One row per account with a paid subscription."""
    return pd.DataFrame(index=pd.Index(sorted(subs["account_id"][subs["paying"]].unique()), name="account_id"))


def add(row: pd.DataFrame, subs: pd.DataFrame, changes: pd.DataFrame, known: Known) -> pd.DataFrame:
    paying = subs[subs["paying"]].sort_values(["started_at", "subscription_id"])
    by_account = paying.groupby("account_id")
    row = joined(
        row,
        values={
            "tenure_days": subs.groupby("account_id")["paid_ago"].max(),
            "plan": by_account["plan"].last(),
            "billing_interval": by_account["billing_interval"].last(),
            "seats": total(paying, "quantity"),
            "subscriptions_active": number(paying),
        },
    )
    then = total(paid_then(subs, changes, known, 91), "quantity").reindex(row.index)
    row["seats_change_91d"] = row["seats"] / then.where(then != 0) - 1

    ended = subs[subs["ended_at"].notna() & subs["paid_ago"].notna()].sort_values(["ended_at", "subscription_id"])
    before = ended.groupby("account_id")["billing_interval"].last().map(_LENGTHS).reindex(row.index)
    row["billed_more_often"] = (row["billing_interval"].map(_LENGTHS) < before).astype(float)

    trial = (subs["trial_ends_on"] - subs["started_on"]).dt.days[subs["paid_ago"].notna()]
    row = joined(
        row,
        counts={
            "trial_days": trial.groupby(subs["account_id"]).max(),
            "in_trial": subs.groupby("account_id")["in_trial"].max().astype(float),
        },
    )
    row = _renewal(row, paying, known)
    row = _spells(row, subs)
    return _standing(row, paying, changes, known)


def _renewal(row: pd.DataFrame, paying: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Billed at the end of the trial, or else at the start, and after every whole interval since, until it ends."""
    begun = paying["trial_ends_on"].fillna(paying["started_on"])
    billed = []
    for interval, first_day in begun.groupby(paying["billing_interval"]):
        if interval in _DAYS:
            over = known.days_since(first_day) % _DAYS[interval]
            since, until = over, _DAYS[interval] - over
        elif interval in _MONTHS:
            passed, coming, step = first_day, first_day, 0
            while (coming <= known.as_of).any():
                step += _MONTHS[interval]
                passed = coming.where(coming <= known.as_of, passed)
                coming = coming.where(coming > known.as_of, first_day + pd.DateOffset(months=step))
            since, until = known.days_since(passed), -known.days_since(coming)
        else:
            continue
        billed.append(pd.DataFrame({"since": since, "until": until}))
    days = pd.concat(billed)
    ending = -known.days_since(paying["ends_on"]).reindex(days.index)
    days["until"] = days["until"].where(~(ending <= days["until"]))
    days = days.groupby(paying["account_id"]).min()
    return joined(row, values={"days_since_renewal": days["since"], "days_to_renewal": days["until"]})


def _spells(row: pd.DataFrame, subs: pd.DataFrame) -> pd.DataFrame:
    """A return: a subscription that is first paid for more than a week after all earlier ones had been left."""
    paid = subs[subs["paid_ago"].notna()].reset_index()
    paid = paid.sort_values(["paid_ago", "subscription_id"], ascending=[False, True])
    still = paid["left_ago"].fillna(-1)
    left = still.groupby(paid["account_id"]).cummin().groupby(paid["account_id"]).shift()
    returns = paid[left - paid["paid_ago"] > 7].assign(days_ago=paid["paid_ago"])
    return joined(row, {"earlier_spells": number(returns)}, {"days_since_return": last(returns)})


def _standing(row: pd.DataFrame, paying: pd.DataFrame, changes: pd.DataFrame, known: Known) -> pd.DataFrame:
    state = {status: paying[paying["status"] == status].assign(days_ago=paying["status_ago"])
             for status in ("paused", "past_due")}  # fmt: skip
    entered = changes[changes["enters"] & (changes["days_ago"] < 365)]
    requested = paying[paying["cancel_requested_at"].notna()]
    share = requested.groupby("account_id")["mrr"].sum() / paying.groupby("account_id")["mrr"].sum()

    def to_end(rows: pd.DataFrame, day: str) -> pd.Series:
        days = -known.days_since(rows[day])
        return days[days > 0].groupby(rows["account_id"]).min()

    return joined(
        row,
        counts={
            "cancel_requested_share": share,
            "plan_changes_182d": number(changes[changes["plan"].notna() & (changes["days_ago"] < 182)]),
            "paused": number(state["paused"]).clip(upper=1),
            "pauses_365d": number(entered[entered["status"] == "paused"]),
            "past_due": number(state["past_due"]).clip(upper=1),
            "past_dues_365d": number(entered[entered["status"] == "past_due"]),
        },
        values={
            "paused_days": first(state["paused"]),
            "days_to_pause_end": to_end(state["paused"], "status_end"),
            "past_due_days": first(state["past_due"]),
            "days_to_announced_end": to_end(paying, "ends_on"),
        },
    )
