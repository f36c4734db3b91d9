"""The figures as Dagster shows them, and the alarm as their check."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from pipelines.lake import Lake, read_json
from pipelines.triggers import alarm as module
from pipelines.triggers.alarm import Alarm, Compared

DAY = date(2025, 3, 10)


def run(config: Any, monkeypatch: pytest.MonkeyPatch, raise_on_error: bool = True) -> Any:
    monkeypatch.setenv("CHURN_CONFIG", str(config.file))  # read when the module is first imported
    from pipelines.definitions import definitions

    with dg.DagsterInstance.ephemeral() as instance:
        return (
            definitions(config)
            .resolve_job_def("training")
            .execute_in_process(
                instance=instance,
                partition_key=str(DAY),
                asset_selection=[dg.AssetKey("trigger_quality")],
                raise_on_error=raise_on_error,
            )
        )


def measurable(shop: Any, write_panel: Any) -> Any:
    """A panel on which of 30 accounts that looked at the cancel page 20 leave, and of 30 others five."""
    config = shop.accept(DAY)
    rows = [
        {"account_id": f"a{number:02}", "as_of": DAY - timedelta(days=60), "churned": leaves,
         "churned_at": datetime(2025, 1, 20) if leaves else None, "cancel_page_views_7d": float(number < 30)}
        for number in range(60)
        for leaves in [number < 20 or number >= 55]
    ]  # fmt: skip
    write_panel(config, DAY, rows)
    return config


def test_the_asset_shows_and_keeps_the_figures(shop: Any, write_panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = measurable(shop, write_panel)
    done = run(config, monkeypatch)
    (shown,) = done.asset_materializations_for_node("trigger_quality")
    table = shown.metadata["triggers"].value.splitlines()
    (line,) = [line for line in table if line.startswith("| cancel_page_seen")]
    # to be expected among 30 of 60 are half of the 25 leavers
    assert "| near the departure itself | 20 of 30 | 66.7% | 41.7% | 1.60 (" in line
    assert "| 80% of 25 |" in line
    assert any(line.startswith("| low_nps") and "it never held" in line for line in table)
    kept = read_json(Lake(config.path(config.lake)).trigger_quality(DAY))
    assert kept["triggers"]["cancel_page_seen"]["lift"] == pytest.approx(1.6)
    assert shown.metadata["leavers"].value == 25
    (check,) = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("churn_alarm", True)
    assert check.description.startswith("Churn of the company")


def test_the_check_warns_when_the_alarm_is_raised(shop: Any, write_panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = measurable(shop, write_panel)
    parts = (Compared("company", "", 100, 20, 500, 20, 1e-6), Compared("plan", "a|b", 50, 19, 250, 10, 1e-6))
    monkeypatch.setattr(module, "alarm", lambda *_: Alarm(date(2025, 2, 1), (date(2025, 1, 1),), parts))
    (check,) = run(config, monkeypatch).get_asset_check_evaluations()
    assert check.passed is False
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "plan a|b: 19 of 50 left (38.00%)" in check.description


def test_without_a_panel_it_says_what_to_run(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(shop.accept(DAY), monkeypatch, raise_on_error=False)
    (failed,) = [event for event in done.all_events if event.is_step_failure]
    error = failed.step_failure_data.error
    assert "churn train --as-of 2025-03-10" in (error.cause.message if error.cause else error.message)
