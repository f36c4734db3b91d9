"""A whole day: the same bytes again, in any order of days, by Dagster or stage by stage, by one process or two."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import nightly
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.lists import AT_RISK, NAMES

DAY = date(2025, 3, 10)
ROOT = Path(__file__).parents[2]
DAYS = [DAY - timedelta(days=7), DAY - timedelta(days=1), DAY]


def results(config: Any, digests: Any) -> dict[str, dict[str, str]]:
    """Everything that a day leaves and others read."""
    lake = config.path(config.lake)
    found = {part: digests(lake / part) for part in ("tables", "features", "scores", "quarantine")}
    found["tables"].pop("usage/landings.json")
    return {**found, "exports": digests(config.path(config.exports))}


def run(config: Any, days: Iterable[date]) -> None:
    for day in days:
        nightly.run_stages(config, day)


def test_a_day_publishes_its_list(running_shop: Any) -> None:
    config = running_shop.config()
    done = nightly.run_stages(config, DAY)[AT_RISK]
    assert done.manifest["as_of"] == "2025-03-10"
    assert done.manifest["rows"] == 10
    assert done.manifest["eligible_accounts"] == 26


def test_the_same_day_again_gives_the_same_bytes(running_shop: Any, digests: Any) -> None:
    config = running_shop.config()
    before = results(config, digests)
    run(config, [DAY])
    assert results(config, digests) == before
    assert set(before) == {"tables", "features", "scores", "quarantine", "exports"}
    assert all(before[part] for part in ("tables", "features", "scores", "exports"))


def test_days_in_any_order_give_the_same_bytes(open_shop: Any, tmp_path: Path, digests: Any) -> None:
    """Night by night, or filled in later, last day first: tables, usage months, features and scores agree. So do lists
    once those that followed another list are published in order, since reasons hold on to what was told before."""
    import shutil

    config = open_shop.config()
    shutil.copytree(open_shop.root, tmp_path / "other")
    run(config, DAYS)
    other = type(open_shop)(tmp_path / "other", open_shop.keys).config()
    run(other, [DAYS[2], DAYS[0], DAYS[1]])
    found, expected = results(other, digests), results(config, digests)
    differ = {name for name, digest in expected.pop("exports").items() if found["exports"][name] != digest}
    assert {tuple(name.split("/")[1:2]) for name in differ} <= {(f"as_of={DAY}",), ("latest",)}
    assert f"at_risk/as_of={DAY}/manifest.json" in differ, "it names another list that it follows"
    found.pop("exports")
    assert found == expected
    from pipelines.report.write import write

    for name in NAMES:
        nightly.publish_list(other, name, DAY)
    write(other, DAY)
    assert results(other, digests) == results(config, digests)


def test_a_failed_night_is_made_good(running_shop: Any, digests: Any) -> None:
    config = running_shop.config()
    before = results(config, digests)
    good = (running_shop.data / "usage.csv").read_bytes()
    (running_shop.data / "usage.csv").write_text("acc,day,what,n\na00,yesterday,signed_in,1\n")
    with pytest.raises(ChurnError, match="table usage, which is not there for 2025-03-10"):
        run(config, [DAY])
    assert digests(config.path(config.exports)) == before["exports"]
    (running_shop.data / "usage.csv").write_bytes(good)
    run(config, [DAY])
    assert results(config, digests) == before


def test_dagster_does_what_the_stages_do(running_shop: Any, digests: Any, tmp_path: Path) -> None:
    """The job leaves the bytes that the stages left; a table that is withheld stops it with the contract's words."""
    config = running_shop.config()
    before = results(config, digests)
    said: list[str] = []
    nightly.run_job(config, "nightly", DAY, said.append)
    assert results(config, digests) == before
    assert any(line.startswith("at_risk: done") for line in said), said
    assert os.environ["DAGSTER_HOME"] == str(running_shop.root / "var" / "dagster")
    rows = running_shop.read("accounts.csv")
    running_shop.write("accounts.csv", [{**row, "id": "same"} for row in rows])
    with pytest.raises(ChurnError) as error:
        nightly.run_job(config, "nightly", DAY, said.append)
    assert error.value.message.startswith("nightly for 2025-03-10 stopped at accounts: table accounts is withheld")
    assert "account_id 'same' was already given in accounts.csv row 1" in error.value.message
    assert "repair the source" in error.value.remedy
    assert digests(config.path(config.exports)) == before["exports"]


def test_a_day_that_cannot_be_run_is_told_before_anything_starts(running_shop: Any, digests: Any) -> None:
    config = running_shop.config()
    before = digests(running_shop.root / "var" / "lake")
    with pytest.raises(ChurnError, match="is before history_start"):
        nightly.run_job(config, "nightly", date(2024, 1, 1), print)
    assert digests(running_shop.root / "var" / "lake") == before


@pytest.mark.process
def test_two_processes_on_the_same_first_day(tmp_path: Path, digests: Any) -> None:
    """Both generate the demo company, initialise Dagster and MLflow, train, score and publish: one result."""
    text = (ROOT / "churn.yaml").read_text("utf-8")
    for old, new in (("accounts: 2000", "accounts: 1000"), ("months: 18", "months: 14")):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "churn.yaml").write_text(
        text + "training: {every_days: 14, backtest_folds: 1}\nengine: {threads: 1}\n", "utf-8"
    )
    command = [sys.executable, "-m", "pipelines.cli", "-c", str(tmp_path / "churn.yaml"), "run"]
    running = [
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=400) for process in running]
    assert [process.returncode for process in running] == [0, 0], said

    from pipelines import champion, config, exports
    from pipelines.tracking import Tracking

    loaded = config.load(tmp_path / "churn.yaml")
    day = loaded.last_day()
    present = champion.require(loaded)
    done = exports.published(loaded, AT_RISK, day)
    assert done is not None
    assert done.manifest["model"]["version"] == present.version
    tracking = Tracking.connect(loaded)
    alias = tracking.client.get_model_version_by_alias(tracking.name, "champion")
    assert str(alias.version) == present.version
    assert list((tmp_path / "var").rglob(".*.tmp")) == []
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(tmp_path / "var" / "dagster")
    with dg.DagsterInstance.get() as instance:
        assert {run.status for run in instance.get_runs()} == {dg.DagsterRunStatus.SUCCESS}
    before = digests(loaded.path(loaded.exports))
    nightly.run_stages(loaded, day)
    assert digests(loaded.path(loaded.exports)) == before
    assert list(Lake(loaded.path(loaded.lake)).root.glob("tables/usage/.*")) == []
