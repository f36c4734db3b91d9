"""A real tracking server that dies in the middle of a training: nothing is half promoted, and the next one goes on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines import champion, nightly, training
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.tracking import Tracking

DAY = date(2025, 3, 10)


class Server:
    """``mlflow server`` on a free port of this machine, with its store in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}",
            "--artifacts-destination", str(self.folder / "artifacts"),
        ]  # fmt: skip
        env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 150
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """As a machine that loses its power: all of its processes at once."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "server")
    started.start()
    yield started
    started.kill()


def write_panel(config: Config) -> None:
    """A panel of the catalogue's inputs in which those who are seldom active leave."""
    rng, accounts = np.random.default_rng(1), 600
    days = [date(2024, 6, 1) + timedelta(days=20 * at) for at in range(9)]
    rows = len(days) * accounts
    columns = {
        each.name: rng.choice(["a", "b"], rows) if each.categorical else rng.normal(20, 15, rows).round()
        for each in training.inputs()
    }
    panel = pd.DataFrame({"account_id": np.tile([f"a{at}" for at in range(accounts)], len(days)), **columns})
    left = rng.random(rows) < 1 / (1 + np.exp(0.2 * panel["active_days_28d"] - 1))
    facts = {
        "as_of": np.repeat(np.array(days, dtype=object), accounts), "announced": False, "mrr_now": 1000,
        "churned": left, "kind": pd.Series(np.where(left, "unknown", None), dtype="string"), "contacted": False,
    }  # fmt: skip
    file = Lake(config.path(config.lake)).panel(DAY)
    file.parent.mkdir(parents=True)
    panel.assign(**facts).to_parquet(file, index=False)


@pytest.fixture
def config(shop: Any, server: Server, monkeypatch: pytest.MonkeyPatch) -> Config:
    from models.ladder import RUNGS

    shop.keys |= {"tracking": {"uri": server.uri, "timeout_seconds": 5}, "training": {"backtest_folds": 0}}
    made = shop.accept(DAY)
    write_panel(made)
    monkeypatch.setattr("models.ladder.RUNGS", RUNGS[:1])  # the health score takes no time to fit
    return made


def train_in_vain(config: Config, server: Server, monkeypatch: pytest.MonkeyPatch, name: str, last: str = "") -> float:
    """Train with a server that dies at the call ``name`` of MLflow's client: before it, or after the one of which
    ``last`` is an argument. The seconds that the training took to say so."""
    from mlflow import MlflowClient

    real = getattr(MlflowClient, name)

    def deadly(client: Any, *arguments: Any, **keys: Any) -> Any:
        if not last:
            server.kill()
        answer = real(client, *arguments, **keys)
        if last in arguments:
            server.kill()
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, name, deadly)
        began = time.monotonic()
        with pytest.raises(ChurnError, match=f"MLflow at {server.uri} cannot be used") as error:
            training.fit_and_judge(config, DAY, {})
    assert "start the tracking server" in error.value.remedy
    return time.monotonic() - began


def registry(config: Config) -> tuple[str | None, list[str], dict[str, str]]:
    """The version that is called champion, those marked as promoted, and the status of each training's run."""
    tracking = Tracking.connect(config)
    experiment = tracking.client.get_experiment_by_name(tracking.name).experiment_id
    runs = tracking.client.search_runs([experiment])
    models = tracking.client.search_registered_models(f"name = '{tracking.name}'")
    alias = models[0].aliases.get("champion") if models else None
    status = {run.info.run_id: run.info.status for run in runs}
    return alias and str(alias), list(tracking.promoted()), status


@pytest.mark.process
def test_a_server_that_dies_in_the_middle_leaves_the_champion_and_is_tidied_up(
    config: Config, server: Server, monkeypatch: pytest.MonkeyPatch, digests: Callable[..., Any]
) -> None:
    # the first training of all: the run is open when the server dies
    seconds = train_in_vain(config, server, monkeypatch, "log_batch")
    assert seconds < 90
    assert champion.find(config) is None
    assert not (config.path(config.state) / "last_training.json").exists()

    server.start()
    _, promoted, status = registry(config)
    assert promoted == []
    assert set(status.values()) == {"RUNNING"}
    (broken,) = status
    said: list[str] = []
    first = training.fit_and_judge(config, DAY, {}, said.append)
    assert f"run {broken} of an earlier training was cut short and is marked as such" in said
    assert first.verdict.promote, first.verdict.reason
    alias, promoted, status = registry(config)
    assert (alias, promoted) == (first.version, [first.version])
    assert status.pop(broken) == "FAILED"
    assert set(status.values()) == {"FINISHED"}
    assert champion.require(config).version == first.version
    assert not Tracking.connect(config).note.exists()

    # the registry has a new champion and the training does not hear of it: what scores is the old one
    tracking, before = Tracking.connect(config), digests(config.path(config.state))
    monkeypatch.setattr(training, "_comparable", lambda *_: (None, ""))  # it is promoted though it is no better
    train_in_vain(config, server, monkeypatch, "set_registered_model_alias", "champion")
    after = digests(config.path(config.state))
    assert after["champion.json"] == before["champion.json"]
    assert champion.require(config).version == first.version

    # nights go on meanwhile
    published = nightly.run_stages(config, DAY)["at_risk"]
    assert published.manifest["model"]["version"] == first.version

    server.start()
    alias, promoted, _ = registry(config)
    assert alias != first.version
    second = training.fit_and_judge(config, DAY, {}, said.append)
    assert second.verdict.promote, second.verdict.reason
    alias, promoted, status = registry(config)
    assert (alias, promoted) == (second.version, [first.version, second.version])
    assert champion.require(config).version == second.version
    assert "RUNNING" not in status.values()
    assert tracking.client.get_model_version(tracking.name, str(int(second.version) - 1)).tags["promoted"] == "false"
