"""Files in object storage, read from copies of them on this machine.

Belongs here: which objects a pattern means, and the copies. Does not belong here: reading a file (``files``), speaking
to the server (``object_storage``). Copies are named by digest, never by the object's key, and everybody is told the
object's address in their place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.config import Config, FileSource
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.object_storage import ObjectStorage, Version
from pipelines.sources import Window
from pipelines.sources.files import FileReader

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, kw_only=True)
class ObjectReader(FileReader):
    """Objects below ``storage``, by contract table; ``root`` is the folder of the copies. ``say`` is also told which
    object is copied."""

    storage: ObjectStorage
    _addresses: dict[Path, str] = field(default_factory=dict, repr=False, compare=False)

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``."""
        try:
            return super().land(con, table, window, folder)
        except ChurnError as error:
            message, remedy = error.message, error.remedy
            for copy, address in self._addresses.items():
                message, remedy = message.replace(str(copy), address), remedy.replace(str(copy), address)
            raise type(error)(message, remedy) from error

    def _called(self, file: Path) -> str:
        return self._addresses[file]

    def _files(self, table: Table, pattern: str) -> list[Path]:
        """Copies of the objects that match, in the order of their keys.

        Those of a pattern have a folder of their own. An object is copied when its tag or size is new; copies of what
        is gone or has changed are removed.
        """
        keys = [key for key in self.storage.keys(_fixed(pattern)) if matches(key, pattern)]
        for key in keys:
            if any(part in ("", ".", "..") for part in key.split("/")):
                raise ChurnError(
                    f"table {table.name}: the name of {self.storage.address(key)!r} has a part that is empty, . or ..",
                    f"rename the object, or leave it out of sources.*.tables.{table.name}.files",
                )
        versions = self.storage.versions(keys)
        if not versions:
            raise SourceUnavailable(
                f"table {table.name}: no object matches {pattern} below {self.storage.url}",
                f"put the objects there or correct sources.*.tables.{table.name}.files",
            )
        folder = self.root / hashlib.sha256(pattern.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # names and addresses of customers
        copies = {folder / _name(version): version for version in versions}
        for left in set(folder.iterdir()) - copies.keys():
            left.unlink()
        new = [copy for copy, each in copies.items() if not copy.exists() or copy.stat().st_size != each.size]
        for number, copy in enumerate(new, 1):
            if self.say:
                self.say(f"{table.name}: copying object {number:,} of {len(new):,} that are new, {copies[copy].key}")
            self.storage.download(copies[copy], copy)
        self._addresses.update({copy: self.storage.address(version.key) for copy, version in copies.items()})
        return list(copies)


def object_reader(
    source: FileSource, url: str, config: Config, say: Callable[[str], None] | None = None
) -> ObjectReader:
    """The reader of a source whose root is ``url``."""
    place = f"{config.storage.endpoint or ''} {url}"
    copies = config.path(config.state) / "objects" / hashlib.sha256(place.encode()).hexdigest()[:16]
    return ObjectReader(source.tables, copies, config, say, storage=ObjectStorage(config.storage, url))


def matches(key: str, pattern: str) -> bool:
    """Whether a glob pattern means a key, as ``Path.glob`` would mean a file of that name: ``*`` stays within a part
    between slashes, ``**`` stands for any number of parts before the last."""
    return _match(key.split("/"), PurePosixPath(pattern).parts)


def _match(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not parts or not pattern:
        return not parts and not pattern
    if pattern[0] == "**":
        return any(_match(parts[start:], pattern[1:]) for start in range(len(parts)))
    return fnmatchcase(parts[0], pattern[0]) and _match(parts[1:], pattern[1:])


def _fixed(pattern: str) -> str:
    """The folders that every match of a pattern is in, with a slash at the end."""
    folders = PurePosixPath(pattern).parts[:-1]
    varies = next((at for at, part in enumerate(folders) if re.search(r"[*?\[]", part)), len(folders))
    return "".join(f"{part}/" for part in folders[:varies])


def _name(version: Version) -> str:
    """Name of a version's copy: a digest, and the ending, which tells the format."""
    digest = hashlib.sha256("\0".join((version.key, version.etag, str(version.size))).encode()).hexdigest()
    ending = re.search(r"(\.[A-Za-z0-9]{1,8}){1,2}$", version.key)
    return digest[:32] + (ending[0] if ending else "")
