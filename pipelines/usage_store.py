"""Accepted usage through time: daily sums, a file per day until its month is closed, then a file per month.

Belongs here: which days a landing wants, which file holds which day, replacing and taking back days. Does not belong
here: how rows of several landings are merged (``history``), and checks. A month is closed once no nightly landing reads
its days again. Files are sorted by account and day: half the size and half the reading of files sorted by day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import KNOWN, STORED_USAGE
from pipelines.engine import scan, write
from pipelines.history import merged, neighbours, true_of, without
from pipelines.lake import Lake, read_json, write_json

if TYPE_CHECKING:
    import duckdb

OVERLAP_DAYS = 3
"""Days that a nightly landing reads again, for rows that reached the source late."""

_COLUMNS = ", ".join((*STORED_USAGE, *KNOWN))
_NOTHING = (
    "SELECT NULL::VARCHAR AS account_id, NULL::DATE AS day, NULL::VARCHAR AS event, NULL::DOUBLE AS quantity, "
    "NULL::BIGINT AS users, NULL::DATE AS known_after, NULL::DATE AS known_to WHERE false"
)
"""A landing that says nothing of a month."""

_ORDER = "account_id, day, event, known_after NULLS FIRST"


def landings(lake: Lake) -> dict[str, str]:
    """Landings on file: as-of date -> the day after which it brought usage ('' for all days)."""
    return read_json(lake.usage_landings) if lake.usage_landings.exists() else {}


def after_day(lake: Lake, as_of: date) -> date | None:
    """Day after which a landing for ``as_of`` needs usage: what the latest earlier landing brought is on file."""
    previous, _ = neighbours(landings(lake), as_of)
    return previous - timedelta(days=OVERLAP_DAYS) if previous else None


def files(lake: Lake) -> list[Path]:
    """Files of all days on file, the earliest first."""
    # a day beside its month's file was left by a writer that was killed after it had closed the month
    return [file for _, (whole, days) in sorted(_on_file(lake).items()) for file in ([whole] if whole else days)]


def reaches(file: Path, first: date, last: date) -> bool:
    """Whether a file may hold a day from ``first`` to ``last``."""
    return str(first)[: len(file.stem)] <= file.stem <= str(last)[: len(file.stem)]


def first_day(con: duckdb.DuckDBPyConnection, rows: Iterable[str], as_of: date) -> date | None:
    """First day with usage as known on ``as_of``, None without any; ``rows``: SQL for stored rows, earliest first."""
    for part in rows:
        [(day,)] = con.execute(f"SELECT min(day) FROM ({true_of(part, as_of)})").fetchall()
        if day:
            return day
    return None


def accept(con: duckdb.DuckDBPyConnection, lake: Lake, as_of: date, after: date | None, sums: Path) -> None:
    """Put the daily sums of a landing (``sums``: a folder with a file per month) in place of what an earlier landing of
    the same day said of the same days (``after`` < day <= ``as_of``); other days stay as they are."""
    on_file = landings(lake)
    kept = {**on_file, str(as_of): str(after) if after else ""}
    fresh = {
        file.stem: f"SELECT * FROM {scan([file])} WHERE {_inside(after, as_of)}" for file in sorted(sums.iterdir())
    }
    days = {row[0] for rows in fresh.values() for row in con.execute(f"SELECT DISTINCT day FROM ({rows})").fetchall()}
    _replace(con, lake, as_of, after, on_file, max(kept), fresh, days)
    write_json(lake.usage_landings, kept)


def withdraw(con: duckdb.DuckDBPyConnection, lake: Lake, as_of: date) -> None:
    """Take back what the landing of ``as_of`` brought. Later landings built on what was on file: as long as there is
    one, its history stays."""
    on_file = landings(lake)
    if str(as_of) not in on_file:
        return
    kept = {day: after for day, after in on_file.items() if day != str(as_of)}
    # first: rows without a landing on record are landed again, the reverse would be missed
    write_json(lake.usage_landings, kept)
    if not any(day > str(as_of) for day in kept):
        after = date.fromisoformat(on_file[str(as_of)]) if on_file[str(as_of)] else None
        _replace(con, lake, as_of, after, kept, max(kept, default=str(as_of)), None, set())


def _replace(
    con: duckdb.DuckDBPyConnection, lake: Lake, as_of: date, after: date | None, on_file: dict[str, str], latest: str,
    fresh: dict[str, str] | None, days: set[date],
) -> None:  # fmt: skip
    """Write the days of a window anew, month by month, and close the months that no landing will read again."""
    stored = _on_file(lake)
    wanted: dict[str, set[date]] = defaultdict(set)
    for day in days | set(_days(con, lake, after, as_of)):
        wanted[f"{day:%Y-%m}"].add(day)
    for month in sorted({*wanted, *(each for each, (_, left) in stored.items() if left)}):
        whole, left = stored.get(month, (None, []))
        closed = whole is not None or _is_closed(month, latest)
        said = None if fresh is None else fresh.get(month, _NOTHING)
        if month not in wanted and not closed:
            continue
        if closed:
            parts = [whole] if whole else left
            _write(con, lake.usage_month(month), _rows(parts, as_of, wanted[month], on_file, said))
            for day_file in left:
                day_file.unlink()
            continue
        for day in sorted(wanted[month]):
            file = lake.usage_day(day)
            _write(con, file, _rows([file] if file.exists() else [], as_of, {day}, on_file, said))


def _rows(parts: list[Path], as_of: date, days: set[date], on_file: dict[str, str], fresh: str | None) -> str:
    """SQL for the rows of some files, of the given days with what ``fresh`` says of them, or without the landing."""
    if not days:
        return f"SELECT {_COLUMNS} FROM {scan(parts)}"
    places = [(day, *neighbours(_covering(on_file, day), as_of)) for day in sorted(days)]
    said = []
    for later in (False, True):
        values = ", ".join(
            f"(DATE '{day}', {_date(prev)})" for day, prev, after in places if (after is not None) is later
        )
        if not values:
            continue
        place = f"JOIN (VALUES {values}) AS place(day, previous) USING (day)"
        old = f"SELECT * FROM {scan(parts)} {place}" if parts else None
        if fresh:
            said.append(merged(STORED_USAGE, old, f"SELECT * FROM ({fresh}) {place}", as_of, "previous", later))
        elif old:
            said.append(without(STORED_USAGE, old, as_of, "previous", later))
    if parts:
        listed = ", ".join(_date(day) for day in sorted(days))
        said.append(f"SELECT {_COLUMNS} FROM {scan(parts)} WHERE day NOT IN ({listed})")
    return " UNION ALL ".join(f"SELECT {_COLUMNS} FROM ({rows})" for rows in said)


def _covering(on_file: dict[str, str], day: date) -> Iterator[str]:
    """The landings that said something of a day."""
    return (as_of for as_of, after in on_file.items() if after < str(day) <= as_of)


def _on_file(lake: Lake) -> dict[str, tuple[Path | None, list[Path]]]:
    """Month -> its file, if it is closed, and the files of its days."""
    found: dict[str, tuple[Path | None, list[Path]]] = {}
    for path in sorted(lake.usage_month("2000-01").parent.glob("[0-9]*-*.parquet")):
        whole, days = found.get(path.stem[:7], (None, []))
        found[path.stem[:7]] = (path, days) if len(path.stem) == len("2000-01") else (whole, [*days, path])
    return found


def _is_closed(month: str, latest: str) -> bool:
    """Whether no landing after the latest one reads days of the month again."""
    first_read = date.fromisoformat(latest) - timedelta(days=OVERLAP_DAYS - 1)
    return month < f"{first_read:%Y-%m}"


def _days(con: duckdb.DuckDBPyConnection, lake: Lake, after: date | None, last: date) -> list[date]:
    """Days of a window that are on file."""
    parts = [file for file in files(lake) if reaches(file, after or date.min, last)]
    if not parts:
        return []
    found = con.execute(f"SELECT DISTINCT day FROM {scan(parts)} WHERE {_inside(after, last)}").fetchall()
    return [row[0] for row in found]


def _inside(after: date | None, last: date) -> str:
    return f"day > DATE '{after or date.min}' AND day <= DATE '{last}'"


def _write(con: duckdb.DuckDBPyConnection, file: Path, rows: str) -> None:
    if not write(con, f"SELECT {_COLUMNS} FROM ({rows}) ORDER BY {_ORDER}", file):
        file.unlink()


def _date(day: date | None) -> str:
    return f"DATE '{day}'" if day else "CAST(NULL AS DATE)"
