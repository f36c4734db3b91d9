"""Runs launched through the web server, as the user interface launches them, executed by Dagster's own processes."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipelines.lists import NAMES

pytestmark = pytest.mark.process

TABLES = (
    "accounts", "subscriptions", "subscription_changes", "invoices", "payments", "payment_methods", "usage", "tickets",
    "feedback", "outreach",
)  # fmt: skip
FILES = {"at_risk.csv", "at_risk.json", "at_risk.parquet", "changes.json", "suppressed.json"}


def check_of(served: Any, run: str, asset: str, check: str) -> dict[str, Any]:
    """What a run recorded of an asset check: passed or not, and its metadata by label."""
    executions = served.dagster.ask(
        """query($asset: AssetKeyInput!, $check: String!) {
             assetCheckExecutions(assetKey: $asset, checkName: $check, limit: 20) {
               runId status evaluation { success metadataEntries {
                 label ... on IntMetadataEntry { intValue } ... on MarkdownMetadataEntry { mdStr } } } } }""",
        asset={"path": [asset]},
        check=check,
    )["assetCheckExecutions"]
    evaluation = next(each["evaluation"] for each in executions if each["runId"] == run)
    entries = {e["label"]: e.get("intValue", e.get("mdStr")) for e in evaluation["metadataEntries"]}
    return {"success": evaluation["success"], **entries}


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same content."""
    contents = [{file.name: file.read_bytes() for file in folder.iterdir()} for folder in (one, other)]
    assert contents[0], f"{one} is empty"
    return contents[0] == contents[1]


def test_training_registers_a_champion(served: Any, trained: str) -> None:
    assert check_of(served, trained, "churn_model", "duel")["success"]
    assert json.loads(served.company.path("state", "champion.json").read_text("utf-8"))["version"] == "1"
    query = urllib.parse.urlencode({"name": "Demo company", "alias": "champion"})
    with urllib.request.urlopen(f"{served.mlflow_url}/api/2.0/mlflow/registered-models/alias?{query}") as answer:
        version = json.load(answer)["model_version"]
    assert version["version"] == "1"
    tags = {tag["key"]: tag["value"] for tag in version["tags"]}
    assert tags["promoted"] == "true"


def test_nightly_publishes_what_its_manifest_says(served: Any, night: tuple[str, str]) -> None:
    folder = served.company.list_of(night[0])
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["as_of"] == night[0]
    assert manifest["rows"] > 0
    assert set(manifest["files"]) == FILES
    for name, said in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (said["bytes"], said["sha256"])
    assert len(json.loads((folder / "at_risk.json").read_text("utf-8"))) == manifest["rows"]


@pytest.mark.parametrize("table", TABLES)
def test_nightly_records_each_contract_with_its_counts(served: Any, night: tuple[str, str], table: str) -> None:
    contract = check_of(served, night[1], table, "contract")
    assert contract["success"]
    assert contract["landed"] > 0
    assert contract["landed"] == contract["accepted"] + contract["quarantined"]
    assert f"| {table}." in contract["rules"]
    assert {"landed", "accepted", "quarantined"} <= set(check_of(served, night[1], table, "warnings"))


def test_the_command_line_gives_the_same_bytes(served: Any, night: tuple[str, str], twin: Any) -> None:
    for name in NAMES:
        assert same_bytes(served.company.list_of(night[0], name), twin.list_of(night[0], name)), name


def test_a_backfill_by_the_daemon_equals_the_command_line(served: Any, trained: str, twin: Any) -> None:
    days = ["2025-12-28", "2025-12-29"]
    nodes = served.dagster.ask("{ assetNodes { assetKey { path } groupName } }")["assetNodes"]
    names = [node["assetKey"]["path"][0] for node in nodes if node["groupName"] != "model"]
    launched = served.dagster.ask(
        """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
             __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
        p={
            "partitionNames": days,
            "assetSelection": [{"path": [name]} for name in names if name != "training_set"],
        },
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    query = "query($b: String!) { partitionBackfillOrError(backfillId: $b) { ... on PartitionBackfill { status } } }"
    until = time.monotonic() + 240
    while (status := served.dagster.ask(query, b=launched["backfillId"])["partitionBackfillOrError"]["status"]) in (
        "REQUESTED",
        "COMPLETING",
    ):
        assert time.monotonic() < until, f"the backfill is still {status}"
        time.sleep(0.5)
    assert status == "COMPLETED_SUCCESS"
    for day in days:
        for name in NAMES:
            assert same_bytes(served.company.list_of(day, name), twin.list_of(day, name)), name


def test_a_failed_run_is_told_and_touches_nothing_published(served: Any, night: tuple[str, str]) -> None:
    day, published = night[0], served.company.path("exports")
    before = {file: file.read_bytes() for file in sorted(published.rglob("*")) if file.is_file()}
    (source,) = served.company.path("state", "demo").glob("*/subscriptions.parquet")
    kept = source.read_bytes()
    source.write_bytes(kept[: len(kept) // 2])
    # a day after which others were accepted keeps its landing and would not read the source
    landed = served.company.path("lake", "landed", "subscriptions", f"as_of={day}")
    landed.rename(landed.with_name("aside"))
    try:
        run = served.dagster.launch("nightly", day)
        assert served.dagster.ended(run) == "FAILURE"
    finally:
        source.write_bytes(kept)
        landed.with_name("aside").rename(landed)
    assert {file: file.read_bytes() for file in sorted(published.rglob("*")) if file.is_file()} == before
    assert "raw_subscriptions" in served.dagster.errors(run)

    told, until = served.company.path("state", "failures.jsonl"), time.monotonic() + 90
    while not (told.exists() and run in told.read_text("utf-8")):
        assert time.monotonic() < until, "the sensor has not recorded the failure"
        time.sleep(0.5)
    failure = next(each for each in map(json.loads, told.read_text("utf-8").splitlines()) if each["run_id"] == run)
    assert (failure["job"], failure["as_of"]) == ("nightly", day)
    assert "subscriptions.parquet" in failure["message"][0]
    assert "Remedy: " in failure["message"][0]
    # what the remedy promises; it also leaves no check of the day as one that a run began and never came to
    served.dagster.succeed("nightly", day)
