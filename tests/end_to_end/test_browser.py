"""What a person sees: the pages of both user interfaces in headless Chromium, free of errors and of foreign hosts."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

pytestmark = pytest.mark.process

PICTURES = Path(__file__).resolve().parents[2] / "test-artifacts"
MLFLOW_ASKS_IN_VAIN = "/ajax-api/2.0/mlflow/users/current"
"""MLflow's page asks who is signed in; its own server without accounts answers 404, which Chromium reports."""


@dataclass
class Watched:
    """A page with what went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(MLFLOW_ASKS_IN_VAIN):
            self.errors.append(f"{message.text} ({message.location['url']})")

    def on_request(self, request: Request) -> None:
        url = urllib.parse.urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.hostname not in ("127.0.0.1", "localhost"):
            self.foreign.append(request.url)

    def finish(self, picture: str) -> None:
        """Keep a picture; assert that nothing went wrong and nobody else was asked."""
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{picture}.png")
        assert self.errors == []
        assert self.foreign == []


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[str], Watched]]:
    """Open an address in a page of its own."""
    context = browser.new_context(viewport={"width": 1600, "height": 2400})  # Dagster draws what is in view
    context.set_default_timeout(180_000)

    def go(url: str) -> Watched:
        watched = Watched(context.new_page())
        watched.page.on("console", watched.on_console)
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on("request", watched.on_request)
        # not until the network is idle: Dagster's page keeps a connection open
        watched.page.goto(url, wait_until="domcontentloaded")
        return watched

    yield go
    context.close()


def test_asset_graph_shows_every_stage(served: Any, night: tuple[str, str], visit: Callable[[str], Watched]) -> None:
    shown = visit(f"{served.dagster.url}/asset-groups")
    graph = shown.page.locator("svg").filter(has=shown.page.locator("foreignObject")).first
    for group in ("raw", "tables", "features", "model", "lists"):
        graph.get_by_text(group, exact=True).first.wait_for()
    shown.page.mouse.click(1500, 2300, button="right")
    shown.page.get_by_role("menuitem", name="Expand all groups").click()
    for asset in ("raw_accounts", "accounts", "usage", "training_set", "churn_model", "scores", "at_risk"):
        graph.get_by_text(asset, exact=True).first.wait_for()
    shown.finish("asset-graph")


def test_asset_page_of_the_list_shows_its_preview(
    served: Any, night: tuple[str, str], visit: Callable[[str], Watched]
) -> None:
    shown = visit(f"{served.dagster.url}/assets/at_risk")
    shown.page.get_by_text("expected leavers on the list").wait_for()
    shown.page.get_by_text("[Show Markdown]").first.click()
    shown.page.get_by_role("columnheader", name="reasons").wait_for()
    shown.finish("at-risk")


def test_asset_page_of_the_model_shows_its_plots(served: Any, trained: str, visit: Callable[[str], Watched]) -> None:
    shown = visit(f"{served.dagster.url}/assets/churn_model")
    row = shown.page.get_by_role("row").filter(has_text="plot: reliability")
    row.get_by_text("[Show Markdown]").click()
    picture = shown.page.get_by_role("img", name="reliability")
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") > 300
    shown.finish("plots")


def test_asset_page_of_a_table_shows_its_contract(
    served: Any, night: tuple[str, str], visit: Callable[[str], Watched]
) -> None:
    shown = visit(f"{served.dagster.url}/assets/usage?view=checks")
    shown.page.get_by_text("Errors: bad rows are set aside").wait_for()
    for count in ("landed", "accepted", "quarantined"):
        shown.page.get_by_role("cell", name=count, exact=True).first.wait_for()
    shown.page.get_by_text("[Show Markdown]").last.click()
    shown.page.get_by_role("cell", name="usage.orphan_account").wait_for()
    shown.finish("contract")


def test_mlflow_shows_the_experiment(served: Any, trained: str, visit: Callable[[str], Watched]) -> None:
    shown = visit(f"{served.mlflow_url}/#/experiments")
    shown.page.get_by_role("link", name="Demo company").click()
    shown.page.wait_for_url("**/experiments/*")
    shown.page.goto(f"{shown.page.url}/runs")
    shown.page.get_by_text("as of 2025-12-31").first.wait_for()
    shown.finish("mlflow")
