"""The steps that ``nightly`` measures, each called as a process: ``python -m benchmarks.steps STEP churn.yaml``.

Belongs here: calling the product's own functions. Does not belong here: measuring.
"""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path

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
    from pipelines import champion, training
    from pipelines.tracking import Tracking

    trained = training.train(config, as_of)
    if champion.find(config) is None:
        model = Tracking.connect(config).load(trained.version)
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
    """Choose, explain and publish all lists."""
    from pipelines import nightly
    from pipelines.lists import enabled
    from pipelines.lists.day import Day

    day = Day(config, as_of)
    for name in enabled(config):
        nightly.publish_list(config, name, as_of, day)


def export(config: Config, as_of: date) -> None:
    """Bring the lists to the destinations: folders with files of every format."""
    from pipelines.destinations.delivering import deliver_all
    from pipelines.lists import enabled

    deliver_all(config, as_of, enabled(config))


def report(config: Config, as_of: date) -> None:
    """Write the page of the day."""
    from pipelines.report.write import write

    write(config, as_of)


def night(config: Config, as_of: date) -> None:
    """All of it as the Dagster job."""
    from pipelines import nightly

    nightly.run_job(config, "nightly", as_of, lambda _: None)


def in_turn(config: Config, as_of: date) -> None:
    """The steps of a night one after the other; prints the CPU seconds of each, with what it is the first to import."""
    from benchmarks.measure import least_cpu
    from benchmarks.nightly import NIGHT

    works = {step: partial(STEPS[step], config, as_of) for step in NIGHT}
    print(json.dumps({step: round(least_cpu(work, times=1)[0], 3) for step, work in works.items()}))


def ratio(config: Config, as_of: date) -> None:
    """Print the CPU seconds of features and of the scan, see ``scan``."""
    from benchmarks import scan

    print(json.dumps(scan.ratio(config, as_of)))


STEPS = {
    step.__name__: step
    for step in (
        dagster_store, mlflow_store, generate, land, check, train, features, score, publish, export, report, night,
        in_turn, ratio,
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
