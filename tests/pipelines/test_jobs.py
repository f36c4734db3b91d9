"""Schedules ask for the day that ended, in the company's zone; a failed run leaves a line."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from pipelines import jobs
from pipelines.lists import AT_RISK, NAMES


def tick(config: Any, name: str, moment: datetime) -> Any:
    """What the schedule of a job asks for at a moment."""
    os.environ["CHURN_CONFIG"] = str(config.file)  # read when the module is first imported
    from pipelines.definitions import definitions

    repository = definitions(config).get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment, repository_def=repository
        )
        return repository.get_schedule_def(f"{name}_schedule").evaluate_tick(context)


@pytest.mark.parametrize(
    ("zone", "moment", "partition"),
    [
        ("Europe/Berlin", datetime(2026, 1, 5, 2), "2026-01-04"),
        ("Europe/Berlin", datetime(2026, 3, 29, 3), "2026-03-28"),  # 02:00 does not exist on this day
        ("Europe/Berlin", datetime(2026, 10, 25, 2, fold=0), "2026-10-24"),
        ("Europe/Berlin", datetime(2026, 10, 25, 2, fold=1), "2026-10-24"),
        ("America/New_York", datetime(2026, 3, 8, 3), "2026-03-07"),
        ("Pacific/Kiritimati", datetime(2026, 1, 1, 2), "2025-12-31"),
        ("Asia/Kolkata", datetime(2026, 3, 1, 2), "2026-02-28"),
    ],
)
@pytest.mark.parametrize("job", ["nightly", "training"])
def test_a_tick_asks_for_the_day_that_ended_last(
    shop: Any, job: str, zone: str, moment: datetime, partition: str
) -> None:
    shop.keys["time_zone"] = zone
    local = moment.replace(tzinfo=ZoneInfo(zone))
    for at in (local, local.astimezone(UTC)):
        (request,) = tick(shop.config(), job, at).run_requests
        assert request.partition_key == partition
        assert request.run_key == f"{job}-{partition}"


def test_the_same_day_is_asked_for_once(shop: Any) -> None:
    keys = {
        tick(shop.config(), "nightly", datetime(2026, 10, 25, 2, fold=fold, tzinfo=ZoneInfo("Europe/Berlin")))
        .run_requests[0]
        .run_key
        for fold in (0, 1)
    }
    assert len(keys) == 1


def test_days_before_history_are_skipped(shop: Any) -> None:
    done = tick(shop.config(), "nightly", datetime(2025, 1, 1, 2, tzinfo=ZoneInfo("Europe/Berlin")))
    assert done.run_requests == []
    assert done.skip_message == "2024-12-31 is before history_start 2025-01-01"
    (request,) = tick(shop.config(), "nightly", datetime(2025, 1, 2, 2, tzinfo=ZoneInfo("Europe/Berlin"))).run_requests
    assert request.partition_key == "2025-01-01"


def test_schedules_are_as_configured(shop: Any) -> None:
    shop.keys["schedules"] = {"nightly": "30 4 * * *", "training": "0 5 1 * *"}
    found = {each.name: (each.cron_schedule, each.execution_timezone) for each in jobs.schedules(shop.config())}
    assert found == {
        "nightly_schedule": ("30 4 * * *", "Europe/Berlin"),
        "training_schedule": ("0 5 1 * *", "Europe/Berlin"),
    }


def test_a_failed_run_is_written_down(shop: Any) -> None:
    config = shop.config()
    sensor = next(each for each in jobs.sensors(config) if each.name == "failed_runs")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING

    @dg.op
    def break_down() -> None:
        raise RuntimeError("out of flour: Mehl für Brötchen ist aus")

    @dg.job(name="bakery")
    def bakery() -> None:
        break_down()

    with dg.DagsterInstance.ephemeral() as instance:
        tags = {"dagster/partition": "2025-03-10"}
        result = bakery.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_runs",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        sensor(context)
        sensor(context)
    lines = (config.path(config.state) / "failures.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 2
    failure = json.loads(lines[0])
    assert (failure["job"], failure["as_of"]) == ("bakery", "2025-03-10")
    assert failure["run_id"] == result.run_id
    assert "Brötchen ist aus" in failure["message"][0]


def schedule_on(instance: dg.DagsterInstance) -> None:
    """Say that somebody has switched the nightly schedule on."""
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.remote_origin import (
        InProcessCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    place = InProcessCodeLocationOrigin(LoadableTargetOrigin(python_file="none.py"))
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(place, "__repository__"), "nightly_schedule")
    data = ScheduleInstigatorData("0 2 * * *")
    instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SCHEDULE,
                        InstigatorStatus.RUNNING, data)
    )  # fmt: skip


def test_lists_that_are_not_there_are_told_once_a_day(running_shop: Any) -> None:
    config = running_shop.config()
    sensor = next(each for each in jobs.sensors(config) if each.name == "absent_lists")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance, definitions=dg.Definitions())
        off = sensor(context)
        assert isinstance(off, dg.SkipReason)
        assert off.skip_message == "the nightly schedule is off"

        schedule_on(instance)
        result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        checked = {each.asset_key.to_user_string(): each for each in result.asset_events}
        assert set(checked) == set(NAMES)
        assert not any(each.passed for each in checked.values())
        lines = (config.path(config.state) / "failures.jsonl").read_text("utf-8").splitlines()
        assert len(lines) == len(NAMES)
        told = [json.loads(line) for line in lines]
        assert {each["job"] for each in told} == {"nightly"}
        assert told[0]["message"][0].endswith("is not published: the newest is of 2025-03-10")

        again = dg.build_sensor_context(instance=instance, cursor=result.cursor)
        assert isinstance(sensor(again), dg.SkipReason)


def test_without_a_champion_nobody_waits_for_the_list_of_accounts_at_risk(shop: Any) -> None:
    config = shop.config()
    sensor = next(each for each in jobs.sensors(config) if each.name == "absent_lists")
    with dg.instance_for_test() as instance:
        schedule_on(instance)
        result = sensor(dg.build_sensor_context(instance=instance))
    assert {each.asset_key.to_user_string() for each in result.asset_events} == set(NAMES) - {AT_RISK}
