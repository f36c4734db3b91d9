"""What this machine has, and which generation it comes from.

Belongs here: the record of that in the lake's folder, digests of files. Does not belong here: the bucket.

The record says what the files were at the generation that was pulled or pushed last: a file that is different now was
changed here since. A digest is not computed again for a file whose size, time of change and inode are as they were; the
files of a lake are replaced, never written into.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.config import Config
from pipelines.lake import Lake, digest, read_json, restore, write_json
from pipelines.remote.manifest import Entry
from pipelines.remote.places import may_go, scan, whole

Say = Callable[[str], None]
Stamp = tuple[int, int, int]
"""Size, time of change in nanoseconds, inode."""

RECORD = ".remote.json"


@dataclass(frozen=True)
class UnderWay:
    """A pull or a push that had not come to its end when this was written: the generation and the SHA-256 of its
    manifest."""

    generation: int
    sha256: str
    push: bool


@dataclass(frozen=True)
class Record:
    """``home`` is where it was pulled from or pushed to, ``files`` what generation ``generation`` holds, by path;
    0 and nothing before the first. ``digests``: path -> (stamp, SHA-256) as last computed."""

    home: str
    generation: int = 0
    files: Mapping[str, Entry] = field(default_factory=dict)
    digests: Mapping[str, tuple[Stamp, str]] = field(default_factory=dict)
    under_way: UnderWay | None = None


@dataclass(frozen=True)
class Held:
    """A file of this machine as it was looked at."""

    file: Path
    stamp: Stamp
    entry: Entry


def read_record(config: Config, home: str) -> Record:
    """The record; one of another home tells nothing but digests."""
    path = _file(config)
    if not path.exists():
        return Record(home)
    raw = read_json(path)
    digests = {
        path: ((size, changed, inode), sha256) for path, (size, changed, inode, sha256) in raw["digests"].items()
    }
    if raw["home"] != home:
        return Record(home, digests=digests)
    files = {path: Entry(path, size, sha256) for path, (size, sha256) in raw["files"].items()}
    under_way = UnderWay(**raw["under_way"]) if raw["under_way"] else None
    return Record(home, raw["generation"], files, digests, under_way)


def write_record(config: Config, record: Record) -> None:
    """Keep the record in place of the last one."""
    raw: dict[str, Any] = {
        "home": record.home,
        "generation": record.generation,
        "files": {path: [each.bytes, each.sha256] for path, each in record.files.items()},
        "digests": {path: [*stamp, sha256] for path, (stamp, sha256) in record.digests.items()},
        "under_way": record.under_way and asdict(record.under_way),
    }
    write_json(_file(config), raw)


def look(config: Config, record: Record, say: Say | None = None) -> dict[str, Held]:
    """What this machine has now, by path. To be called by the lake's one writer."""
    _put_back(config.path(config.lake))
    held, new = {}, 0
    for path, file in scan(config).items():
        stamp = stamp_of(file)
        known = record.digests.get(path)
        if known is None or known[0] != stamp:
            new += 1
            if say and new % 1000 == 0:
                say(f"computing digests of new files: {new:,}")
        sha256 = known[1] if known and known[0] == stamp else digest(file)
        held[path] = Held(file, stamp, Entry(path, stamp[0], sha256))
    return held


def missed(record: Record, held: Mapping[str, Held]) -> dict[str, Entry]:
    """What this machine should have and has not, though nobody removes it: a folder was lost or is a new one."""
    there = {whole(path) for path in held}
    return {path: each for path, each in record.files.items() if not may_go(path) and whole(path) not in there}


def changed(record: Record, now: Mapping[str, Entry], also: Iterable[Mapping[str, Entry]] = ()) -> list[str]:
    """Paths that are neither as in the record nor as in one of ``also``, in order."""
    states = (record.files, *also)
    return [
        path
        for path in sorted({*record.files, *now})
        if not any(_digest(now, path) == _digest(state, path) for state in states)
    ]


def seen(record: Record, held: Mapping[str, Held]) -> Record:
    """The record with the digests that were computed."""
    return replace(record, digests={path: (each.stamp, each.entry.sha256) for path, each in held.items()})


def stamp_of(file: Path | int) -> Stamp:
    """The stamp of a file, or of an open one."""
    told = os.stat(file)
    return told.st_size, told.st_mtime_ns, told.st_ino


def _digest(state: Mapping[str, Entry], path: str) -> str | None:
    return state[path].sha256 if path in state else None


def _file(config: Config) -> Path:
    return Lake(config.path(config.lake)).root / RECORD


def _put_back(lake: Path) -> None:
    """What a killed writer had moved aside belongs to the lake, though it is hidden."""
    for left in lake.rglob(".*.old"):
        restore(left.with_name(left.name[1:].rsplit(".", 2)[0]))
