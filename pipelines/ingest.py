"""Landing: bring a day's rows from the sources into the lake, as they are.

Belongs here: which days of usage are wanted, what is kept with a landing. Does not belong here: reading a source
(``sources``) and judging what came (``tables``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from churn_features.tables import TABLES
from pipelines import engine, history, usage_store
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake, read_json, replacing, write_json
from pipelines.sources import Window, reader, source_of


@dataclass(frozen=True)
class Landed:
    """What one landing brought: rows by source, contract columns the source lacks, first day wanted of usage."""

    table: str
    as_of: str
    source: str
    rows: int
    absent: tuple[str, ...]
    after_day: str | None

    @classmethod
    def read(cls, folder: Path) -> Landed:
        raw = read_json(folder / "receipt.json")
        return cls(**{**raw, "absent": tuple(raw["absent"])})


def utc_now() -> datetime:
    """The wall clock as naive UTC, the form of all stored instants."""
    return datetime.now(UTC).replace(tzinfo=None)


def _is_history(lake: Lake, table: str, as_of: date) -> bool:
    """Whether a landing of the day was accepted, and one of a later day."""
    on_file = usage_store.landings(lake) if table == "usage" else history.landings(lake, table)
    return str(as_of) in on_file and any(day > str(as_of) for day in on_file)


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


def land(config: Config, as_of: date, table: str, again: bool = False) -> Landed:
    """Land one table for a day; a landing of the same day is replaced as a whole, or stays if this one fails.

    A day that was accepted, and later days after it, is history: its landing is kept and the source not read, unless
    ``again``. The source now says what it says now, and not what was known on that day.
    """
    from churn_features.clock import cutoff

    check_day(config, as_of)
    name = source_of(config)[table]
    source, lake = reader(config.sources[name], config), Lake(config.path(config.lake))
    target = lake.landed(table, as_of)
    with lake.writing():
        if not again and target.exists() and _is_history(lake, table, as_of):
            return Landed.read(target)
        after = usage_store.after_day(lake, as_of) if table == "usage" else None
        window = Window(as_of, cutoff(as_of, config.time_zone), utc_now(), after)
        with engine.connection(config) as con, replacing(target) as folder:
            folder.mkdir()
            absent = source.land(con, TABLES[table], window, folder)
            parts = engine.scan(folder.glob("part-*.parquet"))
            counted = con.execute(f"SELECT count(*) FROM {parts}").fetchone()
            landed = Landed(
                table, str(as_of), name, counted[0] if counted else 0, absent, str(after) if after else None
            )
            write_json(folder / "receipt.json", asdict(landed))
    return landed
