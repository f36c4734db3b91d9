"""A company is the same bytes every time, and a smaller one begins a larger one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from churn_features.tables import TABLES
from pipelines.sources.company import CHUNK, Company, write_company


def test_the_same_parameters_give_the_same_bytes(
    small_company: Company, small: Path, zone: ZoneInfo, tmp_path: Path
) -> None:
    write_company(small_company, tmp_path, zone)
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(files) == {f"{name}.parquet" for name in (*TABLES, "truth", "truth_risk")}
    assert files == {file.name: file.read_bytes() for file in small.iterdir()}
    write_company(replace(small_company, seed=4), tmp_path, zone)
    assert files["usage.parquet"] != (tmp_path / "usage.parquet").read_bytes()


def test_a_smaller_company_is_the_beginning_of_a_larger_one(
    small_company: Company, small: Path, zone: ZoneInfo, tmp_path: Path
) -> None:
    told: list[str] = []
    write_company(replace(small_company, accounts=CHUNK + 50), tmp_path, zone, told.append)
    assert told == ["1,000 of 1,050 accounts", "1,050 of 1,050 accounts"]
    assert pq.read_metadata(tmp_path / "accounts.parquet").num_rows == CHUNK + 50
    for file in sorted(small.iterdir()):
        mine, theirs = pq.read_table(file), pq.read_table(tmp_path / file.name)
        assert len(theirs) > len(mine)
        assert theirs.slice(0, len(mine)).equals(mine), file.name
