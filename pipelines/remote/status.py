"""How this machine and the home stand to each other.

Belongs here: comparing, in numbers and words. Does not belong here: changing either.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.config import Config
from pipelines.lake import Lake
from pipelines.remote.bucket import Bucket
from pipelines.remote.pushing import settled
from pipelines.remote.transfer import size_told
from pipelines.remote.working_copy import changed, look, missed, read_record


@dataclass(frozen=True)
class Status:
    """``here`` and ``latest``: generations of this machine and of the home, 0 for none; ``kept``: those that the home
    has, with the time at which they were pushed. Files and bytes are those of this machine; ``new``, ``changed`` and
    ``removed`` count what was done to them since ``here``. ``interrupted``: a pull was cut short."""

    home: str
    here: int
    latest: int
    kept: dict[int, str]
    files: int
    bytes: int
    new: int
    changed: int
    removed: int
    interrupted: bool


def status(config: Config) -> Status:
    """Compare them."""
    bucket = Bucket.of(config)
    with Lake(config.path(config.lake)).writing():
        record = settled(bucket, read_record(config, bucket.home))
        generations = bucket.generations()
        held = look(config, record)
    now = {path: found.entry for path, found in held.items()} | missed(record, held)
    differing = changed(record, now)
    new = sum(path not in record.files for path in differing)
    removed = sum(path not in now for path in differing)
    return Status(
        bucket.home,
        record.generation,
        max(generations, default=0),
        {number: f"{at:%Y-%m-%dT%H:%M:%SZ}" for number, at in generations.items()},
        len(held),
        sum(found.entry.bytes for found in held.values()),
        new,
        len(differing) - new - removed,
        removed,
        record.under_way is not None and not record.under_way.push,
    )


def told(found: Status) -> list[str]:
    """A status in lines."""
    kept = [f"{number} ({at})" for number, at in found.kept.items()]
    shown = ", ".join(kept if len(kept) <= 5 else ["…", *kept[-5:]])
    lines = [
        f"home:          {found.home}",
        f"generations:   {shown or 'none yet'}",
        f"this machine:  {f'generation {found.here}' if found.here else 'no generation yet'}, {found.files:,} files, "
        f"{size_told(found.bytes)}",
        f"not pushed:    {found.new:,} new, {found.changed:,} changed, {found.removed:,} removed",
    ]
    if found.interrupted:
        return [*lines, "a pull was cut short: run churn lake pull"]
    if found.latest != found.here:
        return [*lines, "another generation is the latest: run churn lake pull"]
    if found.new or found.changed or found.removed:
        return [*lines, "this machine has what the home has not: run churn lake push"]
    return [*lines, "both are the same" if found.here else "both are empty"]
