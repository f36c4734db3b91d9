"""What a generation is: every file by its path, size and digest.

Belongs here: its form, reading it without trusting it. Does not belong here: where paths are on a machine (``places``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property

from pipelines.errors import ChurnError
from pipelines.remote.places import flaw

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """A file: its path below the home, its bytes and their SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """A generation, counted from 1; ``files`` in the order of their paths."""

    generation: int
    files: tuple[Entry, ...]

    @classmethod
    def of(cls, generation: int, files: Iterable[Entry]) -> Manifest:
        return cls(generation, tuple(sorted(files, key=lambda each: each.path)))

    @cached_property
    def by_path(self) -> dict[str, Entry]:
        return {each.path: each for each in self.files}

    @cached_property
    def content(self) -> bytes:
        """The manifest as an object: the same files give the same bytes."""
        value = {"format": FORMAT, "generation": self.generation, "files": [asdict(each) for each in self.files]}
        return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read(content: bytes, generation: int, address: str) -> Manifest:
    """The manifest that an object holds. ChurnError if it is none, is of another generation, or names a path that
    nothing of ours has, such as one that leads out of the folders."""
    try:
        value = json.loads(content)
        if value["format"] != FORMAT:
            raise ChurnError(
                f"{address} has format {value['format']!r}, this program knows {FORMAT}", "update the program"
            )
        files = tuple(Entry(**each) for each in value["files"])
        if value["generation"] != generation:
            raise ValueError(f"it says that it is generation {value['generation']!r}")
        _check(files)
    except (ValueError, KeyError, TypeError) as error:
        raise ChurnError(
            f"{address} is no manifest that can be used: {error}",
            "put back the object as it was, or remove it: the generation before it then is the latest",
        ) from error
    return Manifest(generation, files)


def _check(files: tuple[Entry, ...]) -> None:
    for each in files:
        wrong = flaw(each.path) if isinstance(each.path, str) else "it is no text"
        if wrong:
            raise ValueError(f"the path {each.path!r}: {wrong}")
        if not isinstance(each.sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", each.sha256):
            raise ValueError(f"{each.path!r} has no SHA-256")
        if type(each.bytes) is not int or each.bytes < 0:
            raise ValueError(f"{each.path!r} has no size")
    paths = [each.path for each in files]
    if paths != sorted(set(paths)):
        raise ValueError("its files are not in order, or one is named twice")
    there = set(paths)
    for path in paths:
        parts = path.split("/")
        for end in range(1, len(parts)):
            if "/".join(parts[:end]) in there:
                raise ValueError(f"{path!r} is below a file")
