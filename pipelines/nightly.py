"""A whole day: as a Dagster job in this process, or stage by stage.

Belongs here: the order of the stages. Does not belong here: any stage.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from pipelines.config import ENVIRONMENT, Config
from pipelines.errors import ChurnError
from pipelines.exports import Published

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


FROM_FEATURES_ON = ("features", "scores", "at_risk")
"""Assets of the nightly job that follow the tables."""


def run_job(
    config: Config, job: str, as_of: date, progress: Callable[[str], None], only: Sequence[str] | None = None
) -> None:
    """Run a Dagster job for a day in this process, recorded in the instance so that the UI shows it.

    ``only`` limits it to these of its assets. Raises ChurnError with the cause of the first failed step.
    """
    prepare_home(config)

    import dagster as dg

    from pipelines.definitions import definitions
    from pipelines.ingest import check_day
    from pipelines.progress import send_to

    check_day(config, as_of)
    send_to(progress)
    with dg.DagsterInstance.get() as instance:
        result = (
            definitions(config)
            .resolve_job_def(job)
            .execute_in_process(
                instance=instance,
                partition_key=str(as_of),
                asset_selection=[dg.AssetKey(name) for name in only] if only else None,
                raise_on_error=False,
                run_config={"loggers": {"progress": {}}},
            )
        )
        if not result.success:
            raise _cause(result, job, as_of)


def _cause(result: object, job: str, as_of: date) -> ChurnError:
    import dagster as dg

    assert isinstance(result, dg.ExecuteInProcessResult)  # noqa: S101
    failures = [event for event in result.all_events if event.is_step_failure]
    step = (failures[0].step_key if failures else None) or job
    said: str | None = None
    if failures:
        data = failures[0].step_failure_data
        error = data.error.cause if data.error and data.error.cause else data.error
        said = data.user_failure_data.description if data.user_failure_data else (error.message if error else None)
    said = re.sub(r"^pipelines\.errors\.\w+: ", "", (said or "it failed").strip())
    message, _, remedy = said.partition(". Remedy: ")
    return ChurnError(
        f"{job} for {as_of} stopped at {step}: {message}", remedy or "look at the run in the Dagster UI (churn ui)"
    )


def run_stages(config: Config, as_of: date) -> Published:
    """The stages of a night, one after the other: land, check, features, scores, list."""
    from pipelines import exports, features, ingest, lists, scoring, sources, tables

    names = list(sources.source_of(config))
    for table in names:
        ingest.land(config, as_of, table)
    for table in names:
        tables.check(config, as_of, table)
    features.compute(config, as_of)
    scoring.score(config, as_of)
    return exports.publish(config, lists.at_risk(config, as_of))
