"""Usage as the lake keeps it against the same rows sorted by day.

Belongs here: writing the other layouts with the lake's own writer, and reading them. Does not belong here: what the
lake keeps (``pipelines.usage_store``).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measure import least_cpu
from benchmarks.statements import restricted
from pipelines import engine, tables
from pipelines.config import Config


def compared(config: Config, as_of: date, folder: Path) -> dict[str, Any]:
    """Bytes of the closed months in three layouts: the lake's, sorted by day with the rows of a day as they may arrive,
    in no order, and sorted by day and then by account; and CPU seconds of all features that read usage alone, for one
    day, from the first two, with the files of a month that is not closed yet as they are. The other files are left in
    ``folder``."""
    from churn_features.catalogue import FEATURES

    files = tables.required(config, as_of)
    months = [file for file in files["usage"] if len(file.stem) == len("2025-01")]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with engine.connection(config) as con:
        by_day = [_sorted(con, month, folder, "day, hash(account_id, event)") for month in months]
        by_day_and_account = [_sorted(con, month, folder / "by-account", "day, account_id, event") for month in months]
    others = {**files, "usage": [*by_day, *files["usage"][len(months) :]]}
    usage_only = [feature for feature in FEATURES if feature.needs == ("usage",)]

    def compute(read: Mapping[str, list[Path]]) -> None:
        with engine.connection(config) as con:
            sql, parameters = restricted(con, config, read, as_of, usage_only)
            engine.write(con, sql, folder / "features.parquet", parameters)

    ours, other = least_cpu(lambda: compute(files), lambda: compute(others))
    return {
        "bytes": sum(file.stat().st_size for file in months),
        "bytes_by_day": sum(file.stat().st_size for file in by_day),
        "bytes_by_day_and_account": sum(file.stat().st_size for file in by_day_and_account),
        "cpu": ours,
        "cpu_by_day": other,
        "features": len(usage_only),
    }


def _sorted(con: Any, month: Path, folder: Path, order: str) -> Path:
    target = folder / month.name
    engine.write(con, f"SELECT * FROM {engine.scan([month])} ORDER BY {order}", target)
    return target
