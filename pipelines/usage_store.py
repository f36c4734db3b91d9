"""Accepted usage, accumulated: one file per month, sorted by account and day.

Belongs here: which days are on file, replacing and withdrawing days. Does not belong here: checks. A month's bytes
depend only on its rows, not on the order in which days arrived, so a backfill equals day-by-day runs.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.engine import literal, scan, write
from pipelines.lake import Lake, read_json, write_json

if TYPE_CHECKING:
    import duckdb

OVERLAP_DAYS = 3
"""Days that a nightly landing reads again, for rows that reached the source late."""


def windows(lake: Lake) -> dict[str, str]:
    """Landings on file: as-of date -> the day after which it brought usage ('' for all earlier days)."""
    return read_json(lake.usage_windows) if lake.usage_windows.exists() else {}


def after_day(lake: Lake, as_of: date) -> date | None:
    """Day after which a landing for ``as_of`` needs usage: what the latest earlier landing brought is on file."""
    earlier = [date.fromisoformat(day) for day in windows(lake) if day < str(as_of)]
    return max(earlier) - timedelta(days=OVERLAP_DAYS) if earlier else None


def months(lake: Lake) -> list[Path]:
    """Files of all months on file."""
    return sorted(lake.usage.glob("month=*.parquet"))


def first_day(con: duckdb.DuckDBPyConnection, lake: Lake) -> date | None:
    """First day with usage on file, None without any."""
    files = months(lake)
    if not files:
        return None
    row = con.execute(f"SELECT min(day) FROM {scan(files[:1])}").fetchone()
    return row[0] if row else None


def accept(con: duckdb.DuckDBPyConnection, lake: Lake, as_of: date, after: date | None, sums: Path) -> None:
    """Put the daily sums of a landing in place of what is on file for the same days (``after`` < day <= ``as_of``)."""
    _replace(con, lake, after, as_of, f"SELECT * FROM {scan([sums])}")
    write_json(lake.usage_windows, {**windows(lake), str(as_of): str(after) if after else ""})


def withdraw(con: duckdb.DuckDBPyConnection, lake: Lake, as_of: date) -> None:
    """Take back the days that only the landing of ``as_of`` brought. Later landings built on what was on file: as long
    as there is one, its history stays."""
    on_file = windows(lake)
    if str(as_of) not in on_file:
        return
    kept = {day: after for day, after in on_file.items() if day != str(as_of)}
    write_json(lake.usage_windows, kept)  # first: rows without a window are landed again, the reverse would be missed
    last = date.fromisoformat(max(kept)) if kept else None
    if last is None or last < as_of:
        _replace(con, lake, last, as_of, None)


def _replace(con: duckdb.DuckDBPyConnection, lake: Lake, after: date | None, last: date, rows: str | None) -> None:
    bounds = {"after": after or date.min, "last": last}
    inside = "day > $after AND day <= $last"
    touched = {path.name[6:13] for path in months(lake)}
    touched = {month for month in touched if month <= f"{last:%Y-%m}" and (not after or month >= f"{after:%Y-%m}")}
    if rows:
        found = con.execute(f"SELECT DISTINCT strftime(day, '%Y-%m') FROM ({rows})").fetchall()
        touched |= {row[0] for row in found}
    for month in sorted(touched):
        file, parts = lake.usage_month(month), []
        if file.exists():
            parts.append(f"SELECT * FROM {scan([file])} WHERE NOT ({inside})")
        if rows:
            parts.append(f"SELECT * FROM ({rows}) WHERE {inside} AND strftime(day, '%Y-%m') = {literal(month)}")
        union = " UNION ALL ".join(parts)
        columns = "account_id, day, event, quantity, users"
        written = write(con, f"SELECT {columns} FROM ({union}) ORDER BY account_id, day, event", file, bounds)
        if not written:
            file.unlink()
