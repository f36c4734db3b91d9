"""The product's statement restricted to some features.

Belongs here: its text; ``pipelines.features`` binds it to a lake as it does the whole one. Does not belong here: what
is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.features import bind

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
    accounts: str = "",
) -> tuple[str, dict[str, Any]]:
    """The statement of a day for the features of ``catalogue`` alone, with its parameters; tables are views,
    of the accounts that a condition leaves."""
    sql = _sql(frozenset(files), tuple(config.event_roles.items()), tuple(feature.name for feature in catalogue))
    bound = bind(con, config, files, as_of, accounts=accounts)
    return sql, {name: value for name, value in bound.items() if f"${name}" in sql}
