"""How far a new account has come: one whose first priced subscription started less than 91 days ago.

Belongs here: features that only a new account has, of whatever table. Does not belong here: any other feature.
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import first, joined, last, number
from benchmarks.naive.usage import NO_FUNCTIONS


def add(
    row: pd.DataFrame, subs: pd.DataFrame, usage: pd.DataFrame, on_record: int, roles: dict[str, str]
) -> pd.DataFrame:
    priced = subs[subs["start_mrr"] > 0]
    row = joined(row, values={"_start": first(priced)})
    # only those whose first day is on record
    start = row["_start"][(row["_start"] < 91) & (row["_start"] < on_record)]
    usage = usage[(usage["days_ago"] < 91) & usage["account_id"].isin(start.index)]
    steps, key_actions = usage[usage["role"] == "setup_step"], usage[usage["role"] == "key_action"]
    functions = usage[~usage["role"].isin(NO_FUNCTIONS)]
    kinds = list(roles.values()).count("setup_step")
    first_key_action = first(key_actions).reindex(start.index)
    found = joined(
        start.to_frame("start"),
        counts={
            "setup_steps_done": steps.groupby("account_id")["quantity"].sum(),
            "setup_share_done": steps.groupby("account_id")["event"].nunique() / kinds,
            "setup_steps_skipped": usage[usage["role"] == "setup_skip"].groupby("account_id")["quantity"].sum(),
            "functions_tried": functions.groupby("account_id")["event"].nunique(),
        },
        values={
            "days_since_setup_step": last(steps).reindex(start.index).fillna(start),
            "days_to_key_action": (start - first_key_action).clip(lower=0),
            "days_without_key_action": start.where(first_key_action.isna()),
        },
    )
    return row.join(found.drop(columns="start"))


def since(rows: pd.DataFrame, start: pd.Series) -> pd.DataFrame:
    """Rows of accounts that have a start, from that day on, with ``start``: days since then."""
    rows = rows.merge(start.rename("start").reset_index(), on="account_id")
    return rows[rows["days_ago"] <= rows["start"]]


def add_contacts(row: pd.DataFrame, tickets: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Whether a new account asked for support within 28 days, and whether it has answered a survey."""
    start = row["_start"][row["_start"] < 91]
    tickets = since(tickets, start)
    early = number(tickets[tickets["start"] - tickets["days_ago"] < 28]).clip(upper=1)
    found = joined(
        start.to_frame("start"),
        {"early_support_contact": early, "early_feedback": number(since(answers, start)).clip(upper=1)},
    )
    return row.join(found.drop(columns="start"))
