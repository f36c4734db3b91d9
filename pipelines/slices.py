"""Which accounts are computed together: all of them, or one slice after the other where they would not fit into memory.

Belongs here: how many slices, where they begin, which accounts are a sample. Does not belong here: what is computed. An
account's features and outcomes depend on its own rows alone, so the slices change neither values nor their order. An
engine that has to spill a whole company to disk takes twice the time of one that takes it in slices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.config import Config
from pipelines.config.engine import mebibytes
from pipelines.engine import literal, scan

if TYPE_CHECKING:
    import duckdb

ROW_BYTES = 64
"""Memory that the statement takes for each stored row that it reads: 52 bytes measured with 100,000 accounts, of which
7.4 million rows are read, and one thread."""

EVERYONE = 10_000
"""The share of all accounts, of which a sample has a part."""


def conditions(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, Iterable[Path]], share: int = EVERYONE
) -> list[str]:
    """SQL conditions on ``account_id``, one for each slice, in order of account; an empty one is for all accounts.

    ``files``: table -> the files that the statement will read. A ``share`` below ``EVERYONE`` leaves out accounts by a
    hash of their id.
    """
    sample = []
    accounts = f"SELECT DISTINCT account_id FROM {scan(files['subscriptions'])}"
    if share < EVERYONE:
        accounts = f"{accounts} WHERE {sampled(share)}"
        con.execute(f"CREATE OR REPLACE TEMP TABLE sampled_accounts AS {accounts}")
        accounts, sample = "SELECT account_id FROM sampled_accounts", ["account_id IN (FROM sampled_accounts)"]
    count = _count(con, config, files, share)
    if count == 1:
        return [" AND ".join(sample)]
    numbered = f"SELECT account_id, ntile({count:d}) OVER (ORDER BY account_id) AS slice FROM ({accounts})"
    begins = con.execute(f"SELECT min(account_id) FROM ({numbered}) GROUP BY slice ORDER BY slice").fetchall()
    edges = [literal(begin) for (begin,) in begins[1:]]
    lower = ["", *(f"account_id >= {edge}" for edge in edges)]
    upper = [*(f"account_id < {edge}" for edge in edges), ""]
    return [" AND ".join(filter(None, (*pair, *sample))) for pair in zip(lower, upper, strict=True)]


def sampled(share: int) -> str:
    """SQL condition on ``account_id`` that holds for ``share`` of ``EVERYONE``, always the same accounts."""
    return f"md5_number_lower(account_id) % {EVERYONE} < {share:d}"


def _count(con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, Iterable[Path]], share: int) -> int:
    listed = ", ".join(literal(str(file)) for paths in files.values() for file in paths)
    row = con.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata([{listed}])").fetchone()
    needed = int(row[0] if row else 0) * ROW_BYTES * share // EVERYONE
    return max(1, -(-needed // (mebibytes(config.engine.memory_limit) * 2**20)))
