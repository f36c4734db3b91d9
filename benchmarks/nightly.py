"""CPU seconds and peak memory of every step of a nightly run, for a generated company of any size, in one run.

Belongs here: starting each step as a process of its own, and telling what it took. Does not belong here: the steps
(``steps``). This process imports nothing heavy: a child begins with its parent's memory on its account.

CPU is user + system time of the whole process, from its resource usage: it holds on a machine that is shared, where
wall time does not. The imports are part of every step, and measured on their own among the fixed costs. The *first
night* is the one that brings all history; a *night* after it reads usage of the last days again, and every other table.
The model is trained on the first night's day, from a sample of the accounts.

The ratio features / scan is measured inside one process, best of three each. *Features* is what the night does:
``pipelines.features.compute`` for one day, from opening a connection to the written Parquet file. *Scan* reads what
that statement reads and nothing else: the same files, of each the columns that the statement's plan reads, of usage
the same 91 days, through a connection with the same limits; numbers are summed, of text the lengths, of everything
else the largest value is taken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]

CONFIG = """\
company: Benchmark company
time_zone: Europe/Berlin
history_start: 2025-01-01
sources: {{demo: {{kind: demo, accounts: {accounts}, start: 2025-01-01, months: {months}, seed: 7}}}}
training: {{every_days: 28, most_rows: 100000}}
engine: {{memory_limit: {memory}}}
event_roles:{roles}
"""

FIXED = {
    "python": ("-c", ""),
    "import dagster": ("-c", "import dagster"),
    "import mlflow": ("-c", "import mlflow"),
    "import great_expectations": ("-c", "import great_expectations"),
}
FIRST_NIGHT = ("land", "check")
NIGHT = ("land", "check", "features", "score", "publish")
WHOLE = "the Dagster job in one process"
STORES = {"make Dagster's store": "dagster_store", "make MLflow's store": "mlflow_store"}


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    part: str
    step: str
    cpu_seconds: float
    peak_mib: float


def measured(part: str, step: str, arguments: tuple[object, ...]) -> tuple[Cost, str]:
    """Run Python with ``arguments`` to its end; its cost and what it printed. Exits with it if it fails."""
    sys.stderr.write(f"{part}: {step}\n")
    # its own store for Dagster, and a cache of compiled modules, whatever this shell is set up for
    other = ("DAGSTER_", "CHURN_", "PYTHONDONTWRITEBYTECODE")
    env = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    command = [sys.executable, *(str(argument) for argument in arguments)]
    with subprocess.Popen(command, cwd=HOUSE, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{step} failed with exit code {process.returncode}")
    mib = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Cost(part, step, round(used.ru_utime + used.ru_stime, 2), round(mib, 1)), said


def benchmark(accounts: int, months: int, folder: Path, memory: str) -> dict[str, Any]:
    """Generate the company unless it is there, run everything in an empty lake, and return all figures."""
    home = folder.resolve() / f"{accounts}-accounts-{months}-months"
    for old in [*home.glob("var/*"), *home.glob("var/state/*")]:
        if old.is_file():
            old.unlink()
        elif old.name not in ("state", "demo"):
            shutil.rmtree(old)
    config, fresh = home / "churn.yaml", home / "var" / "stores" / "churn.yaml"
    roles = (HOUSE / "churn.yaml").read_text("utf-8").partition("event_roles:")[2].partition("\n\n")[0]
    for file in (config, fresh):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CONFIG.format(accounts=accounts, months=months, memory=memory, roles=roles), "utf-8")

    steps = ("-m", "benchmarks.steps")
    costs = [measured("company", "generate", (*steps, "generate", config))[0]]
    costs += [measured("first night", step, (*steps, step, config, "--first"))[0] for step in FIRST_NIGHT]
    costs += [measured("training", "train", (*steps, "train", config, "--first"))[0]]
    costs += [measured("night", step, (*steps, step, config))[0] for step in NIGHT]
    costs += [measured("whole night", WHOLE, (*steps, "night", config))[0]]
    # last: what was never imported before on this machine is compiled first
    fixed = [measured("fixed", name, command)[0] for name, command in FIXED.items()]
    fixed += [measured("fixed", name, (*steps, step, fresh))[0] for name, step in STORES.items()]
    _, said = measured("ratio", "features / scan", (*steps, "ratio", config))
    return {
        "accounts": accounts,
        "months": months,
        "memory_limit": memory,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "costs": [asdict(cost) for cost in (*fixed, *costs)],
        **json.loads(said.splitlines()[-1]),
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{figures['accounts']:,} accounts, {figures['usage_rows']:,} rows of usage in {figures['months']} months; "
        f"{figures['cores']} cores, Python {figures['python']}, engine limit {figures['memory_limit']}",
        "",
        "| part | step | CPU s | peak MiB |",
        "|---|---|---:|---:|",
    ]
    lines += [
        f"| {cost['part']} | {cost['step']} | {cost['cpu_seconds']:.2f} | {cost['peak_mib']:,.0f} |"
        for cost in figures["costs"]
    ]
    night = sum(cost["cpu_seconds"] for cost in figures["costs"] if cost["part"] == "night")
    lines += [
        f"| night | sum of its steps | {night:.2f} | |",
        "",
        f"features {figures['features_cpu']:.3f} CPU s / scan {figures['scan_cpu']:.3f} CPU s = "
        f"**{figures['ratio']:.1f}**, of the features {figures['planning_cpu']:.3f} CPU s for planning the statement",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nightly", description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts of the company (default: 10000)")
    parser.add_argument("--months", type=int, default=13, help="months of history (default: 13)")
    parser.add_argument("--folder", type=Path, default=HOUSE / "build" / "benchmark",
                        help="where companies are kept between runs (default: build/benchmark)")  # fmt: skip
    parser.add_argument("--memory", default="1GB", help="memory limit of the engine (default: 1GB)")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    chosen = parser.parse_args(arguments)
    figures = benchmark(chosen.accounts, chosen.months, chosen.folder, chosen.memory)
    print(table(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
