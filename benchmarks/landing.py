"""What it costs to land usage, against the least that anything must do that reads the same rows.

    python -m benchmarks.landing --rows 10000000

``--engine`` adds the slower way from PostgreSQL, that of rows which are not mapped as they are: a condition (``where``)
that all rows meet takes them through the engine.

Rows from PostgreSQL are measured against the driver reading them and doing nothing with them; rows from Parquet against
DuckDB copying the file, in the same order, with the same limits. A figure is a ratio of CPU seconds (user and
system), or peak memory, of whole processes from start to end, imports included; of repeated ones the least counts. The
server is started for the benchmark, and its own work counts for neither side.

Belongs here: which figures there are, and what is promised of them. Does not belong here: the processes
(``landing_steps``), the server (``database``).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import database
from benchmarks.ledger import GIB, Ledger, lines_of
from benchmarks.measure import HOUSE, Cost, measured

FOLDER = HOUSE / "build" / "benchmark" / "landing"

_CONFIG = """\
company: Benchmark company
history_start: 2025-01-01
sources:
  events:
    {source}
    tables:
      accounts: {{{where}, columns: {{account_id: account_id, created_at: occurred_at}}}}
      subscriptions:
        {where}
        columns: {{subscription_id: account_id, account_id: account_id, plan: event, billing_interval: event,
          mrr: quantity, started_at: occurred_at}}
      usage:
        {where}
        {condition}
        columns: {{account_id: account_id, user_id: user_id, event: event, occurred_at: occurred_at,
          quantity: quantity}}
engine: {{memory_limit: {memory}}}
lake: {lake}
state: state
"""


def configure(folder: Path, name: str, source: str, where: str, memory: str, condition: str = "") -> Path:
    """Write the configuration of a company whose tables all come from ``where``, usage under a condition; returns the
    file."""
    file = folder / f"churn-{name}.yaml"
    file.write_text(
        _CONFIG.format(source=source, where=where, condition=condition, memory=memory, lake=f"lake-{name}"), "utf-8"
    )
    return file


class Run(Ledger):
    """One file of events, and what was measured of it."""

    def __init__(self, folder: Path, rows: int, times: int, memory: str) -> None:
        super().__init__()
        self.folder, self.rows, self.times, self.memory = folder, rows, times, memory
        self.events = folder / f"{rows}-events.parquet"

    def prepare(self) -> None:
        """Make the events unless they are there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.events.exists():
            self._once("generate", self.rows, self.events)

    def against(
        self, source: str, rival: str, ours: tuple[object, ...], theirs: tuple[object, ...], most: float | None
    ) -> None:
        """Land the rows and do what it is measured against, in turns. ``most``: what is promised of the ratio."""
        landing, least = f"landing from {source}", f"{source}: {rival}"
        for _ in range(self.times):
            for name, arguments in ((landing, ours), (least, theirs)):
                cost, said = self._once(*arguments)
                if int(said.split()[-1]) != self.rows:
                    sys.exit(f"{name}: {said.split()[-1]} rows instead of {self.rows}")
                self.note(Cost("landing", name, cost.cpu_seconds, cost.peak_mib))
        cost, promised = self.of(landing), {"accounts": 10_000_000, "unit": "rows"}
        ratio, name = cost.cpu_seconds / self.of(least).cpu_seconds, f"{self.rows:,} usage rows from {source}"
        self.figure(f"{name} / {rival}, CPU", ratio, most=most, **promised)
        self.figure(f"{name}, peak memory in GiB", cost.peak_mib / GIB, most=1, **promised)

    def _once(self, *arguments: object) -> tuple[Cost, str]:
        return measured("landing", str(arguments[0]), ("-m", "benchmarks.landing_steps", *arguments))

    def parquet(self) -> None:
        """Rows of a Parquet file."""
        config = configure(self.folder, "parquet", f"kind: files\n    root: {self.folder}",
                           f"files: {self.events.name}", self.memory)  # fmt: skip
        with TemporaryDirectory() as scratch:
            theirs = ("copy", self.events, Path(scratch, "copy.parquet"), self.memory)
            self.against("Parquet", "DuckDB copying the file", ("land", config), theirs, 3)

    def postgresql(self, engine: bool) -> None:
        """Rows of a table in PostgreSQL; with ``engine``, also through the engine."""
        with database.server() as server:
            os.environ["BENCHMARK_DATABASE"] = server.url()
            self._once("fill", self.events)
            config = configure(self.folder, "postgresql", "kind: sql\n    url: ${BENCHMARK_DATABASE}",
                               "table: events", self.memory)  # fmt: skip
            self.against("PostgreSQL", "the driver's own read", ("land", config), ("read",), 2)
            if engine:
                config = configure(self.folder, "engine", "kind: sql\n    url: ${BENCHMARK_DATABASE}",
                                   "table: events", self.memory, "where: quantity > 0")  # fmt: skip
                self.against(
                    "PostgreSQL through the engine", "the driver's own read", ("land", config), ("read",), None
                )


def benchmark(chosen: argparse.Namespace) -> dict[str, Any]:
    """All figures of a run."""
    run = Run(chosen.folder.resolve(), chosen.rows, chosen.times, chosen.memory)
    run.prepare()
    run.parquet()
    if database.programs():
        run.postgresql(chosen.engine)
    else:
        sys.stderr.write(f"{database.NEEDED}; its figures are left out\n")
    return {
        "rows": chosen.rows,
        "memory_limit": chosen.memory,
        **run.facts(chosen.rows),
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{figures['rows']:,} rows of usage; {figures['cores']} cores, Python {figures['python']}, engine limit "
        f"{figures['memory_limit']}",
        "",
        *lines_of(figures),
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.landing", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows of usage (default: 200000)")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--memory", default="512MB", help="memory limit of the engine (default: 512MB)")
    parser.add_argument("--engine", action="store_true", help="also land from PostgreSQL through the engine")
    parser.add_argument("--folder", type=Path, default=FOLDER,
                        help="where events are kept between runs (default: build/benchmark/landing)")  # fmt: skip
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    chosen = parser.parse_args(arguments)
    figures = benchmark(chosen)
    print(table(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
