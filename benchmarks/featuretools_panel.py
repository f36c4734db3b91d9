"""Sums, counts and last values of the same company by Featuretools, at the cutoff times of a panel.

Run by an environment of its own (``featuretools.txt``): Featuretools needs pandas 2. It is given what suits it: a row
of usage for each account and day, with a column for each of some roles, and the rows of the panel as cutoff times. It
computes no trends, streaks or shares, and does not know which values were filled in later.

    python featuretools_panel.py LAKE PANEL ZONE ROLES OUT      (ROLES: event -> role, as JSON)
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import pandas as pd

WINDOWS = ("28 days", "91 days")
ROLES = ("login", "key_action", "export", "cancel_page", "help_view", "error")
NUMBERS = {
    # table -> its time and its numbers
    "invoices": ("issued_at", ["amount"]),
    "payments": ("attempted_at", ["amount"]),
    "tickets": ("opened_at", ["satisfaction"]),
    "feedback": ("given_at", ["score"]),
    "subscriptions": ("started_at", ["mrr", "quantity"]),
    "outreach": ("contacted_at", []),
}


def main() -> None:
    """The command."""
    import featuretools

    warnings.simplefilter("ignore")
    lake, panel, zone, roles, out = sys.argv[1:]
    columns = ["account_id", "as_of", "activity_28d"]
    rows = pd.read_parquet(panel, columns=columns)
    ends = (pd.to_datetime(rows["as_of"]) + pd.Timedelta(days=1)).dt.tz_localize(zone)
    times = pd.DataFrame({"account_id": rows["account_id"], "time": ends.dt.tz_convert("UTC").dt.tz_localize(None)})
    entities = entity_set(featuretools, Path(lake) / "tables", json.loads(roles))
    matrices = []
    for window in WINDOWS:
        matrix, _ = featuretools.dfs(
            entityset=entities, target_dataframe_name="accounts", cutoff_time=times, cutoff_time_in_index=True,
            training_window=window, include_cutoff_time=False, agg_primitives=["sum", "count", "last"],
            trans_primitives=[], max_depth=1, ignore_columns={"accounts": ["created_at"]},
        )  # fmt: skip
        matrices.append(matrix.add_suffix(f" {window}"))
    result = pd.concat(matrices, axis=1)
    _same_windows(result["SUM(usage.quantity) 28 days"], times.assign(activity_28d=rows["activity_28d"]))
    result.to_parquet(out)
    print(json.dumps({"rows": len(result), "features": len(result.columns)}))


def _same_windows(found: pd.Series, panel: pd.DataFrame) -> None:
    """Exit unless the activity of 28 days is that of the panel in every row."""
    told = panel.set_index(["account_id", "time"])["activity_28d"]
    differing = int((found.fillna(0) != told.reindex(found.index)).sum())
    if differing:
        sys.exit(f"the activity of 28 days differs from the panel's in {differing:,} of {len(told):,} rows")


def entity_set(featuretools, tables: Path, roles: dict[str, str]):
    """The company's tables, each with its time, related to their account."""
    entities = featuretools.EntitySet("company")
    accounts = pd.read_parquet(tables / "accounts" / "rows.parquet", columns=["account_id", "created_at"])
    entities.add_dataframe(accounts, "accounts", index="account_id", time_index="created_at")
    usage = pd.concat(pd.read_parquet(file) for file in sorted((tables / "usage").glob("[!.]*.parquet")))
    for name, (time, numbers) in {"usage": ("day", ["quantity", "users", *ROLES]), **NUMBERS}.items():
        if name == "usage":
            rows = by_day(usage, roles)
        else:
            rows = pd.read_parquet(tables / name / "rows.parquet", columns=["account_id", time, *numbers])
        entities.add_dataframe(
            rows, name, index="row", make_index=True, time_index=time, logical_types=dict.fromkeys(numbers, "Double")
        )
        entities.add_relationship("accounts", "account_id", name, "account_id")
    # without it a training window silently leaves out every account that is older than the window
    entities.add_last_time_indexes()
    return entities


def by_day(usage: pd.DataFrame, roles: dict[str, str]) -> pd.DataFrame:
    """One row for each account and day: the quantity of all events, most users, the quantity of each role."""
    usage = usage.assign(day=pd.to_datetime(usage["day"]), role=usage["event"].map(roles))
    days = usage.groupby(["account_id", "day"]).agg(quantity=("quantity", "sum"), users=("users", "max"))
    for role in ROLES:
        days[role] = usage[usage["role"] == role].groupby(["account_id", "day"])["quantity"].sum()
    return days.fillna(dict.fromkeys(ROLES, 0.0)).reset_index()


if __name__ == "__main__":
    main()
