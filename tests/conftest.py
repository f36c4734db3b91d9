"""Programs of the system that tests of several folders need, started once: a browser, a PostgreSQL server.

Belongs here: starting and stopping them. Does not belong here: companies, pages, any expectation. Where a program is
not installed, its tests are skipped, and fail where CHURN_REQUIRE_SYSTEM is 1, as in continuous integration.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

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
