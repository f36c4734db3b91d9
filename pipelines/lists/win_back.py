"""The list of accounts that left lately and may be won back.

Belongs here: who left, when, with how much revenue and why. Does not belong here: who still pays.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from churn_features.clock import cutoff
from pipelines import engine, features, tables
from pipelines.engine import literal
from pipelines.lists.candidates import Candidates, Reasons, months
from pipelines.lists.day import Day
from pipelines.lists.stated import stated_reasons

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "voluntary": ("contract", "by their own decision"),
    "involuntary": ("payment", "because a payment failed"),
    "unknown": ("contract", "for a reason that is not known"),
}
"""Kinds of departure: the theme of each, and how a list tells it."""


def candidates(day: Day) -> Candidates:
    """Accounts whose last time as a customer ended within ``lists.lost_within_days``, with the monthly revenue that
    ended with it. They are lost, so no probability is told."""
    lost = _lost(day)
    lost = lost[~lost["account_id"].isin(day.paying["account_id"])]
    frame = lost.assign(probability=float("nan"), loss=1.0)

    def reasons(chosen: pd.DataFrame, features: object, told: object) -> list[Reasons]:
        said = stated_reasons(day, chosen["account_id"].tolist())
        columns = zip(chosen["account_id"], chosen["left_on"], chosen["days"], chosen["kind"], strict=True)
        return [[*said.get(account, []), _told(left_on, days, kind)] for account, left_on, days, kind in columns]

    return Candidates(frame, reasons)


def _told(left_on: date, days: int, kind: str) -> dict[str, str]:
    theme, words = KINDS[kind]
    told = f"Left on {left_on:%Y-%m-%d}, {words}, after {months(days)}"
    return {"theme": theme, "feature": "subscriptions.ended_at", "text": told}


def _lost(day: Day) -> pd.DataFrame:
    """account_id, left_on, days as a customer, kind, mrr of the last departure of each account, as known on the day."""
    from churn_features.rates import customers

    config = day.config
    there = {
        name: paths
        for name, paths in tables.required(config, day.as_of).items()
        if name in ("subscriptions", "subscription_changes")
    }
    sql = customers(there, config.outcome.grace_days).sql("duckdb")
    local = f"CAST(timezone({literal(config.time_zone)}, timezone('UTC', to_at)) AS DATE)"
    with engine.connection(config) as con:
        for name, paths in there.items():
            features.define(con, name, f"SELECT * FROM {engine.scan(paths)}")
        rows = con.sql(
            f"SELECT account_id, {local} AS left_on, date_diff('day', from_at, to_at) AS days, kind, "
            f"CAST(mrr AS BIGINT) AS mrr FROM ({sql}) WHERE to_at < $observed "
            "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY number DESC) = 1 "
            f"AND {local} > $observed_on - {config.lists.lost_within_days:d} ORDER BY account_id",
            params={"observed_on": day.as_of, "observed": cutoff(day.as_of, config.time_zone)},
        )
        return rows.to_arrow_table().to_pandas()
