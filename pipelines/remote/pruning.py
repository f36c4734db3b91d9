"""Old generations away from the home, and the contents that only they had.

Belongs here: what may go. Does not belong here: the requests (``bucket``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.remote.bucket import Bucket
from pipelines.remote.transfer import size_told

OLD = timedelta(days=1)
"""Younger objects that no generation names may belong to a push that is under way; twice ``pushing.FRESH``."""


@dataclass(frozen=True)
class Pruned:
    """Generations that are left, how many went, the objects that went with them, and their bytes."""

    kept: tuple[int, ...]
    generations: int
    objects: int
    bytes: int


def prune(config: Config, keep: int, dry_run: bool = False, now: datetime | None = None) -> Pruned:
    """Remove all but the last ``keep`` generations, and objects that none of these names and that are older than a day.

    Generations go first: cut short, objects are left that the next pruning removes. ``now`` is the present unless it is
    given; ``dry_run`` removes nothing.
    """
    if keep < 1:
        raise ChurnError(f"{keep} generations cannot be kept", "keep at least 1, which is the latest")
    bucket, before = Bucket.of(config), (now or datetime.now(UTC)) - OLD
    objects = bucket.objects()
    generations = list(bucket.generations())
    kept, old = generations[-keep:], generations[:-keep]
    named: set[str] = set()
    for number in kept:
        manifest = bucket.manifest(number)
        if manifest is None:
            raise SourceUnavailable(f"generation {number} of {bucket.storage.url} was just removed", "prune again")
        named |= {entry.sha256 for entry in manifest.files}
    gone = {} if not kept else {
        digest: each for digest, each in objects.items() if digest not in named and each.put_at < before
    }  # fmt: skip
    if not dry_run:
        bucket.remove_generations(old)
        bucket.remove_objects(list(gone))
    return Pruned(tuple(kept), len(old), len(gone), sum(each.size for each in gone.values()))


def told(pruned: Pruned) -> str:
    """What a pruning came to, in one line."""
    return (
        f"{pruned.generations:,} generations removed with {pruned.objects:,} objects, {size_told(pruned.bytes)}; "
        f"{len(pruned.kept):,} are left"
    )
