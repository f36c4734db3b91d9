"""Objects that are put only where there is none, or whole or not at all, on a real S3 server."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipelines.config.storage import StorageKeys
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.object_creation import ObjectCreation
from pipelines.object_storage import ObjectStorage

pytestmark = pytest.mark.process


def creation(bucket: Any, url: str = "", **settings: Any) -> ObjectCreation:
    keys = StorageKeys.model_validate({"endpoint": bucket.endpoint, **settings})
    return ObjectCreation(ObjectStorage(keys, url or f"{bucket.url}/home"))


def test_an_object_is_created_once(bucket: Any) -> None:
    ours = creation(bucket)
    assert ours.create("a/ü +%41", b"first")
    assert not ours.create("a/ü +%41", b"second")
    assert bucket.get("home/a/ü +%41") == b"first"


def test_a_file_of_any_size_is_put(bucket: Any) -> None:
    ours, large = creation(bucket), os.urandom(20_000_000)  # more than one part of an upload
    for content in (b"", b"x", large):
        ours.upload("a", io.BytesIO(content))
        assert bucket.get("home/a") == content


def test_a_file_that_cannot_be_read_to_its_end_changes_nothing(bucket: Any) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 10_000_000:
                raise OSError("the disk broke")
            return super().read(size)

    bucket.put("home/a", b"before")
    with pytest.raises(OSError, match="the disk broke"):
        creation(bucket).upload("a", Broken(bytes(20_000_000)))
    assert bucket.get("home/a") == b"before"


def test_what_is_removed_is_gone(bucket: Any) -> None:
    names = [f"{number:04}" for number in range(1003)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: bucket.put(f"home/{name}", b""), names))
    bucket.put("other", b"")
    creation(bucket).remove([*names, "was never there"])
    creation(bucket).remove([])
    assert set(bucket.keys()) == {"other"}


def test_credentials_that_are_refused(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChurnError, match=r"cannot write .*/home/b: .* denies access .*s3:PutObject"):
        creation(guarded).create("b", b"1")
    with pytest.raises(ChurnError, match=r"cannot write .*/home/b: .* denies access"):
        creation(guarded).upload("b", io.BytesIO(b"1"))
    with pytest.raises(ChurnError, match=r"cannot remove .*/a: .* denies access"):
        creation(guarded, guarded.url).remove(["a"])
    wrong = creation(guarded, access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key="another-secret")
    with pytest.raises(ChurnError, match=r"does not accept the credentials|denies access") as refused:
        wrong.create("b", b"1")
    assert "another-secret" not in str(refused.value) + repr(wrong)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(ChurnError, match="does not accept the credentials"):
        creation(guarded).create("b", b"1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(ChurnError, match=r"found none\. Remedy: set AWS_ACCESS_KEY_ID"):
        creation(guarded).create("b", b"1")


def test_a_bucket_or_server_that_is_not_there(bucket: Any) -> None:
    with pytest.raises(ChurnError, match="has no bucket no-such-bucket"):
        creation(bucket, "s3://no-such-bucket/x").create("a", b"1")
    with pytest.raises(SourceUnavailable, match=r"http://127\.0\.0\.1:1 does not answer .*storage\.endpoint"):
        creation(bucket, endpoint="http://127.0.0.1:1").create("a", b"1")
