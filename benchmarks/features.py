"""What the feature statement costs, against everything that it can be measured against, for a company of any size.

    python -m benchmarks.features --accounts 100000 --rivals naive

Every figure is a ratio of two measurements of the same run: of CPU seconds (user + system), or of peak memory, of whole
processes from start to end, imports included; features / scan and the layouts are compared within one process. What is
repeated counts with its least. The company and its lake are made once and kept: ``--fresh`` makes them anew, as is
needed when the generator or the contracts have changed. Features are those of the day before the company's last one.

Belongs here: which figures there are, and what is promised of them. Does not belong here: the processes
(``feature_steps``), the rivals (``rivals``).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks import company, rivals
from benchmarks.ledger import GIB, Ledger, lines_of
from benchmarks.measure import Cost, measured

LIMITED = "500MB"


class Run(Ledger):
    """One company, its lake, and what was measured of it."""

    def __init__(self, folder: Path, accounts: int, months: int, memory: str) -> None:
        super().__init__()
        self.home, self.accounts, self.months = company.home(folder, accounts, months), accounts, months
        self.config = company.configure(self.home / "churn.yaml", accounts, months, memory)
        self.scratch = self.home / "var" / "benchmark"
        self.scratch.mkdir(parents=True, exist_ok=True)

    def prepare(self, fresh: bool) -> None:
        """Make company and lake unless they are there."""
        if fresh:
            shutil.rmtree(self.home / "var")
            self.scratch.mkdir(parents=True)
        if not self.step("ready")["ready"]:
            self.costs += [company.generate(self.config), *company.first_night(self.config)]

    def step(self, step: str, file: Path | str = "", config: Path | None = None) -> dict[str, Any]:
        """Run a step that is not measured; what it told."""
        return self._told(step, file, config)[1]

    def cost(self, name: str, step: str, file: Path | str = "", config: Path | None = None) -> dict[str, Any]:
        """Run a step and note what it took; what it told."""
        cost, told = self._told(step, file, config)
        self.note(Cost("features", name, cost.cpu_seconds, cost.peak_mib))
        return told

    def _told(self, step: str, file: Path | str, config: Path | None) -> tuple[Cost, dict[str, Any]]:
        arguments = ("-m", "benchmarks.feature_steps", step, config or self.config, *([file] if file else []))
        cost, said = measured("features", step, arguments)
        return cost, json.loads(said.splitlines()[-1])


def statement(run: Run, times: int) -> dict[str, Any]:
    """Against a raw scan, 12 dates against one, and with little memory."""
    scan = run.step("ratio")
    run.figure(f"{scan['features']} features / raw scan, CPU", scan["ratio"], most=10)
    for number, value in scan["some"].items():
        run.figure(f"{number} of {scan['features']} features / raw scan, CPU", value)
    run.figure("the statement without rows / raw scan, CPU", scan["empty_cpu"] / scan["scan_cpu"])
    limited = company.configure(run.home / f"churn-{LIMITED}.yaml", run.accounts, run.months, LIMITED)
    spilled = 0
    for _ in range(times):
        one = run.cost("one date", "one_date")
        spilled = max(spilled, run.cost(f"one date, {LIMITED}", "one_date", config=limited)["spilled"])
    for _ in range(min(times, 2)):
        many = run.cost("12 dates", "panel", run.scratch / "panel.parquet")
    date, little, dates = run.of("one date"), run.of(f"one date, {LIMITED}"), run.of("12 dates")
    run.figure("12 dates / one date, CPU", dates.cpu_seconds / date.cpu_seconds, most=13)
    run.figure("12 dates / one date, peak memory", dates.peak_mib / date.peak_mib, most=1.25)
    run.figure("12 dates / one date, rows", many["rows"] / one["rows"])
    run.figure("one date, peak memory in GiB", date.peak_mib / GIB, most=2)
    run.figure(f"{LIMITED} limit / default, CPU", little.cpu_seconds / date.cpu_seconds, most=1.6)
    run.figure(f"{LIMITED} limit / default, peak memory", little.peak_mib / date.peak_mib)
    run.figure(f"spilled to disk with {LIMITED}, MiB", spilled / 2**20)
    return {**scan, "rows": one["rows"]}


def layout(run: Run) -> None:
    """The lake's files of usage against files sorted by day."""
    told = run.step("layout", run.scratch / "by-day")
    run.figure("usage files / sorted by day, bytes", told["bytes"] / told["bytes_by_day"], most=0.65, accounts=100_000)
    run.figure("usage files / sorted by day and account, bytes", told["bytes"] / told["bytes_by_day_and_account"])
    run.figure("usage features / from files sorted by day, CPU", told["cpu"] / told["cpu_by_day"])


def growth(run: Run, scan: dict[str, Any], earlier: dict[str, Any]) -> None:
    """Against the figures of a smaller company."""
    factor = run.accounts / earlier["accounts"]
    grown = scan["features_cpu"] / earlier["features_cpu"]
    run.figure(f"features, {run.accounts:,} / {earlier['accounts']:,} accounts, CPU", grown, most=1.3 * factor)


def benchmark(chosen: argparse.Namespace) -> dict[str, Any]:
    """All figures of a run."""
    run = Run(chosen.folder, chosen.accounts, chosen.months, chosen.memory)
    run.prepare(chosen.fresh)
    scan = statement(run, chosen.times)
    layout(run)
    for rival in chosen.rivals or ():
        rivals.RIVALS[rival](run)
    if chosen.against:
        growth(run, scan, json.loads(chosen.against.read_text("utf-8")))
    return {
        "accounts": chosen.accounts,
        "months": chosen.months,
        "memory_limit": chosen.memory,
        **scan,
        **run.facts(chosen.accounts),
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{figures['accounts']:,} accounts, {figures['usage_rows']:,} rows of usage in {figures['months']} months, "
        f"{figures['rows']:,} paying accounts on the day; {figures['cores']} cores, Python {figures['python']}, "
        f"engine limit {figures['memory_limit']}",
        "",
        *lines_of(figures),
    ]
    lines += ["", f"features {figures['features_cpu']:.3f} CPU s, scan {figures['scan_cpu']:.3f} CPU s, "
              f"the statement without rows {figures['empty_cpu']:.3f} CPU s, within one process"]  # fmt: skip
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description=__doc__.splitlines()[0])
    company.options(parser)
    parser.add_argument("--times", type=int, default=3, help="how often one date is computed (default: 3)")
    parser.add_argument("--rivals", nargs="*", choices=rivals.RIVALS, action=rivals.AllUnlessNamed,
                        help="also measure naive pandas and Featuretools, or the one that is named")  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="make company and lake anew")
    parser.add_argument("--against", type=Path, help="figures of a smaller company, as written by --json")
    chosen = parser.parse_args(arguments)
    figures = benchmark(chosen)
    print(table(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
