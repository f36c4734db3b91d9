"""Destinations in Dagster: an asset each, after the lists that it gets; one that fails leaves the others alone."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.assets import destinations
from pipelines.destinations import folder
from pipelines.errors import SourceUnavailable

DAY = date(2025, 3, 10)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop_with_two(running_shop: Any) -> Any:
    """A shop that has published, with destinations."""
    running_shop.keys["destinations"] = {
        "one": {"kind": "folder", "path": "one"},
        "two": {"kind": "folder", "path": "two", "lists": ["at_risk"]},
    }
    return running_shop


def run(config: Any, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        destinations.assets(config, ["at_risk"]), partition_key=str(DAY), instance=instance, raise_on_error=False
    )


def test_an_asset_per_destination(shop_with_two: Any) -> None:
    one, two = destinations.assets(shop_with_two.config(), ["at_risk", "save"])
    assert (one.key.to_user_string(), two.key.to_user_string()) == ("export_one", "export_two")
    assert {key.to_user_string() for key in one.dependency_keys} == {"at_risk", "save"}
    assert {key.to_user_string() for key in two.dependency_keys} == {"at_risk"}
    for each in (one, two):
        assert each.op.retry_policy is not None
        assert each.op.retry_policy.max_retries == 2
        assert set(each.group_names_by_key.values()) == {"exports"}


def test_the_nightly_job_has_them(shop_with_two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_CONFIG", str(ROOT / "churn.yaml"))  # read when the module is first imported
    from pipelines import definitions

    for names in (["one", "two"], []):
        shop_with_two.keys["destinations"] = {name: {"kind": "folder", "path": name} for name in names}
        job = definitions.definitions(shop_with_two.config()).resolve_job_def("nightly")
        keys = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
        assert {key for key in keys if key.startswith("export_")} == {f"export_{name}" for name in names}


def test_what_was_delivered_is_shown(shop_with_two: Any) -> None:
    config = shop_with_two.config()
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(config, instance)
        assert result.success
        (event,) = result.asset_materializations_for_node("export_one")
    assert event.metadata["dagster/row_count"].value == 10
    receipts: Any = event.metadata["receipts"].value
    assert [(each["list"], each["status"]) for each in receipts if each["list"] == "at_risk"] == [
        ("at_risk", "delivered")
    ]
    assert "Customer 29" in str(event.metadata["preview"].value)
    assert str(shop_with_two.root / "one/at_risk") in str(event.metadata["deliveries"].value)


def test_one_that_fails_leaves_the_others_alone(shop_with_two: Any) -> None:
    (shop_with_two.root / "one").write_text("in the way")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(shop_with_two.config(), instance)
    assert not result.success
    failed = [event for event in result.all_events if event.is_step_failure]
    assert [event.step_key for event in failed] == ["export_one"]
    told = failed[0].step_failure_data.user_failure_data
    assert "destination one did not get at_risk of 2025-03-10" in told.description
    assert "churn export one --as-of 2025-03-10" in told.description
    assert "receipts" in told.metadata
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert (shop_with_two.root / f"two/at_risk/as_of={DAY}/at_risk.csv").exists()


def test_what_may_pass_is_tried_again(shop_with_two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    real, calls = folder.publish_day, []

    def once_out_of_reach(home: Path, *rest: Any) -> bool:
        calls.append(home)
        if home.parent.name == "one" and len(calls) == 1:
            raise SourceUnavailable("the disk is asleep", "wake it")
        return real(home, *rest)

    monkeypatch.setattr(folder, "publish_day", once_out_of_reach)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(shop_with_two.config(), instance)
    assert result.success
    again = [event.step_key for event in result.all_events if event.is_step_up_for_retry]
    assert again == ["export_one"]
    assert os.path.exists(shop_with_two.root / f"one/at_risk/as_of={DAY}/at_risk.csv")
