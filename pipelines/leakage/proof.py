"""The proof: features computed again with another future, and compared byte by byte.

Belongs here: which dates and tables are tried, computing, comparing, the verdict. Does not belong here: other futures
(``tampering``), what is printed (``cli``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from churn_features.tables import TABLES
from pipelines import engine, features, tables, usage_store
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.leakage.tampering import WAYS, Future, Way

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Leak:
    """A feature that changed with the future: of how many accounts, and one of them with both values."""

    feature: str
    accounts: int
    example: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Trial:
    """One table's future changed in one way on one date."""

    as_of: date
    table: str
    way: Way
    later_rows: int
    accounts: int
    leaks: tuple[Leak, ...]
    came_and_went: int = 0
    """Accounts that are eligible with one future and not with the other."""

    @property
    def passed(self) -> bool:
        return not self.leaks and not self.came_and_went


@dataclass(frozen=True)
class Proof:
    """All trials."""

    dates: tuple[date, ...]
    trials: tuple[Trial, ...]
    features: tuple[str, ...] = field(repr=False)

    @property
    def passed(self) -> bool:
        return all(trial.passed for trial in self.trials)

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(trial.table for trial in self.trials))

    def of_table(self, table: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.table == table]

    def leaking(self) -> dict[str, list[str]]:
        """Feature -> the tables whose future it depends on; features that depend on none are left out."""
        found: dict[str, list[str]] = {}
        for trial in self.trials:
            for leak in trial.leaks:
                seen = found.setdefault(leak.feature, [])
                if trial.table not in seen:
                    seen.append(trial.table)
        return found


def chosen_dates(config: Config, as_of: date) -> list[date]:
    """The first, a middle and the last as-of date of the training panel, or the day itself if history is too short."""
    try:
        dates = features.panel_dates(config, as_of)
    except ChurnError:
        return [as_of]
    return sorted({dates[0], dates[len(dates) // 2], dates[-1]})


def prove(
    config: Config, as_of: date, dates: Iterable[date] | None = None, progress: Progress | None = None, seed: int = 0
) -> Proof:
    """Change the future of every table of ``as_of``, one at a time, and compute the features of ``dates`` again.

    Raises ChurnError if a date is after ``as_of``, or if no account was eligible on it.
    """
    from churn_features.catalogue import FEATURES

    files = tables.required(config, as_of)
    tried = sorted(set(dates)) if dates else chosen_dates(config, as_of)
    if tried[-1] > as_of:
        raise ChurnError(
            f"{tried[-1]} is after {as_of}, so nothing is known of it", "choose an earlier date, or --as-of"
        )
    trials: list[Trial] = []
    with engine.connection(config) as con, TemporaryDirectory(prefix="churn-proof-") as scratch:
        for day in tried:
            trials += _trials_of(con, config, files, as_of, day, Path(scratch), progress, seed)
    return Proof(tuple(tried), tuple(trials), tuple(feature.name for feature in FEATURES))


def _trials_of(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], known: date, day: date,
    scratch: Path, progress: Progress | None, seed: int,
) -> list[Trial]:  # fmt: skip
    sql, parameters = features.statement(con, config, files, day, up_to=known)
    truth = scratch / "truth.parquet"
    accounts = engine.write(con, sql, truth, parameters)
    if not accounts:
        raise ChurnError(f"no account had a paid, started, not ended subscription on {day}", "choose a later date")
    future, digest, trials = Future(day, _end(con, day, config.time_zone), seed), _digest(truth), []
    for number, table in enumerate(files, 1):
        if progress:
            progress(f"{day}: {table} ({number} of {len(files)} tables)")
        rows = f"SELECT * FROM {engine.scan(features.reached(table, files[table], day, known))}"
        [(later,)] = con.execute(f"SELECT count(*) FROM ({rows}) WHERE {future.later(TABLES[table])}").fetchall()
        for way in WAYS:
            features.define(con, table, future.tampered(TABLES[table], rows, way))
            if table == "usage":
                parts = [future.tampered(TABLES[table], part, way) for part in features.stored(files[table])]
                bound = {**parameters, "usage_from": usage_store.first_day(con, parts, day) or day}
            else:
                bound = parameters
            other = scratch / "other.parquet"
            engine.write(con, sql, other, bound)
            leaks, moved = ((), 0) if _digest(other) == digest else _compared(con, truth, other)
            trials.append(Trial(day, table, way, later, accounts, leaks, moved))
        features.define(con, table, rows)
    return trials


def _end(con: duckdb.DuckDBPyConnection, day: date, zone: str) -> datetime:
    """The end of the day in naive UTC, by the engine's calendar and not by the one that the features rest on."""
    midnight = f"CAST(DATE '{day}' + 1 AS TIMESTAMP) AT TIME ZONE {engine.literal(zone)}"
    [(end,)] = con.execute(f"SELECT ({midnight}) AT TIME ZONE 'UTC'").fetchall()
    return end


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _compared(con: duckdb.DuckDBPyConnection, truth: Path, other: Path) -> tuple[tuple[Leak, ...], int]:
    """The features that differ, and how many accounts are in one file only."""
    both = f"{engine.scan([truth])} AS t JOIN {engine.scan([other])} AS o USING (account_id)"
    names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {engine.scan([truth])}").fetchall()]
    leaks = []
    for name in (each for each in names if each != "account_id"):
        column = engine.identifier(name)
        differ = f"FROM {both} WHERE t.{column} IS DISTINCT FROM o.{column}"
        [(count,)] = con.execute(f"SELECT count(*) {differ}").fetchall()
        if count:
            first = f"SELECT account_id, t.{column}, o.{column} {differ} ORDER BY account_id LIMIT 1"
            leaks.append(Leak(name, count, *con.execute(first).fetchall()[0]))
    [(shared,)] = con.execute(f"SELECT count(*) FROM {both}").fetchall()
    sizes = [con.execute(f"SELECT count(*) FROM {engine.scan([file])}").fetchall()[0][0] for file in (truth, other)]
    return tuple(leaks), sum(sizes) - 2 * shared
