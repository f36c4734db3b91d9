"""Objects on a real S3 server: whole or not at all, and each thing that goes wrong with its remedy."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines.config.storage import StorageKeys
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.object_storage import ObjectStorage, Version

pytestmark = pytest.mark.process


def storage(bucket: Any, prefix: str = "", **settings: Any) -> ObjectStorage:
    keys = StorageKeys.model_validate({"endpoint": bucket.endpoint, **settings})
    return ObjectStorage(keys, f"{bucket.url}/{prefix}" if prefix else bucket.url)


def test_keys_are_those_below_the_prefix(bucket: Any) -> None:
    for key in ("data/a.csv", "data/b/c d+%41ü.csv", "data/b/e.csv", "database.csv", "other/a.csv"):
        bucket.put(key, b"1")
    below = storage(bucket, "data")
    assert below.keys() == ["a.csv", "b/c d+%41ü.csv", "b/e.csv"]
    assert below.keys("b/") == ["b/c d+%41ü.csv", "b/e.csv"]
    assert below.keys("none/") == []
    assert len(storage(bucket).keys()) == 5
    assert below.address("b/e.csv") == f"{bucket.url}/data/b/e.csv"
    assert below.read("b/c d+%41ü.csv") == b"1"


def test_listings_have_more_than_one_page(bucket: Any) -> None:
    expected = [f"{number:04}" for number in range(1005)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: bucket.put(key, b""), expected))
    assert storage(bucket).keys() == expected


def test_what_is_written_is_read(bucket: Any, tmp_path: Path) -> None:
    files, large = storage(bucket, "data"), b"0123456789" * 2_000_000  # more than one part of an upload
    for key, content in (("empty", b""), ("small", b"x"), ("deep/large", large)):
        files.write(key, content)
        assert bucket.get(f"data/{key}") == content
        (version,) = files.versions([key])
        assert version.size == len(content)
        files.download(version, tmp_path / key)
        assert (tmp_path / key).read_bytes() == content
    assert files.read("small") == b"x"
    assert files.read("none") is None
    assert files.versions(["none", "small"])[0].key == "small"


def test_a_download_is_of_one_version_or_none(bucket: Any, tmp_path: Path) -> None:
    bucket.put("a", b"first")
    files = storage(bucket)
    (version,) = files.versions(["a"])
    bucket.put("a", b"other")  # as long as the first
    with pytest.raises(SourceUnavailable, match="changed while it was read"):
        files.download(version, tmp_path / "a")
    bucket.remove("a")
    with pytest.raises(SourceUnavailable, match="changed while it was read"):
        files.download(version, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_is_not_there(bucket: Any) -> None:
    gone = ObjectStorage(StorageKeys(endpoint=bucket.endpoint), "s3://no-such-bucket/data")
    with pytest.raises(ChurnError, match=r"cannot list s3://no-such-bucket/data: .* has no bucket no-such-bucket"):
        gone.keys()
    with pytest.raises(ChurnError, match="has no bucket no-such-bucket"):
        gone.write("a", b"1")


def test_a_server_that_does_not_answer(bucket: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for act in (lambda s: s.keys(), lambda s: s.read("a"), lambda s: s.write("a", b"1")):
            with pytest.raises(SourceUnavailable, match=rf"{away} does not answer .* storage.endpoint"):
                act(storage(bucket, endpoint=away))


def test_a_server_of_another_kind(bucket: Any) -> None:
    """It answers 404 with a page of its own."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            with pytest.raises(ChurnError, match=r"cannot list .*see that storage.endpoint is an S3 server"):
                storage(bucket, endpoint=f"http://127.0.0.1:{server.server_port}").keys()
        finally:
            server.shutdown()


def test_credentials_come_from_the_environment_or_the_configuration(guarded: Any, monkeypatch: Any) -> None:
    import os

    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    assert storage(guarded).keys() == ["a"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with pytest.raises(ChurnError, match="does not accept the credentials") as refused:
        storage(guarded).keys()
    with pytest.raises(ChurnError, match="denies access") as denied:
        storage(guarded).read("a")
    ours = storage(guarded, access_key=key, secret_key=secret)
    assert ours.keys() == ["a"]
    assert ours.read("a") == b"1"
    wrong = storage(guarded, access_key=key, secret_key="another-secret")
    with pytest.raises(ChurnError, match=r"does not accept the credentials|denies access") as mistyped:
        wrong.keys()
    for text in (repr(ours), repr(wrong), str(mistyped.value), str(refused.value), str(denied.value)):
        assert secret not in text
        assert "another-secret" not in text


def test_no_credentials(guarded: Any, monkeypatch: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(ChurnError, match=r"found none\. Remedy: set AWS_ACCESS_KEY_ID"):
        storage(guarded).read("a")


def test_no_permission_to_write(guarded: Any) -> None:
    with pytest.raises(ChurnError, match=rf"cannot write {guarded.url}/b: .* denies access .* s3:PutObject"):
        storage(guarded).write("b", b"1")
    assert storage(guarded).keys() == ["a"]


def test_a_version_is_told_by_its_tag(bucket: Any) -> None:
    bucket.put("a", b"1")
    (before,) = storage(bucket).versions(["a"])
    bucket.put("a", b"2")
    (after,) = storage(bucket).versions(["a"])
    assert before != after
    assert after == Version("a", 1, after.etag)
