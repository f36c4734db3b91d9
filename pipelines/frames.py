"""Parquet files of the lake as frames, in no more memory than what is done with them takes.

Belongs here: reading the rows and columns that are asked for. Does not belong here: which file (``lake``), what a model
makes of its numbers (``models.inputs``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import engine
from pipelines.config import Config

if TYPE_CHECKING:
    import pandas as pd

PIECE = 1 << 14
"""Rows that are held at once where no more are needed: 163 features of theirs are 85 MB."""


def pieces(file: Path, rows: int = PIECE) -> Iterator[pd.DataFrame]:
    """The rows of a file in their order, at most so many at once; one piece without rows if it has none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as source:
        if not source.metadata.num_rows:
            yield source.read().to_pandas()
        for batch in source.iter_batches(rows):
            yield pa.Table.from_batches([batch]).to_pandas()


def narrowed(file: Path, numbers: Collection[str]) -> pd.DataFrame:
    """All rows of a file; those of the columns ``numbers`` that hold numbers, as float32, come last.

    These share one block of memory, filled piece by piece: float64 of all columns is never there. Rounding is that of
    ``models.inputs.matrix``, so a model reads the same from it as from the file.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as source:
        schema, rows = source.schema_arrow, source.metadata.num_rows
        narrow = [each.name for each in schema if each.name in numbers and pa.types.is_floating(each.type)]
        others = [each.name for each in schema if each.name not in set(narrow)]
        block = np.empty((len(narrow), rows), dtype=np.float32)
        rest, at = [pa.RecordBatch.from_pylist([], schema=pa.schema([schema.field(name) for name in others]))], 0
        for batch in source.iter_batches(PIECE):
            for place, name in enumerate(narrow):
                block[place, at : at + len(batch)] = batch.column(name).to_numpy(zero_copy_only=False)
            rest.append(batch.select(others))
            at += len(batch)
    frame = pa.Table.from_batches(rest).to_pandas()
    rest.clear()
    pa.default_memory_pool().release_unused()  # a quarter of the block, kept for reading on
    return pd.concat([frame, pd.DataFrame(block.T, columns=narrow, index=frame.index, copy=False)], axis=1)


def of_accounts(config: Config, file: Path, account_ids: Sequence[str]) -> pd.DataFrame:
    """The rows of these accounts in their order; those that the file does not know are missing. It has one row per
    account."""
    with engine.connection(config) as con:
        con.execute("SET threads = 1")  # to share out so little work costs more than it saves
        found = con.sql(
            f"SELECT * FROM {engine.scan([file])} WHERE account_id IN (SELECT unnest($accounts::VARCHAR[]))",
            params={"accounts": list(account_ids)},
        )
        rows = found.to_arrow_table().to_pandas().set_index("account_id", drop=False)
    return rows.loc[[each for each in account_ids if each in rows.index]].reset_index(drop=True)
