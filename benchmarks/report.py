"""What the report page costs to make, and how soon it is seen: ``python -m benchmarks.report``.

Belongs here: a company with a long list, its page made and opened. Does not belong here: the page
(``pipelines.report``).

The list is as long as asked for; the scores of the days before are copies of the day's. In Chromium, the
time from asking for a page until something of it is seen (first contentful paint, as the browser tells it) is taken for
the report and for pages with a single letter, each in a tab of its own, in turns: a page without anything is never
painted. What else runs on the machine weighs on both.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import company
from benchmarks.ledger import Ledger, lines_of
from benchmarks.measure import measured

EMPTY_PAGES = 5
STEPS = ("generate", "land", "check", "train", "features", "score", "publish")

_SEEN = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const entry of list.getEntriesByName("first-contentful-paint")) done(entry.startTime);
}).observe({ type: "paint", buffered: true }))"""


def prepared(home: Path, accounts: int, months: int, rows: int, memory: str) -> Path:
    """A company whose at-risk list has ``rows`` rows, published, with scores of 60 days; kept between runs."""
    file, done = home / "churn.yaml", home / f"published-{rows}"
    if done.exists():
        return file
    company.configure(file, accounts, months, memory, rows=30_000, dates=6)
    lists = f"lists: {{capacity: {rows}, least_lift: 0, holdout_share: 0}}\n"
    file.write_text(file.read_text("utf-8") + lists, "utf-8")
    for step in STEPS:
        measured("before", step, ("-m", "benchmarks.steps", step, file))
    _copy_scores(file)
    done.touch()
    return file


def _copy_scores(file: Path) -> None:
    from pipelines.config import load
    from pipelines.lake import Lake

    config = load(file)
    last = config.last_day()
    lake = Lake(config.path(config.lake))
    for back in range(1, 60):
        shutil.copy(lake.scores(last), lake.scores(last - timedelta(days=back)))


def seen(page_file: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds until something of the page is seen, and until something of five empty pages is, one after the other."""
    from playwright.sync_api import Browser, sync_playwright

    def opened(browser: Browser, address: str) -> float:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address, wait_until="commit")
        milliseconds = page.evaluate(_SEEN)
        context.close()
        return float(milliseconds) / 1000

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is needed: apt-get install chromium")
    report, empty = [], []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        blank = Path(folder) / "empty.html"
        blank.write_text("<!doctype html><title>empty</title>.", "utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened(browser, blank.as_uri())
        for _ in range(rounds):
            report.append(opened(browser, page_file.as_uri()))
            empty.append(sum(opened(browser, blank.as_uri()) for _ in range(EMPTY_PAGES)))
        browser.close()
    return report, empty


def benchmark(accounts: int, months: int, folder: Path, memory: str, rows: int, rounds: int) -> dict[str, Any]:
    """Make the report and open it; all figures."""
    from pipelines.config import load

    home = folder.resolve() / f"report-{accounts}-accounts-{months}-months"
    file = prepared(home, accounts, months, rows, memory)
    ledger = Ledger()
    for _ in range(2):
        ledger.note(measured("report", "the page, with all imports", ("-m", "benchmarks.steps", "report", file))[0])
    ledger.note(measured("report", "the imports alone", ("-c", _IMPORTS))[0])
    config = load(file)
    written = config.path(config.exports) / "report" / "latest"
    manifest = json.loads((written / "manifest.json").read_text("utf-8"))
    report, empty = seen((written / "report.html").resolve(), rounds)
    imports, whole = ledger.of("the imports alone").cpu_seconds, ledger.of("the page, with all imports").cpu_seconds
    ledger.figure("rows of the at-risk list", manifest["lists"]["at_risk"]["rows"], unit="rows")
    ledger.figure("size of the page, MiB", manifest["files"]["report.html"]["bytes"] / 2**20)
    ledger.figure("CPU of the page without imports, s", whole - imports)
    ledger.figure("seconds until five empty pages are seen, median", statistics.median(empty))
    ledger.figure("seconds until the report is seen, median", statistics.median(report))
    ratio = statistics.median(report) / statistics.median(empty)
    ledger.figure("the report against five empty pages", ratio, most=1.0)
    return ledger.facts(accounts)


_IMPORTS = (
    "import pipelines.report.write, duckdb, ibis, jinja2, lightgbm, matplotlib.figure, numpy, pandas, pyarrow.parquet\n"
    "import matplotlib.backends.backend_svg, pipelines.champion, models.model, churn_features.rates, pipelines.plays"
)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    company.options(parser)
    parser.add_argument("--rows", type=int, default=2000, help="rows of the list (default: 2000)")
    parser.add_argument("--rounds", type=int, default=9, help="how often the page is opened (default: 9)")
    chosen = parser.parse_args()
    facts = benchmark(chosen.accounts, chosen.months, chosen.folder, chosen.memory, chosen.rows, chosen.rounds)
    print("\n".join(lines_of(facts)))
    if chosen.json:
        chosen.json.write_text(json.dumps(facts, indent=2), "utf-8")


if __name__ == "__main__":
    main()
