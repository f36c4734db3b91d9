"""Bytes of text files: what Python decodes is landed, the first byte that is none is found, long lines are seen."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ChurnError
from pipelines.sources import encodings
from pipelines.sources.encodings import as_utf8, has_endless_line, undecodable

TEXT = "id,label\na,Müller\nb,👩‍🚀 €\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_copy_in_utf_8_says_the_same(tmp_path: Path, encoding: str, ending: str) -> None:
    file = tmp_path / f"a.{ending}"
    file.write_bytes((gzip.compress if ending.endswith("gz") else bytes)(TEXT.encode(encoding)))
    with as_utf8("accounts", file, encoding, tmp_path) as copy:
        assert copy.read_text("utf-8").removeprefix("\ufeff") == TEXT
        assert copy.suffix == ".csv"
    assert list(tmp_path.iterdir()) == [file]


def test_a_utf_8_file_is_not_copied(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(TEXT, "utf-8")
    with as_utf8("accounts", file, "UTF8", tmp_path) as copy:
        assert copy == file


def test_what_is_not_in_the_stated_encoding_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,label\na,x\nb,\x81\n")
    with (
        pytest.raises(ChurnError) as error,
        as_utf8("accounts", file, "cp1252", tmp_path),
    ):
        pass
    assert error.value.message == (
        f"table accounts: {file} cannot be read as cp1252: byte 3 of line 3 (byte 15 of the file) is 0x81"
    )
    assert "sources.*.tables.accounts.encoding" in error.value.remedy
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_cut_off_is_said_to_be(tmp_path: Path) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(TEXT.encode("utf-16") * 99)[:-20])
    with pytest.raises(ChurnError, match=r"table accounts: .*a\.csv\.gz cannot be read: "):
        as_utf8("accounts", file, "utf-16", tmp_path).__enter__()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=30), max_size=8),
    st.sampled_from([b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xa0\x80"]),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.integers(1, 7),
)
def test_the_first_bad_byte_is_found_wherever_chunks_end(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], bad: bytes, after: str, chunk: int
) -> None:
    good = "\n".join(lines).encode()
    file = tmp_path_factory.mktemp("bytes") / "a.csv"
    file.write_bytes(good + bad + b"\n" + after.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encodings, "CHUNK", chunk)
        found = undecodable(file, "utf-8")
    assert found is not None
    assert (found.offset, found.byte) == (len(good), bad[0])
    assert found.line == good.count(b"\n") + 1
    assert found.byte_of_line == len(good) - (good.rfind(b"\n") + 1) + 1


def test_a_whole_file_has_no_bad_byte(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TEXT, "utf-8")
    assert undecodable(tmp_path / "a.csv", "utf-8") is None


@pytest.mark.parametrize(
    ("before", "length", "endless"),
    [(0, 33_000_000, True), (3_000_000, 17_000_000, True), (5, 16_777_216, True), (0, 4_000_000, False),
     (40_000_000, 10, False), (0, 0, False)],
)  # fmt: skip
def test_lines_without_end_are_seen(tmp_path: Path, before: int, length: int, endless: bool) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\n" * (before // 4) + b"x" * length)
    assert has_endless_line(file) is endless
