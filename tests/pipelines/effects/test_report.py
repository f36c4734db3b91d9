"""The effect in a file, on a terminal and in Dagster."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.config import Config
from pipelines.effects import report

ENTRY, KNOWN = date(2025, 2, 10), date(2025, 3, 20)


@pytest.fixture
def config(known_shop: Any, recorded: Callable[..., None]) -> Config:
    """Every account is on the list or held out; the leavers are held out."""
    config: Config = known_shop.config()
    accounts = [f"a{number:02}" for number in range(30)]
    arms = {account: ("holdout" if int(account[1:]) % 7 in (3, 4) else "listed", ENTRY) for account in accounts}
    recorded(config, "at_risk", ENTRY, arms)
    return config


def test_the_file_has_money_in_major_units_and_the_same_bytes(config: Config) -> None:
    found, rested_on = report.write(config, KNOWN)
    file = config.path(config.exports) / "effect" / f"as_of={KNOWN}" / report.FILE
    content = file.read_bytes()
    plain = json.loads(content)
    by_play, whole = plain["effects"]
    assert (by_play["list"], by_play["play"], whole["play"]) == ("at_risk", "check_in", None)
    assert by_play["holdout"] == whole["holdout"]
    assert whole["holdout"]["leavers"] == 4
    assert whole["holdout"]["mrr_lost"] == 200.0
    assert whole["difference"]["value"] == pytest.approx(-0.5)
    assert whole["verdict"] == found[1].verdict == "helps"
    assert whole["saved"]["value"] == pytest.approx(0.5 * whole["listed"]["entries"] * 50)
    assert whole["among_contacted"]["value"] is None
    assert len(rested_on.rows) == 30
    report.write(config, KNOWN)
    assert file.read_bytes() == content


def test_the_command_tells_it_in_words(config: Config, churn: Callable[..., Any], tmp_path: Path) -> None:
    ran = churn(config, "effect", "--as-of", str(KNOWN), "--json", str(tmp_path / "effect.json"))
    assert ran.code == 0, ran.err
    assert "outreach keeps accounts" in " ".join(ran.out.split())
    assert "-50.0 (" in ran.out
    assert "0 entries are too young to tell" in ran.out
    assert json.loads((tmp_path / "effect.json").read_text("utf-8"))["effects"][0]["verdict"] == "helps"
    ran = churn(config, "effect", "--as-of", str(KNOWN), "--list", "save")
    assert (ran.code, "no record of list save" in ran.err) == (1, True)


def test_another_draw_is_told(config: Config, known_shop: Any, recorded: Callable[..., None], churn: Any) -> None:
    known_shop.keys["lists"]["holdout_seed"] = 8
    later = date(2025, 2, 11)
    recorded(known_shop.config(), "at_risk", later, {"a00": ("listed", ENTRY), "a01": ("listed", later)})
    ran = churn(config, "effect", "--as-of", str(KNOWN))
    assert "at_risk: only entries from 2025-02-11 on, when its holdout was drawn by another seed or share." in ran.out
    found, rested_on = report.measure(config, KNOWN)
    assert report.as_dict(config, KNOWN, found, rested_on)["drawn_anew"] == {"at_risk": "2025-02-11"}
    assert rested_on.rows["account_id"].tolist() == ["a01"]


def test_harm_is_a_warning(
    known_shop: Any, recorded: Callable[..., None], churn: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = known_shop.config()
    accounts = [f"a{number:02}" for number in range(30)]
    arms = {each: ("listed" if int(each[1:]) % 7 in (3, 4) else "holdout", ENTRY) for each in accounts}
    recorded(config, "at_risk", ENTRY, arms)
    ran = churn(config, "effect", "--as-of", str(KNOWN))
    assert "Warning: at_risk, check_in: OUTREACH RAISES CHURN" in ran.err
    monkeypatch.setenv("CHURN_CONFIG", str(config.file))
    from pipelines.assets import effects

    made = {asset.key.to_user_string(): asset for asset in effects.assets(config, [])}
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [made["outreach_effect"]], instance=instance, partition_key=str(KNOWN), raise_on_error=True
        )
    (check,) = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.severity) == ("outreach_harms", False, dg.AssetCheckSeverity.WARN)
    assert "at_risk, check_in" in str(check.description)


def test_without_a_record_the_asset_says_so(known_shop: Any) -> None:
    from pipelines.assets import effects

    config = known_shop.config()
    made = {asset.key.to_user_string(): asset for asset in effects.assets(config, [])}
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(list(made.values()), instance=instance, partition_key=str(KNOWN))
    assert done.success
    assert [check.passed for check in done.get_asset_check_evaluations()] == [True]


def test_the_record_is_shown_and_kept_by_the_asset(
    known_shop: Any, publish: Callable[..., Path], churn: Callable[..., Any]
) -> None:
    from pipelines.assets import effects

    config = known_shop.config()
    publish(config, ENTRY, {"a03": 20.0, "a04": 30.0}, (1.5, 1.0, 2.0))
    made = {asset.key.to_user_string(): asset for asset in effects.assets(config, [])}
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([made["list_record"]], instance=instance, partition_key=str(KNOWN))
    (written,) = done.asset_materializations_for_node("list_record")
    assert written.metadata["dagster/row_count"].value == 1
    assert "| at_risk | 1 | 1 | 1 |" in written.metadata["promises held"].md_str  # type: ignore[union-attr]
    publish(config, date(2025, 2, 9), {"a03": 20.0}, None, "save")
    ran = churn(config, "record", "--as-of", str(KNOWN))
    assert ran.code == 0, ran.err
    assert "1 added on 2025-03-20; 1 of 1 promises held." in ran.out
    assert "1.5 (1 to 2)" in ran.out


def test_the_plan_needs_no_data(churn: Callable[..., Any], tmp_path: Path) -> None:
    ran = churn(tmp_path / "nothing.yaml", "effect", "--plan")
    assert ran.code == 0, ran.err
    assert "20%" in ran.out
    assert "5 points" in ran.out
