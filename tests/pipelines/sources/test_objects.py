"""A source in object storage lands what its files would, reads nothing twice, and tells of objects by their address."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import ingest, object_storage
from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.lake import Lake
from pipelines.sources.objects import matches

pytestmark = pytest.mark.process

DAY = date(2025, 3, 10)


@pytest.fixture
def in_bucket(shop: Any, bucket: Any) -> Any:
    """The shop with its files in a bucket."""
    bucket.fill(shop.data, "exports/shop")
    shop.keys["sources"]["shop"]["root"] = f"{bucket.url}/exports/shop/"
    shop.keys["storage"] = {"endpoint": bucket.endpoint}
    return shop


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys that were downloaded."""
    made: list[str] = []
    whole = object_storage.ObjectStorage.download

    def counted(self: Any, version: Any, target: Path) -> None:
        whole(self, version, target)
        made.append(version.key)

    monkeypatch.setattr(object_storage.ObjectStorage, "download", counted)
    return made


def copies(config: Config) -> list[Path]:
    return sorted(path for path in (config.path(config.state) / "objects").rglob("*") if path.is_file())


def rows(config: Config, table: str) -> list[tuple[Any, ...]]:
    import duckdb

    folder = Lake(config.path(config.lake)).landed(table, DAY)
    with duckdb.connect() as con:
        parts = f"read_parquet('{folder}/*.parquet', hive_partitioning = false)"
        return con.execute(f"SELECT * EXCLUDE (_file) FROM {parts} ORDER BY ALL").fetchall()


def test_the_landing_is_that_of_the_files(shop: Any, in_bucket: Any, bucket: Any) -> None:
    config = in_bucket.config()
    for table in ("accounts", "subscriptions", "usage"):
        ingest.land(config, DAY, table)
    there = {table: rows(config, table) for table in ("accounts", "subscriptions", "usage")}
    assert len(there["accounts"]) == 30
    in_bucket.keys["sources"]["shop"]["root"] = "data"
    local = in_bucket.config()
    for table, expected in there.items():
        ingest.land(local, DAY, table, again=True)
        assert rows(local, table) == expected


def test_nothing_unchanged_is_read_twice(in_bucket: Any, bucket: Any, downloads: list[str]) -> None:
    whole = (in_bucket.data / "accounts.csv").read_bytes()
    header, *lines = whole.splitlines(keepends=True)
    bucket.remove("exports/shop/accounts.csv")
    for name, part in (("one", lines[:10]), ("two", lines[10:20]), ("three", lines[20:])):
        bucket.put(f"exports/shop/parts/{name}.csv", header + b"".join(part))
    in_bucket.tables["accounts"]["files"] = "parts/*.csv"
    config, said = in_bucket.config(), list[str]()
    assert ingest.land(config, DAY, "accounts", say=said.append).rows == 30
    assert said[1] == "accounts: copying object 2 of 3 that are new, parts/three.csv"
    assert downloads == ["parts/one.csv", "parts/three.csv", "parts/two.csv"]

    downloads.clear()
    assert ingest.land(config, DAY, "accounts").rows == 30
    assert downloads == []

    changed = header + b"".join(lines[:10]).replace(b"Customer", b"Consumer")  # of the same size
    bucket.put("exports/shop/parts/one.csv", changed)
    bucket.remove("exports/shop/parts/two.csv")
    assert ingest.land(config, DAY, "accounts").rows == 20
    assert downloads == ["parts/one.csv"]
    assert sorted(path.read_bytes() for path in copies(config)) == sorted([changed, header + b"".join(lines[20:])])


def test_a_copy_that_is_cut_off_or_left_over_is_replaced(in_bucket: Any, downloads: list[str]) -> None:
    config = in_bucket.config()
    ingest.land(config, DAY, "accounts")
    (copy,) = copies(config)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:100])
    (copy.parent / f".{copy.name}.0123.tmp").write_bytes(whole[:10])
    assert ingest.land(config, DAY, "accounts").rows == 30
    assert [path.read_bytes() for path in copies(config)] == [whole]
    assert downloads == ["accounts.csv"] * 2


def test_errors_name_the_object(in_bucket: Any, bucket: Any) -> None:
    whole = (in_bucket.data / "accounts.csv").read_bytes()
    bucket.put("exports/shop/accounts.csv", whole + b"a31,2025-01-01,\xff,m\r\n")
    config = in_bucket.config()
    with pytest.raises(
        ChurnError, match=rf"{bucket.url}/exports/shop/accounts.csv cannot be read: byte 16 of line 32"
    ) as broken:
        ingest.land(config, DAY, "accounts")
    bucket.put("exports/shop/accounts.csv", b"id,joined,label,manager\na1,03/04/2025,x,m\n")
    with pytest.raises(ChurnError, match=rf"{bucket.url}/exports/shop/accounts.csv writes created_at") as ambiguous:
        ingest.land(config, DAY, "accounts")
    in_bucket.tables["accounts"]["files"] = "accounts.*.csv"
    with pytest.raises(SourceUnavailable, match=rf"no object matches accounts.\*.csv below {bucket.url}/exports/shop"):
        ingest.land(in_bucket.config(), DAY, "accounts")
    bucket.put("exports/shop/accounts.data", b"id,joined,label,manager\n")
    in_bucket.tables["accounts"]["files"] = "*.data"
    with pytest.raises(ChurnError, match=rf"the format of {bucket.url}/exports/shop/accounts.data cannot") as unknown:
        ingest.land(in_bucket.config(), DAY, "accounts")
    for error in (broken, ambiguous, unknown):
        assert str(config.path(config.state)) not in str(error.value)


def test_rows_that_are_set_aside_name_the_object(in_bucket: Any, bucket: Any) -> None:
    from pipelines import tables

    bucket.put("exports/shop/accounts.csv", (in_bucket.data / "accounts.csv").read_bytes() + b",2025-01-01,x,m\r\n")
    config = in_bucket.config()
    ingest.land(config, DAY, "accounts")
    (rule,) = [each for each in tables.check(config, DAY, "accounts").rules if each.bad_rows]
    assert rule.examples[0]["file"] == f"{bucket.url}/exports/shop/accounts.csv"
    assert rule.examples[0]["row"] == 31


def test_compressed_and_other_encodings(in_bucket: Any, bucket: Any) -> None:
    text = (in_bucket.data / "accounts.csv").read_text("utf-8").replace("Customer", "Käufer")
    bucket.put("exports/shop/accounts.csv.gz", gzip.compress(text.encode("cp1252")))
    in_bucket.tables["accounts"] |= {"files": "accounts.csv.gz", "format": "csv", "encoding": "cp1252"}
    config = in_bucket.config()
    ingest.land(config, DAY, "accounts")
    assert sum("Käufer 7" in row for row in rows(config, "accounts")) == 1


@pytest.mark.parametrize("key", ["../accounts-x.csv", "a/../../accounts-x.csv", "a//accounts-x.csv"])
def test_a_name_never_leads_out_of_the_copies(in_bucket: Any, bucket: Any, key: str) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=f"exports/shop/{key}", Body=b"id,joined,label,manager\n")
    assert f"exports/shop/{key}" in set(bucket.keys())
    in_bucket.tables["accounts"]["files"] = "**/accounts-x.csv"
    config = in_bucket.config()
    before = {path for path in in_bucket.root.rglob("*") if path.is_file()}
    with pytest.raises(ChurnError, match=r"part that is empty, . or .."):
        ingest.land(config, DAY, "accounts")
    assert {path for path in in_bucket.root.rglob("*") if path.is_file()} - before <= set(
        config.path(config.lake).rglob("*")
    )


def test_odd_names_are_names(in_bucket: Any, bucket: Any) -> None:
    content = (in_bucket.data / "accounts.csv").read_bytes()
    key = "exports/shop/'; DROP TABLE x; -- \\..\\%2e%2e 'ü 👩‍🚀.csv"
    bucket.put(key, content)
    in_bucket.tables["accounts"]["files"] = "*DROP*.csv"
    config = in_bucket.config()
    assert ingest.land(config, DAY, "accounts").rows == 30
    (copy,) = copies(config)
    assert copy.read_bytes() == content
    assert copy.name.removesuffix(".csv").isalnum()


PARTS = st.sampled_from(["a", "b", "ab", ".a", "a.csv", "b.csv", "x[1].csv", "A.csv"])
PATTERNS = st.sampled_from(["a", "*", "**", "*.csv", "?.csv", "[ab]*", "[!a]*", ".", "a*", "x[[]1].csv"])


@given(
    st.sets(st.lists(PARTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=6),
    st.lists(PATTERNS, min_size=1, max_size=4).map("/".join).filter(lambda pattern: Path(pattern).parts),
)
def test_patterns_mean_what_they_mean_of_files(tmp_path_factory: Any, keys: set[str], pattern: str) -> None:
    root = tmp_path_factory.mktemp("glob")
    for key in sorted(keys):
        try:
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).touch()
        except (FileExistsError, NotADirectoryError):  # a file and a folder of one name are objects only
            continue
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    found = {str(path.relative_to(root)) for path in root.glob(pattern) if path.is_file()}
    assert {key for key in there if matches(key, pattern)} == found


def test_a_local_root_stays_a_path(shop: Any) -> None:
    assert shop.config().sources["shop"].root == Path("data")
    shop.keys["sources"]["shop"]["root"] = "S3://Bucket/x"
    with pytest.raises(ChurnError, match="'S3://Bucket/x' is no address such as s3://bucket/prefix"):
        shop.config()
    for wrong in ("s3://", "s3://bucket//x", "s3://bucket/a/../b", "s3://me:secret@bucket/x"):
        shop.keys["sources"]["shop"]["root"] = wrong
        with pytest.raises(ChurnError, match=r"s3://bucket/prefix|empty, . or ..|password in plain text") as error:
            shop.config()
        assert "secret" not in str(error.value)
    for right, meant in (("s3://bucket/a/b/", "s3://bucket/a/b"), ("s3://bucket", "s3://bucket")):
        shop.keys["sources"]["shop"]["root"] = right
        assert shop.config().sources["shop"].root == meant


def test_keys_are_never_written_into_the_file(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.keys["storage"] = {"access_key": "AKIA1", "secret_key": "in-the-open"}
    with pytest.raises(ChurnError, match=r"key storage.secret_key holds a key in plain text") as error:
        shop.config()
    assert "in-the-open" not in str(error.value)
    monkeypatch.setenv("THE_SECRET", "kept-to-itself")
    shop.keys["storage"]["secret_key"] = "${THE_SECRET}"
    config = shop.config()
    assert config.storage.secret_key is not None
    assert config.storage.secret_key.get_secret_value() == "kept-to-itself"
    assert "kept-to-itself" not in repr(config) + str(config.model_dump()) + config.model_dump_json()
    del shop.keys["storage"]["access_key"]
    with pytest.raises(ChurnError, match="give both access_key and secret_key"):
        shop.config()
