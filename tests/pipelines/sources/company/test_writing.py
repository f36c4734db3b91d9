"""Files have the types of the contract and appear only when complete."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from churn_features.tables import CONTRACT, STORED_USAGE, Table
from pipelines.sources.company.writing import Writer

ARROW = {
    "text": "string", "instant": "timestamp[us]", "day": "date32[day]", "integer": "int64", "money": "int64",
    "number": "double", "flag": "bool",
}  # fmt: skip


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_columns_and_types_are_the_contracts(small: Path, table: Table) -> None:
    columns = [c for c in table.columns if table.name != "usage" or c.name in STORED_USAGE]
    schema = pq.read_schema(small / f"{table.name}.parquet")
    assert [(f.name, str(f.type)) for f in schema] == [(c.name, ARROW[c.type]) for c in columns]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Writer(tmp_path):
        raise KeyError("stopped")
    assert list(tmp_path.iterdir()) == []
