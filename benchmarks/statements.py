"""The product's statement restricted to some features.

Belongs here: binding it to a lake, as ``pipelines.features.statement`` binds the whole one. Does not belong here: what
is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, usage_store
from pipelines.config import Config
from pipelines.features import define, reached, stored

if TYPE_CHECKING:
    import duckdb

    from churn_features.feature import Feature


@lru_cache(maxsize=8)
def _sql(present: frozenset[str], roles: tuple[tuple[str, str], ...], names: tuple[str, ...]) -> str:
    from churn_features.catalogue import BY_NAME
    from churn_features.statement import features

    return features(present, dict(roles), [BY_NAME[name] for name in names]).sql("duckdb")


def restricted(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    files: Mapping[str, list[Path]],
    as_of: date,
    catalogue: Sequence[Feature],
) -> tuple[str, dict[str, Any]]:
    """The statement of a day for the features of ``catalogue`` alone, with its parameters; tables are views."""
    for table, paths in files.items():
        define(con, table, f"SELECT * FROM {engine.scan(reached(table, paths, as_of, as_of))}")
    sql = _sql(frozenset(files), tuple(config.event_roles.items()), tuple(feature.name for feature in catalogue))
    usage_from = usage_store.first_day(con, stored(files["usage"]), as_of)
    bound = {"as_of": as_of, "cutoff": cutoff(as_of, config.time_zone), "usage_from": usage_from}
    return sql, {name: value for name, value in bound.items() if f"${name}" in sql}
