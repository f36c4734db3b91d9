"""The copy of lists in object storage: what its manifest names is there, whole; nothing is put twice."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.destinations.delivering import deliver
from pipelines.destinations.receipts import Receipt
from pipelines.errors import SourceUnavailable
from pipelines.object_storage import ObjectStorage

pytestmark = pytest.mark.process

DAY = date(2025, 3, 10)
FILES = ["at_risk.csv", "at_risk.json", "at_risk.parquet", "changes.json"]
HOME = "churn/lists/at_risk"


@pytest.fixture
def archive(place: Any, bucket: Any) -> Any:
    """The place, with the bucket as destination ``archive``."""
    place.shop.keys["storage"] = {"endpoint": bucket.endpoint}
    place.destinations["archive"] = {"kind": "s3", "url": f"{bucket.url}/churn/lists"}
    return place


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


def send(place: Any, as_of: date = DAY, **more: Any) -> Receipt:
    return deliver(place.config(), "archive", "at_risk", as_of, **more)


def read(bucket: Any, manifest: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A manifest and its files as a reader gets them, once sure that each is the one it names."""
    said = json.loads(bucket.get(manifest))
    files = {name: bucket.get(f"{manifest.rpartition('/')[0]}/{each['path']}") for name, each in said["files"].items()}
    for name, content in files.items():
        assert len(content) == said["files"][name]["bytes"]
        assert hashlib.sha256(content).hexdigest() == said["files"][name]["sha256"]
    return said, files


def local(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def test_the_copy_is_the_list(archive: Any, bucket: Any, puts: list[str], make_row: Any) -> None:
    folder = archive.publish(make_row(1), make_row(2))
    receipt = send(archive)
    assert (receipt.status, receipt.where) == ("delivered", f"{bucket.url}/{HOME}"), receipt.message
    for manifest in (f"{HOME}/as_of={DAY}/manifest.json", f"{HOME}/latest.json"):
        said, files = read(bucket, manifest)
        assert files == local(folder)
        for each in said["files"].values():
            del each["path"]
        assert said == json.loads((folder / "manifest.json").read_text("utf-8"))
    assert [address.rpartition("/")[2] for address in puts] == [
        *sorted([*FILES, "manifest.json"]), "manifest.json", "latest.json"
    ]  # fmt: skip

    puts.clear()
    assert send(archive).status == "unchanged"
    assert puts == []
    assert send(archive, again=True).status == "delivered"
    assert len(puts) == len(FILES) + 1


def test_a_day_that_changes_keeps_the_files_of_those_who_read(archive: Any, bucket: Any, make_row: Any) -> None:
    archive.publish(make_row(1), make_row(2))
    send(archive)
    manifest = f"{HOME}/as_of={DAY}/manifest.json"
    before, files = read(bucket, manifest)
    folder = archive.publish(make_row(1))
    send(archive)
    after, fewer = read(bucket, manifest)
    assert (before["rows"], after["rows"]) == (2, 1)
    assert fewer == local(folder) != files
    for name, each in before["files"].items():
        assert bucket.get(f"{HOME}/as_of={DAY}/{each['path']}") == files[name]


def test_latest_is_the_latest_day(archive: Any, bucket: Any, make_row: Any) -> None:
    for number in (12, 10, 11):
        archive.publish(make_row(number), as_of=date(2025, 3, number))
        send(archive, date(2025, 3, number))
    assert read(bucket, f"{HOME}/latest.json")[0]["as_of"] == "2025-03-12"
    assert read(bucket, f"{HOME}/as_of={DAY}/manifest.json")[0]["as_of"] == str(DAY)
    assert json.loads(read(bucket, f"{HOME}/latest.json")[1]["at_risk.json"])[0]["rank"] == 12


@pytest.mark.parametrize("good", range(len(FILES) + 3))
def test_a_copy_that_fails_anywhere_leaves_whole_lists(
    archive: Any, bucket: Any, good: int, make_row: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``good`` objects are put, then no more."""
    archive.publish(make_row(1), make_row(2))
    send(archive)
    day, latest = f"{HOME}/as_of={DAY}/manifest.json", f"{HOME}/latest.json"
    old = read(bucket, day)[1]
    new = local(archive.publish(make_row(1)))
    write, left = ObjectStorage.write, [good]

    def failing(self: ObjectStorage, key: str, content: bytes) -> None:
        if not left[0]:
            raise SourceUnavailable(f"cannot write {self.address(key)}", "see that it runs")
        left[0] -= 1
        write(self, key, content)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStorage, "write", failing)
        receipt = send(archive)
    assert (receipt.status, receipt.temporary) == ("failed", True)
    assert "cannot write" in str(receipt.message)
    assert read(bucket, day)[1] == (old if good < len(FILES) + 2 else new)
    assert read(bucket, latest)[1] == old
    assert send(archive).status == "delivered"
    assert read(bucket, day)[1] == read(bucket, latest)[1] == new


def test_a_cut_off_file_is_put_again(archive: Any, bucket: Any, make_row: Any) -> None:
    folder = archive.publish(make_row(1))
    send(archive)
    manifest = f"{HOME}/as_of={DAY}/manifest.json"
    key = f"{HOME}/as_of={DAY}/{json.loads(bucket.get(manifest))['files']['at_risk.csv']['path']}"
    bucket.put(key, b"rank")
    assert send(archive).status == "delivered"
    assert read(bucket, manifest)[1] == local(folder)


def test_what_is_wrong_is_told_and_can_be_repaired(archive: Any, bucket: Any, make_row: Any) -> None:
    archive.publish(make_row(1))
    archive.destinations["archive"]["url"] = f"s3://later-{bucket.name}/lists"
    receipt = send(archive)
    assert (receipt.status, receipt.temporary) == ("failed", False)
    assert f"cannot list s3://later-{bucket.name}/lists/at_risk" in str(receipt.message)
    assert "correct the address" in str(receipt.remedy)
    bucket.client.create_bucket(Bucket=f"later-{bucket.name}")
    assert send(archive).status == "delivered"


def test_a_broken_latest_is_told(archive: Any, bucket: Any, make_row: Any) -> None:
    archive.publish(make_row(1))
    bucket.put(f"{HOME}/latest.json", b"{")
    receipt = send(archive)
    assert "latest.json is no manifest of a list" in str(receipt.message)
    assert "remove it" in str(receipt.remedy)
    bucket.remove(f"{HOME}/latest.json")
    assert send(archive).status == "delivered"
    assert read(bucket, f"{HOME}/latest.json")[0]["as_of"] == str(DAY)
