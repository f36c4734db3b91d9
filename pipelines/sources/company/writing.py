"""From days to stored rows: the tables' schemas, the clock of the company's zone, the Parquet files.

Belongs here: how values are stored. Does not belong here: which values there are.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churn_features.tables import CONTRACT, STORED_USAGE
from pipelines.sources.company.parameters import NEVER, Company

_TYPES = {
    "text": pa.string(), "instant": pa.timestamp("us"), "day": pa.date32(), "integer": pa.int64(),
    "money": pa.int64(), "number": pa.float64(), "flag": pa.bool_(),
}  # fmt: skip
SCHEMAS: dict[str, pa.Schema] = {
    table.name: pa.schema(
        [(c.name, _TYPES[c.type]) for c in table.columns if table.name != "usage" or c.name in STORED_USAGE]
    )
    for table in CONTRACT
} | {
    "truth": pa.schema(
        [("account_id", pa.string()), ("cause", pa.string()), ("cause_from", pa.date32()), ("left_on", pa.date32()),
         ("kind", pa.string())]
    ),
    "truth_risk": pa.schema([("account_id", pa.string()), ("as_of", pa.date32()), ("p_30d", pa.float64())]),
}  # fmt: skip


class Clock:
    """Days and seconds of the company's zone as naive UTC instants; what comes after its last day is not known."""

    def __init__(self, company: Company, zone: ZoneInfo) -> None:
        self.company, self.first = company, -1200
        days = [company.start + timedelta(days=d) for d in range(self.first, company.days + 800)]
        noons = [datetime.combine(d, time(12), zone) for d in days]
        # all instants lie between 07:00 and 22:00, where the offset of noon holds
        offsets = [
            noon.astimezone(UTC).replace(tzinfo=None) - datetime.combine(noon.date(), time(12)) for noon in noons
        ]
        self.midnights = np.array([np.datetime64(d, "us") for d in days]) + np.array(offsets, "timedelta64[us]")

    def at(self, day: np.ndarray, second: np.ndarray | int, ahead: bool = False) -> np.ndarray:
        """Instants; NaT for NEVER and, unless ``ahead``, for days after the end."""
        known = day < (NEVER if ahead else self.company.days)
        base = self.midnights[np.where(known, day, 0) - self.first]
        return np.where(known, base + np.asarray(second).astype("timedelta64[s]"), np.datetime64("NaT", "us"))

    def day_of(self, instant: np.ndarray) -> np.ndarray:
        """The company's day of each instant."""
        return np.searchsorted(self.midnights, instant, side="right") - 1 + self.first

    def day(self, day: np.ndarray, ahead: bool = False) -> np.ndarray:
        """Dates; NaT as in ``at``."""
        known = day < (NEVER if ahead else self.company.days)
        return np.where(known, np.datetime64(self.company.start) + np.where(known, day, 0), np.datetime64("NaT", "D"))


class Writer:
    """Open Parquet files, one per table, that get their names when all of them are complete."""

    def __init__(self, folder: Path, rows: int = 100_000) -> None:
        self.folder, self.rows = folder, rows
        self.waiting: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
        self.files = {name: pq.ParquetWriter(self._part(name), s, compression="zstd") for name, s in SCHEMAS.items()}

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.parquet.part"

    def add(self, tables: dict[str, pa.Table]) -> None:
        """Take the tables of one chunk; row groups are written when ``rows`` rows are waiting."""
        for name, table in tables.items():
            self.waiting[name].append(table)
            if sum(len(waiting) for waiting in self.waiting[name]) >= self.rows:
                self._flush(name)

    def _flush(self, name: str) -> None:
        if self.waiting[name]:
            self.files[name].write_table(pa.concat_tables(self.waiting[name]).combine_chunks())
            self.waiting[name] = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, file in self.files.items():
            if kind is None:
                self._flush(name)
            file.close()
        for name in self.files:
            if kind is None:
                os.replace(self._part(name), self.folder / f"{name}.parquet")
            else:
                self._part(name).unlink()
