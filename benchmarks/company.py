"""The generated companies that benchmarks measure, kept between runs.

Belongs here: the configuration of a company of any size, what can be asked of it, and a lake with its first night. Does
not belong here: measuring.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.measure import HOUSE, Cost, measured

FOLDER = HOUSE / "build" / "benchmark"
FIRST_NIGHT = ("land", "check")

_CONFIG = """\
company: Benchmark company
time_zone: Europe/Berlin
history_start: 2025-01-01
sources: {{demo: {{kind: demo, accounts: {accounts}, start: 2025-01-01, months: {months}, seed: 7}}}}
training: {{every_days: 28, most_rows: {rows}, most_dates: {dates}}}
engine: {{memory_limit: {memory}}}
destinations:
  excel: {{kind: folder, path: var/out/excel, format: csv, bom: true}}
  lines: {{kind: folder, path: var/out/lines, format: json_lines}}
  parquet: {{kind: folder, path: var/out/parquet, format: parquet}}
  hubspot: {{kind: folder, path: var/out/hubspot, format: hubspot}}
  salesforce: {{kind: folder, path: var/out/salesforce, format: salesforce}}
event_roles:{roles}
"""


def home(folder: Path, accounts: int, months: int) -> Path:
    """Where a company is kept with its lake."""
    return folder.resolve() / f"{accounts}-accounts-{months}-months"


def configure(file: Path, accounts: int, months: int, memory: str, rows: int = 100_000, dates: int = 60) -> Path:
    """Write the configuration of a company, whose training panel has at most so many ``dates`` and, nearly, ``rows``;
    returns ``file``. Roles are those of the demo company."""
    roles = (HOUSE / "churn.yaml").read_text("utf-8").partition("event_roles:")[2].partition("\n\n")[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        _CONFIG.format(accounts=accounts, months=months, memory=memory, rows=rows, dates=dates, roles=roles), "utf-8"
    )
    return file


def options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark of a generated company can be asked."""
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts of the company (default: 10000)")
    parser.add_argument("--months", type=int, default=13, help="months of history (default: 13)")
    parser.add_argument("--folder", type=Path, default=FOLDER,
                        help="where companies are kept between runs (default: build/benchmark)")  # fmt: skip
    parser.add_argument("--memory", default="1GB", help="memory limit of the engine (default: 1GB)")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")


def generate(config: Path) -> Cost:
    """Generate the company unless it is there."""
    return measured("company", "generate", ("-m", "benchmarks.steps", "generate", config))[0]


def first_night(config: Path) -> list[Cost]:
    """Land and check all history."""
    steps = ("-m", "benchmarks.steps")
    return [measured("first night", step, (*steps, step, config, "--first"))[0] for step in FIRST_NIGHT]
