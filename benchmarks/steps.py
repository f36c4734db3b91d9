"""The steps that ``nightly`` measures, each called as a process: ``python -m benchmarks.steps STEP churn.yaml``.

Belongs here: calling the product's own functions. Does not belong here: measuring, but for the ratio, which needs both
sides in one process.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipelines.config import Config, load
from pipelines.sources import source_of


def dagster_store(config: Config, as_of: date) -> None:
    """Import Dagster and make its store."""
    from pipelines.nightly import prepare_home

    prepare_home(config)


def mlflow_store(config: Config, as_of: date) -> None:
    """Import MLflow and make its store, with all its migrations."""
    from pipelines.tracking import Tracking

    Tracking.connect(config)


def generate(config: Config, as_of: date) -> None:
    """Generate the company, if it is not there yet."""
    from pipelines.config import DemoSource
    from pipelines.sources.demo import DemoReader

    (source,) = config.sources.values()
    assert isinstance(source, DemoSource)
    DemoReader(source, config)._files  # noqa: B018  it is generated when first looked at


def land(config: Config, as_of: date) -> None:
    """Land all tables of a day."""
    from pipelines import ingest

    for table in source_of(config):
        ingest.land(config, as_of, table)


def check(config: Config, as_of: date) -> None:
    """Run the contracts of all tables of a day."""
    from pipelines import tables

    for table in source_of(config):
        tables.check(config, as_of, table)


def train(config: Config, as_of: date) -> None:
    """Train. A challenger that is refused scores all the same: it costs what a better one would."""
    from models.churn_model import ChurnModel
    from pipelines import champion, training

    trained = training.train(config, as_of)
    if champion.find(config) is None:
        import mlflow

        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{config.company}/{trained.version}")) / "artifacts"
        card = json.loads((folder / "card.json").read_text("utf-8"))
        model = ChurnModel.from_parts((folder / "booster.txt").read_text("utf-8"), card)
        champion.install(config, champion.Champion(model, trained.version))


def features(config: Config, as_of: date) -> None:
    """Compute the features of a day."""
    from pipelines.features import compute

    compute(config, as_of)


def score(config: Config, as_of: date) -> None:
    """Score a day."""
    from pipelines import scoring

    scoring.score(config, as_of)


def publish(config: Config, as_of: date) -> None:
    """Choose, explain and publish the list of a day."""
    from pipelines import exports, lists

    exports.publish(config, lists.at_risk(config, as_of))


def night(config: Config, as_of: date) -> None:
    """All of it as the Dagster job."""
    from pipelines import nightly

    nightly.run_job(config, "nightly", as_of, lambda _: None)


def ratio(config: Config, as_of: date) -> None:
    """Print the CPU seconds of features and of the scan, see ``nightly``."""
    from pipelines import engine, tables
    from pipelines import features as product

    files = tables.required(config, as_of)
    with engine.connection(config) as con:
        sql, parameters = product._statement(con, config, files, as_of)
        plan = f"EXPLAIN (FORMAT json) {sql}"
        scans = _scans(json.loads(con.execute(plan, parameters).fetchall()[0][1]), files)
        planning = _best(lambda: con.execute(plan, parameters).fetchall())
        counted = con.execute(f"SELECT count(*) FROM {engine.scan(files['usage'])}").fetchone()

    def scan() -> None:
        with engine.connection(config) as own:
            product._define(own, files, as_of)
            for query in scans:
                own.execute(query, {"as_of": as_of} if "$as_of" in query else {}).fetchall()

    features_cpu, scan_cpu = _best(lambda: product.compute(config, as_of)), _best(scan)
    figures = {
        "features_cpu": features_cpu, "scan_cpu": scan_cpu, "ratio": features_cpu / scan_cpu,
        "planning_cpu": planning, "usage_rows": counted[0] if counted else 0,
    }  # fmt: skip
    print(json.dumps(figures))


def _scans(plan: list[dict[str, Any]], files: dict[str, list[Path]]) -> list[str]:
    """One cheap aggregate per table over the columns that a plan reads of it."""
    from churn_features.clock import stored_schema
    from churn_features.tables import TABLES
    from churn_features.usage import LOOKBACK

    schemas = {table: stored_schema(TABLES[table]) for table in files}
    read: dict[str, set[str]] = {table: set() for table in files}
    nodes = list(plan)
    while nodes:
        node = nodes.pop()
        nodes += node["children"]
        if node["name"].strip() == "READ_PARQUET":
            columns = set(node["extra_info"]["Projections"])
            (table,) = (name for name, schema in schemas.items() if columns <= set(schema))
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


def _best(work: Callable[[], object], times: int = 3) -> float:
    """Least CPU seconds of this process, all threads, over some calls."""
    taken = []
    for _ in range(times):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return min(taken)


STEPS = {
    step.__name__: step
    for step in (
        dagster_store, mlflow_store, generate, land, check, train, features, score, publish, night, ratio,
    )
}  # fmt: skip


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steps")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("config", type=Path)
    parser.add_argument("--first", action="store_true", help="for the day before the last one")
    chosen = parser.parse_args()
    config = load(chosen.config)
    STEPS[chosen.step](config, config.last_day() - timedelta(days=chosen.first))


if __name__ == "__main__":
    main()
