"""Destinations of kind ``s3``: a copy of the published files in object storage.

Belongs here: which objects a list is, and their order. Does not belong here: speaking to the server
(``object_storage``).

The files of a list are put below ``as_of=<day>/<digest>``, where nothing is ever replaced; then the day's
``manifest.json`` and, if no later day is there, ``latest.json``. Both name every file by its path from where they
are. Who goes by them reads the old list or the new one, never a part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.config import Config
from pipelines.config.destinations import S3Destination
from pipelines.destinations.delivering import Delivery
from pipelines.errors import ChurnError
from pipelines.object_storage import ObjectStorage


def where(config: Config, keys: S3Destination, list_name: str) -> str:
    """The address below which a list is."""
    return f"{keys.url}/{list_name}"


def deliver(delivery: Delivery) -> bool:
    """Put what is not there yet; whether that was anything. Raises ChurnError, or SourceUnavailable where a retry may
    help."""
    listing = delivery.listing
    storage = ObjectStorage(delivery.config.storage, where(delivery.config, delivery.keys, listing.name))
    day, digest = f"as_of={listing.as_of}", listing.digest[:16]
    there = {each.key: each.size for each in storage.versions(storage.keys(f"{day}/{digest}/"))}
    changed = False
    for name, content in sorted(listing.files.items()):
        key = f"{day}/{digest}/{name}"
        if delivery.again or there.get(key) != len(content):
            storage.write(key, content)
            changed = True
    changed |= _put(storage, f"{day}/manifest.json", _placed(listing.manifest, digest))
    if _latest_day(storage) <= str(listing.as_of):
        changed |= _put(storage, "latest.json", _placed(listing.manifest, f"{day}/{digest}"))
    return changed


def _placed(manifest: Mapping[str, Any], at: str) -> bytes:
    """A manifest whose files have a ``path``, below ``at``."""
    files = {name: {"path": f"{at}/{name}", **said} for name, said in manifest["files"].items()}
    return (json.dumps({**manifest, "files": files}, indent=2, ensure_ascii=False) + "\n").encode()


def _put(storage: ObjectStorage, key: str, content: bytes) -> bool:
    if storage.read(key) == content:
        return False
    storage.write(key, content)
    return True


def _latest_day(storage: ObjectStorage) -> str:
    """The day of the latest list that is there, empty if there is none."""
    content = storage.read("latest.json")
    if content is None:
        return ""
    try:
        return str(json.loads(content)["as_of"])
    except (ValueError, KeyError, TypeError) as error:
        raise ChurnError(
            f"{storage.address('latest.json')} is no manifest of a list", "remove it, and deliver the latest day last"
        ) from error
