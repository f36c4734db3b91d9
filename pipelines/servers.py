"""The user interfaces, on loopback. Belongs here: starting and stopping the servers together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.nightly import prepare_home
from pipelines.tracking import Tracking, default_uri

HOST = "127.0.0.1"


def serve(config: Config, port: int, mlflow_port: int, say: Callable[[str], None]) -> None:
    """Run the Dagster web UI with its daemon, and MLflow's unless another server is configured, until interrupted.

    Raises ChurnError if a port cannot be used.
    """
    _refuse_taken(port, "--port")
    if config.tracking.uri is None:
        _refuse_taken(mlflow_port, "--mlflow-port")
    prepare_home(config)
    commands = [_dagster(port)]
    say(f"Dagster: http://{HOST}:{port}")
    if config.tracking.uri is None:
        Tracking.connect(config)
        commands.append(_mlflow(config, mlflow_port))
        say(f"MLflow:  http://{HOST}:{mlflow_port}")
    else:
        say("MLflow:  the configured tracking server")
    say("Ctrl-C stops them")
    stop: list[int] = []
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, lambda received, _: stop.append(received))
    # sessions of their own, with SIGINT at its default: started from a script they would inherit it ignored
    servers = [
        subprocess.Popen(command, start_new_session=True, preexec_fn=_default_signals)  # noqa: PLW1509, S603
        for command in commands
    ]
    try:
        while not stop and all(server.poll() is None for server in servers):
            time.sleep(0.2)
    finally:
        _stop(servers)
    failed = [server for server in servers if not stop and server.returncode]
    if failed:
        sys.exit(1)


def _default_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _stop(servers: Sequence[subprocess.Popen[bytes]]) -> None:
    for server in servers:
        _signal_all(server, signal.SIGTERM)
    for server in servers:
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)
        # with what it left behind: Dagster's code server would linger for 45 s
        _signal_all(server, signal.SIGKILL)
        server.wait()


def _signal_all(server: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.pid, number)


def _refuse_taken(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ChurnError(
                f"port {port} of {HOST} cannot be used: {error.strerror}",
                f"stop what uses it, or choose another by {option}",
            ) from error


def _dagster(port: int) -> list[str]:
    # the workspace file gives the code location the name that it has under webserver and daemon: schedules and
    # sensors remember their state by it
    workspace = Path(os.environ["DAGSTER_HOME"]) / "workspace.yaml"
    return [sys.executable, "-m", "dagster", "dev", "-h", HOST, "-p", str(port), "-w", str(workspace)]


def _mlflow(config: Config, port: int) -> list[str]:
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    artifacts = Path(config.path(config.state)) / "mlartifacts"
    return [
        sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1",
        "--backend-store-uri", default_uri(config), "--artifacts-destination", str(artifacts),
    ]  # fmt: skip
