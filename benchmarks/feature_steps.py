"""The processes that ``features`` measures: ``python -m benchmarks.feature_steps STEP churn.yaml [FILE]``.

All of them compute features with the product's own statement for the day before the company's last one, and print what
they did as JSON. Belongs here: one function for each process. Does not belong here: measuring processes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from pipelines.config import Config, load

DATES, EVERY = 12, 28


def ready(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """Whether the lake holds every table for the day, with the columns that this version of the contract has."""
    from churn_features.clock import stored_schema
    from churn_features.tables import TABLES
    from pipelines import engine, tables

    found = tables.present(config, as_of)
    with engine.connection(config) as con:
        columns = {
            table: {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {engine.scan(files)}").fetchall()}
            for table, files in found.items()
        }
    return {"ready": columns == {name: set(stored_schema(table)) for name, table in TABLES.items()}}


def facts(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """What a rival must be told."""
    lake = config.path(config.lake)
    return {"lake": str(lake), "as_of": str(as_of), "zone": config.time_zone, "roles": config.event_roles}


def ratio(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """See ``scan``."""
    from benchmarks.scan import ratio

    return ratio(config, as_of)


def one_date(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """What the night does. Tells the rows, and the most bytes that the engine had spilled to disk at any time."""
    from pipelines import features

    with _spilled(config) as most:
        rows = features.compute(config, as_of)
    return {"rows": rows, "spilled": most[0]}


def panel(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """The same for 12 dates, 28 days apart, into one ``file``, in the way of ``pipelines.features.compute_panel``, but
    without outcomes and for all accounts."""
    from pipelines import engine, features, tables

    files = tables.required(config, as_of)
    with engine.connection(config) as con:
        days = (as_of - timedelta(days=EVERY * step) for step in reversed(range(DATES)))
        return {
            "rows": engine.write_parts(
                con, (x for day in days for x in features.day_parts(con, config, files, day)), file
            )
        }


def agreement(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """Whether the features of the day in the lake agree with ``file``: how many columns that has, and those that
    differ, 1e-9 of the value allowed."""
    from pipelines import engine
    from pipelines.lake import Lake

    computed = engine.scan([Lake(config.path(config.lake)).features(as_of)])
    with engine.connection(config) as con:
        columns = con.execute(f"DESCRIBE SELECT * FROM {engine.scan([file])}").fetchall()
        differing = []
        for name, kind, *_ in columns:
            theirs, ours = (f"{side}.{engine.identifier(name)}" for side in ("theirs", "ours"))
            same = f"{theirs} IS NOT DISTINCT FROM {ours}"
            if kind != "VARCHAR":
                same = f"({same} OR abs({theirs} - {ours}) <= 1e-9 * abs({ours}))"
            bad = con.execute(
                f"SELECT count(*) FROM {engine.scan([file])} theirs FULL JOIN {computed} ours "
                f"USING (account_id) WHERE NOT coalesce({same}, false)"
            ).fetchone()
            if bad and bad[0]:
                differing.append(name)
    return {"columns": len(columns), "differing": differing}


def layout(config: Config, as_of: date, file: Path) -> dict[str, Any]:
    """The closed months of usage against files of the same rows sorted by day: bytes, and CPU of the usage features on
    either."""
    from benchmarks.layout import compared

    return compared(config, as_of, file)


@contextmanager
def _spilled(config: Config) -> Iterator[list[int]]:
    """The most bytes below the engine's temporary directory, looked at a hundred times a second."""
    from pipelines import engine

    folder, most, over = Path(str(engine.settings(config)["temp_directory"])), [0], Event()

    def watch() -> None:
        while not over.wait(0.01):
            most[0] = max(most[0], sum(_bytes(path) for path in folder.rglob("*")))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:  # removed since it was listed
        return 0


STEPS = {step.__name__: step for step in (ready, facts, ratio, one_date, panel, agreement, layout)}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feature_steps")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("config", type=Path)
    parser.add_argument("file", type=Path, nargs="?", default=Path())
    chosen = parser.parse_args()
    config = load(chosen.config)
    print(json.dumps(STEPS[chosen.step](config, config.last_day() - timedelta(days=1), chosen.file.resolve())))


if __name__ == "__main__":
    main()
