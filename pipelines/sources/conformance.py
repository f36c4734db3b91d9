"""What every source must do, as checks that any test can run over one: see "Adding a source" in docs/sources.md.

Belongs here: the promises of ``Reader``, held against rows that are known beforehand. Does not belong here: promises of
one kind of source, and any test framework: a source may live in a repository of its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from churn_features.tables import TABLES, Table
from pipelines import engine
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.sources import NO_CLOCK, Reader, Window, reader, source_of

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]

_ORIGIN = {"_file": "VARCHAR", "_row": "BIGINT", "_unreadable": "VARCHAR"}


@dataclass(frozen=True)
class Given:
    """A source and all rows it has, as the contract would hold them (instants naive UTC), by contract table.

    Columns that the rows do not name are not compared. ``as_of`` is a day within the rows: some are later. ``now`` is
    the moment of the landing: rows that claim to be later still are landed with any day. ``missing`` is the same source
    with something gone: a table of it, and how to read it then. ``reader`` opens the source, where it is not one of
    the configuration's.
    """

    config: Config
    as_of: date
    rows: Mapping[str, Sequence[Row]]
    now: datetime = NO_CLOCK
    missing: tuple[str, Config] | None = None
    reader: Callable[[Config], Reader] | None = field(default=None, repr=False)

    def opened(self, table: str, config: Config | None = None) -> Reader:
        config = config or self.config
        return self.reader(config) if self.reader else reader(config.sources[source_of(config)[table]], config)

    def window(self, after_day: date | None = None) -> Window:
        return Window(self.as_of, cutoff(self.as_of, self.config.time_zone), self.now, after_day)


def gives_its_tables(given: Given) -> None:
    """It names the tables that it gives, all of the contract."""
    for table in given.rows:
        tables = given.opened(table).tables
        _must(table in tables, f"table {table} is given and not named in {tables}")
        _must(set(tables) <= set(TABLES), f"{set(tables) - set(TABLES)} are no tables of the contract")


def has_the_contract_s_columns(given: Given) -> None:
    """Every part has all columns of the contract with their types, ``_file``, ``_row`` and ``_unreadable``; a column
    that it says it lacks is empty."""
    for table, _, con, folder, absent in _landings(given, given.window()):
        expected = {column.name: engine.SQL_TYPES[column.type] for column in table.columns} | _ORIGIN
        for part in _parts(folder):
            found = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {engine.scan([part])}").fetchall()}
            differ = {name: found.get(name) for name, kind in expected.items() if found.get(name) != kind}
            _must(
                not differ, f"table {table.name}, {part.name}: {differ}, wanted { ({n: expected[n] for n in differ}) }"
            )
            _must(set(found) == set(expected), f"table {table.name}: {set(found) - set(expected)} are too many")
        for name in absent:
            filled = f"SELECT count({engine.identifier(name)}) FROM {engine.scan(_parts(folder))}"
            _must(con.execute(filled).fetchall() == [(0,)], f"table {table.name} lacks {name} and fills it")


def lands_the_rows_of_the_window(given: Given) -> None:
    """Up to the cutoff or later than now, each once, with a place of its own and nothing unreadable."""
    later = 0
    for table, rows, con, folder, _ in _landings(given, given.window()):
        wanted = [row for row in rows if _wanted(table, row, given, None)]
        later += len(rows) - len(wanted)
        _same(con, table, wanted, folder)
    _must(later > 0, "no row is after the cutoff: choose an earlier as_of")


def lands_usage_after_a_day(given: Given) -> None:
    """Of usage, if it is told so, only what came after a day."""
    if "usage" not in given.rows:
        return
    after = given.as_of - timedelta(days=2)
    for table, rows, con, folder, _ in _landings(given, given.window(after), "usage"):
        wanted = [row for row in rows if _wanted(table, row, given, after)]
        _must(0 < len(wanted) < len(rows), f"usage has no rows on both sides of {after}")
        _same(con, table, wanted, folder)


def lands_the_same_bytes_again(given: Given) -> None:
    """A second landing of the same rows has the same bytes."""
    seen: list[dict[str, str]] = []
    for _ in range(2):
        seen.append({})
        for table, _rows, _con, folder, _absent in _landings(given, given.window()):
            seen[-1] |= {f"{table.name}/{part.name}": _digest(part) for part in _parts(folder)}
    _must(seen[0] == seen[1], f"these differ: {sorted(name for name in seen[0] if seen[0][name] != seen[1].get(name))}")


def lands_twice_as_once(given: Given) -> None:
    """Through ``ingest``: landing a day again, and the day after it, neither loses nor doubles a row."""
    from pipelines import ingest
    from pipelines.lake import Lake

    if given.reader:
        return  # no source of the configuration
    lake = Lake(given.config.path(given.config.lake))
    for table, rows in given.rows.items():
        for day in (given.as_of, given.as_of, given.as_of + timedelta(days=1), given.as_of):
            ingest.land(given.config, day, table, again=True)
            # the real clock: what is in the future for it is too for the rows
            now = NO_CLOCK if given.now == NO_CLOCK else datetime.now(UTC).replace(tzinfo=None)
            told = replace(given, as_of=day, now=now)
            wanted = [row for row in rows if _wanted(TABLES[table], row, told, None)]
            with engine.connection(given.config) as con:
                _same(con, TABLES[table], wanted, lake.landed(table, day))


def says_what_is_missing(given: Given) -> None:
    """A source that cannot be read is a ChurnError that names the table and the remedy, and leaves no part."""
    if given.missing is None:
        return
    name, config = given.missing
    with engine.connection(config) as con, TemporaryDirectory() as folder:
        try:
            given.opened(name, config).land(con, TABLES[name], given.window(), Path(folder))
        except ChurnError as error:
            _must(name in error.message, f"the error does not name table {name}: {error.message}")
            _must(len(error.remedy) > 10, f"the error has no remedy: {error}")
        else:
            raise AssertionError(f"table {name}: a source with something missing was landed without a word")


CHECKS: tuple[Callable[[Given], None], ...] = (
    gives_its_tables, has_the_contract_s_columns, lands_the_rows_of_the_window, lands_usage_after_a_day,
    lands_the_same_bytes_again, lands_twice_as_once, says_what_is_missing,
)  # fmt: skip
"""All of it; each raises AssertionError and says what is not as promised."""


def conform(given: Given) -> None:
    """Run all checks."""
    for check in CHECKS:
        check(given)


def _must(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


@contextmanager
def _landed(
    given: Given, table: Table, window: Window
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path, Sequence[str]]]:
    with engine.connection(given.config) as con, TemporaryDirectory() as scratch:
        folder = Path(scratch)
        absent = given.opened(table.name).land(con, table, window, folder)
        [(zone,)] = con.execute("SELECT current_setting('TimeZone')").fetchall()
        _must(zone == "UTC", f"table {table.name}: it leaves the connection in the zone {zone}")
        yield con, folder, absent


def _landings(
    given: Given, window: Window, *names: str
) -> Iterator[tuple[Table, Sequence[Row], duckdb.DuckDBPyConnection, Path, Sequence[str]]]:
    for name in names or tuple(given.rows):
        with _landed(given, TABLES[name], window) as (con, folder, absent):
            yield TABLES[name], given.rows[name], con, folder, absent


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.parquet"))


def _digest(part: Path) -> str:
    return hashlib.sha256(part.read_bytes()).hexdigest()


def _wanted(table: Table, row: Row, given: Given, after: date | None) -> bool:
    """The rule of ``Window``, over one row as the contract would hold it."""
    end, now = given.window().cutoff, given.now
    if table.name == "usage" and row.get("day") is not None:
        day: date = row["day"]
        in_time = day <= given.as_of or datetime.combine(day, time()) > now
        return in_time and (after is None or day > after)
    moment: datetime | None = row.get(table.occurred)
    if moment is None:
        return True
    in_time = moment < end or moment > now
    if table.name != "usage" or after is None:
        return in_time
    return in_time and moment.replace(tzinfo=UTC).astimezone(given.config.zone).date() > after


def _same(con: duckdb.DuckDBPyConnection, table: Table, wanted: Sequence[Row], folder: Path) -> None:
    rows = engine.scan(_parts(folder))
    names = [name for name in table.names if any(name in row for row in wanted)] or list(table.key)
    columns = ", ".join(engine.identifier(name) for name in names)
    found = Counter(con.execute(f"SELECT {columns} FROM {rows}").fetchall())
    expected = Counter(tuple(row.get(name) for name in names) for row in wanted)
    _must(
        found == expected,
        f"table {table.name}: too many are {list((found - expected).items())[:3]}, "
        f"lost are {list((expected - found).items())[:3]}",
    )
    places, files, unreadable, least = con.execute(
        f"SELECT count(DISTINCT (_file, _row)), count(_file), count(_unreadable), min(_row) FROM {rows}"
    ).fetchall()[0]
    _must(places == files == len(wanted), f"table {table.name}: rows without a place of their own")
    _must(unreadable == 0, f"table {table.name}: {unreadable} rows are said to be unreadable")
    _must(least is None or least >= 1, f"table {table.name}: rows are not counted from 1")
