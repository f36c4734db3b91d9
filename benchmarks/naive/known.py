"""What of the tables was known at the end of a day, and the few words in which features are written.

Belongs here: cutting a table, and merging what was found of accounts. Does not belong here: any feature.
"""

from __future__ import annotations

import pandas as pd


class Known:
    """Tables as they were known at the cutoff of a day, naive UTC."""

    def __init__(self, tables: dict[str, pd.DataFrame], as_of: pd.Timestamp, zone: str) -> None:
        self.tables, self.as_of = tables, as_of
        self.cutoff = (as_of + pd.Timedelta(days=1)).tz_localize(zone).tz_convert("UTC").tz_localize(None)

    def rows(self, table: str, occurred: str, **filled_in: str) -> pd.DataFrame:
        """Rows of a table that had happened and were known, with ``days_ago``; ``filled_in``: column -> the instant
        that it is known from."""
        rows = self.true_on(self.tables[table])
        rows = rows[rows[occurred] < self.cutoff]
        rows = rows[rows["recorded_at"].isna() | (rows["recorded_at"] < self.cutoff)].copy()
        told = {name: rows[since] < self.cutoff for name, since in filled_in.items()}
        for name, seen in told.items():
            rows[name] = rows[name].where(seen)
        rows["days_ago"] = self.days_since(rows[occurred.removesuffix("_at") + "_on"])
        return rows

    def true_on(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows that the lake held to be true on the day."""
        begun = rows["known_after"].isna() | (rows["known_after"] < self.as_of)
        return rows[begun & (rows["known_to"].isna() | (rows["known_to"] >= self.as_of))]

    def days_since(self, days: pd.Series) -> pd.Series:
        return (self.as_of - days).dt.days


def joined(
    row: pd.DataFrame, counts: dict[str, pd.Series] | None = None, values: dict[str, pd.Series] | None = None
) -> pd.DataFrame:
    """``row``, one per account, with more columns by account: ``counts`` are 0 and ``values`` are missing where nothing
    was found."""
    found = pd.DataFrame({**(counts or {}), **(values or {})}, index=row.index)
    # copied, as pandas warns of frames that were put together column by column
    return row.join(found.fillna(dict.fromkeys(counts or {}, 0))).copy()


def number(rows: pd.DataFrame) -> pd.Series:
    """How many rows each account has."""
    return rows.groupby("account_id").size()


def last(rows: pd.DataFrame) -> pd.Series:
    """Days since the last row of each account."""
    return rows.groupby("account_id")["days_ago"].min()


def first(rows: pd.DataFrame) -> pd.Series:
    """Days since the first row of each account."""
    return rows.groupby("account_id")["days_ago"].max()


def total(rows: pd.DataFrame, column: str) -> pd.Series:
    """Sum of a column by account, missing without a value."""
    return rows.groupby("account_id")[column].sum(min_count=1)


def mean(rows: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Mean of ``values`` of the rows by account."""
    return values.groupby(rows["account_id"]).mean()


def unless_zero(values: pd.Series) -> pd.Series:
    """What may be divided by."""
    return values.where(values != 0)
