"""The list of accounts that left lately and may be won back.

Belongs here: who left, when, with how much revenue and why. Does not belong here: who still pays.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pipelines import engine, rates
from pipelines.engine import literal
from pipelines.lists.candidates import Candidates, Reasons, months
from pipelines.lists.day import Day
from pipelines.lists.stated import stated_reasons
from pipelines.scoring import features_file

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
    frame = _lost(day).assign(probability=float("nan"), loss=1.0)

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
    """account_id, left_on, days as a customer, kind, mrr of the last departure of each account that does not pay, as
    known on the day."""
    config = day.config
    not_paying = f"account_id NOT IN (SELECT account_id FROM {engine.scan([features_file(config, day.as_of)])})"
    local = f"CAST(timezone({literal(config.time_zone)}, timezone('UTC', to_at)) AS DATE)"
    with engine.connection(config) as con:
        sql, parameters = rates.customers(con, config, day.as_of, not_paying)
        rows = con.sql(
            f"SELECT account_id, {local} AS left_on, date_diff('day', from_at, to_at) AS days, kind, "
            f"CAST(mrr AS BIGINT) AS mrr FROM ({sql}) WHERE to_at < $observed "
            "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY number DESC) = 1 "
            f"AND {local} > $observed_on - {config.lists.lost_within_days:d} ORDER BY account_id",
            params=parameters,
        )
        return rows.to_arrow_table().to_pandas()
