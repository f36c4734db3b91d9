"""Machines that share a home in object storage: each has folders of its own.

Belongs here: making them, what they and the bucket hold. Does not belong here: any expectation.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import Config
from pipelines.day_folders import publish_day
from pipelines.lake import replacing
from pipelines.remote import places, pulling, pushing
from pipelines.remote.places import place


@dataclass(frozen=True)
class Machine:
    """A configuration with folders of its own, and shorthands of what is done there."""

    config: Config

    def write(self, path: str, content: bytes) -> None:
        """Put a file in the place of a path, as writers of the lake do."""
        if path.startswith("days/"):
            raise AssertionError("publish days")
        with replacing(place(self.config, path)) as fresh:
            fresh.write_bytes(content)

    def publish(self, name: str, day: date, files: Mapping[str, bytes]) -> None:
        publish_day(self.config.path(self.config.exports) / name, day, files)

    def remove(self, path: str) -> None:
        place(self.config, path).unlink()

    def lose(self, *folders: str) -> None:
        for folder in folders:
            shutil.rmtree(self.config.path(Path("var") / folder))

    def holds(self) -> dict[str, bytes]:
        """Contents by path."""
        return {path: file.read_bytes() for path, file in places.scan(self.config).items()}

    def push(self) -> pushing.Pushed:
        return pushing.push(self.config)

    def pull(self, **how: Any) -> pulling.Pulled:
        return pulling.pull(self.config, **how)


@pytest.fixture
def machine(bucket: Any, make_shop: Callable[[Path], Any], tmp_path: Path) -> Callable[[str], Machine]:
    """Makes a machine of that name whose home is ``<bucket>/home``."""

    def make(name: str) -> Machine:
        shop = make_shop(tmp_path / name)
        shop.keys["storage"] = {"endpoint": bucket.endpoint, "remote": f"{bucket.url}/home"}
        return Machine(shop.config())

    return make


@dataclass(frozen=True)
class Home:
    """What is in the bucket, as its keys say, without any code of ours."""

    bucket: Any

    def generations(self) -> list[int]:
        return [int(Path(key).stem) for key in self._keys("manifests")]

    def manifest(self, generation: int) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.bucket.get(f"home/manifests/{generation:08}.json"))
        return value

    def holds(self, generation: int) -> dict[str, bytes]:
        """Contents by path of a generation, once sure that each is what its name says."""
        found = {}
        for each in self.manifest(generation)["files"]:
            content = self.bucket.get(f"home/objects/{each['sha256']}")
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (each["sha256"], each["bytes"])
            found[each["path"]] = content
        return found

    def objects(self) -> set[str]:
        return {Path(key).name for key in self._keys("objects")}

    def _keys(self, folder: str) -> list[str]:
        found: list[str] = self.bucket.keys()
        return [key for key in found if key.startswith(f"home/{folder}/")]


@pytest.fixture
def home(bucket: Any) -> Home:
    return Home(bucket)
