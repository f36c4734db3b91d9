"""Programs of the system that tests of several folders need, started once: a browser, PostgreSQL and MariaDB servers.

Belongs here: starting and stopping them. Does not belong here: companies, pages, any expectation. Where a program is
not installed, its tests are skipped, and fail where CHURN_REQUIRE_SYSTEM is 1, as in continuous integration.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

# benchmarks are not installed with the product
sys.path.append(str(Path(__file__).resolve().parents[1]))

from benchmarks import database

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def _absent(what: str) -> NoReturn:
    if os.environ.get("CHURN_REQUIRE_SYSTEM") == "1":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a screen. Not for longer: its loop would keep other tests of the thread from starting one."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        _absent("Chromium is needed to look at pages: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def server() -> Iterator[database.Server]:
    """A PostgreSQL server."""
    if database.programs() is None:
        _absent(database.NEEDED)
    with database.server() as running:
        yield running


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Callable[[str], str]]:
    """A MariaDB server: gives the address of a new, empty database of that name."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    install, program = (shutil.which(name, path=path) for name in ("mariadb-install-db", "mariadbd"))
    if install is None or program is None:
        _absent("MariaDB's server is needed: apt-get install mariadb-server")
    password = "pass:word/@%41"  # the driver takes it for Latin 1: no more than ASCII is sure to be the same
    with TemporaryDirectory(prefix="mariadb-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        # it does not run as root unless it is told to
        common = ["--no-defaults", f"--datadir={folder}/data", *(["--user=root"] if os.geteuid() == 0 else [])]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([install, *common, "--skip-test-db"], check=True, **quiet)  # type: ignore[call-overload]
        Path(folder, "users.sql").write_text(
            f"CREATE USER tester@'%' IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO tester@'%';\n", "utf-8"
        )
        command = [
            program, *common, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket",
            f"--pid-file={folder}/pid", f"--log-error={folder}/log.err", f"--init-file={folder}/users.sql",
            "--skip-name-resolve", "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0",
        ]  # fmt: skip
        probe.close()
        with subprocess.Popen(command, **quiet) as running:  # type: ignore[call-overload]
            try:
                _answering(running, port, password, Path(folder, "log.err"))

                def database(name: str) -> str:
                    from sqlalchemy import URL

                    with _mariadb(port, password) as cursor:
                        cursor.execute(f"CREATE DATABASE {name}")
                    url = URL.create("mariadb+pymysql", "tester", password, "127.0.0.1", port, name)
                    return url.render_as_string(hide_password=False)

                yield database
            finally:
                running.terminate()


@contextmanager
def _mariadb(port: int, password: str) -> Iterator[Any]:
    import pymysql

    with closing(pymysql.connect(host="127.0.0.1", port=port, user="tester", password=password)) as connection:
        yield connection.cursor()


def _answering(running: Any, port: int, password: str, log: Path) -> None:
    import pymysql

    until = time.monotonic() + 60
    while True:
        try:
            with _mariadb(port, password):
                return
        except pymysql.err.OperationalError:
            said = log.read_text("utf-8") if log.exists() else ""
            assert running.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.1)
