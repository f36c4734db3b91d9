"""What training and scoring take, against what they cannot do without, for a company of any size.

    python -m benchmarks.training --accounts 1000000 --rows 1000000

Every figure compares two measurements of the same run. *Memory* is what the process of the training takes at most, from
reading the panel to the registry, beyond what it took before, when all libraries were loaded; the float32 matrix has 4
bytes for each input of each row of the panel, and is never there as such. *Dataset* is LightGBM's, made from the panel
by the product's own functions; its *fit* finds the number of trees, fits them and calibrates. *Scoring* reads features,
writes scores and gives the listed accounts their reasons; *predict* is that of the same model for the same rows, ready
in memory. CPU is user + system time within one process, the least of ``--times``.

The panel is sampled down to ``--rows`` snapshots by ``training.most_rows``; those that pay are fewer. The company and
its lake are made once and kept, as those of ``features`` are: ``--fresh`` makes them anew.

Belongs here: which figures there are, and what is promised of them. Does not belong here: the processes
(``training_steps``).
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from benchmarks import company
from benchmarks.features import Run
from benchmarks.ledger import GIB, lines_of
from benchmarks.measure import Cost, measured

BYTES = 4
LARGE = 100_000
"""Accounts from which on neither a logistic regression of 100,000 rows nor what it costs to begin outweigh the rest."""


def benchmark(chosen: argparse.Namespace) -> dict[str, Any]:
    """All figures of a run."""
    run = Run(chosen.folder, chosen.accounts, chosen.months, chosen.memory)
    run.prepare(chosen.fresh)
    config = company.configure(
        run.home / "churn-training.yaml", chosen.accounts, chosen.months, chosen.memory, chosen.rows, chosen.dates
    )

    def told(step: str, name: str) -> dict[str, Any]:
        arguments = ("-m", "benchmarks.training_steps", step, config, "--times", chosen.times)
        cost, said = measured("training", step, arguments)
        run.note(Cost("training", name, cost.cpu_seconds, cost.peak_mib))
        return dict(json.loads(said.splitlines()[-1]))

    panel = told("panel", "compute the panel")
    trained = told("train", "fit, judge, backtest, record")
    matrix = panel["rows"] * trained["inputs"] * BYTES
    run.figure(
        "memory of the training / float32 matrix of its panel", trained["bytes"] / matrix, most=4, accounts=LARGE
    )
    fit = told("fit", "LightGBM's fit, repeatedly")
    run.figure("loading and Dataset / fit, CPU", (fit["load_cpu"] + fit["dataset_cpu"]) / fit["fit_cpu"], most=0.2)
    run.figure("loading / fit, CPU", fit["load_cpu"] / fit["fit_cpu"])
    features = told("features", "features of a day")
    told("score", "score and list the day")
    run.figure("scoring and list, peak memory in GiB", run.of("score and list the day").peak_mib / GIB, most=2)
    scoring = told("compared", "the same and predict, repeatedly")
    run.figure(
        "scoring and list with reasons / predict, CPU",
        scoring["score_cpu"] / scoring["predict_cpu"],
        most=5,
        accounts=LARGE,
    )
    return {
        "accounts": chosen.accounts,
        "months": chosen.months,
        "memory_limit": chosen.memory,
        "rows": panel["rows"],
        "matrix_bytes": matrix,
        "scored": features["scored"],
        "champion": trained["kind"],
        **fit,
        **scoring,
        **run.facts(chosen.accounts),
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        f"{figures['accounts']:,} accounts, {figures['rows']:,} rows of panel ({figures['matrix_bytes'] / 2**20:,.0f} "
        f"MiB as float32), {figures['scored']:,} accounts scored by the {figures['champion']} model; "
        f"{figures['cores']} cores, Python {figures['python']}, engine limit {figures['memory_limit']}",
        "",
        *lines_of(figures),
    ]
    lines += ["", f"loading {figures['load_cpu']:.2f} CPU s, Dataset {figures['dataset_cpu']:.2f}, "
              f"fit of {figures['trees']} trees {figures['fit_cpu']:.2f}; scoring and list {figures['score_cpu']:.2f}, "
              f"predict {figures['predict_cpu']:.2f}"]  # fmt: skip
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.splitlines()[0])
    company.options(parser)
    parser.add_argument("--rows", type=int, default=1_000_000, help="training.most_rows (default: 1000000)")
    parser.add_argument("--dates", type=int, default=12, help="most as-of dates of the panel (default: 12)")
    parser.add_argument("--times", type=int, default=3, help="how often CPU is measured (default: 3)")
    parser.add_argument("--fresh", action="store_true", help="make company and lake anew")
    chosen = parser.parse_args(arguments)
    figures = benchmark(chosen)
    print(table(figures))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
