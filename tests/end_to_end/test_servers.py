"""Starting and stopping: the servers as a person, a script or a service manager starts them."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def company(found_company: Callable[[str], Any]) -> Any:
    return found_company("bare")


def test_definitions_validate(company: Any, command: Callable[[str], str]) -> None:
    done = subprocess.run(
        [command("dagster"), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=company.folder, env=company.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_webserver_plus_daemon(
    company: Any, start: Callable[..., Any], command: Callable[[str], str], dagster_at: Callable[[int], Any], port: int
) -> None:
    # one after the other: two processes at once would spoil a store that is not there yet
    web = start(company, command("dagster-webserver"), "-h", "127.0.0.1", "-p", port, "-w", "workspace.yaml")
    web.await_answers(f"http://127.0.0.1:{port}/server_info")
    daemon = start(company, command("dagster-daemon"), "run", "-w", "workspace.yaml")
    dagster = dagster_at(port)
    entries = dagster.ask(
        """{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus
             locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
    )["workspaceOrError"]["locationEntries"]
    loaded = {"__typename": "RepositoryLocation"}
    assert entries == [{"name": "pipelines", "loadStatus": "LOADED", "locationOrLoadError": loaded}]

    until = time.monotonic() + 90
    query = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
    while not all(
        status["healthy"]
        for status in dagster.ask(query)["instance"]["daemonHealth"]["allDaemonStatuses"]
        if status["required"]
    ):
        assert time.monotonic() < until, daemon.said()
        time.sleep(0.5)
    daemon.stop(signal.SIGTERM)
    web.stop(signal.SIGTERM)


def test_ui_from_a_script_stops_on_sigint(
    company: Any, start: Callable[..., Any], command: Callable[[str], str], port: int, another_port: int
) -> None:
    # a shell that is not interactive starts what is followed by & with SIGINT ignored
    script = f'"{command("churn")}" ui --port {port} --mlflow-port {another_port} & echo $! >ui.pid; wait $!'
    ui = start(company, "bash", "-c", script)
    ui.await_answers(f"http://127.0.0.1:{port}/server_info", f"http://127.0.0.1:{another_port}/health")
    ui.stop(signal.SIGINT, int((company.folder / "ui.pid").read_text()))
