"""``churn ready`` prints what stops you first, writes the whole, and ends with an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import terminal
from pipelines.readiness.report import report

DAY = date(2025, 3, 10)


def test_the_command_tells_it_and_writes_it(shop: Any, churn: Callable[..., Any], tmp_path: Path) -> None:
    shop.keys["training"] = {"warm_up_days": 80}
    config, file = shop.accept(), tmp_path / "ready.json"
    ran = churn(config, "ready", "--as-of", str(DAY), "--json", str(file))
    assert ran.code == 0, ran.err
    found = report(config, DAY)
    assert json.loads(file.read_text("utf-8")) == json.loads(json.dumps(found.as_dict()))
    assert found.ladder is not None
    assert "Triggers only: " in ran.out
    assert found.ladder.ladder.ahead in ran.out
    assert f"There are enough dates for it on {found.ladder.enough_dates_on}." in ran.out
    assert "publishes no list" in ran.out
    assert "There is no table of outreach" in ran.out
    assert "0 errors" in ran.out
    on = found.switches.as_dict()["on"]
    assert f"Features: {on} of {found.switches.features} are on." in ran.out
    assert "features.off_by_table" not in ran.out, "notes are for --all"
    assert "churn ready --all" in ran.out
    strict = churn(config, "ready", "--as-of", str(DAY), "--strict")
    assert found.count("warning") > 0
    assert strict.code == 1


def test_all_shows_columns_notes_and_departures(shop: Any, churn: Callable[..., Any]) -> None:
    ran = churn(shop.accept(), "ready", "--as-of", str(DAY), "--all")
    assert ran.code == 0, ran.err
    assert "features.off_by_table" in ran.out
    assert "subscriptions.plan" in ran.out
    assert "basic (15), pro (15)" in ran.out
    assert "2025-02" in ran.out.split("Departures so far")[1]
    assert "churn ready --all" not in ran.out


def test_an_error_comes_first_and_ends_with_1(shop: Any, churn: Callable[..., Any]) -> None:
    shop.write("subscriptions.csv", [{**row, "to": ""} for row in shop.read("subscriptions.csv")])
    ran = churn(shop.accept(), "ready", "--as-of", str(DAY))
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert "1 error" in lines[0]
    assert lines[1].startswith("error subscriptions.never_ended no subscription has ever ended")
    assert lines[2] == "    for example s00: empty"
    assert lines[3].strip().startswith("remedy: map the date")


def test_a_narrow_terminal_shows_all_of_it(
    shop: Any, churn: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("usage.csv", [{**row, "day": "some day"} for row in shop.read("usage.csv")])
    config = shop.accept()
    monkeypatch.setattr(terminal.out, "width", 80)
    ran = churn(config, "ready", "--as-of", str(DAY), "--all")
    assert max(map(len, ran.out.splitlines())) <= 80
    said = " ".join(ran.out.split())
    assert "usage state: withheld" in said
    assert "subscriptions.billing_interval type: text" in said
    assert "see above why usage cannot be read" in said


def test_markup_in_data_is_shown_as_it_is(shop: Any, churn: Callable[..., Any]) -> None:
    rows = shop.read("usage.csv")
    shop.write("usage.csv", [{**row, "what": "[red]made[/]"} for row in rows])
    ran = churn(shop.accept(), "ready", "--as-of", str(DAY), "--all")
    assert "[red]made[/]" in ran.out


def test_a_table_that_is_withheld_is_in_the_table(shop: Any, churn: Callable[..., Any]) -> None:
    shop.write("usage.csv", [{**row, "day": "some day"} for row in shop.read("usage.csv")])
    ran = churn(shop.accept(), "ready", "--as-of", str(DAY))
    assert ran.code == 1
    assert "error usage.withheld" in ran.out
    (line,) = [line for line in ran.out.splitlines() if "withheld" in line and "landed" in line and "usage" in line][:1]
    assert "unreadable" in line
