"""The product's statement restricted to some features.

Belongs here: binding it to a lake, as ``pipelines.features.statement`` binds the whole one. Does not belong here: what
is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, usage_store
from pipelines.config import Config
from pipelines.features import define, reached, stored

if TYPE_CHECKING:
    import duckdb

    from churn_features.feature import Feature


def restricted(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    files: Mapping[str, list[Path]],
    as_of: date,
    catalogue: Sequence[Feature],
) -> tuple[str, dict[str, Any]]:
    """The statement of a day for the features of ``catalogue`` alone, with its parameters; tables are views."""
    from churn_features.statement import features

    for table, paths in files.items():
        define(con, table, f"SELECT * FROM {engine.scan(reached(table, paths, as_of, as_of))}")
    sql = features(files, config.event_roles, catalogue).sql("duckdb")
    usage_from = usage_store.first_day(con, stored(files["usage"]), as_of)
    bound = {"as_of": as_of, "cutoff": cutoff(as_of, config.time_zone), "usage_from": usage_from}
    return sql, {name: value for name, value in bound.items() if f"${name}" in sql}
