"""A list's files by day, so that readers find all of a day's files or those of before, never a part.

Belongs here: the folders, the links, the switch. Does not belong here: what is in the files (``exports``,
``destinations.folder``).

A day is a link ``as_of=<day>`` to a folder named by the digest of its content, which is written first; the link is then
switched in one step. ``latest`` is a link to the newest day. The same content has the same folder.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pipelines.lake import locked, replacing


def publish_day(home: Path, as_of: date, files: Mapping[str, bytes]) -> bool:
    """Make ``files`` (name -> content) the day's; whether anything changed by that."""
    digest = hashlib.sha256(b"".join(hashlib.sha256(files[name]).digest() for name in sorted(files))).hexdigest()[:16]
    version, link = home / ".versions" / f"{as_of}-{digest}", home / f"as_of={as_of}"
    with locked(home / ".publish.lock"):
        before = (link.resolve(), (home / "latest").resolve())
        written = not version.exists()
        if written:
            with replacing(version) as fresh:
                fresh.mkdir()
                for name, content in files.items():
                    _write(fresh / name, content)
        _switch(link, version)
        _switch(home / "latest", max(home.glob("as_of=*")))
        return written or (link.resolve(), (home / "latest").resolve()) != before


def withdraw_day(home: Path, as_of: date) -> None:
    """Take a day away from readers; ``latest`` is then the newest day that is left."""
    with locked(home / ".publish.lock"):
        (home / f"as_of={as_of}").unlink(missing_ok=True)
        left = max(home.glob("as_of=*"), default=None)
        if left:
            _switch(home / "latest", left)
        else:
            (home / "latest").unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _switch(link: Path, target: Path) -> None:
    fresh = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    fresh.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)
    os.replace(fresh, link)
