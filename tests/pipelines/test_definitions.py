"""What Dagster sees: stages, partitions, checks, policies; and that loading it costs nothing but Dagster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.lists import NAMES

ROOT = Path(__file__).parents[2]
TABLES = ["accounts", "subscriptions", "usage"]


@pytest.fixture
def definitions(shop: Any, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    monkeypatch.setenv("CHURN_CONFIG", str(ROOT / "churn.yaml"))  # read when the module is first imported
    from pipelines import definitions as module

    return module.definitions(shop.config())


def nodes(definitions: dg.Definitions) -> dict[str, Any]:
    graph = definitions.resolve_asset_graph()
    return {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}


def test_assets_are_grouped_by_stage(definitions: dg.Definitions) -> None:
    groups: dict[str, set[str]] = {}
    for name, node in nodes(definitions).items():
        groups.setdefault(node.group_name, set()).add(name)
    assert groups == {
        "raw": {f"raw_{table}" for table in TABLES},
        "tables": set(TABLES),
        "readiness": {"readiness"},
        "features": {"features", "training_set"},
        "model": {"churn_model", "trigger_quality"},
        "lists": {"scores", *NAMES, "report", "outreach_effect", "list_record"},
    }


def test_every_asset_is_described_owned_and_partitioned_by_day(definitions: dg.Definitions) -> None:
    for name, node in nodes(definitions).items():
        assert node.description, name
        assert "team:data" in node.owners, name
        days = node.partitions_def
        assert isinstance(days, dg.DailyPartitionsDefinition), name
        assert days.timezone == "Europe/Berlin"
        assert days.get_first_partition_key() == "2025-01-01"


def test_the_flow_is_that_of_the_blueprint(definitions: dg.Definitions) -> None:
    parents = {name: {key.to_user_string() for key in node.parent_keys} for name, node in nodes(definitions).items()}
    assert all(parents[f"raw_{table}"] == set() for table in TABLES)
    assert parents["accounts"] == {"raw_accounts"}
    assert parents["subscriptions"] == {"raw_subscriptions", "accounts"}
    assert parents["usage"] == {"raw_usage", "accounts", "subscriptions"}
    assert parents["features"] == parents["training_set"] == parents["readiness"] == set(TABLES)
    assert parents["churn_model"] == parents["trigger_quality"] == {"training_set"}
    assert parents["scores"] == {"features"}
    for name in NAMES:
        remembered = {"triggers"} if name == "rewards" else set()
        assert parents[name] == {"scores", name} | remembered, "the list of a day follows those of the day before"


def test_only_reading_sources_is_retried(definitions: dg.Definitions) -> None:
    for asset in definitions.assets or ():
        assert isinstance(asset, dg.AssetsDefinition)
        policy = asset.op.retry_policy
        if asset.key.to_user_string().startswith("raw_"):
            assert policy is not None
            assert policy.max_retries == 2
        else:
            assert policy is None, asset.key


def test_contracts_and_the_duel_are_checks(definitions: dg.Definitions) -> None:
    keys = {
        (key.asset_key.to_user_string(), key.name)
        for asset in definitions.assets or ()
        if isinstance(asset, dg.AssetsDefinition)
        for key in asset.check_keys
    }
    assert keys == {(table, name) for table in TABLES for name in ("contract", "warnings")} | {
        ("churn_model", "duel"), ("trigger_quality", "churn_alarm"), ("outreach_effect", "outreach_harms"),
    }  # fmt: skip


def test_jobs_hold_what_they_need(definitions: dg.Definitions) -> None:
    def selected(job: str) -> set[str]:
        return {key.to_user_string() for key in definitions.resolve_job_def(job).asset_layer.selected_asset_keys}

    both = {*TABLES, *(f"raw_{table}" for table in TABLES)}
    nightly = {"features", "scores", *NAMES, "list_record", "report"}
    assert selected("nightly") == both | nightly
    assert selected("training") == both | {
        "readiness",
        "training_set",
        "churn_model",
        "trigger_quality",
        "outreach_effect",
    }


def test_steps_run_in_one_process(definitions: dg.Definitions) -> None:
    assert definitions.executor is dg.in_process_executor
    for job in ("nightly", "training"):
        assert definitions.resolve_job_def(job).executor_def is dg.in_process_executor


def test_definitions_are_loadable(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    assert {schedule.name for schedule in definitions.schedules or ()} == {"nightly_schedule", "training_schedule"}
    assert {sensor.name for sensor in definitions.sensors or ()} == {"failed_runs", "absent_lists"}


@pytest.mark.process
def test_loading_the_definitions_imports_nothing_heavy() -> None:
    code = (
        "import sys, pipelines.definitions\n"
        "heavy = 'great_expectations mlflow lightgbm sklearn pandas duckdb ibis matplotlib pyarrow numpy'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"


def test_values_cannot_break_out_of_a_table_in_the_ui() -> None:
    from pipelines.assets import table_md

    cells = table_md(["a"], [["x|y\n<script>", ], [None], ["z" * 999]]).md_str.splitlines()  # fmt: skip
    assert cells[2] == "| x\\|y &lt;script> |"
    assert cells[3] == "|  |"
    assert len(cells[4]) == 304
