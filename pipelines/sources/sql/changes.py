"""Tables that are read by what changed: rows from a cursor's last value on, put in place of those on file.

Belongs here: up to where a table was read, what is kept of the landing before. Does not belong here: how rows are read.

A landing is again the whole table. Rows that the window leaves out are kept beside it: the cursor may already be past
them when their day comes. That a row was deleted is seen only when the table is read in full.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import VERSION, Table
from pipelines.config import Config, QueryMapping, SqlSource
from pipelines.engine import identifier, scan, write
from pipelines.errors import ChurnError
from pipelines.lake import Lake, read_json, write_json
from pipelines.sources import NO_CLOCK, Window
from pipelines.sources.landing import land_rows, wanted
from pipelines.sources.sql import needed
from pipelines.sources.sql.stream import Arrival, Bound, Kind, Relation, Value, arriving

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Mark:
    """Up to where a table was read: the greatest value of its cursor, the day of the last full read, and a digest of
    what was asked for."""

    last: str | None
    full: str
    asked: str

    def before(self, kind: Kind, overlap: int) -> Value | None:
        """The value from which to read on; None without any."""
        if self.last is None:
            return None
        match kind:
            case "integer":
                return int(self.last) - overlap
            case "day":
                return date.fromisoformat(self.last) - timedelta(days=math.ceil(overlap / 24))
        return datetime.fromisoformat(self.last) - timedelta(hours=overlap)


def land(
    con: duckdb.DuckDBPyConnection,
    relation: Relation,
    source: SqlSource,
    table: Table,
    window: Window,
    config: Config,
    folder: Path,
    say: Callable[[str], None] | None,
) -> None:
    """Land a table that has a cursor."""
    mapping, beside = source.tables[table.name], folder / "cursor"
    cursor, kind = _cursor(table, mapping, relation)
    asked = _asked(mapping, relation, config)
    found = _earlier(config, table, window.as_of, asked, source.full_every_days)
    least = found[1].before(kind, mapping.overlap) if found else None
    bound = Bound(cursor, kind, least) if least is not None else None
    on_file = scan(_rows_of(found[0])) if found and bound else None
    batches = relation.stream(needed(mapping, relation), bound, cursor)
    with arriving(con, table.name, batches, say) as arrival:
        rows = _fresh(con, arrival, relation, table, mapping, window, config, beside, on_file)
    condition, parameters = wanted(table, mapping.mapped, window, config.time_zone)
    for target, which in ((folder / "part-0.parquet", condition), (beside / "later.parquet", f"NOT ({condition})")):
        write(con, f"SELECT * FROM ({rows}) WHERE {which} ORDER BY _row", target, parameters)
    for scratch in ("fresh", "read"):
        (beside / f"{scratch}.parquet").unlink(missing_ok=True)
    full = found[1].full if found and bound else str(window.as_of)
    write_json(beside / "mark.json", asdict(Mark(_capped(arrival.greatest, found and found[1], window), full, asked)))


def _fresh(
    con: duckdb.DuckDBPyConnection,
    arrival: Arrival,
    relation: Relation,
    table: Table,
    mapping: QueryMapping,
    window: Window,
    config: Config,
    beside: Path,
    on_file: str | None,
) -> str:
    """SQL for all rows that the table now has, whatever their time: those that arrive, and those on file of which no
    other version did."""
    every, place = replace(window, cutoff=NO_CLOCK, after_day=None), relation.place
    fresh, read = beside / "fresh.parquet", beside / "read.parquet"
    if on_file is None:
        land_rows(con, table, mapping, arrival.rows(place), place, every, config, fresh)
        return f"SELECT * FROM {scan([fresh])}"
    [(after,)] = con.execute(f"SELECT coalesce(max(_row), 0) FROM {on_file}").fetchall()
    con.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {arrival.rows(place, after)}")
    land_rows(con, table, mapping, "SELECT * FROM changed", place, every, config, fresh)
    if mapping.where:
        # a row that the condition no longer lets through is gone too
        unconditional = mapping.model_copy(update={"where": None})
        land_rows(con, table, unconditional, "SELECT * FROM changed", place, every, config, read)
    con.execute("DROP TABLE changed")
    key = [*table.key, *(["recorded_at"] if mapping.versions else [])]
    same = " AND ".join(f"arrived.{identifier(name)} IS NOT DISTINCT FROM kept.{identifier(name)}" for name in key)
    arrived = scan([read if mapping.where else fresh])
    return (
        f"SELECT * FROM {on_file} AS kept WHERE NOT EXISTS (SELECT 1 FROM {arrived} AS arrived WHERE {same}) "
        f"UNION ALL SELECT * FROM {scan([fresh])}"
    )


def _cursor(table: Table, mapping: QueryMapping, relation: Relation) -> tuple[str, Kind]:
    """The cursor as the database calls it, and what it is."""
    found = {name: kind for name, kind in relation.kinds.items() if name == mapping.cursor} or {
        name: kind for name, kind in relation.kinds.items() if name.casefold() == (mapping.cursor or "").casefold()
    }
    for name, kind in found.items():
        if kind:
            return name, kind
    if found:
        raise ChurnError(
            f"table {table.name}: the cursor {mapping.cursor} of {relation.place} is not known to be a time, a date or "
            "a whole number",
            "choose a column that is; only PostgreSQL tells what the columns of a query are, elsewhere make it a view",
        )
    raise ChurnError(
        f"table {table.name}: {relation.place} has no column {mapping.cursor!r}; it has {', '.join(relation.kinds)}",
        f"correct sources.*.tables.{table.name}.cursor",
    )


def _asked(mapping: QueryMapping, relation: Relation, config: Config) -> str:
    """Digest of all that decides what a row on file looks like: if it changes, the table is read in full."""
    keys = mapping.model_dump(mode="json", exclude={"overlap"})
    what = json.dumps([keys, relation.database, config.time_zone, VERSION], sort_keys=True)
    return hashlib.sha256(what.encode()).hexdigest()[:16]


def _earlier(config: Config, table: Table, as_of: date, asked: str, full_every_days: int) -> tuple[Path, Mark] | None:
    """The last landing before ``as_of`` that can be read on from, None if it is time for a full read."""
    this_day = Lake(config.path(config.lake)).landed(table.name, as_of)
    for landing in sorted(this_day.parent.glob("as_of=*"), reverse=True):
        mark = landing / "cursor" / "mark.json"
        if landing.name < this_day.name and mark.exists():
            found = Mark(**read_json(mark))
            if found.asked == asked:
                due = (as_of - date.fromisoformat(found.full)).days >= full_every_days
                return None if due else (landing, found)
    return None


def _rows_of(landing: Path) -> list[Path]:
    return [*sorted(landing.glob("part-*.parquet")), landing / "cursor" / "later.parquet"]


def _capped(greatest: Value | None, before: Mark | None, window: Window) -> str | None:
    """The cursor's last value; a time that has not come yet would hide what is written until then."""
    if greatest is None:
        return before.last if before else None
    if isinstance(greatest, datetime):
        now = window.now.replace(tzinfo=UTC) if greatest.tzinfo else window.now
        return min(greatest, now).isoformat()
    if isinstance(greatest, date):
        return min(greatest, window.now.date()).isoformat()
    return str(greatest)
