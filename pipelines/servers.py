"""The user interfaces, on loopback. Belongs here: starting and stopping the servers together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipelines.config import Config
from pipelines.nightly import prepare_home
from pipelines.tracking import Tracking, default_uri

HOST = "127.0.0.1"


def serve(config: Config, port: int, mlflow_port: int, say: Callable[[str], None]) -> None:
    """Run the Dagster web UI with its daemon, and MLflow's unless another server is configured, until interrupted."""
    prepare_home(config)
    commands = [_dagster(config, port)]
    say(f"Dagster: http://{HOST}:{port}")
    if config.tracking.uri is None:
        Tracking.connect(config)
        commands.append(_mlflow(config, mlflow_port))
        say(f"MLflow:  http://{HOST}:{mlflow_port}")
    else:
        say("MLflow:  the configured tracking server")
    say("Ctrl-C stops them")
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stop.append(received))
    # sessions of their own, with SIGINT at its default: started from a script they would inherit it ignored
    servers = [
        subprocess.Popen(command, start_new_session=True, preexec_fn=_default_signals)  # noqa: PLW1509, S603
        for command in commands
    ]
    try:
        while not stop and all(server.poll() is None for server in servers):
            time.sleep(0.2)
    finally:
        for server in servers:
            _stop(server)
    failed = [server for server in servers if not stop and server.returncode]
    if failed:
        sys.exit(1)


def _default_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _dagster(config: Config, port: int) -> list[str]:
    return [
        sys.executable, "-m", "dagster", "dev", "-h", HOST, "-p", str(port), "-m", "pipelines.definitions",
    ]  # fmt: skip


def _mlflow(config: Config, port: int) -> list[str]:
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    artifacts = Path(config.path(config.state)) / "mlartifacts"
    return [
        sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1",
        "--backend-store-uri", default_uri(config), "--artifacts-destination", str(artifacts),
    ]  # fmt: skip
