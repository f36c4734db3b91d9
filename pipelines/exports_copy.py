"""A copy of published lists in object storage: all of a list or none of it, as on this machine.

Belongs here: which objects a list is, and their order. Does not belong here: making a list's files (``exports``),
speaking to the server (``object_storage``).

The files of a list are put below ``as_of=<day>/<digest>``, where nothing is ever replaced; then the day's
``manifest.json`` and, if no later day is there, ``latest.json``. Both name every file by its path from where they
are. Who goes by them reads the old list or the new one, never a part.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.object_storage import ObjectStorage


def copy_list(config: Config, folder: Path, digest: str) -> None:
    """Copy the published list in ``folder`` (``<exports>/<list>/as_of=<day>``), whose content has this digest, to
    ``storage.exports``, if that is configured; what is there already is not put again.

    Raises ChurnError, or SourceUnavailable where a retry may help; the list on this machine stays published.
    """
    if not config.storage.exports:
        return
    storage = ObjectStorage(config.storage, f"{config.storage.exports}/{folder.parent.name}")
    try:
        _copy(storage, folder, digest)
    except ChurnError as error:
        raise type(error)(
            f"the list in {folder} is published, its copy is not: {error.message}",
            f"{error.remedy}; then publish again",
        ) from error


def _copy(storage: ObjectStorage, folder: Path, digest: str) -> None:
    day = folder.name
    there = {each.key: each.size for each in storage.versions(storage.keys(f"{day}/{digest}/"))}
    for file in sorted(folder.iterdir()):
        key, content = f"{day}/{digest}/{file.name}", file.read_bytes()
        if there.get(key) != len(content):
            storage.write(key, content)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    _put(storage, f"{day}/manifest.json", _placed(manifest, digest))
    if _latest_day(storage) <= manifest["as_of"]:
        _put(storage, "latest.json", _placed(manifest, f"{day}/{digest}"))


def _placed(manifest: dict[str, Any], at: str) -> bytes:
    """A manifest whose files have a ``path``, below ``at``."""
    files = {name: {"path": f"{at}/{name}", **said} for name, said in manifest["files"].items()}
    return (json.dumps({**manifest, "files": files}, indent=2, ensure_ascii=False) + "\n").encode()


def _put(storage: ObjectStorage, key: str, content: bytes) -> None:
    if storage.read(key) != content:
        storage.write(key, content)


def _latest_day(storage: ObjectStorage) -> str:
    """The day of the latest list that is there, empty if there is none."""
    content = storage.read("latest.json")
    if content is None:
        return ""
    try:
        return str(json.loads(content)["as_of"])
    except (ValueError, KeyError, TypeError) as error:
        raise ChurnError(
            f"{storage.address('latest.json')} is no manifest of a list", "remove it, and publish the latest day last"
        ) from error
