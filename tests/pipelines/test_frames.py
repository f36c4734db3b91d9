"""Frames hold what the files hold, in whatever pieces they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.inputs import matrix
from pipelines import frames

ROWS = 1000
NUMBERS = ["logins_28d", "mrr_change_91d", "plan"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Rows of features in row groups of 300, with missing values and with numbers that float32 has to round."""
    rng = np.random.default_rng(0)
    logins, change = rng.integers(0, 90, ROWS).astype(float), rng.normal(size=ROWS)
    change[::7], logins[3] = np.nan, 2.0**24 + 1
    table = pa.table(
        {
            "account_id": [f"a{at}" for at in rng.permutation(ROWS)],
            "logins_28d": logins,
            "announced": rng.random(ROWS) < 0.1,
            "mrr_now": rng.integers(0, 10**9, ROWS),
            "mrr_change_91d": pa.array(change, from_pandas=True),
            "plan": pa.array(rng.choice(["basic", "pro", None], ROWS), pa.string()),
            "not_an_input": rng.normal(size=ROWS),
        }
    )
    path = tmp_path / "features.parquet"
    pq.write_table(table, path, row_group_size=300)
    return path


@pytest.mark.parametrize("rows", [1, 7, 300, 301, 5000])
def test_pieces_together_are_the_file(file: Path, rows: int) -> None:
    read = list(frames.pieces(file, rows))
    assert max(len(each) for each in read) <= rows
    assert pd.concat(read, ignore_index=True).equals(pq.read_table(file).to_pandas())


def test_a_file_without_rows_has_its_columns(file: Path) -> None:
    empty = file.with_name("empty.parquet")
    pq.write_table(pq.read_table(file).slice(0, 0), empty)
    whole = pq.read_table(file).to_pandas()
    (piece,) = frames.pieces(empty)
    assert piece.dtypes.equals(whole.dtypes)
    assert not len(piece)
    narrow = frames.narrowed(empty, NUMBERS)
    assert set(narrow.columns) == set(whole.columns)
    assert not len(narrow)


@pytest.mark.parametrize("piece", [1, 299, 300, 5000])
def test_only_the_numbers_of_models_are_narrowed_as_models_do(
    file: Path, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "PIECE", piece)
    whole, narrow = pq.read_table(file).to_pandas(), frames.narrowed(file, NUMBERS)
    narrowed = ["logins_28d", "mrr_change_91d"]
    assert list(narrow.columns[-2:]) == narrowed
    assert (narrow[narrowed].dtypes == np.float32).all()
    others = [name for name in whole.columns if name not in narrowed]
    assert narrow[others].equals(whole[others])
    read = [matrix(frame, NUMBERS, {"plan": ["basic", "pro"]}) for frame in (whole, narrow)]
    np.testing.assert_array_equal(*read)
    assert narrow["logins_28d"][3] == 2.0**24


def test_rows_of_accounts_come_in_the_order_asked_for(file: Path, shop: Any) -> None:
    whole = pq.read_table(file).to_pandas().set_index("account_id", drop=False)
    wanted = ["a999", "a0", "not there", "a500"]
    found = frames.of_accounts(shop.config(), file, wanted)
    assert found.equals(whole.loc[["a999", "a0", "a500"]].reset_index(drop=True))
    nobody = frames.of_accounts(shop.config(), file, [])
    assert list(nobody.columns) == list(whole.columns)
    assert not len(nobody)
