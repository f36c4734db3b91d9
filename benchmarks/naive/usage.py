"""How much, how regularly and how widely the product is used.

Belongs here: features over usage, one filter and one group for every window. Does not belong here: those of new
accounts alone (``onboarding``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known, joined, last, number, unless_zero

NO_FUNCTIONS = (
    "error", "search_failed", "setup_step", "setup_skip", "cancel_page", "downgrade_page", "export",
    "integration_removed", "help_view",
)  # fmt: skip

_TIMES = {
    "logins_7d": ("login", "7d"), "logins_28d": ("login", "28d"), "key_actions_28d": ("key_action", "28d"),
    "exports_7d": ("export", "7d"), "_exports_91d": ("export", "91d"),
    "cancel_page_views_7d": ("cancel_page", "7d"), "cancel_page_views_28d": ("cancel_page", "28d"),
    "downgrade_page_views_28d": ("downgrade_page", "28d"), "integrations_removed_91d": ("integration_removed", "91d"),
    "help_views_28d": ("help_view", "28d"), "failed_searches_28d": ("search_failed", "28d"),
    "errors_28d": ("error", "28d"), "goals_reached_91d": ("goal_reached", "91d"), "invites_91d": ("invite", "91d"),
    "customizations_91d": ("customization", "91d"), "training_91d": ("training", "91d"),
    "community_posts_91d": ("community", "91d"), "referrals_91d": ("referral", "91d"), "beta_91d": ("beta", "91d"),
    "release_notes_91d": ("release_note", "91d"), "_logins_before": ("login", "before"),
    "_key_actions_before": ("key_action", "before"), "_help_views_before": ("help_view", "before"),
    "_errors_before": ("error", "before"),
}  # fmt: skip

_LAST = {
    "days_since_login": "login", "days_since_key_action": "key_action", "days_since_cancel_page": "cancel_page",
    "days_since_goal": "goal_reached", "days_since_training": "training", "days_since_community_post": "community",
}  # fmt: skip

_WINDOWS = {"7d": (0, 6), "28d": (0, 27), "before": (28, 55), "91d": (0, 90)}


def recent(known: Known, roles: dict[str, str]) -> tuple[pd.DataFrame, int]:
    """Usage of the last 91 days with the role of each event, and the number of days of usage on record."""
    usage = known.true_on(known.tables["usage"])
    usage = usage[usage["day"] <= known.as_of]
    on_record = (known.as_of - usage["day"].min()).days + 1
    usage = usage[usage["day"] > known.as_of - pd.Timedelta(days=91)]
    return usage.assign(days_ago=known.days_since(usage["day"]), role=usage["event"].map(roles)), on_record


def add(row: pd.DataFrame, usage: pd.DataFrame, on_record: int, roles: dict[str, str]) -> pd.DataFrame:
    row["_known_days"] = row["tenure_days"].clip(upper=on_record)
    windows = {name: usage[usage["days_ago"].between(*days)] for name, days in _WINDOWS.items()}
    row = _amounts(row, windows, set(roles.values()))
    row = _days(row, usage, set(roles.values()))
    row = _breadth(row, windows)
    return _ratios(row)


def _change(row: pd.DataFrame, now: pd.Series, before: pd.Series, least: int) -> pd.Series:
    """Relative change, missing before so many days of history."""
    return (now / unless_zero(before) - 1).where(row["_known_days"] >= least)


def _amounts(row: pd.DataFrame, windows: dict[str, pd.DataFrame], mapped: set[str]) -> pd.DataFrame:
    """How often: of everything, and of each role; missing where no event has the role."""
    of_all = {name: rows.groupby("account_id")["quantity"].sum() for name, rows in windows.items()}
    of_role = {name: rows.groupby(["role", "account_id"])["quantity"].sum() for name, rows in windows.items()}
    counts = {"activity_28d": of_all["28d"], "_activity_7d": of_all["7d"], "_activity_before": of_all["before"]}
    for name, (role, window) in _TIMES.items():
        if role in mapped:
            found = of_role[window]
            counts[name] = found[role] if role in found.index else pd.Series(dtype=float)
    row = joined(row, counts)
    for name in _TIMES.keys() - counts.keys():
        row[name] = float("nan")
    for name in ("activity", "logins", "key_actions", "help_views", "errors"):
        row[f"{name}_change_28d"] = _change(row, row[f"{name}_28d"], row[f"_{name}_before"], 56)
    earlier = row["activity_28d"] - row["_activity_7d"]
    row["activity_change_7d"] = _change(row, row["_activity_7d"] * 3, earlier, 28)
    return row


def _days(row: pd.DataFrame, usage: pd.DataFrame, mapped: set[str]) -> pd.DataFrame:
    """On which days: of everything, and of some roles."""
    active = usage[["account_id", "days_ago"]].drop_duplicates().sort_values(["account_id", "days_ago"])
    ago = active["days_ago"]
    weeks = active[ago < 56].assign(week=ago // 7).groupby("account_id")["week"].nunique()
    in_a_row = active[(ago == active.groupby("account_id").cumcount()) & (ago < 62)]
    silent = active.groupby("account_id")["days_ago"].shift(-1) - ago - 1
    row = joined(
        row,
        counts={
            "active_days_7d": number(active[ago < 7]),
            "active_days_28d": number(active[ago < 28]),
            "_active_days_before": number(active[ago.between(28, 55)]),
            "active_weeks_56d": weeks,
            "active_streak_days": number(in_a_row),
            "returned_after_gap": number(active[(ago < 7) & (silent >= 28)]).clip(upper=1),
        },
        values={
            "days_since_activity": last(active),
            **{name: last(usage[usage["role"] == role]) for name, role in _LAST.items()},
        },
    )
    for name, least in (("active_weeks_56d", 56), ("returned_after_gap", 35)):
        row[name] = row[name].where(row["_known_days"] >= least)
    row["active_days_change_28d"] = _change(row, row["active_days_28d"], row["_active_days_before"], 56)
    for name, role in (("login_days_28d", "login"), ("key_action_days_28d", "key_action")):
        rows = usage[(usage["role"] == role) & (usage["days_ago"] < 28)]
        row = joined(row, {name: rows.groupby("account_id")["days_ago"].nunique()})
        if role not in mapped:
            row[name] = float("nan")
    return row


def _breadth(row: pd.DataFrame, windows: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """By how many people, and how much of the product."""

    def functions(window: str) -> pd.DataFrame:
        rows = windows[window]
        return rows[~rows["role"].isin(NO_FUNCTIONS)]

    def different(rows: pd.DataFrame) -> pd.Series:
        times = rows.groupby(["account_id", "event"])["quantity"].sum()
        return times[times > 0].groupby("account_id").size()

    month, quarter = windows["28d"], functions("91d")
    since = quarter.groupby(["account_id", "event"])["days_ago"].min()
    row = joined(
        row,
        counts={
            "events_28d": different(functions("28d")),
            "_events_before": different(functions("before")),
            "events_dropped_28d": since[since >= 28].groupby("account_id").size(),
            "key_functions_28d": different(month[month["role"] == "key_action"]),
        },
        values={
            "users_28d": month.groupby("account_id")["users"].max(),
            "_users_before": windows["before"].groupby("account_id")["users"].max(),
        },
    )
    row["events_change_28d"] = _change(row, row["events_28d"], row["_events_before"], 56)
    row["events_dropped_28d"] = row["events_dropped_28d"].where(row["_known_days"] >= 56)
    silent = (row["activity_28d"] == 0) & row["_users_before"].notna()
    row["users_28d"] = row["users_28d"].fillna(silent.map({True: 0.0}))
    row["users_change_28d"] = _change(row, row["users_28d"], row["_users_before"], 56)
    return row


def _ratios(row: pd.DataFrame) -> pd.DataFrame:
    """One amount over another."""
    looked_for_help = unless_zero(row["help_views_28d"] + row["key_actions_28d"])
    users, activity = unless_zero(row["users_28d"]), unless_zero(row["activity_28d"])
    return row.assign(
        exports_burst_7d=(row["exports_7d"] / unless_zero(row["_exports_91d"])).where(row["_known_days"] >= 91),
        help_share_28d=row["help_views_28d"] / looked_for_help,
        error_share_28d=row["errors_28d"] / activity,
        key_action_share_28d=row["key_actions_28d"] / activity,
        activity_per_user_28d=row["activity_28d"] / users,
        seats_used_share=row["users_28d"] / unless_zero(row["seats"]),
        mrr_per_user_28d=row["mrr"] / users,
        mrr_per_key_action_28d=row["mrr"] / unless_zero(row["key_actions_28d"]),
    )
