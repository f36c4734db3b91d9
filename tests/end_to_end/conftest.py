"""A small company served by real processes: ``churn ui`` as a person starts it, on free ports of this machine.

Belongs here: starting, talking to and stopping the processes that the tests share. Does not belong here: any claim.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HOUSE = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


@dataclass(frozen=True)
class Company:
    """A folder with a configuration and, as in the repository, Dagster's settings beside it."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        own = {"CHURN_CONFIG": "churn.yaml", "DAGSTER_HOME": "", "DAGSTER_STORE": "var/dagster"}
        # without its cache of compiled modules each process would take three times as long to start
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return kept | {name: str(self.folder / path) for name, path in own.items()}

    def path(self, *parts: str) -> Path:
        return self.folder.joinpath("var", *parts)

    def list_of(self, day: str, name: str = "at_risk") -> Path:
        return self.path("exports", name, f"as_of={day}")

    def churn(self, *arguments: str) -> None:
        """Run ``churn`` to its end; the test fails with what it said if it fails."""
        done = subprocess.run(
            [BIN / "churn", *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Started:
    """Processes started together, their common log, and every process that was ever seen below them."""

    process: subprocess.Popen[bytes]
    log: Path
    seen: dict[int, str] = field(default_factory=dict)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def await_answers(self, *addresses: str, seconds: float = 150) -> None:
        """Wait until each address answers with 200."""
        until = time.monotonic() + seconds
        for address in addresses:
            while not _answers(address):
                assert self.process.poll() is None, f"it ended: {self.said()}"
                assert time.monotonic() < until, f"{address} does not answer: {self.said()}"
                time.sleep(0.3)
        self.seen |= _below(self.process.pid)

    def stop(self, number: signal.Signals, pid: int | None = None, seconds: float = 60) -> None:
        """Send one signal to one process, and assert that it and all that came from it end."""
        self.seen |= _below(self.process.pid)
        os.kill(pid or self.process.pid, number)
        until = time.monotonic() + seconds
        while left := [pid for pid, born in self.seen.items() if _born(pid) == born]:
            if time.monotonic() > until:
                break
            self.process.poll()
            time.sleep(0.2)
        names = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in left]
        assert not left, f"{number.name} left behind: {names}\n{self.said()}"
        assert self.process.wait(10) == 0, self.said()

    def kill(self) -> None:
        """End whatever is left, whatever state it is in."""
        if self.process.poll() is None:
            self.seen |= _below(self.process.pid)
        for pid, born in self.seen.items():
            if _born(pid) == born:
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _stat(pid: int) -> list[str]:
    """State, parent, ... of a process (proc(5)); empty if there is none, or only its exit code is left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [] if fields[0] in "ZX" else fields


def _born(pid: int) -> str | None:
    """Start time in ticks since boot: tells a process from a later one with the same number."""
    fields = _stat(pid)
    return fields[19] if fields else None


def _below(pid: int) -> dict[int, str]:
    """A process and all its descendants, with their start times."""
    parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found, more = set(), {pid}
    while more:
        found |= more
        more = {child for child, fields in parents.items() if fields and int(fields[1]) in more} - found
    return {each: born for each in found if (born := _born(each)) is not None}


@dataclass(frozen=True)
class Dagster:
    """The web server's GraphQL, asked as its own pages do."""

    url: str

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = json.load(answer)
        assert "errors" not in content, content["errors"]
        return content["data"]

    def launch(self, job: str, day: str) -> str:
        """Launch a job for a partition; the run's id."""
        selector = {"repositoryName": "__repository__", "repositoryLocationName": "pipelines", "jobName": job}
        launched = self.ask(
            """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
                 __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
            p={
                "selector": selector,
                "runConfigData": {},
                "mode": "default",
                "executionMetadata": {"tags": [{"key": "dagster/partition", "value": day}]},
            },
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return launched["run"]["runId"]

    def ended(self, run: str, seconds: float = 240) -> str:
        """Wait for the end of a run; its status."""
        query = "query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }"
        until = time.monotonic() + seconds
        while (status := self.ask(query, r=run)["runOrError"]["status"]) not in ENDED:
            assert time.monotonic() < until, f"run {run} is still {status}"
            time.sleep(0.5)
        return status

    def errors(self, run: str) -> str:
        """What the failed steps of a run said."""
        events = self.ask(
            """query($r: ID!) { logsForRun(runId: $r, limit: 1000) { ... on EventConnection { events {
                 ... on ExecutionStepFailureEvent { stepKey error { message cause { message } } } } } } }""",
            r=run,
        )["logsForRun"]["events"]
        return "\n".join(json.dumps(event) for event in events if event)

    def succeed(self, job: str, day: str) -> str:
        """Launch a job and assert that it ends in SUCCESS; the run's id."""
        run = self.launch(job, day)
        assert self.ended(run) == "SUCCESS", self.errors(run)
        return run


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def found_company(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Company]:
    """Make a company: 1,500 accounts and a year, large enough for a model that is better than the recency rule."""

    def make(name: str) -> Company:
        folder = tmp_path_factory.mktemp(name)
        for file in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(HOUSE / file, folder)
        events = (HOUSE / "churn.yaml").read_text("utf-8").partition("event_roles:")[2].partition("\n\n")[0]
        (folder / "churn.yaml").write_text(
            "company: Demo company\n"
            "time_zone: Europe/Berlin\n"
            "history_start: 2025-01-01\n"
            "sources: {demo: {kind: demo, accounts: 1500, start: 2025-01-01, months: 12, seed: 7}}\n"
            "training: {every_days: 14}\n"
            "engine: {memory_limit: 512MB}\n"
            f"event_roles:{events}\n",
            "utf-8",
        )
        return Company(folder)

    return make


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Started]]:
    """Start a command in a company's folder; whatever is left of it at the end of the tests is killed."""
    logs, all_started = tmp_path_factory.mktemp("logs"), []

    def run(company: Company, *command: object) -> Started:
        log = logs / f"{len(all_started)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=company.folder,
                env=company.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        all_started.append(Started(process, log))
        return all_started[-1]

    yield run
    for started in all_started:
        started.kill()


@dataclass(frozen=True)
class Served:
    """A company with its user interfaces up."""

    company: Company
    dagster: Dagster
    mlflow_url: str


@pytest.fixture(scope="session")
def served(found_company: Callable[[str], Company], start: Callable[..., Started]) -> Iterator[Served]:
    """``churn ui`` from an empty folder; at the end SIGTERM stops all of it."""
    company, port, mlflow_port = found_company("served"), free_port(), free_port()
    ui = start(company, BIN / "churn", "ui", "--port", port, "--mlflow-port", mlflow_port)
    web, mlflow = f"http://{HOST}:{port}", f"http://{HOST}:{mlflow_port}"
    ui.await_answers(f"{web}/server_info", f"{mlflow}/health")
    yield Served(company, Dagster(web), mlflow)
    ui.stop(signal.SIGTERM)


@pytest.fixture(scope="session")
def trained(served: Served) -> str:
    """The run of the job ``training`` that makes the champion."""
    return served.dagster.succeed("training", "2025-12-31")


@pytest.fixture(scope="session")
def night(served: Served, trained: str) -> tuple[str, str]:
    """A day and the run of the job ``nightly`` that published its list."""
    day = "2025-12-30"
    return day, served.dagster.succeed("nightly", day)


@pytest.fixture(scope="session")
def twin(found_company: Callable[[str], Company], served: Served, trained: str) -> Company:
    """Another lake of the same company with the same champion, filled by the command line for three days, in the order
    in which the daemon publishes them: the last one first."""
    company = found_company("twin")
    shutil.copytree(served.company.path("state", "demo"), company.path("state", "demo"))
    shutil.copy(served.company.path("state", "champion.json"), company.path("state", "champion.json"))
    for first, last in (("2025-12-30", "2025-12-30"), ("2025-12-28", "2025-12-29")):
        company.churn("backfill", "--from", first, "--to", last)
    return company


@pytest.fixture(scope="session")
def command() -> Callable[[str], str]:
    """Path of a command of the environment that the tests run in."""
    return lambda name: str(BIN / name)


@pytest.fixture(scope="session")
def dagster_at() -> Callable[[int], Dagster]:
    return lambda port: Dagster(f"http://{HOST}:{port}")


port, another_port = (pytest.fixture(free_port, name=name) for name in ("port", "another_port"))
