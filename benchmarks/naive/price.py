"""What the account pays and how that has moved.

Belongs here: features over the prices and discounts of subscriptions. Does not belong here: what was charged
(``billing``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known, joined, last, number, total, unless_zero
from benchmarks.naive.subscriptions import paid_then, with_before


def add(row: pd.DataFrame, subs: pd.DataFrame, changes: pd.DataFrame, known: Known) -> pd.DataFrame:
    paying = subs[subs["paying"]]
    row = joined(row, values={"mrr": total(paying, "mrr")})
    row["mrr_per_seat"] = row["mrr"] / unless_zero(row["seats"])
    row["mrr_below_highest_share"] = 1 - row["mrr"] / total(paying, "highest_mrr")
    month, quarter = (paid_then(subs, changes, known, days) for days in (28, 91))
    row["mrr_change_28d"] = row["mrr"] / total(month, "mrr").reindex(row.index) - 1
    change = row["mrr"] / total(quarter, "mrr").reindex(row.index)
    row["mrr_change_91d"] = change - 1
    larger = row["seats"] / unless_zero(total(quarter, "quantity").reindex(row.index))
    row["price_change_91d"] = change / unless_zero(larger.fillna(1)) - 1

    prices = with_before(subs, changes)
    up, down = prices["mrr"] > prices["mrr_before"], prices["mrr"] < prices["mrr_before"]
    recent = prices["days_ago"] < 182
    row = joined(
        row,
        counts={
            "upgrades_182d": number(prices[up & ~prices["same_size"] & recent]),
            "downgrades_182d": number(prices[down & recent]),
        },
        values={
            "days_since_price_rise": last(prices[up & prices["same_size"]]),
            "days_since_change": last(changes[changes[["mrr", "plan", "quantity"]].notna().any(axis=1)]),
        },
    )
    return _discounts(row, paying, changes, known)


def _discounts(row: pd.DataFrame, paying: pd.DataFrame, changes: pd.DataFrame, known: Known) -> pd.DataFrame:
    """A discount ends on its announced day, or when a change withdraws it."""
    stated = changes[changes["discount_share"].notna() & changes["subscription_id"].isin(paying.index)]
    stated = stated.assign(withdrawn=stated.groupby("subscription_id")["days_ago"].shift(-1))
    stated["ended"] = known.days_since(stated["until_on"])
    now = stated.drop_duplicates("subscription_id", keep="last")
    share = now["discount_share"].where(~(now["ended"] >= 0), 0)
    given = stated[stated["discount_share"] > 0].drop_duplicates("subscription_id", keep="last")
    running = given[given["withdrawn"].isna() & (given["ended"] < 0)]
    announced = given["ended"].where(given["ended"] >= 0)
    ended = pd.concat([announced, given["withdrawn"]], axis=1).max(axis=1)
    return joined(
        row,
        values={
            "discount_share": share.groupby(now["account_id"]).max(),
            "days_to_discount_end": -running.groupby("account_id")["ended"].max(),
            "days_since_discount_end": ended.groupby(given["account_id"]).min(),
        },
    )
