"""From this machine to the home: a new generation of what is here.

Belongs here: the order of the steps, who may push. Does not belong here: the requests (``bucket``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipelines.config import Config
from pipelines.lake import Lake
from pipelines.object_storage import Listed
from pipelines.remote.bucket import Bucket
from pipelines.remote.manifest import Entry, Manifest
from pipelines.remote.refusals import came_between, lost
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
    write_record,
)

FRESH = timedelta(hours=12)
"""An object that no generation names is left by a push that broke off, and taken by the next, if it is no older: one
that is might be pruned (``pruning``) before this push has come to its end."""


@dataclass(frozen=True)
class Pushed:
    """The generation that this machine has now; what it holds, what had to be uploaded of it. Nothing ``new``: it was
    there already."""

    generation: int
    files: int
    bytes: int
    uploaded_files: int = 0
    uploaded_bytes: int = 0
    new: bool = False


def push(config: Config, say: Say | None = None) -> Pushed:
    """Make what is on this machine the latest generation, if it differs from that.

    Other writers of the lake wait meanwhile. ChurnError if another machine has pushed since this one pulled: nothing is
    overwritten. Cut short at any moment, the generation before stays the latest.
    """
    bucket = Bucket.of(config)
    with Lake(config.path(config.lake)).writing():
        record = settled(bucket, read_record(config, bucket.home))
        held = look(config, record, say)
        files = {path: found.entry for path, found in held.items()} | missed(record, held)
        generations = bucket.generations()
        latest = max(generations, default=0)
        if latest != record.generation:
            theirs = bucket.manifest(latest) if latest > record.generation else None
            if theirs is None or theirs.by_path != files:
                if latest < record.generation:
                    raise lost(bucket.storage.url, record.generation, latest)
                raise came_between(bucket.storage.url, record.generation, latest, generations.get(latest))
            record = replace(record, generation=latest, files=theirs.by_path)
        manifest = Manifest.of(latest + 1, files.values())
        size = sum(found.bytes for found in manifest.files)
        if not changed(record, files):
            write_record(config, replace(seen(record, held), under_way=None))
            return Pushed(latest, len(files), size)
        bucket.require_conditions()
        new = _to_upload(record, held, bucket.objects())
        each("pushing", bucket.upload, new, lambda found: found.entry.bytes, say)
        under_way = UnderWay(manifest.generation, manifest.sha256, push=True)
        write_record(config, replace(seen(record, held), under_way=under_way))
        if not bucket.publish(manifest):
            put_at = bucket.generations().get(manifest.generation)
            raise came_between(bucket.storage.url, latest, manifest.generation, put_at)
        pushed = replace(seen(record, held), generation=manifest.generation, files=manifest.by_path, under_way=None)
        write_record(config, pushed)
        uploaded = sum(found.entry.bytes for found in new)
        return Pushed(manifest.generation, len(files), size, len(new), uploaded, new=True)


def settled(bucket: Bucket, record: Record) -> Record:
    """The record, once sure whether a push that was cut short had made its generation."""
    under_way = record.under_way
    if under_way is None or not under_way.push:
        return record
    manifest = bucket.manifest(under_way.generation)
    if manifest is None or manifest.sha256 != under_way.sha256:
        return replace(record, under_way=None)
    return replace(record, generation=manifest.generation, files=manifest.by_path, under_way=None)


def _to_upload(record: Record, held: dict[str, Held], there: dict[str, Listed]) -> list[Held]:
    """A file for every content that the bucket may lack."""
    named = {found.sha256 for found in record.files.values()}
    since = datetime.now(UTC) - FRESH
    new: dict[str, Held] = {}
    for found in held.values():
        entry = found.entry
        if entry.sha256 not in named and not _is_fresh(there.get(entry.sha256), entry, since):
            new.setdefault(entry.sha256, found)
    return list(new.values())


def _is_fresh(found: Listed | None, entry: Entry, since: datetime) -> bool:
    return found is not None and found.size == entry.bytes and found.put_at > since


def told(pushed: Pushed) -> str:
    """What a push came to, in one line."""
    if not pushed.new:
        return f"generation {pushed.generation} is what this machine has: nothing to push"
    return (
        f"generation {pushed.generation}: {pushed.files:,} files, {size_told(pushed.bytes)}; uploaded "
        f"{pushed.uploaded_files:,} files, {size_told(pushed.uploaded_bytes)}"
    )
