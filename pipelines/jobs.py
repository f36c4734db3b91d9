"""When things run: jobs, their schedules, and what happens when a run fails.

Belongs here: orchestration policy, stated once. Does not belong here: what the assets do.
"""

import json
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from pipelines.assets.lists import fresh_check
from pipelines.assets.remote import REMOTE_COPY, hooks
from pipelines.config import Config
from pipelines.lists import enabled

TRAINED = ("readiness", "churn_model", "trigger_quality", "outreach_effect")
"""What the job ``training`` makes besides what it needs."""


def jobs(config: Config) -> list[Any]:
    """``nightly``: from landing to the published lists. ``training``: from landing to the duel. Where a home is
    configured, both end with the copy there."""
    lists = dg.AssetSelection.groups("lists", "exports") - dg.AssetSelection.assets("outreach_effect")
    trained = dg.AssetSelection.assets(*TRAINED).upstream()
    nightly: dg.AssetSelection = lists.upstream()
    training: dg.AssetSelection = trained
    if config.storage.remote:
        copied = dg.AssetSelection.assets(REMOTE_COPY)
        nightly, training = (lists - copied).upstream() | copied, trained | copied
    return [
        dg.define_asset_job(
            "nightly",
            nightly,
            description="Land, check, compute features, score with the champion, publish the lists of a day, record "
            "what came of earlier ones.",
            hooks=hooks(config),
        ),
        dg.define_asset_job(
            "training",
            training,
            description="Land, check, report what the data is worth, train a challenger on all matured days, duel, "
            "measure the triggers and the effect of outreach.",
            hooks=hooks(config),
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
    """What goes wrong is written to ``failures.jsonl`` in the state folder and to the daemon's log: a run that failed,
    and a list that is not there by ``schedules.alert_hour``."""
    return [_failed_runs(config), _absent_lists(config)]


def _failed_runs(config: Config) -> dg.SensorDefinition:
    @dg.run_failure_sensor(name="failed_runs", default_status=dg.DefaultSensorStatus.RUNNING)
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        messages = [event.step_failure_data.error_display_string for event in context.get_step_failure_events()]
        _tell(
            config,
            {
                "run_id": run.run_id,
                "job": run.job_name,
                "as_of": run.tags.get("dagster/partition"),
                "message": messages or [str(context.failure_event.message)],
            },
        )

    return failed_runs


def _absent_lists(config: Config) -> dg.SensorDefinition:
    @dg.sensor(
        name="absent_lists",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="While the nightly schedule is on: are the lists of the day before there? Told once a day, and as "
        "the check of each list.",
    )
    def absent_lists(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from pipelines.freshness import due, freshness
        from pipelines.lists.choice import withheld

        states = context.instance.all_instigator_state()
        if not any(state.instigator_name == "nightly_schedule" and state.is_running for state in states):
            return dg.SkipReason("the nightly schedule is off")
        now = datetime.now(config.zone)
        day = due(config, now)
        if context.cursor == str(day):
            return dg.SkipReason(f"the lists of {day} were looked for")
        found = [freshness(config, name, now) for name in enabled(config) if not withheld(config, name)]
        for each in found:
            if not each.fresh:
                context.log.error(str(each))
                _tell(config, {"job": "nightly", "as_of": str(day), "message": [str(each)]})
        return dg.SensorResult(asset_events=[fresh_check(each) for each in found], cursor=str(day))

    return absent_lists


def _tell(config: Config, failure: dict[str, Any]) -> None:
    path = config.path(config.state) / "failures.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(failure, ensure_ascii=False) + "\n")
