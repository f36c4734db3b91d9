"""Values that the contract calls final and the source overwrote, found by comparing what several landings brought.

Belongs here: that comparison. Does not belong here: changed futures (``proof``): rows of the past that the source
rewrites look as if they had always been so, and only an earlier landing can tell otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import TABLES, Table
from pipelines import engine, history, tables
from pipelines.config import Config
from pipelines.lake import Lake

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Overwritten:
    """A column whose value changed between landings though it was final: of how many rows, and one of them."""

    table: str
    column: str
    rows: int
    key: str
    before: str | None
    after: str | None

    @property
    def remedy(self) -> str:
        """What to do about it."""
        where = "in subscription_changes" if self.table.startswith("subscription") else "as dated rows"
        return (
            f"give the value at the start of the row and its changes {where}, or map {self.table}.{self.column} to "
            f"nothing; on days before the first landing its features know the future"
        )


def landings(config: Config) -> int:
    """How many landings of subscriptions there are to compare."""
    return len(history.landings(Lake(config.path(config.lake)), "subscriptions"))


def overwritten(config: Config, as_of: date) -> tuple[Overwritten, ...]:
    """Columns that were overwritten in the tables of a day: fixed ones, and event ones after they had been filled in.

    Corrections that the source dates itself, by ``recorded_at``, are none. Usage is left out: its sums grow with late
    rows.
    """
    found: list[Overwritten] = []
    with engine.connection(config) as con:
        for name, files in tables.required(config, as_of).items():
            if name != "usage":
                found += _of_table(con, TABLES[name], files)
    return tuple(found)


def _of_table(con: duckdb.DuckDBPyConnection, table: Table, files: list[Path]) -> Iterator[Overwritten]:
    key = ", ".join(engine.identifier(name) for name in table.key)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT concat_ws(', ', {key}) AS pair, this, lead(this) OVER versions "
        f"AS next FROM {engine.scan(files)} AS this WHERE known_after IS NOT NULL OR known_to IS NOT NULL "
        f"WINDOW versions AS (PARTITION BY {key} ORDER BY known_after NULLS FIRST)"
    )
    for column in table.columns:
        if column.kind == "snapshot" or column.name in (*table.key, "recorded_at"):
            continue
        # a value that is filled in later is final from the day on which it was known
        told = f"AND CAST(this.{column.known_from} AS DATE) <= this.known_to" if column.kind == "event" else ""
        before, after = (f"{side}.{engine.identifier(column.name)}" for side in ("this", "next"))
        rows = con.execute(
            f"SELECT count(*), min(pair), arg_min({before}::VARCHAR, pair), arg_min({after}::VARCHAR, pair) FROM pairs "
            f"WHERE next IS NOT NULL AND {before} IS DISTINCT FROM {after} "
            f"AND this.recorded_at IS NOT DISTINCT FROM next.recorded_at {told}"
        ).fetchall()
        [(count, *example)] = rows
        if count:
            yield Overwritten(table.name, column.name, count, *example)
