"""When things run: jobs, their schedules, and what happens when a run fails.

Belongs here: orchestration policy, stated once. Does not belong here: what the assets do.
"""

import json
from datetime import timedelta
from typing import Any

import dagster as dg

from pipelines.config import Config


def jobs() -> list[Any]:
    """``nightly``: from landing to the published list. ``training``: from landing to the duel."""
    return [
        dg.define_asset_job(
            "nightly",
            dg.AssetSelection.assets("at_risk").upstream(),
            description="Land, check, compute features, score with the champion, publish the list of a day.",
        ),
        dg.define_asset_job(
            "training",
            dg.AssetSelection.assets("churn_model").upstream() | dg.AssetSelection.assets("readiness"),
            description="Land, check, report what the data is worth, train a challenger on all matured days, duel.",
        ),
    ]


def schedules(config: Config) -> list[dg.ScheduleDefinition]:
    """Both jobs run for the day that ended last, in the company's zone."""
    return [
        _schedule(config, "nightly", config.schedules.nightly),
        _schedule(config, "training", config.schedules.training),
    ]


def _schedule(config: Config, job: str, cron: str) -> dg.ScheduleDefinition:
    @dg.schedule(name=f"{job}_schedule", job_name=job, cron_schedule=cron, execution_timezone=config.time_zone)
    def last_ended_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        as_of = context.scheduled_execution_time.astimezone(config.zone).date() - timedelta(days=1)
        if as_of < config.history_start:
            return dg.SkipReason(f"{as_of} is before history_start {config.history_start}")
        return dg.RunRequest(run_key=f"{job}-{as_of}", partition_key=str(as_of))

    return last_ended_day


def sensors(config: Config) -> list[dg.SensorDefinition]:
    """A failed run is written to ``failures.jsonl`` in the state folder and to the daemon's log."""

    @dg.run_failure_sensor(name="failed_runs", default_status=dg.DefaultSensorStatus.RUNNING)
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        messages = [event.step_failure_data.error_display_string for event in context.get_step_failure_events()]
        failure = {
            "run_id": run.run_id,
            "job": run.job_name,
            "as_of": run.tags.get("dagster/partition"),
            "message": messages or [str(context.failure_event.message)],
        }
        path = config.path(config.state) / "failures.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(failure, ensure_ascii=False) + "\n")
        context.log.error(f"{run.job_name} for {failure['as_of']} failed, see {path}")

    return [failed_runs]
