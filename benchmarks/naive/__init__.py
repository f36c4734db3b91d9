"""All features as one would write them with pandas: load the tables, and for every window filter, group, merge.

The reference that the product's statement is measured against and must agree with: names and values are those of
``churn_features``, and it leaves none out. It shares no code with the product, reads the same Parquet files of the lake
and writes its result as Parquet. Belongs here: those features, plainly written, a module for each group of tables. Does
not belong here: measuring.

    python -m benchmarks.naive LAKE AS_OF ZONE ROLES OUT      (ROLES: event -> role, as JSON)
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.naive import billing, contact, contract, onboarding, price, subscriptions, support, usage
from benchmarks.naive.known import Known


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
    known = Known(tables, as_of, zone)
    subs, changes = subscriptions.course(known)
    used, on_record = usage.recent(known, roles)
    tickets, feedback = support.recent(known), contact.feedback(known)

    row = contract.paying_accounts(subs)
    row = contract.add(row, subs, changes, known)
    row = price.add(row, subs, changes, known)
    row = usage.add(row, used, on_record, roles)
    row = billing.add(row, known)
    row = support.add(row, tickets, known)
    row = contact.add(row, feedback, known)
    row = onboarding.add(row, subs, used, on_record, roles)
    row = onboarding.add_contacts(row, tickets, feedback[feedback["kind"] != "request"])
    return row.drop(columns=[name for name in row if name.startswith("_")]).copy().reset_index()
