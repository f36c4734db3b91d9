"""Where everything is kept, and how it is written so that nobody ever reads half of it.

Belongs here: paths, locks, atomic replacement. Does not belong here: what the files mean.
A file appears whole or not at all (written beside, then renamed); writers of one lake take turns.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Lake:
    """Paths below one folder."""

    root: Path

    def landed(self, table: str, as_of: date) -> Path:
        """Folder of the rows of ``table`` as mapped from the source on that day."""
        return self.root / "landed" / table / f"as_of={as_of}"

    def rows(self, table: str) -> Path:
        """Accepted rows of a table through time; usage is kept in ``usage_month`` and ``usage_day`` instead."""
        return self.root / "tables" / table / "rows.parquet"

    @property
    def usage_landings(self) -> Path:
        """Which landings of usage are on file; of other tables the file of rows tells."""
        return self.root / "tables" / "usage" / "landings.json"

    def accepted(self, table: str) -> Path:
        """Where a check leaves the accepted rows of a landing until they are merged with those on file."""
        return self.root / "tables" / table / ".accepted.parquet"

    def usage_month(self, month: str) -> Path:
        """Accepted usage of a closed month, such as 2025-01."""
        return self.root / "tables" / "usage" / f"{month}.parquet"

    def usage_day(self, day: date) -> Path:
        """Accepted usage of a day whose month is not closed yet."""
        return self.root / "tables" / "usage" / f"{day}.parquet"

    def quarantine(self, table: str, as_of: date) -> Path:
        return self.root / "quarantine" / f"as_of={as_of}" / f"{table}.parquet"

    def check(self, table: str, as_of: date) -> Path:
        return self.root / "checks" / f"as_of={as_of}" / f"{table}.json"

    def checks(self, table: str) -> list[Path]:
        """Results of a table's contract on all days, the earliest first."""
        return sorted((self.root / "checks").glob(f"as_of=*/{table}.json"))

    def features(self, as_of: date) -> Path:
        return self.root / "features" / f"as_of={as_of}.parquet"

    def panel(self, as_of: date) -> Path:
        """Features and outcomes of many earlier as-of dates, as known on ``as_of``."""
        return self.root / "panels" / f"as_of={as_of}.parquet"

    def trigger_quality(self, as_of: date) -> Path:
        """What the triggers were worth, as measured on that day."""
        return self.root / "trigger_quality" / f"as_of={as_of}.json"

    def scores(self, as_of: date) -> Path:
        return self.root / "scores" / f"as_of={as_of}.parquet"

    def list_record(self, name: str, as_of: date) -> Path:
        """Who a list of that day names or holds out. Private: it is never exported."""
        return self.root / "lists" / name / f"as_of={as_of}.parquet"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lake's one writer's place; other processes wait."""
        with locked(self.root / ".writer.lock"):
            yield


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold a lock file that all processes of this machine respect; reentrant within a process."""
    from filelock import FileLock

    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock, is_singleton=True):
        yield


def restore(target: Path) -> None:
    """Put back a folder whose writer was killed while it exchanged folders; to be called by its one writer."""
    for left in target.parent.glob(f".{target.name}.*.old"):
        if target.exists():
            shutil.rmtree(left)
        else:
            left.rename(target)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary path beside ``target``; when the block ends well, what is there takes the target's place.

    Files are replaced in one step. For folders the old one is moved aside first; callers that need readers never to
    miss a folder publish through a link (``exports``).
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    restore(target)
    fresh = target.parent / f".{target.name}.{uuid.uuid4().hex}.tmp"
    try:
        yield fresh
        if fresh.is_dir() and target.exists():
            old = fresh.with_suffix(".old")
            target.rename(old)
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            os.replace(fresh, target)
    finally:
        if fresh.is_dir():
            shutil.rmtree(fresh)
        else:
            fresh.unlink(missing_ok=True)


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, whole or not at all; the same value gives the same bytes."""
    with replacing(path) as fresh:
        fresh.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n", "utf-8")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
