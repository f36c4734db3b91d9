"""The code location that Dagster loads: everything there is, and the policies that hold for all of it.

Belongs here: assembling. Does not belong here: any asset, job or schedule. Nothing heavy is imported at this point.
"""

from __future__ import annotations

import dagster as dg

from pipelines import jobs
from pipelines.assets import destinations, effects, features, lists, model, raw, readiness, remote, report, tables
from pipelines.config import Config, load
from pipelines.lists import enabled
from pipelines.progress import progress_logger


def definitions(config: Config) -> dg.Definitions:
    """Definitions for a configuration."""
    accepted = tables.assets(config)
    names = [asset.key.to_user_string() for asset in accepted]
    exports = destinations.assets(config, enabled(config))
    exported = [asset.key.to_user_string() for asset in exports]
    return dg.Definitions(
        assets=[
            *raw.assets(config),
            *accepted,
            *readiness.assets(config, names),
            *features.assets(config, names),
            *model.assets(config),
            *lists.assets(config),
            *report.assets(config, [*enabled(config), "list_record"]),
            *exports,
            *effects.assets(config, names),
            *remote.assets(config, [*enabled(config), "report", "list_record", *exported, *jobs.TRAINED]),
        ],
        asset_checks=lists.checks(config),
        jobs=jobs.jobs(config),
        schedules=jobs.schedules(config),
        sensors=jobs.sensors(config),
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
        # one process: a step that starts another interpreter would import everything again, at five times the cost;
        # what is worth parallel work (DuckDB, LightGBM) uses the cores by itself
        executor=dg.in_process_executor,
    )


defs = definitions(load())
