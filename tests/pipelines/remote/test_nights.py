"""Nights on machines that come and go: each goes on where the last one stopped, with the same bytes as one machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines import champion, nightly
from pipelines.errors import ChurnError
from pipelines.lists import NAMES

pytestmark = pytest.mark.process

DAY = date(2025, 3, 10)
AFTER = DAY + timedelta(days=1)


@pytest.fixture
def company(make_shop: Callable[[Path], Any], published_shop: Path, bucket: Any, tmp_path: Path) -> Callable[..., Any]:
    """Makes the shop in a folder of its own, which is a new machine, or one that has ``published`` the lists of DAY;
    without a home where ``alone``."""

    def make(name: str, alone: bool = False, published: bool = False) -> Any:
        shop = make_shop(tmp_path / name)
        if published:
            shutil.copytree(published_shop / "var", tmp_path / name / "var", symlinks=True)
        if not alone:
            shop.keys["storage"] = {"endpoint": bucket.endpoint, "remote": f"{bucket.url}/home"}
        return shop

    return make


def test_a_new_machine_goes_on_with_the_same_bytes(company: Any, home: Any, churn: Any, digests: Any) -> None:
    alone, first = company("alone", alone=True, published=True), company("first", published=True)
    second = company("second")
    nightly.run_stages(alone.config(), AFTER)
    assert churn(first.config(), "lake", "push").code == 0

    ran = churn(second.config(), "run", "--as-of", str(AFTER))
    assert ran.code == 0, ran.err
    assert "training" not in ran.err
    assert "working_copy: done" in ran.err
    assert "remote_copy: done" in ran.err
    assert home.generations() == [1, 2]

    def exports(shop: Any) -> dict[str, str]:
        found: dict[str, str] = digests(shop.config().path(shop.config().exports))
        return found

    assert exports(second) == exports(alone)
    assert {f"{name}/as_of={day}/manifest.json" for name in NAMES for day in (DAY, AFTER)} <= exports(second).keys()
    assert exports(first) != exports(second)
    assert churn(first.config(), "lake", "pull").code == 0
    assert exports(first) == exports(second)
    lake = [digests(each.config().path(each.config().lake)) for each in (first, second)]
    assert lake[0] == lake[1]


def test_what_a_failed_night_landed_is_pushed(company: Any, home: Any, stand_in: Any, churn: Any) -> None:
    shop = company("first")
    champion.install(shop.config(), stand_in)
    (shop.data / "subscriptions.csv").unlink()
    ran = churn(shop.config(), "backfill", "--from", str(DAY), "--to", str(DAY))
    assert ran.code == 1
    assert "no file matches subscriptions.csv" in ran.err
    held = home.holds(max(home.generations()))
    assert f"lake/landed/accounts/as_of={DAY}/receipt.json" in held
    assert not [path for path in held if "subscriptions" in path]


def test_a_failed_step_of_a_job_pushes_what_is_whole(company: Any, home: Any, stand_in: Any) -> None:
    shop = company("first")
    champion.install(shop.config(), stand_in)
    (shop.data / "subscriptions.csv").write_text("sid,acc\n", "utf-8")
    with pytest.raises(ChurnError, match="stopped at raw_subscriptions"):
        nightly.run_job(shop.config(), "nightly", DAY, print)
    held = home.holds(max(home.generations()))
    assert f"lake/landed/accounts/as_of={DAY}/receipt.json" in held
    assert "state/champion.json" in held


def test_a_machine_that_is_behind_does_not_begin(company: Any, home: Any, stand_in: Any, churn: Any) -> None:
    first, second = company("first"), company("second")
    champion.install(first.config(), stand_in)
    for shop in (first, second):
        assert churn(shop.config(), "lake", "push" if shop is first else "pull").code == 0
    (second.config().path(second.config().lake) / "tables").mkdir()
    (second.config().path(second.config().lake) / "tables" / "a").write_text("only here")
    (first.config().path(first.config().lake) / "a").write_text("newer")
    assert churn(first.config(), "lake", "push").code == 0
    ran = churn(second.config(), "run", "--as-of", str(DAY))
    assert ran.code == 1
    assert "lake/tables/a; this machine has generation 1" in ran.err
    assert home.generations() == [1, 2]


def test_a_home_has_an_asset_at_either_end(company: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = company("first").config()
    monkeypatch.setenv("CHURN_CONFIG", str(config.file))  # read when the module is first imported
    from pipelines.definitions import definitions

    made = definitions(config)
    graph = made.resolve_asset_graph()
    nodes = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    for table in ("accounts", "subscriptions", "usage"):
        assert {key.to_user_string() for key in nodes[f"raw_{table}"].parent_keys} == {"working_copy"}
    assert (nodes["working_copy"].group_name, nodes["remote_copy"].group_name) == ("raw", "exports")
    jobs = {name: made.resolve_job_def(name) for name in ("nightly", "training")}
    for job in jobs.values():
        names = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
        assert {"working_copy", "remote_copy"} <= names
        assert {each.name for each in job.hook_defs} == {"push_what_is_whole"}
    nightly_keys = {key.to_user_string() for key in jobs["nightly"].asset_layer.selected_asset_keys}
    assert not nightly_keys & {"churn_model", "training_set", "outreach_effect", "readiness"}
    dg.Definitions.validate_loadable(made)
    shutil.rmtree(tmp_path / "first")


def test_the_assets_say_what_was_moved(company: Any, home: Any, stand_in: Any) -> None:
    from pipelines.assets import remote

    config = company("first").config()
    champion.install(config, stand_in)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(remote.assets(config, []), partition_key=str(DAY), instance=instance)
        told = {
            name: {key: each.value for key, each in event.metadata.items()}
            for name in ("working_copy", "remote_copy")
            for event in result.asset_materializations_for_node(name)
        }
    assert told["working_copy"] == {
        "generation": 0, "files": 0, "files downloaded": 0, "bytes downloaded": 0, "files removed": 0,
        "files not pushed yet": 1,
    }  # fmt: skip
    size = len(home.holds(1)["state/champion.json"])
    assert told["remote_copy"] == {
        "generation": 1, "new": True, "files": 1, "bytes": size, "files uploaded": 1, "bytes uploaded": size,
    }  # fmt: skip


def test_only_errors_that_may_pass_are_retried(company: Any) -> None:
    from pipelines.assets import remote

    shop = company("first")
    shop.keys["storage"]["remote"] = "s3://no-such-bucket/home"
    config = shop.config()
    working_copy, _ = remote.assets(config, [])
    assert working_copy.op.retry_policy is not None
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([working_copy], partition_key=str(DAY), instance=instance, raise_on_error=False)
        retries = [each for each in result.all_events if each.event_type_value == "STEP_UP_FOR_RETRY"]
    assert not result.success
    assert retries == []


def test_the_commands_say_how_things_stand(company: Any, stand_in: Any, churn: Any) -> None:
    import json

    shop = company("first")
    config = shop.config()
    ran = churn(config, "lake", "status")
    assert ran.code == 0, ran.err
    assert "generations:   none yet" in ran.out
    assert "both are empty" in ran.out
    champion.install(config, stand_in)
    assert "1 new, 0 changed, 0 removed" in churn(config, "lake", "status").out
    pushed = churn(config, "lake", "push")
    assert pushed.out.startswith("generation 1: 1 files")
    assert "pushing: 1 of 1 files" in pushed.err
    found = json.loads(churn(config, "lake", "status", "--json").out)
    assert (found["here"], found["latest"], found["files"], found["new"]) == (1, 1, 1, 0)
    assert list(found["kept"]) == ["1"]
    assert "both are the same" in churn(config, "lake", "status").out
    assert churn(config, "lake", "pull").out.startswith("generation 1: 1 files; downloaded 0")
    assert churn(config, "lake", "prune", "--keep", "1", "--dry-run").out.startswith("would be: 0 generations removed")
    assert churn(config, "lake", "prune", "--keep", "0").code == 2
    shop.keys["storage"].pop("remote")
    ran = churn(shop.config(), "lake", "status")
    assert (ran.code, "set storage.remote" in ran.err) == (1, True)
