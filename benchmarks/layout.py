"""Usage as the lake keeps it against the same rows sorted by day.

Belongs here: writing the other layout with the lake's own writer, and reading both. Does not belong here: what the lake
keeps (``pipelines.usage_store``).
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
    """Bytes of the closed months in either layout, and CPU seconds of all features that read usage alone, for one day,
    with the files of a month that is not closed yet as they are. The other files are left in ``folder``."""
    from churn_features.catalogue import FEATURES

    files = tables.required(config, as_of)
    months = [file for file in files["usage"] if len(file.stem) == len("2025-01")]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with engine.connection(config) as con:
        by_day = [_by_day(con, month, folder) for month in months]
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
        "cpu": ours,
        "cpu_by_day": other,
        "features": len(usage_only),
    }


def _by_day(con: Any, month: Path, folder: Path) -> Path:
    target = folder / month.name
    engine.write(con, f"SELECT * FROM {engine.scan([month])} ORDER BY day, account_id, event", target)
    return target
