"""Connections, quoting, reading and writing of Parquet."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import engine


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_text_survives_quoting(text: str) -> None:
    with duckdb.connect() as con:
        row = con.execute(f"SELECT {engine.literal(text)} AS {engine.identifier(text or 'x')}").fetchone()
    assert row == (text,)


@pytest.mark.parametrize("name", ["o'brien", 'a "b"', "as_of=2025-01-01", "ünder✓", "a,b;[c]"])
def test_files_in_folders_of_any_name_are_written_and_read(tmp_path: Path, shop: Any, name: str) -> None:
    file = tmp_path / name / "part.parquet"
    with engine.connection(shop.config()) as con:
        assert engine.write(con, "SELECT range AS n FROM range($most)", file, {"most": 5}) == 5
        assert con.execute(f"SELECT * FROM {engine.scan([file])}").fetchall() == [(n,) for n in range(5)]
        assert [column[0] for column in con.description] == ["n"]


def test_a_failing_query_leaves_the_old_file(tmp_path: Path, shop: Any) -> None:
    file = tmp_path / "x.parquet"
    with engine.connection(shop.config()) as con:
        engine.write(con, "SELECT 1 AS n", file)
        before = file.read_bytes()
        with pytest.raises(duckdb.Error):
            engine.write(con, "SELECT error('stop') FROM range(3)", file)
    assert file.read_bytes() == before
    assert list(tmp_path.glob(".x*")) == []


def test_the_configured_limits_hold(shop: Any) -> None:
    shop.keys["engine"] = {"threads": 2, "memory_limit": "300MiB", "temp_directory": "spilled"}
    with engine.connection(shop.config()) as con:
        row = con.execute(
            "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('temp_directory'), "
            "current_setting('TimeZone'), current_setting('autoinstall_known_extensions')"
        ).fetchone()
    assert row == (2, "300.0 MiB", str(shop.root / "spilled"), "UTC", False)


def test_work_beyond_the_memory_limit_spills(shop: Any) -> None:
    shop.keys["engine"] = {"threads": 1, "memory_limit": "60MB"}
    with engine.connection(shop.config()) as con:
        row = con.execute("SELECT count(*) FROM (SELECT md5(range::VARCHAR) AS k FROM range(2000000) ORDER BY k)")
        assert row.fetchone() == (2_000_000,)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 200_000), max_size=3))
def test_the_same_rows_give_the_same_bytes_however_they_are_divided(tmp_path_factory: Any, edges: list[int]) -> None:
    folder = tmp_path_factory.mktemp("parts")
    rows = "SELECT range AS n, CASE WHEN range % 7 > 0 THEN range * 0.5 END AS half, 'x' || range % 90 AS word"
    bounds = [0, *sorted(edges), 200_000]
    parts = [(f"{rows} FROM range($low, $high)", {"low": low, "high": high}) for low, high in pairwise(bounds)]
    with duckdb.connect() as con:
        assert engine.write_parts(con, parts, folder / "parts.parquet", {"who": "me"}) == 200_000
        engine.write_parts(con, [(f"{rows} FROM range(200000)", {})], folder / "whole.parquet", {"who": "me"})
        found = con.execute(f"SELECT count(*), sum(n), max(half) FROM {engine.scan([folder / 'parts.parquet'])}")
        assert found.fetchone() == (200_000, 19_999_900_000, 99_999.5)
    assert (folder / "parts.parquet").read_bytes() == (folder / "whole.parquet").read_bytes()
    metadata = pq.read_metadata(folder / "parts.parquet")
    assert metadata.metadata[b"who"] == b"me"
    assert {metadata.row_group(n).num_rows for n in range(metadata.num_row_groups - 1)} == {engine.ROW_GROUP}


def test_parts_without_rows_give_a_file_with_columns(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        assert engine.write_parts(con, [("SELECT 1 AS n WHERE false", {})] * 2, tmp_path / "x.parquet") == 0
    assert pq.read_schema(tmp_path / "x.parquet").names == ["n"]


def test_sums_of_whole_numbers_stay_whole(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        engine.write_parts(con, [("SELECT sum(range) AS n FROM range(5)", {})], tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == [{"n": 10}]
    assert str(pq.read_schema(tmp_path / "x.parquet").field("n").type) == "int64"


def test_a_part_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    with duckdb.connect() as con:
        engine.write_parts(con, [("SELECT 1 AS n", {})], file)
        before = file.read_bytes()
        with pytest.raises(duckdb.Error):
            engine.write_parts(con, [("SELECT 1 AS n", {}), ("SELECT error('stop') AS n", {})], file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


LARGE = "SELECT range AS n, md5(range::VARCHAR) AS word FROM range({}, {}) ORDER BY word"


def test_a_part_that_does_not_fit_into_memory_spills_and_so_do_later_ones(tmp_path: Path) -> None:
    bounds, spill = [0, 1_000, 1_500_000, 3_000_000], tmp_path / "spill"
    parts = [(LARGE.format(low, high), {}) for low, high in pairwise(bounds)]
    with duckdb.connect() as con:
        engine.write_parts(con, parts, tmp_path / "in-memory.parquet")
    with duckdb.connect(config={"memory_limit": "60MB", "threads": 1, "temp_directory": str(spill)}) as con:
        engine.write_parts(con, parts[:1], tmp_path / "small.parquet")
        assert not spill.exists()
        assert engine.write_parts(con, parts, tmp_path / "spilled.parquet") == 3_000_000
        assert spill.exists()
        assert con.execute("SELECT current_setting('temp_directory')").fetchone() == (str(spill),)
        engine.write_parts(con, parts[:1], tmp_path / "again.parquet")
    assert (tmp_path / "spilled.parquet").read_bytes() == (tmp_path / "in-memory.parquet").read_bytes()
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "small.parquet").read_bytes()


def test_without_a_folder_to_spill_to_it_is_an_error_and_the_old_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    with duckdb.connect(config={"memory_limit": "60MB", "threads": 1, "temp_directory": ""}) as con:
        engine.write_parts(con, [("SELECT 1 AS n", {})], file)
        before = file.read_bytes()
        with pytest.raises(duckdb.OutOfMemoryException):
            engine.write_parts(con, [(LARGE.format(0, 3_000_000), {})], file)
    assert file.read_bytes() == before


def test_what_cannot_be_spilled_either_is_an_error(tmp_path: Path) -> None:
    limits = {"memory_limit": "60MB", "threads": 1, "temp_directory": str(tmp_path / "spill")}
    parts = [(LARGE.format(0, 1_500_000), {}), ("SELECT string_agg(repeat('x', 1000)) AS x FROM range(100000)", {})]
    with duckdb.connect(config=limits) as con, pytest.raises(duckdb.OutOfMemoryException):
        engine.write_parts(con, parts, tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()


@pytest.mark.parametrize("given", [0, 1, 5_000, 20_000])
def test_rows_that_were_read_before_memory_ran_out_are_not_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: int
) -> None:
    whole, failed = engine._run, []

    def run(con: Any, sql: str, parameters: Any) -> Any:
        left = given if not failed else 10**9
        for batch in whole(con, sql, parameters):
            yield batch.slice(0, left)
            left -= min(left, batch.num_rows)
            if not left and not failed:
                failed.append(sql)
                raise duckdb.OutOfMemoryException("Out of Memory Error")

    monkeypatch.setattr(engine, "_run", run)
    with duckdb.connect(config={"temp_directory": str(tmp_path / "spill")}) as con:
        assert engine.write_parts(con, [("SELECT range AS n FROM range(20000)", {})], tmp_path / "x.parquet") == 20_000
    assert failed
    assert pq.read_table(tmp_path / "x.parquet")["n"].to_pylist() == list(range(20_000))


def test_a_part_with_other_columns_is_an_error_and_the_connection_can_be_used_on(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        parts = [("SELECT 1 AS n", {}), ("SELECT range AS m FROM range(100000)", {})]
        with pytest.raises(ValueError, match="Schema at index"):
            engine.write_parts(con, parts, tmp_path / "x.parquet")
        assert con.execute("SELECT 1").fetchone() == (1,)
    assert not (tmp_path / "x.parquet").exists()


def test_optimizers_are_left_out_until_they_are_wanted_again() -> None:
    with duckdb.connect() as con:
        assert engine.plan_without(con, "join_order") == ""
        assert engine.plan_without(con, "in_clause", "join_order") == "join_order"
        assert con.execute("SELECT current_setting('disabled_optimizers')").fetchone() == ("in_clause,join_order",)
