"""A company is the same bytes every time, and a smaller one begins a larger one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from churn_features.tables import TABLES
from pipelines.sources.company import CHUNK, Company, write_company

KNOWN = {
    "accounts": "a3ec1e337e276a27", "feedback": "79fd3b1eca97d013", "invoices": "a2d69cfae0c480c2",
    "outreach": "3026cfc5cd61aba6", "payment_methods": "41f3702f5eed6d55", "payments": "64583aa564d107f0",
    "subscription_changes": "e36148748cdf868b", "subscriptions": "20081b4f48718e95", "tickets": "dd34d1fec4d57c21",
    "truth": "8cb567ca8603b8eb", "truth_risk": "fd567101a72af152", "usage": "eeb92a38de5439d0",
}  # fmt: skip
"""Beginnings of the SHA-256 of each table's values, as Arrow streams them."""


def test_the_company_is_the_one_it_has_always_been(small: Path) -> None:
    """Figures that people have quoted of it must not move; whoever changes a draw changes these, and says so."""
    found = {}
    for file in small.iterdir():
        values, sink = pq.read_table(file).combine_chunks(), pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, values.schema) as stream:
            stream.write_table(values)
        found[file.stem] = hashlib.sha256(sink.getvalue()).hexdigest()[:16]
    assert found == KNOWN


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
