"""Connections, quoting, reading and writing of Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
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
