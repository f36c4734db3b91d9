"""What the account asks of support and how well that goes.

Belongs here: features over tickets. Does not belong here: surveys (``contact``), help pages (``usage``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known, first, joined, last, mean, number, unless_zero


def recent(known: Known) -> pd.DataFrame:
    """Tickets of the last 365 days."""
    rows = known.rows(
        "tickets", "opened_at", first_reply_at="first_reply_at", resolved_at="resolved_at", rated_at="rated_at",
        satisfaction="rated_at", reopened_at="reopened_at", reopened_on="reopened_at",
    )  # fmt: skip
    return rows[rows["days_ago"] < 365]


def add(row: pd.DataFrame, tickets: pd.DataFrame, known: Known) -> pd.DataFrame:
    quarter, half_year = (tickets[tickets["days_ago"] < days] for days in (91, 182))
    waits = half_year["resolved_at"].isna() | (half_year["reopened_at"] > half_year["resolved_at"])
    unresolved = half_year[waits]
    unreplied = unresolved[unresolved["first_reply_at"].isna()]
    row = joined(
        row,
        counts={
            "tickets_28d": number(tickets[tickets["days_ago"] < 28]),
            "tickets_91d": number(quarter),
            "severe_tickets_91d": number(quarter[quarter["severity"].isin(["high", "urgent"])]),
            "phone_tickets_91d": number(quarter[quarter["channel"] == "phone"]),
            "chat_tickets_91d": number(quarter[quarter["channel"] == "chat"]),
            "open_tickets": number(unresolved),
            "unreplied_tickets": number(unreplied),
            "reopened_tickets_91d": number(tickets[known.days_since(tickets["reopened_on"]) < 91]),
        },
        values={
            "days_since_ticket": last(tickets),
            "oldest_open_ticket_days": first(unresolved),
            "oldest_unreplied_ticket_days": first(unreplied),
            "repeat_tickets_share_182d": _repeats(tickets),
            "_tickets_before": number(tickets[tickets["days_ago"].between(91, 181)]),
        },
    )
    change = row["tickets_91d"] / row["_tickets_before"] - 1
    row["tickets_change_91d"] = change.where(row["tenure_days"] >= 182)
    near = (row["days_to_renewal"] <= 28).astype(float)
    row["open_tickets_near_renewal"] = (row["open_tickets"] * near).where(row["days_to_renewal"].notna())
    asked = unless_zero(row["help_views_28d"] + row["tickets_28d"])
    row["self_help_share_28d"] = row["help_views_28d"] / asked
    return _service(row, tickets, quarter, half_year)


def _repeats(tickets: pd.DataFrame) -> pd.Series:
    """Share of the tickets of 182 days that came at most 14 days after the account's ticket before."""
    rows = tickets.sort_values(["account_id", "opened_at"])
    gap = rows.groupby("account_id")["days_ago"].shift() - rows["days_ago"]
    within = rows["days_ago"] < 182
    return mean(rows[within], (gap[within] <= 14).astype(float))


def _service(row: pd.DataFrame, tickets: pd.DataFrame, quarter: pd.DataFrame, half_year: pd.DataFrame) -> pd.DataFrame:
    earlier = tickets[tickets["days_ago"] >= 91]
    rated = tickets[tickets["satisfaction"].notna()].sort_values(["rated_at", "ticket_id"])
    newest = rated.drop_duplicates("account_id", keep="last")
    others = rated.drop(newest.index)
    rating = newest.set_index("account_id")["satisfaction"]
    resolution = mean(quarter, _hours(quarter, "resolved_at"))
    return joined(
        row,
        values={
            "first_reply_hours_91d": mean(quarter, _hours(quarter, "first_reply_at")),
            "resolution_hours_91d": resolution,
            "resolution_change_91d": resolution / unless_zero(mean(earlier, _hours(earlier, "resolved_at"))) - 1,
            "support_satisfaction_182d": mean(half_year, half_year["satisfaction"]),
            "support_satisfaction_last": rating,
            "support_satisfaction_change": rating - mean(others, others["satisfaction"]),
        },
    )


def _hours(rows: pd.DataFrame, until: str) -> pd.Series:
    """Hours from the opening, in whole seconds."""
    return (rows[until].dt.floor("s") - rows["opened_at"].dt.floor("s")).dt.total_seconds() / 3600
