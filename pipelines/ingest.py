"""Landing: bring a day's rows from the sources into the lake, as they are.

Belongs here: which days of usage are wanted, what is kept with a landing. Does not belong here: reading a source
(``sources``) and judging what came (``tables``).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from churn_features.tables import TABLES
from pipelines import engine, history, usage_store
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake, read_json, replacing, restore, write_json
from pipelines.schema_drift import Change, changes
from pipelines.sources import Window, reader, source_of
from pipelines.sources.landing import take_columns


@dataclass(frozen=True)
class Landed:
    """What one landing brought: rows by source, contract columns the source lacks, first day wanted of usage, the
    source's own columns with their types, and what changed of them since the landing of the latest earlier day."""

    table: str
    as_of: str
    source: str
    rows: int
    absent: tuple[str, ...]
    after_day: str | None
    columns: Mapping[str, str]
    changes: tuple[Change, ...]

    @classmethod
    def read(cls, folder: Path) -> Landed:
        raw = {"columns": {}, "changes": [], **read_json(folder / "receipt.json")}
        changed = tuple(Change(**each) for each in raw["changes"])
        return cls(**{**raw, "absent": tuple(raw["absent"]), "changes": changed})


def utc_now() -> datetime:
    """The wall clock as naive UTC, the form of all stored instants."""
    return datetime.now(UTC).replace(tzinfo=None)


def _is_history(lake: Lake, table: str, as_of: date) -> bool:
    """Whether a landing of the day was accepted, and one of a later day."""
    on_file = usage_store.landings(lake) if table == "usage" else history.landings(lake, table)
    return str(as_of) in on_file and any(day > str(as_of) for day in on_file)


def _tidy(target: Path) -> None:
    """Remove what a landing that was killed left beside ``target``, and bring back what it had moved aside."""
    restore(target)
    for left in target.parent.glob(f".{target.name}.*.tmp"):
        shutil.rmtree(left)


def _changes(target: Path, table: str, source: str, columns: Mapping[str, str]) -> tuple[Change, ...]:
    """What changed of the source's columns since the landing of the latest day before that of ``target``."""
    earlier = [folder for folder in target.parent.glob("as_of=*") if folder.name < target.name]
    if not earlier:
        return ()
    before = Landed.read(max(earlier))
    return changes(table, before.columns, columns, before.as_of) if before.source == source else ()


def check_day(config: Config, as_of: date) -> None:
    """Raise ChurnError unless ``as_of`` is a day that can be run."""
    if as_of < config.history_start:
        raise ChurnError(
            f"{as_of} is before history_start {config.history_start}", "choose a later day or move history_start"
        )
    if as_of > config.yesterday():
        raise ChurnError(
            f"{as_of} is not over yet in {config.time_zone}",
            f"choose {config.yesterday()} or an earlier day: a list for a day needs the whole day",
        )


def land(
    config: Config, as_of: date, table: str, again: bool = False, say: Callable[[str], None] | None = None
) -> Landed:
    """Land one table for a day; a landing of the same day is replaced as a whole, or stays if this one fails.

    A day that was accepted, and later days after it, is history: its landing is kept and the source not read, unless
    ``again``. The source now says what it says now, and not what was known on that day. ``say`` is told how far a long
    read has come.
    """
    from churn_features.clock import cutoff

    check_day(config, as_of)
    name = source_of(config)[table]
    source, lake = reader(config.sources[name], config, say), Lake(config.path(config.lake))
    target = lake.landed(table, as_of)
    with lake.writing():
        _tidy(target)
        if not again and target.exists() and _is_history(lake, table, as_of):
            return Landed.read(target)
        after = usage_store.after_day(lake, as_of) if table == "usage" else None
        window = Window(as_of, cutoff(as_of, config.time_zone), utc_now(), after)
        with engine.connection(config) as con, replacing(target) as folder:
            folder.mkdir()
            absent = source.land(con, TABLES[table], window, folder)
            parts = engine.scan(folder.glob("part-*.parquet"))
            counted = con.execute(f"SELECT count(*) FROM {parts}").fetchone()
            rows, since, columns = counted[0] if counted else 0, str(after) if after else None, take_columns(folder)
            changed = _changes(target, table, name, columns)
            landed = Landed(table, str(as_of), name, rows, absent, since, columns, changed)
            write_json(folder / "receipt.json", asdict(landed))
    return landed
