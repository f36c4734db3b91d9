"""``churn triggers`` and ``churn plays``: what they print and write."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines import features
from pipelines.cli import terminal
from pipelines.plays import plays
from pipelines.triggers import triggers

DAY = date(2025, 3, 10)


def test_triggers_are_printed_with_figures_and_today(shop: Any, churn: Any, tmp_path: Path) -> None:
    shop.keys |= {
        "training": {"every_days": 30}, "triggers": {"silent_30_days": {"when": {"days_since_login": ">= 4"}}},
    }  # fmt: skip
    config = shop.accept(DAY)
    file = tmp_path / "triggers.json"
    done = churn(config, "triggers", "--as-of", "2025-03-10", "--json", str(file))
    assert done.code == 0, done.err
    assert "They were not measured: there is no training panel on file. Run churn train." in done.out
    assert "today" not in done.out, "there are no features of the day"
    features.compute(config, DAY)
    features.compute_panel(config, DAY)
    done = churn(config, "triggers", "--as-of", "2025-03-10", "--json", str(file))
    assert done.code == 0, done.err
    for told in ("silent_30_days", "days_since_login >= 4", "near the departure itself", "good news",
                 "it never held", "Churn of the company", "without accounts that had announced to leave"):  # fmt: skip
        assert told in done.out, told
    found = json.loads(file.read_text("utf-8"))
    today = {each["name"]: each["accounts_today"] for each in found["triggers"]}
    assert today["silent_30_days"] >= 2
    assert today["payment_failed"] == 0
    silent = found["measured"]["triggers"]["silent_30_days"]
    assert silent["rows"] > 0
    assert silent["too_few"].startswith("too few: ")
    assert found["alarm"]["month"] == "2025-02"


def test_the_catalogue_is_printed_before_anything_has_run(shop: Any, churn: Any, tmp_path: Path) -> None:
    file = tmp_path / "triggers.json"
    done = churn(shop.config(), "triggers", "--as-of", "2025-03-10", "--json", str(file))
    assert done.code == 0, done.err
    assert "card_expiring" in done.out
    found = json.loads(file.read_text("utf-8"))
    assert (found["measured"], found["alarm"], found["triggers"][0]["accounts_today"]) == (None, None, None)


def test_plays_are_printed_and_written(shop: Any, churn: Any, tmp_path: Path) -> None:
    shop.keys["plays"] = {"check_in": {"contact_cost": 25}, "reward": None}
    config, file = shop.config(), tmp_path / "plays.json"
    done = churn(config, "plays", "--json", str(file))
    assert done.code == 0, done.err
    assert "check_in" in done.out
    assert "25 EUR" in done.out
    found = {each["name"]: each for each in json.loads(file.read_text("utf-8"))}
    assert found["check_in"]["contact_cost"] == 25
    assert "reward" not in found


def test_names_are_whole_on_a_narrow_terminal(shop: Any, churn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = shop.config()
    monkeypatch.setattr(terminal.out, "width", 80)
    for command, names in (
        (("plays",), [play.name for play in plays(config)]),
        (("triggers", "--as-of", "2025-03-10"), [trigger.name for trigger in triggers(config)]),
    ):
        done = churn(config, *command)
        assert done.code == 0, done.err
        lines = [line.rstrip() for line in done.out.splitlines()]
        assert [line for line in lines if line in names] == names
        assert "…" not in done.out


def test_what_is_wrong_in_the_configuration_is_told_with_the_remedy(shop: Any, churn: Any) -> None:
    shop.keys["triggers"] = {"low_nps": {"when": {"nps": "<= 5"}}}
    config = shop.config()
    for command in (("triggers",), ("config", "check")):
        done = churn(config, *command)
        assert done.code == 1
        assert "triggers.low_nps.when names 'nps'" in done.err
        assert "nps_last" in done.err
