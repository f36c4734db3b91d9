"""A PostgreSQL server for as long as it is needed, on a free port of this machine.

Belongs here: starting and stopping one. Does not belong here: what is in it. PostgreSQL refuses to run as root, so root
runs it as the user ``postgres`` that its package makes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

NEEDED = "PostgreSQL's server is needed: apt-get install postgresql"
PASSWORD = "pass:word/@ü"
"""Of the user ``postgres``; every character of it must survive an address."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    data: Path
    port: int

    def url(self, user: str = "postgres", password: str = PASSWORD, database: str = "postgres") -> str:
        """Its address for SQLAlchemy."""
        from sqlalchemy import URL

        made = URL.create("postgresql", user, password, "127.0.0.1", self.port, database)
        return made.render_as_string(hide_password=False)

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run SQL as its administrator, each statement for itself."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.url(database=database), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def programs() -> Path | None:
    """The folder of the server's programs, the newest; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    path = shutil.which("initdb")
    return found[-1].parent if found else Path(path).resolve().parent if path else None


@contextmanager
def server() -> Iterator[Server]:
    """A server with a new, empty database in a temporary folder; connections need the password."""
    where = programs()
    if where is None:
        raise FileNotFoundError(NEEDED)
    with TemporaryDirectory(prefix="postgresql-") as folder:
        data, secret = Path(folder, "data"), Path(folder, "password")
        secret.write_text(PASSWORD, "utf-8")
        if os.geteuid() == 0:
            for place in (folder, secret):
                shutil.chown(place, "postgres")
        with _running(where, data, secret) as port:
            yield Server(data, port)


@contextmanager
def _running(where: Path, data: Path, secret: Path) -> Iterator[int]:
    _do(where / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8",
        "--locale", "C", "--no-sync")  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    wanted = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in wanted.items())
    _do(where / "pg_ctl", "-D", data, "-l", data / "log", "-w", "-t", "60", "start")
    try:
        yield port
    finally:
        _do(where / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _do(*command: object) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *words]
    # the server inherits what it does not close
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words[-1]}: {done.stderr}")
