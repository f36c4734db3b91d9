"""Files of features and panels written by hand, with every column of the catalogue.

Belongs here: making them. Does not belong here: any expectation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import Config
from pipelines.lake import Lake

Rows = Sequence[Mapping[str, Any]]


def write(file: Path, rows: Rows, more: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from churn_features.catalogue import FEATURES

    schema = pa.schema(
        [
            ("account_id", pa.string()), ("announced", pa.bool_()), ("mrr_now", pa.int64()), ("as_of", pa.date32()),
            *((each.name, pa.string() if each.categorical else pa.float64()) for each in FEATURES),
            *more.items(),
        ]
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([{"announced": False, "mrr_now": 1000, **row} for row in rows], schema), file)


@pytest.fixture(scope="session")
def write_features() -> Callable[[Config, date, Rows], None]:
    """Writes the features of a day: rows with account_id and the features that are known."""

    def of_day(config: Config, as_of: date, rows: Rows) -> None:
        write(Lake(config.path(config.lake)).features(as_of), [{"as_of": as_of, **row} for row in rows], {})

    return of_day


@pytest.fixture(scope="session")
def write_panel() -> Callable[[Config, date, Rows], None]:
    """Writes the training panel of a day: rows with account_id, as_of, churned and churned_at besides."""
    import pyarrow as pa

    def of_day(config: Config, as_of: date, rows: Rows) -> None:
        more = {"churned": pa.bool_(), "churned_at": pa.timestamp("us"), "contacted": pa.bool_()}
        write(Lake(config.path(config.lake)).panel(as_of), rows, more)

    return of_day
