"""The copy of lists in object storage: what its manifest names is there, whole; nothing is put twice."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines import exports, exports_copy, lists, nightly
from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.exports import Published
from pipelines.object_storage import ObjectStorage

pytestmark = pytest.mark.process

DAY = date(2025, 3, 10)
FILES = ["at_risk.csv", "at_risk.json", "at_risk.parquet", "changes.json", "suppressed.json"]


@pytest.fixture
def copied(running_shop: Any, bucket: Any) -> Any:
    """A shop whose list of DAY is made, and which copies what it publishes into the bucket."""
    running_shop.keys["storage"] = {"endpoint": bucket.endpoint, "exports": f"{bucket.url}/churn/lists"}
    return running_shop


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were written, in order."""
    made: list[str] = []
    write = ObjectStorage.write

    def counted(self: ObjectStorage, key: str, content: bytes) -> None:
        made.append(self.address(key))
        write(self, key, content)

    monkeypatch.setattr(ObjectStorage, "write", counted)
    return made


def publish(config: Config, as_of: date = DAY) -> Published:
    return exports.publish(config, lists.at_risk(config, as_of))


def read(bucket: Any, manifest: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A manifest and its files as a reader gets them, once sure that each is the one it names."""
    said = json.loads(bucket.get(manifest))
    files = {name: bucket.get(f"{manifest.rpartition('/')[0]}/{each['path']}") for name, each in said["files"].items()}
    for name, content in files.items():
        assert len(content) == said["files"][name]["bytes"]
        assert hashlib.sha256(content).hexdigest() == said["files"][name]["sha256"]
    return said, files


def local(config: Config, as_of: date = DAY) -> dict[str, bytes]:
    folder = config.path(config.exports) / "at_risk" / f"as_of={as_of}"
    return {name: (folder / name).read_bytes() for name in FILES}


def test_the_copy_is_the_list(copied: Any, bucket: Any, puts: list[str]) -> None:
    config = copied.config()
    published = publish(config)
    home = "churn/lists/at_risk"
    for manifest in (f"{home}/as_of={DAY}/manifest.json", f"{home}/latest.json"):
        said, files = read(bucket, manifest)
        assert files == local(config)
        for each in said["files"].values():
            del each["path"]
        assert said == published.manifest
    assert [address.rpartition("/")[2] for address in puts] == [
        *sorted([*FILES, "manifest.json"]), "manifest.json", "latest.json"
    ]  # fmt: skip
    assert all(address.startswith(f"{bucket.url}/{home}/") for address in puts)

    puts.clear()
    publish(config)
    assert puts == []


def test_a_day_that_changes_keeps_the_files_of_those_who_read(copied: Any, bucket: Any) -> None:
    publish(copied.config())
    manifest = f"churn/lists/at_risk/as_of={DAY}/manifest.json"
    before, files = read(bucket, manifest)
    copied.keys["lists"]["capacity"] = 3
    publish(copied.config())
    after, fewer = read(bucket, manifest)
    assert after["rows"] == 3 < before["rows"]
    assert fewer == local(copied.config()) != files
    for name, each in before["files"].items():
        assert bucket.get(f"churn/lists/at_risk/as_of={DAY}/{each['path']}") == files[name]


def test_latest_is_the_latest_day(copied: Any, bucket: Any) -> None:
    config = copied.config()
    listed = lists.at_risk(config, DAY)
    for as_of in (date(2025, 3, 12), DAY, date(2025, 3, 11)):
        exports.publish(config, replace(listed, as_of=as_of))
    assert read(bucket, "churn/lists/at_risk/latest.json")[0]["as_of"] == "2025-03-12"
    assert read(bucket, f"churn/lists/at_risk/as_of={DAY}/manifest.json")[0]["as_of"] == str(DAY)
    assert read(bucket, "churn/lists/at_risk/latest.json")[1] == local(config, date(2025, 3, 12))


@pytest.mark.parametrize("good", range(len(FILES) + 3))
def test_a_copy_that_fails_anywhere_leaves_whole_lists(
    copied: Any, bucket: Any, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``good`` objects are put, then no more."""
    publish(copied.config())
    day, home = f"churn/lists/at_risk/as_of={DAY}/manifest.json", "churn/lists/at_risk/latest.json"
    old = read(bucket, day)[1]
    copied.keys["lists"]["capacity"] = 3
    config = copied.config()
    write, left = ObjectStorage.write, [good]

    def failing(self: ObjectStorage, key: str, content: bytes) -> None:
        if not left[0]:
            raise SourceUnavailable(f"cannot write {self.address(key)}", "see that it runs")
        left[0] -= 1
        write(self, key, content)

    monkeypatch.setattr(ObjectStorage, "write", failing)
    with pytest.raises(SourceUnavailable, match=r"is published, its copy is not: cannot write .*; then publish again"):
        publish(config)
    new = local(config)
    assert new != old
    assert exports.published(config, DAY).manifest["rows"] == 3  # type: ignore[union-attr]
    assert read(bucket, day)[1] == (old if good < len(FILES) + 2 else new)
    assert read(bucket, home)[1] == old
    monkeypatch.undo()
    publish(config)
    assert read(bucket, day)[1] == read(bucket, home)[1] == new


def test_a_cut_off_file_is_put_again(copied: Any, bucket: Any) -> None:
    config = copied.config()
    publish(config)
    manifest = f"churn/lists/at_risk/as_of={DAY}/manifest.json"
    key = f"churn/lists/at_risk/as_of={DAY}/{json.loads(bucket.get(manifest))['files']['at_risk.csv']['path']}"
    bucket.put(key, b"rank")
    publish(config)
    assert read(bucket, manifest)[1] == local(config)


def test_the_command_says_what_failed_and_can_be_repeated(copied: Any, bucket: Any, churn: Any) -> None:
    copied.keys["storage"]["exports"] = f"s3://later-{bucket.name}/lists"
    config = copied.config()
    ran = churn(config, "publish", "--as-of", str(DAY))
    assert ran.code == 1
    assert f"is published, its copy is not: cannot list s3://later-{bucket.name}/lists/at_risk" in ran.err
    assert "Remedy: correct the address" in ran.err
    assert exports.published(config, DAY) is not None
    bucket.client.create_bucket(Bucket=f"later-{bucket.name}")
    ran = churn(config, "publish", "--as-of", str(DAY))
    assert ran.code == 0, ran.err
    keys = bucket.client.list_objects_v2(Bucket=f"later-{bucket.name}", Prefix="lists/at_risk/latest.json")
    assert keys["KeyCount"] == 1


def test_the_asset_says_what_failed(copied: Any, bucket: Any) -> None:
    copied.keys["storage"]["exports"] = "s3://no-such-bucket/lists"
    config = copied.config()
    with pytest.raises(ChurnError, match=r"2025-03-10 stopped at at_risk: .* is published, its copy is not"):
        nightly.run_job(config, "nightly", DAY, print, ["at_risk"])
    assert exports.published(config, DAY) is not None
    copied.keys["storage"]["exports"] = f"{bucket.url}/lists"
    nightly.run_job(copied.config(), "nightly", DAY, print, ["at_risk"])
    assert read(bucket, "lists/at_risk/latest.json")[1] == local(config)


def test_a_broken_latest_is_told(copied: Any, bucket: Any) -> None:
    bucket.put("churn/lists/at_risk/latest.json", b"{")
    with pytest.raises(ChurnError, match=r"latest.json is no manifest of a list.*remove it"):
        publish(copied.config())
    bucket.remove("churn/lists/at_risk/latest.json")
    publish(copied.config())
    assert read(bucket, "churn/lists/at_risk/latest.json")[0]["as_of"] == str(DAY)


def test_without_the_key_nothing_is_copied(running_shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("nothing is to be copied")

    monkeypatch.setattr(exports_copy, "_copy", never)
    assert Path(publish(running_shop.config()).folder).exists()
