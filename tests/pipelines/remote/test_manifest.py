"""A manifest says the same in the same bytes, and is not trusted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ChurnError
from pipelines.remote.manifest import Entry, Manifest, read
from pipelines.remote.places import flaw

DIGEST = "0" * 64
part = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"), min_size=1, max_size=8).filter(
    lambda text: not text.startswith(".")
)
entry = st.builds(
    Entry,
    st.lists(part, min_size=1, max_size=3).map(lambda parts: "lake/f-" + "/f-".join(parts) + "/file"),
    st.integers(0, 1 << 50),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)


@given(st.lists(entry, unique_by=lambda each: each.path, max_size=6), st.integers(1, 10**8 - 1))
def test_what_is_written_is_read(files: list[Entry], generation: int) -> None:
    # a file cannot have the name of a folder
    files = [each for each in files if not any(other.path.startswith(each.path + "/") for other in files)]
    made = Manifest.of(generation, files)
    assert read(made.content, generation, "s3://b/m") == made
    assert Manifest.of(generation, reversed(files)).content == made.content


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "lake/../../etc/passwd", "../lake/a", "lake/./a", "lake//a", "lake/", "lake", "a", "",
        "lake/.writer.lock", "lake/.remote.json", "lake/a/.hidden/b", "lake\\..\\a", "lake/a\x00b", "lake/a\nb",
        "exports/at_risk/.versions/x/y", "state/mlflow.db", "state/../a", "state/spill/x", "home/a", "C:/a",
        "days/at_risk/2025-03-10", "days/at_risk/latest/a", "days/at_risk/2025-02-30/a", "days/../2025-02-01/a",
        "days/at_risk/2025-02-01/a/b", "lake/\ud800",
    ],
)  # fmt: skip
def test_a_hostile_path_is_refused(path: str) -> None:
    assert flaw(path)
    with pytest.raises(ChurnError, match=r"s3://b/m is no manifest that can be used: the path .*Remedy: put back"):
        read(json.dumps(value([path])).encode(), 1, "s3://b/m")


def value(paths: list[Any], **other: Any) -> dict[str, Any]:
    files = [{"path": path, "bytes": 1, "sha256": DIGEST} for path in paths]
    return {"format": 1, "generation": 1, "files": files, **other}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Expecting value"),
        (b"[]", "list indices"),
        (json.dumps(value(["lake/a"], generation=2)).encode(), "says that it is generation 2"),
        (json.dumps(value(["lake/b", "lake/a"])).encode(), "not in order"),
        (json.dumps(value(["lake/a", "lake/a"])).encode(), "not in order"),
        (json.dumps(value(["lake/a", "lake/a/b"])).encode(), "'lake/a/b' is below a file"),
        (json.dumps(value([["lake"]])).encode(), "it is no text"),
        (json.dumps(value(["lake/a"])).replace(DIGEST, "../../secret").encode(), "has no SHA-256"),
        (json.dumps(value(["lake/a"])).replace('"bytes": 1', '"bytes": -1').encode(), "has no size"),
        (json.dumps(value(["lake/a"])).replace('"bytes": 1', '"bytes": true').encode(), "has no size"),
        (json.dumps(value(["lake/a"])).replace('"bytes": 1', '"octets": 1').encode(), "octets"),
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ChurnError, match="is no manifest that can be used") as refused:
        read(content, 1, "s3://b/m")
    assert said in refused.value.message


def test_a_later_format_is_told() -> None:
    with pytest.raises(ChurnError, match=r"format 2, this program knows 1\. Remedy: update"):
        read(json.dumps(value([], format=2)).encode(), 1, "s3://b/m")
