"""About 50 features as one would write them with pandas: load the tables, and for every window filter, group, merge.

The reference that the product's statement is measured against and must agree with: names and values are those of
``churn_features``. It shares no code with the product, reads the same Parquet files of the lake and writes its result
as Parquet. Belongs here: those features, plainly written. Does not belong here: measuring.

    python -m benchmarks.naive LAKE AS_OF ZONE ROLES OUT      (ROLES: event -> role, as JSON)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

_NO_FUNCTIONS = (
    "error", "search_failed", "setup_step", "setup_skip", "cancel_page", "downgrade_page", "export",
    "integration_removed", "help_view",
)  # fmt: skip


def main() -> None:
    """The command."""
    lake, as_of, zone, roles, out = sys.argv[1:]
    features(load(Path(lake)), pd.Timestamp(as_of), zone, json.loads(roles)).to_parquet(out, index=False)


def load(lake: Path) -> dict[str, pd.DataFrame]:
    """All tables of a lake, whole."""
    # days as pandas keeps them: as Python objects they would take three times the memory and more
    return {
        folder.name: pd.read_parquet(
            sorted(folder.glob("[!.]*.parquet")), to_pandas_kwargs={"date_as_object": False}
        )
        for folder in sorted((lake / "tables").iterdir())
    }  # fmt: skip


def features(tables: dict[str, pd.DataFrame], as_of: pd.Timestamp, zone: str, roles: dict[str, str]) -> pd.DataFrame:
    """One row per paying account with all features of the day."""
    cutoff = (as_of + pd.Timedelta(days=1)).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    known = Known(tables, as_of, cutoff)
    row = _subscriptions(known)
    row = _usage(row, tables["usage"], as_of, roles)
    for add in (_accounts, _invoices, _payments, _payment_methods, _tickets, _feedback, _outreach):
        row = add(row, known)
    return row.drop(columns="known_days").sort_values("account_id").reset_index(drop=True)


class Known:
    """Tables as they were known at the cutoff of a day."""

    def __init__(self, tables: dict[str, pd.DataFrame], as_of: pd.Timestamp, cutoff: pd.Timestamp) -> None:
        self.tables, self.as_of, self.cutoff = tables, as_of, cutoff

    def rows(self, table: str, occurred: str, **filled_in: str) -> pd.DataFrame:
        """Rows of a table that had happened and were known, with ``days_ago``; ``filled_in``: column -> the instant
        that it is known from."""
        rows = true_on(self.tables[table], self.as_of)
        rows = rows[rows[occurred] < self.cutoff]
        rows = rows[rows["recorded_at"].isna() | (rows["recorded_at"] < self.cutoff)].copy()
        told = {name: rows[since] < self.cutoff for name, since in filled_in.items()}
        for name, seen in told.items():
            rows[name] = rows[name].where(seen)
        rows["days_ago"] = self.days_since(rows[occurred.removesuffix("_at") + "_on"])
        return rows

    def days_since(self, days: pd.Series) -> pd.Series:
        return (self.as_of - days).dt.days


def true_on(rows: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    begun = rows["known_after"].isna() | (rows["known_after"] < as_of)
    return rows[begun & (rows["known_to"].isna() | (rows["known_to"] >= as_of))]


def _with(row: pd.DataFrame, name: str, values: pd.Series, empty: float | None = None) -> pd.DataFrame:
    """``row`` with one more column, merged by account."""
    row = row.merge(values.rename(name).reset_index(), on="account_id", how="left")
    if empty is not None:
        row[name] = row[name].fillna(empty)
    return row


def _subscriptions(known: Known) -> pd.DataFrame:
    """Who pays, and for what."""
    subs = known.rows(
        "subscriptions", "started_at", ended_at="ended_at", ended_on="ended_at",
        cancel_requested_at="cancel_requested_at",
    )  # fmt: skip
    changes = known.rows("subscription_changes", "changed_at")
    changes = changes[changes["subscription_id"].isin(subs["subscription_id"])].sort_values("changed_at")
    last = changes.groupby("subscription_id")[["mrr", "plan", "quantity", "status"]].last()
    before = changes[changes["days_ago"] >= 91].groupby("subscription_id")[["mrr", "status"]].last()
    subs = subs.merge(last.add_suffix("_new").reset_index(), on="subscription_id", how="left")
    subs = subs.merge(before.add_suffix("_then").reset_index(), on="subscription_id", how="left")
    priced = changes[changes["mrr"] > 0].groupby("subscription_id")["days_ago"].max().rename("priced")
    subs = subs.merge(priced.reset_index(), on="subscription_id", how="left")

    trial_over = subs["trial_ends_at"].isna() | (subs["trial_ends_at"] < known.cutoff)
    mrr, plan = subs["mrr_new"].fillna(subs["mrr"]), subs["plan_new"].fillna(subs["plan"])
    status = subs["status_new"].fillna("active")
    paying = subs["ended_at"].isna() & (status != "unpaid") & trial_over & (mrr > 0)
    entered = known.days_since(subs["trial_ends_on"].fillna(subs["started_on"]))
    entered = entered.where(subs["mrr"] > 0, subs["priced"].where(~(subs["priced"] >= entered), entered))
    entered = entered.where(trial_over & ~(subs["ended_at"] <= subs["trial_ends_at"]))
    ended = known.days_since(subs["ended_on"])
    mrr_then = subs["mrr_then"].fillna(subs["mrr"])
    there = (entered >= 91) & ~(ended >= 91) & (subs["status_then"].fillna("active") != "unpaid") & (mrr_then > 0)
    subs = subs.assign(
        mrr=mrr, plan=plan, seats=subs["quantity_new"].fillna(subs["quantity"]), paid_ago=entered,
        past_due=(status == "past_due").astype(float), mrr_then=mrr_then.where(there),
    )  # fmt: skip

    now = subs[paying].sort_values(["started_at", "subscription_id"]).groupby("account_id")
    row = now.agg(
        plan=("plan", "last"), billing_interval=("billing_interval", "last"), mrr=("mrr", "sum"),
        subscriptions_active=("subscription_id", "count"), past_due=("past_due", "max"),
    ).reset_index()  # fmt: skip
    row = _with(row, "seats", now["seats"].sum(min_count=1))
    row = _with(row, "tenure_days", subs.groupby("account_id")["paid_ago"].max())
    row = _with(row, "mrr_then", subs.groupby("account_id")["mrr_then"].sum(min_count=1))
    row["mrr_per_seat"] = row["mrr"] / row["seats"].where(row["seats"] != 0)
    row["mrr_change_91d"] = row["mrr"] / row["mrr_then"] - 1

    changes = changes.merge(subs[["subscription_id", "account_id"]], on="subscription_id")
    plans = changes[changes["plan"].notna() & (changes["days_ago"] < 182)]
    row = _with(row, "plan_changes_182d", plans.groupby("account_id").size(), 0)
    told = changes[changes[["mrr", "plan", "quantity"]].notna().any(axis=1)]
    return _with(row, "days_since_change", told.groupby("account_id")["days_ago"].min()).drop(columns="mrr_then")


def _usage(row: pd.DataFrame, usage: pd.DataFrame, as_of: pd.Timestamp, roles: dict[str, str]) -> pd.DataFrame:
    usage = true_on(usage, as_of)
    usage = usage[usage["day"] <= as_of]
    row["known_days"] = row["tenure_days"].clip(upper=(as_of - usage["day"].min()).days + 1)
    usage = usage.assign(days_ago=(as_of - usage["day"]).dt.days, role=usage["event"].map(roles))
    usage = usage[usage["days_ago"] < 91]

    def total(role: str | None, first: int, last: int) -> pd.Series:
        rows = usage[usage["days_ago"].between(first, last)]
        rows = rows if role is None else rows[rows["role"] == role]
        return rows.groupby("account_id")["quantity"].sum()

    def days(role: str | None, first: int, last: int) -> pd.Series:
        rows = usage[usage["days_ago"].between(first, last)]
        rows = rows if role is None else rows[rows["role"] == role]
        return rows.groupby("account_id")["day"].nunique()

    def change(now: pd.Series, before: pd.Series, least: int) -> pd.Series:
        return (now / before.where(before != 0) - 1).where(row["known_days"] >= least)

    for name, role, last in (
        ("activity_7d", None, 6), ("activity_28d", None, 27), ("logins_7d", "login", 6), ("logins_28d", "login", 27),
        ("key_actions_28d", "key_action", 27), ("exports_7d", "export", 6),
        ("cancel_page_views_28d", "cancel_page", 27), ("help_views_28d", "help_view", 27), ("errors_28d", "error", 27),
        ("invites_91d", "invite", 90),
    ):  # fmt: skip
        row = _with(row, name, total(role, 0, last), 0)
    for name, role in (("activity", None), ("logins", "login"), ("key_actions", "key_action")):
        row = _with(row, "before", total(role, 28, 55), 0)
        row[f"{name}_change_28d"] = change(row[f"{name}_28d"], row.pop("before"), 56)
    row["activity_change_7d"] = change(row["activity_7d"] * 3, row["activity_28d"] - row.pop("activity_7d"), 28)
    for name, role, last in (
        ("active_days_7d", None, 6),
        ("active_days_28d", None, 27),
        ("login_days_28d", "login", 27),
    ):
        row = _with(row, name, days(role, 0, last), 0)
    row = _with(row, "before", days(None, 28, 55), 0)
    row["active_days_change_28d"] = change(row["active_days_28d"], row.pop("before"), 56)
    row["error_share_28d"] = row["errors_28d"] / row["activity_28d"].where(row["activity_28d"] != 0)

    row = _with(row, "days_since_activity", usage.groupby("account_id")["days_ago"].min())
    for name, role in (("days_since_login", "login"), ("days_since_key_action", "key_action")):
        row = _with(row, name, usage[usage["role"] == role].groupby("account_id")["days_ago"].min())
    recent = usage[usage["days_ago"] < 28]
    by_event = recent[~recent["role"].isin(_NO_FUNCTIONS)].groupby(["account_id", "event"])["quantity"].sum()
    row = _with(row, "events_28d", by_event[by_event > 0].groupby("account_id").size(), 0)
    row = _with(row, "users_28d", recent.groupby("account_id")["users"].max())
    row["seats_used_share"] = row["users_28d"] / row["seats"].where(row["seats"] != 0)
    return row


def _accounts(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    accounts = known.rows("accounts", "created_at").rename(columns={"days_ago": "created"})
    row = row.merge(accounts[["account_id", "industry", "country", "created"]], on="account_id", how="left")
    row["days_to_first_subscription"] = (row["created"] - row["tenure_days"]).clip(lower=0)
    return row.drop(columns="created")


def _invoices(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows("invoices", "issued_at", paid_at="paid_at", paid_on="paid_at", closed_at="closed_at")
    rows = rows[rows["days_ago"] < 365]
    rows = rows.assign(due=known.days_since(rows["due_on"]), paid=known.days_since(rows["paid_on"]))
    unpaid = rows[rows["paid_at"].isna() & rows["closed_at"].isna() & (rows["amount"] > 0)]
    overdue = unpaid[unpaid["due"] > 0].groupby("account_id")
    row = _with(row, "open_invoices", unpaid.groupby("account_id").size(), 0)
    row = _with(row, "overdue_amount", overdue["amount"].sum(), 0)
    row = _with(row, "days_overdue", overdue["due"].max(), 0)
    paid = rows[rows["paid_at"].notna() & (rows["days_ago"] < 182)]
    late = (paid["due"] - paid["paid"]).clip(lower=0)
    return _with(row, "late_payment_days_182d", late.groupby(paid["account_id"]).mean())


def _payments(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows("payments", "attempted_at")
    rows = rows[rows["days_ago"] < 365]
    failed = rows[~rows["succeeded"].astype(bool)]
    row = _with(row, "failed_payments_91d", failed[failed["days_ago"] < 91].groupby("account_id").size(), 0)
    row = _with(row, "days_since_failed_payment", failed.groupby("account_id")["days_ago"].min())
    recent = rows[rows["days_ago"] < 182]
    return _with(
        row, "payment_success_rate_182d", recent["succeeded"].astype(float).groupby(recent["account_id"]).mean()
    )


def _payment_methods(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows("payment_methods", "added_at", removed_at="removed_at")
    rows = rows[rows["removed_at"].isna()].sort_values(["added_at", "payment_method_id"])
    row = _with(row, "payment_method", rows.groupby("account_id")["kind"].last())
    return _with(row, "days_to_card_expiry", -known.days_since(rows.groupby("account_id")["expires_on"].max()))


def _tickets(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows(
        "tickets", "opened_at", resolved_at="resolved_at", satisfaction="rated_at", reopened_at="reopened_at"
    )
    rows = rows[rows["days_ago"] < 365]
    row = _with(row, "tickets_28d", rows[rows["days_ago"] < 28].groupby("account_id").size(), 0)
    recent = rows[rows["days_ago"] < 91]
    row = _with(row, "tickets_91d", recent.groupby("account_id").size(), 0)
    row = _with(row, "days_since_ticket", rows.groupby("account_id")["days_ago"].min())
    half_year = rows[rows["days_ago"] < 182]
    unresolved = half_year[half_year["resolved_at"].isna() | (half_year["reopened_at"] > half_year["resolved_at"])]
    row = _with(row, "open_tickets", unresolved.groupby("account_id").size(), 0)
    took = (recent["resolved_at"].dt.floor("s") - recent["opened_at"].dt.floor("s")).dt.total_seconds() / 3600
    row = _with(row, "resolution_hours_91d", took.groupby(recent["account_id"]).mean())
    return _with(row, "support_satisfaction_182d", half_year.groupby("account_id")["satisfaction"].mean())


def _feedback(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows("feedback", "given_at")
    rows = rows[rows["days_ago"] < 365]
    nps = rows[rows["kind"] == "nps"].sort_values("given_at").drop_duplicates("account_id", keep="last")
    row = _with(row, "nps_last", nps.set_index("account_id")["score"])
    answers = rows[rows["kind"] != "request"].groupby("account_id")
    row = _with(row, "feedback_answers_365d", answers.size(), 0)
    return _with(row, "days_since_feedback", answers["days_ago"].min())


def _outreach(row: pd.DataFrame, known: Known) -> pd.DataFrame:
    rows = known.rows("outreach", "contacted_at")
    row = _with(row, "contacts_91d", rows[rows["days_ago"] < 91].groupby("account_id").size(), 0)
    return _with(row, "days_since_contact", rows.groupby("account_id")["days_ago"].min())


if __name__ == "__main__":
    main()
