"""CPU seconds and peak memory of every step of a nightly run, for a generated company of any size, in one run.

Belongs here: which steps a night has, and telling what each took. Does not belong here: the steps (``steps``), what
the feature statement costs against anything else (``features``).

The imports are part of every step, and measured on their own among the fixed costs. The *first night* is the one that
brings all history; a *night* after it reads usage of the last days again, and every other table. The model is trained
on the first night's day, from a sample of the accounts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import company
from benchmarks.measure import cost_table, measured

FIXED = {
    "python": ("-c", ""),
    "import dagster": ("-c", "import dagster"),
    "import mlflow": ("-c", "import mlflow"),
    "import great_expectations": ("-c", "import great_expectations"),
}
NIGHT = ("land", "check", "features", "score", "publish", "export", "report")
OUTPUT = ("publish", "export", "report")
"""All lists, in files of every format, and the report: what people get of a night."""
WHOLE = "the Dagster job in one process"
STORES = {"make Dagster's store": "dagster_store", "make MLflow's store": "mlflow_store"}


def benchmark(accounts: int, months: int, folder: Path, memory: str) -> dict[str, Any]:
    """Generate the company unless it is there, run everything in an empty lake, and return all figures."""
    home = company.home(folder, accounts, months)
    for old in [*home.glob("var/*"), *home.glob("var/state/*")]:
        if old.is_file():
            old.unlink()
        elif old.name not in ("state", "demo"):
            shutil.rmtree(old)
    config, fresh = (
        company.configure(file, accounts, months, memory)
        for file in (home / "churn.yaml", home / "var" / "stores" / "churn.yaml")
    )

    steps = ("-m", "benchmarks.steps")
    costs = [company.generate(config), *company.first_night(config)]
    costs += [measured("training", "train", (*steps, "train", config, "--first"))[0]]
    costs += [measured("night", step, (*steps, step, config))[0] for step in NIGHT]
    costs += [measured("whole night", WHOLE, (*steps, "night", config))[0]]
    _, told = measured("whole night", "its steps in one process", (*steps, "in_turn", config))
    in_turn = json.loads(told.splitlines()[-1])
    output = sum(in_turn[step] for step in OUTPUT)
    # last: what was never imported before on this machine is compiled first
    fixed = [measured("fixed", name, command)[0] for name, command in FIXED.items()]
    fixed += [measured("fixed", name, (*steps, step, fresh))[0] for name, step in STORES.items()]
    _, said = measured("ratio", "features / scan", (*steps, "ratio", config))
    night = {cost.step: cost.cpu_seconds for cost in costs if cost.part == "night"}
    return {
        "night_cpu": round(sum(night.values()), 3),
        "in_turn": in_turn,
        "output_cpu": round(output, 3),
        "output_share": round(output / sum(in_turn.values()), 4),
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
        *cost_table(figures["costs"]),
    ]
    lines += [
        f"| night | sum of its steps | {figures['night_cpu']:.2f} | |",
        "",
        "In one process, as the nightly job is one: "
        + ", ".join(f"{step} {cpu:.2f}" for step, cpu in figures["in_turn"].items())
        + f"; lists, files of every format and the report: {figures['output_cpu']:.2f} CPU s, "
        f"**{figures['output_share']:.1%}** of the night",
        "",
        f"features {figures['features_cpu']:.3f} CPU s / scan {figures['scan_cpu']:.3f} CPU s = "
        f"**{figures['ratio']:.1f}**; without any rows the statement takes {figures['empty_cpu']:.3f} CPU s",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nightly", description=__doc__.splitlines()[0])
    company.options(parser)
    chosen = parser.parse_args(arguments)
    figures = benchmark(chosen.accounts, chosen.months, chosen.folder, chosen.memory)
    print(table(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
