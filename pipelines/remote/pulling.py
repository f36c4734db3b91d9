"""From the home to this machine: its folders become what a generation holds.

Belongs here: what is fetched, replaced and removed, and what is refused. Does not belong here: the requests
(``bucket``).

Everything is fetched and verified before the first file is replaced. A pull that is cut short in between is finished by
the next: the record says which generation's files may be there.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipelines.config import Config
from pipelines.day_folders import publish_day, withdraw_day
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import Lake, digest, replacing
from pipelines.remote.bucket import Bucket
from pipelines.remote.manifest import Entry, Manifest
from pipelines.remote.places import place
from pipelines.remote.pushing import settled
from pipelines.remote.refusals import differ, lost
from pipelines.remote.transfer import each, size_told
from pipelines.remote.working_copy import (
    Held,
    Record,
    Say,
    UnderWay,
    changed,
    look,
    missed,
    read_record,
    seen,
    stamp_of,
    write_record,
)


@dataclass(frozen=True)
class Pulled:
    """The generation whose files this machine has now (0: the home is empty); what was downloaded, how many files were
    removed; how many differ from it because they were changed here and not pushed."""

    generation: int
    files: int
    downloaded_files: int = 0
    downloaded_bytes: int = 0
    removed: int = 0
    local: int = 0


def pull(config: Config, discard: bool = False, generation: int | None = None, say: Say | None = None) -> Pulled:
    """Bring this machine to the latest generation, or give it the files of ``generation``, which the next push makes
    the latest again.

    Files that were changed here and not pushed stay if there is nothing newer, are refused with a ChurnError if there
    is, and given up where ``discard`` says so. Files are removed only if an earlier generation had them, or with
    ``discard``. Other writers of the lake wait meanwhile.
    """
    bucket = Bucket.of(config)
    with Lake(config.path(config.lake)).writing():
        record = settled(bucket, read_record(config, bucket.home))
        latest = max(bucket.generations(), default=0)
        if latest < record.generation:
            raise lost(bucket.storage.url, record.generation, latest)
        held = look(config, record, say)
        now = {path: found.entry for path, found in held.items()} | missed(record, held)
        if latest == 0:
            return Pulled(0, 0, local=len(now))
        base, goal = _manifests(bucket, latest, generation)
        partly = [_began(bucket, record)] if record.under_way else []
        local = changed(record, now, [*partly, goal.by_path])
        newer = record.generation != latest or generation is not None or record.under_way is not None
        if local and newer and not discard:
            raise differ(bucket.storage.url, record.generation, goal.generation, latest, local)
        kept = set() if discard else set(local)
        wrong = [
            entry for entry in goal.files
            if entry.path not in kept and (entry.path not in held or held[entry.path].entry != entry)
        ]  # fmt: skip
        gone = [path for path in held if path not in goal.by_path and path not in kept]
        fetched = _fetch(config, bucket, wrong, say)
        if wrong or gone:
            under_way = UnderWay(goal.generation, goal.sha256, push=False)
            write_record(config, replace(seen(record, held), under_way=under_way))
            _apply(config, wrong, gone, held, goal)
        digests = seen(record, {path: each for path, each in held.items() if path not in gone}).digests
        placed = {entry.path: (stamp_of(place(config, entry.path)), entry.sha256) for entry in wrong}
        write_record(config, Record(bucket.home, latest, base.by_path, {**digests, **placed}))
        shutil.rmtree(_incoming(config), ignore_errors=True)
        size = sum(entry.bytes for entry in fetched)
        return Pulled(goal.generation, len(goal.files), len(fetched), size, len(gone), len(kept))


def _manifests(bucket: Bucket, latest: int, generation: int | None) -> tuple[Manifest, Manifest]:
    """The latest generation, and the one that is wanted."""
    wanted = latest if generation is None else generation
    found = {number: bucket.manifest(number) for number in {latest, wanted}}
    base, goal = found[latest], found[wanted]
    if base is None:
        raise SourceUnavailable(f"generation {latest} of {bucket.storage.url} was just removed", "pull again")
    if goal is None:
        raise ChurnError(
            f"{bucket.storage.url} has no generation {wanted}", "choose one of those that churn lake status names"
        )
    return base, goal


def _began(bucket: Bucket, record: Record) -> Mapping[str, Entry]:
    """What the pull that was cut short was fetching."""
    assert record.under_way is not None  # noqa: S101  asked only then
    manifest = bucket.manifest(record.under_way.generation)
    return manifest.by_path if manifest and manifest.sha256 == record.under_way.sha256 else {}


def _fetch(config: Config, bucket: Bucket, wrong: list[Entry], say: Say | None) -> list[Entry]:
    """Get what is missing into the staging folder; what an earlier pull got is there already. Returns what was
    downloaded."""
    staging = _incoming(config)
    staging.mkdir(parents=True, exist_ok=True, mode=0o700)  # names and addresses of customers
    needed = {entry.sha256: entry for entry in wrong}
    for left in staging.iterdir():
        if left.name in needed and left.stat().st_size == needed[left.name].bytes and digest(left) == left.name:
            del needed[left.name]
        else:
            left.unlink()
    new = list(needed.values())
    each("pulling", lambda entry: bucket.fetch(entry, staging / entry.sha256), new, lambda entry: entry.bytes, say)
    return new


def _apply(config: Config, wrong: list[Entry], gone: list[str], held: Mapping[str, Held], goal: Manifest) -> None:
    """Put what was fetched in its place, days of lists first, and remove what is gone."""
    replaced = [*(entry.path for entry in wrong), *gone]
    for path in replaced:
        if path in held and stamp_of(held[path].file) != held[path].stamp:
            raise SourceUnavailable(
                f"{held[path].file} changed while generation {goal.generation} was pulled", "pull again"
            )
    for name, day in sorted({tuple(path.split("/")[1:3]) for path in replaced if path.startswith("days/")}):
        _switch_day(config, name, date.fromisoformat(day), held, goal)
    files = [entry for entry in wrong if not entry.path.startswith("days/")]
    uses = Counter(entry.sha256 for entry in files)
    for entry in files:
        staged, target = _incoming(config) / entry.sha256, place(config, entry.path)
        if entry.path.startswith("state/"):
            # receipts, letters and what is kept of Stripe name customers
            folder = config.path(config.state) / entry.path.split("/")[1]
            if folder != target:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        uses[entry.sha256] -= 1
        with replacing(target) as fresh:
            if uses[entry.sha256]:
                shutil.copyfile(staged, fresh)
            else:
                shutil.move(staged, fresh)
    for path in gone:
        if not path.startswith("days/"):
            _remove(held[path].file)


def _switch_day(config: Config, name: str, day: date, held: Mapping[str, Held], goal: Manifest) -> None:
    """Publish a day of a list as the generation has it, or take it away."""
    prefix, home = f"days/{name}/{day}/", config.path(config.exports) / name
    entries = [entry for entry in goal.files if entry.path.startswith(prefix)]
    if not entries:
        withdraw_day(home, day)
        return
    files = {}
    for entry in entries:
        found = held.get(entry.path)
        file = found.file if found and found.entry == entry else _incoming(config) / entry.sha256
        files[entry.path.removeprefix(prefix)] = file.read_bytes()
    publish_day(home, day, files)


def _remove(file: Path) -> None:
    """Remove a file, and its folder where it was the last one there."""
    file.unlink()
    with suppress(OSError):
        file.parent.rmdir()


def _incoming(config: Config) -> Path:
    return config.path(config.lake) / ".incoming"


def told(pulled: Pulled) -> str:
    """What a pull came to, in one line."""
    if not pulled.generation:
        return "the home is empty: nothing to pull"
    text = (
        f"generation {pulled.generation}: {pulled.files:,} files; downloaded {pulled.downloaded_files:,}, "
        f"{size_told(pulled.downloaded_bytes)}; removed {pulled.removed:,}"
    )
    return f"{text}; {pulled.local:,} that differ here were not pushed yet" if pulled.local else text
