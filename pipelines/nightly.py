"""A whole day: as a Dagster job in this process, or stage by stage.

Belongs here: the order of the stages. Does not belong here: any stage.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.config import ENVIRONMENT, Config
from pipelines.errors import ChurnError, NotDelivered
from pipelines.exports import Published
from pipelines.lists.day import Day

_SETTINGS = {
    "dagster.yaml": "telemetry: {enabled: false}\nnux: {enabled: false}\n",
    "workspace.yaml": "load_from:\n  - python_module: {module_name: pipelines.definitions, location_name: pipelines}\n",
}
"""What Dagster needs to know, for a home that does not say it."""


def prepare_home(config: Config) -> None:
    """Point Dagster at its home: $DAGSTER_HOME, else the folder of the configuration if it holds dagster.yaml, else
    a folder of its own, with the settings it lacks; and initialise its store once, as two processes that touch a fresh
    one break it."""
    from pipelines.lake import locked

    state = config.path(config.state)
    store = os.environ.setdefault("DAGSTER_STORE", str(state.parent / "dagster"))
    if "DAGSTER_HOME" not in os.environ:
        here = config.file.parent
        os.environ["DAGSTER_HOME"] = str(here if (here / "dagster.yaml").exists() else store)
    os.environ[ENVIRONMENT] = str(config.file)
    for folder in (store, os.environ["DAGSTER_HOME"]):
        os.makedirs(folder, exist_ok=True)

    import dagster as dg

    with locked(Path(store) / ".churn.lock"):
        for name, text in _SETTINGS.items():
            settings = Path(os.environ["DAGSTER_HOME"]) / name
            if not settings.exists():
                settings.write_text(text, "utf-8")
        with dg.DagsterInstance.get() as instance:
            instance.get_runs(limit=1)


def run_job(config: Config, job: str, as_of: date, progress: Callable[[str], None], after_tables: bool = False) -> None:
    """Run a Dagster job for a day in this process, recorded in the instance so that the UI shows it.

    ``after_tables`` limits it to the stages that follow the accepted tables. Raises ChurnError with the cause of the
    first failed step, and NotDelivered if nothing but deliveries failed.
    """
    prepare_home(config)

    import dagster as dg

    from pipelines.definitions import definitions
    from pipelines.ingest import check_day
    from pipelines.progress import send_to

    check_day(config, as_of)
    send_to(progress)
    with dg.DagsterInstance.get() as instance:
        wanted = definitions(config).resolve_job_def(job)
        layer = wanted.asset_layer
        later = [key for key in layer.selected_asset_keys if layer.get(key).group_name not in ("raw", "tables")]
        result = wanted.execute_in_process(
            instance=instance,
            partition_key=str(as_of),
            asset_selection=later if after_tables else None,
            raise_on_error=False,
            run_config={"loggers": {"progress": {}}},
        )
        if not result.success:
            raise _cause(result, job, as_of)


def _cause(result: object, job: str, as_of: date) -> ChurnError:
    import dagster as dg

    assert isinstance(result, dg.ExecuteInProcessResult)  # noqa: S101
    failures = [event for event in result.all_events if event.is_step_failure]
    steps = [str(event.step_key) for event in failures]
    causes = [_said(event.step_failure_data) for event in failures] or [("it failed", _LOOK)]
    if steps and all(step.startswith("export_") for step in steps):
        # they do not depend on one another
        messages, remedies = zip(*causes, strict=True)
        return NotDelivered("; ".join(messages), "; ".join(remedies))
    return ChurnError(f"{job} for {as_of} stopped at {steps[0] if steps else job}: {causes[0][0]}", causes[0][1])


_LOOK = "look at the run in the Dagster UI (churn ui)"


def _said(failure: Any) -> tuple[str, str]:
    """Message and remedy of a step that failed."""
    error = failure.error.cause if failure.error and failure.error.cause else failure.error
    said = failure.user_failure_data.description if failure.user_failure_data else (error.message if error else None)
    said = re.sub(r"^pipelines\.errors\.\w+: ", "", (said or "it failed").strip())
    message, _, remedy = said.partition(". Remedy: ")
    return message, remedy or _LOOK


def run_stages(config: Config, as_of: date) -> dict[str, Published]:
    """The stages of a night, one after the other: land, check, features, scores, lists, which are returned by name, the
    record of earlier promises, the report, deliveries. Without a champion there are no scores and no at-risk list.
    Raises NotDelivered at the end if a destination did not get its lists."""
    from pipelines import champion, features, ingest, scoring, sources, tables
    from pipelines.destinations.delivering import deliver_all, require_delivered
    from pipelines.effects import promise
    from pipelines.lists import enabled
    from pipelines.report.write import write

    names = list(sources.source_of(config))
    for table in names:
        ingest.land(config, as_of, table)
    for table in names:
        tables.check(config, as_of, table)
    features.compute(config, as_of)
    if champion.find(config) is not None:
        scoring.score(config, as_of)
    day = Day(config, as_of)
    made = {name: publish_list(config, name, as_of, day) for name in enabled(config)}
    published = {name: each for name, each in made.items() if not isinstance(each, str)}
    promise.record(config, as_of)
    write(config, as_of)
    require_delivered(deliver_all(config, as_of, list(published)))
    return published


def publish_list(config: Config, name: str, as_of: date, day: Day | None = None) -> Published | str:
    """Make a list of a day and publish it; in words why not, if there is no champion to make it with."""
    from pipelines.exports import publish
    from pipelines.lists.choice import choose, withheld

    return withheld(config, name) or publish(config, choose(day or Day(config, as_of), name))
