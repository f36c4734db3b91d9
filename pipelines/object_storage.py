"""Objects in S3-compatible storage, by Arrow's file system.

Belongs here: listing, reading and writing objects. Does not belong here: what the objects mean (``sources.objects``,
``destinations.s3``, ``remote``), what Arrow cannot do (``object_creation``), and what a refusal means
(``storage_errors``). An object appears whole or not at all, and so does a copy of one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.config.storage import SCHEME, StorageKeys
from pipelines.errors import SourceUnavailable
from pipelines.lake import replacing
from pipelines.storage_errors import refusal

_BLOCK = 8 << 20
"""Bytes that are held at a time."""

_AT_ONCE = 8
"""Requests at a time for what is known of objects."""


@dataclass(frozen=True)
class Version:
    """An object as it was at one time: its key below the prefix, its bytes and the server's tag of its content."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class Listed:
    """What a listing says of an object: its bytes, and when it was put there by the server's clock."""

    size: int
    put_at: datetime


@dataclass(frozen=True)
class ObjectStorage:
    """The objects below ``url``, which is ``s3://bucket`` or ``s3://bucket/prefix``.

    Keys are relative to it. Every method raises SourceUnavailable where the server does not answer, and ChurnError
    where it refuses, with address and remedy.
    """

    settings: StorageKeys
    url: str

    def address(self, key: str = "") -> str:
        """``s3://`` address of an object or of a prefix."""
        return f"{self.url}/{key}" if key else self.url

    def keys(self, below: str = "") -> list[str]:
        """Keys of all objects below a prefix, which ends at a slash or is empty, in order."""
        return list(self.listing(below))

    def listing(self, below: str = "") -> dict[str, Listed]:
        """What a listing says of all objects below a prefix, by their keys, which are in order."""
        from pyarrow.fs import FileSelector

        folder = self._path(below.rstrip("/"))
        with self._explained(self.address(below), "list"):
            try:
                found = self._files.get_file_info(FileSelector(folder, recursive=True))
            except FileNotFoundError:
                return {}
        start = len(self._path("")) + 1
        files = {each.path[start:]: Listed(each.size, each.mtime) for each in found if each.is_file}
        return dict(sorted(files.items()))

    def versions(self, keys: list[str]) -> list[Version]:
        """What the server says of these objects now, in their order; one that is gone meanwhile is left out."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [each for each in pool.map(self._version, keys) if each]

    def download(self, version: Version, target: Path) -> None:
        """Copy an object to a file, which is there whole or not at all; SourceUnavailable if it is no longer that
        version."""
        with replacing(target) as fresh:
            if not self.copy(version.key, fresh) or self._version(version.key) != version:
                raise SourceUnavailable(
                    f"{self.address(version.key)} changed while it was read", "try again once it has been written"
                )

    def read(self, key: str) -> bytes | None:
        """A small object's content, None if there is none."""
        with self._explained(self.address(key), "read"):
            try:
                with self._files.open_input_file(self._path(key)) as source:
                    return bytes(source.read())
            except FileNotFoundError:
                return None

    def write(self, key: str, content: bytes) -> None:
        """Put an object in place of what is there."""
        with self._explained(self.address(key), "write"), self._files.open_output_stream(self._path(key)) as target:
            target.write(content)

    def copy(self, key: str, copy: Path) -> bool:
        """Write an object's content to a file; whether there was such an object, and it came as a whole."""
        with self._explained(self.address(key), "read"):
            try:
                source = self._files.open_input_file(self._path(key))
            except FileNotFoundError:
                return False
            with source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, _BLOCK)
                return target.tell() == int(source.size())

    def _version(self, key: str) -> Version | None:
        with self._explained(self.address(key), "read"):
            try:
                with self._files.open_input_file(self._path(key)) as source:
                    return Version(key, int(source.size()), source.metadata()["ETag"].decode().strip('"'))
            except FileNotFoundError:
                return None

    def _path(self, key: str) -> str:
        return self.address(key).removeprefix(SCHEME)

    @cached_property
    def _files(self) -> Any:
        from pyarrow.fs import S3FileSystem

        given: dict[str, Any] = {"region": self.settings.region}
        if self.settings.endpoint:
            given["scheme"], _, given["endpoint_override"] = self.settings.endpoint.partition("://")
        if self.settings.access_key and self.settings.secret_key:
            given["access_key"] = self.settings.access_key.get_secret_value()
            given["secret_key"] = self.settings.secret_key.get_secret_value()
        # delayed: a small object is then one request, which needs no more than the permission to put it
        return S3FileSystem(**given, allow_delayed_open=True, connect_timeout=10, request_timeout=60)

    @contextmanager
    def _explained(self, address: str, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            known = re.search(r"AWS Error (\w+)", said := str(error))
            if isinstance(error, FileNotFoundError) or not known:
                raise
            raise refusal(self.settings, address, doing, known[1], said) from error
