"""The home in its bucket: objects named by their digest, and a manifest per generation.

Belongs here: keys, and what is asked of the server. Does not belong here: when (``pushing``, ``pulling``, ``pruning``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import digest, replacing
from pipelines.object_creation import ObjectCreation
from pipelines.object_storage import Listed, ObjectStorage
from pipelines.remote.manifest import Entry, Manifest, read
from pipelines.remote.working_copy import Held, stamp_of

_ABOUT = "about.json"
_ABOUT_CONTENT = b'{"what":"what churn-pipeline keeps; manifests name the objects of each generation","format":1}\n'


@dataclass(frozen=True)
class Bucket:
    """What is below ``storage.remote``."""

    storage: ObjectStorage
    creation: ObjectCreation

    @classmethod
    def of(cls, config: Config) -> Bucket:
        """The configured one; ChurnError if there is none."""
        if config.storage.remote is None:
            raise ChurnError(
                "there is no home in object storage to work with", "set storage.remote, such as s3://bucket/prefix"
            )
        storage = ObjectStorage(config.storage, config.storage.remote)
        return cls(storage, ObjectCreation(storage))

    @property
    def home(self) -> str:
        """What it is known by on this machine."""
        return f"{self.storage.settings.endpoint or 'Amazon S3'} {self.storage.url}"

    def generations(self) -> dict[int, datetime]:
        """The generations that are there, the earliest first, and when each was pushed."""
        listed = self.storage.listing("manifests/")
        found = {int(match[1]): each.put_at for key, each in listed.items()
                 if (match := re.fullmatch(r"manifests/(\d{8})\.json", key))}  # fmt: skip
        return dict(sorted(found.items()))

    def manifest(self, generation: int) -> Manifest | None:
        """What a generation holds, None if it is not there."""
        content = self.storage.read(_manifest_key(generation))
        return None if content is None else read(content, generation, self.storage.address(_manifest_key(generation)))

    def publish(self, manifest: Manifest) -> bool:
        """Make this the latest generation, unless there is another of that number; whether it is now."""
        key = _manifest_key(manifest.generation)
        # a request whose answer was lost is sent again, and then finds what it did itself
        return self.creation.create(key, manifest.content) or self.storage.read(key) == manifest.content

    def require_conditions(self) -> None:
        """ChurnError if the server puts an object where there is one although it was asked not to: two writers could
        then overwrite each other's generations."""
        if self.creation.create(_ABOUT, _ABOUT_CONTENT) and self.creation.create(_ABOUT, _ABOUT_CONTENT):
            raise ChurnError(
                f"the server of {self.storage.url} takes no notice of If-None-Match: of two machines that push "
                "at once, one would undo the other's work unseen",
                "update the server, or take one that has conditional writes (Amazon S3, MinIO, Cloudflare R2, Ceph)",
            )

    def objects(self) -> dict[str, Listed]:
        """The contents that are there, by digest."""
        return {key.removeprefix("objects/"): each for key, each in self.storage.listing("objects/").items()}

    def upload(self, held: Held) -> None:
        """Put a content; SourceUnavailable if the file is no longer what was looked at."""
        key = _object_key(held.entry.sha256)
        with held.file.open("rb") as content:
            again = os.dup(content.fileno())
            try:
                same = stamp_of(again) == held.stamp
                if same:
                    self.creation.upload(key, content)
                    # the name of an object must be its digest, whoever wrote into the file meanwhile
                    same = stamp_of(again) == held.stamp
                    if not same:
                        self.creation.remove([key])
            finally:
                os.close(again)
        if not same:
            raise SourceUnavailable(
                f"{held.file} changed while it was pushed", "push again once nobody writes there: churn lake push"
            )

    def fetch(self, entry: Entry, target: Path) -> None:
        """Get a content into a file, which is there only if it is what its name says."""
        address = self.storage.address(_object_key(entry.sha256))
        with replacing(target) as fresh:
            if not self.storage.copy(_object_key(entry.sha256), fresh):
                raise SourceUnavailable(
                    f"{address}, which holds {entry.path}, is not there",
                    "if an old generation was pruned meanwhile, pull again; else put the object back from a version "
                    f"or copy of the bucket, or {_EARLIER}",
                )
            size = fresh.stat().st_size
            if size != entry.bytes or digest(fresh) != entry.sha256:
                raise ChurnError(
                    f"{address}, which holds {entry.path}, is damaged: its {size:,} bytes are not the {entry.bytes:,} "
                    "that its name stands for",
                    f"put the object back from a version or copy of the bucket, or {_EARLIER}",
                )

    def remove_generations(self, generations: Sequence[int]) -> None:
        self.creation.remove([_manifest_key(each) for each in generations])

    def remove_objects(self, digests: Sequence[str]) -> None:
        self.creation.remove([_object_key(each) for each in digests])


_EARLIER = "go back to a generation before it: churn lake pull --generation N"


def _manifest_key(generation: int) -> str:
    return f"manifests/{generation:08}.json"


def _object_key(digest: str) -> str:
    return f"objects/{digest}"
