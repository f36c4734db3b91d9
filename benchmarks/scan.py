"""The feature statement against a raw scan of what it reads, both in one process.

*Features* is what the night does: ``pipelines.features.compute`` for one day, from opening a connection to the written
Parquet file. *Scan* reads what that statement reads and nothing else: the same files, of each the columns that the
statement's plan reads, of usage the same 91 days, through a connection with the same limits; numbers are summed, of
text the lengths, of everything else the largest value is taken. *Empty* is the same statement over the same tables
without rows: what it costs to plan and to start. *Some* is the statement for a quarter, a half and three quarters of
the features, taken evenly: how the cost grows with their number, in as many slices of accounts as all of them. Each is
the best of five, for a very large company of two.

Belongs here: these four. Does not belong here: anything that takes a process of its own (``feature_steps``).
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import least_cpu
from benchmarks.statements import restricted
from pipelines import engine, tables
from pipelines import features as product
from pipelines.config import Config

if TYPE_CHECKING:
    from churn_features.feature import Feature

VERY_LARGE = 50_000_000


def ratio(config: Config, as_of: date) -> dict[str, Any]:
    """CPU seconds of features, scan and the statement over nothing, the ratio of the first two, rows of usage."""
    from churn_features.catalogue import FEATURES

    files = tables.required(config, as_of)
    with engine.connection(config) as con:
        sql, parameters = product.statement(con, config, files, as_of)
        queries = _scans(_plan(con, sql, parameters), files)
        counted = con.execute(f"SELECT count(*) FROM {engine.scan(files['usage'])}").fetchone()

    def scan() -> None:
        with engine.connection(config) as own:
            product.prepare(own, config)
            for table, paths in files.items():
                read = product.reached(table, paths, as_of, as_of)
                product.define(own, table, f"SELECT * FROM {engine.scan(read)}")
            for query in queries:
                own.execute(query, {"as_of": as_of} if "$as_of" in query else {}).fetchall()

    with tempfile.TemporaryDirectory() as scratch:
        nothing = _empty(config, files, Path(scratch))

        def start() -> None:
            with engine.connection(config) as own:
                parts = product.day_parts(own, config, nothing, as_of)
                engine.write_parts(own, parts, Path(scratch) / "features.parquet")

        def some(chosen: tuple[Feature, ...]) -> None:
            with engine.connection(config) as own:
                read = {table: product.reached(table, paths, as_of, as_of) for table, paths in files.items()}
                parts = (
                    restricted(own, config, files, as_of, chosen, accounts)
                    for accounts in product.account_slices(own, config, read)
                )
                engine.write_parts(own, parts, Path(scratch) / "some.parquet")

        rows = int(counted[0]) if counted else 0
        quarters = [tuple(f for at, f in enumerate(FEATURES) if at % 4 in taken) for taken in ({0}, {0, 2}, {0, 1, 2})]
        parts = {len(chosen): partial(some, chosen) for chosen in quarters}
        works = (lambda: product.compute(config, as_of), scan, start, *parts.values())
        features_cpu, scan_cpu, empty_cpu, *some_cpu = least_cpu(*works, times=2 if rows > VERY_LARGE else 5)
    return {
        "features_cpu": features_cpu,
        "scan_cpu": scan_cpu,
        "empty_cpu": empty_cpu,
        "ratio": features_cpu / scan_cpu,
        "some": dict(zip(parts, (cpu / scan_cpu for cpu in some_cpu), strict=True)),
        "features": len(FEATURES),
        "usage_rows": rows,
    }


def _plan(con: Any, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    # planned as engine.write does, else a column without values is not read
    engine.plan_without(con, "statistics_propagation")
    explained = con.execute(f"EXPLAIN (FORMAT json) {sql}", dict(parameters)).fetchall()
    return json.loads(explained[0][1])


def _scans(plan: list[dict[str, Any]], files: Mapping[str, list[Path]]) -> list[str]:
    """One cheap aggregate per table over the columns that a plan reads of it."""
    from churn_features.clock import LOOKBACK, stored_schema
    from churn_features.tables import TABLES

    schemas = {table: stored_schema(TABLES[table]) for table in files}
    read: dict[str, set[str]] = {table: set() for table in files}
    nodes = list(plan)
    while nodes:
        node = nodes.pop()
        nodes += node["children"]
        if node["name"].strip() == "READ_PARQUET":
            table, columns = _columns(node["extra_info"], schemas)
            read[table] |= columns
    where = {"usage": f"WHERE day > $as_of - {LOOKBACK} AND day <= $as_of"}
    touch = {"string": "sum(strlen({}))", "int64": "sum({})", "float64": "sum({})"}
    return [
        "SELECT "
        + ", ".join(touch.get(schemas[table][name], "max({})").format(f'"{name}"') for name in sorted(columns))
        + f' FROM "{table}" {where.get(table, "")}'
        for table, columns in read.items()
        if columns
    ]


def _columns(scan: Mapping[str, Any], schemas: Mapping[str, Mapping[str, str]]) -> tuple[str, set[str]]:
    """The table of a scan and the columns that it reads: those it hands on and those it filters by."""
    handed, filters = scan["Projections"], scan.get("Filters", [])
    text = filters if isinstance(filters, str) else " ".join(filters)
    names = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", text))) & set().union(*schemas.values())
    names |= {*([handed] if isinstance(handed, str) else handed)}
    (table,) = (name for name, schema in schemas.items() if names <= set(schema))
    return table, names


def _empty(config: Config, files: Mapping[str, list[Path]], folder: Path) -> dict[str, list[Path]]:
    """Files of the same tables without rows."""
    made = {}
    with engine.connection(config) as con:
        for table, paths in files.items():
            made[table] = [folder / f"{table}.parquet"]
            engine.write(con, f"SELECT * FROM {engine.scan(paths)} LIMIT 0", made[table][0])
    return made
