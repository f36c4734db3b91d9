"""How good the models are on four data sets, each by the product's own defaults, and whether they are what is promised.

    CHURN_DATA=FOLDER python -m benchmarks.quality

Belongs here: the sets, and what is promised of each. Does not belong here: training and judging companies with a
history (``histories``) and rows without dates (``cross_section``), the table (``judged_set``). Nothing is tuned to
these sets: other companies' data run through the same code with the same keys.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks import cross_section, histories
from benchmarks.judged_set import JudgedSet, Promise, table
from benchmarks.measure import HOUSE
from models.model import LIGHTGBM

FOLDER = HOUSE / "build" / "benchmark" / "quality"


def at_least(name: str, value: float, least: float) -> Promise:
    """That a figure is no less than ``least``; an undetermined one does not hold."""
    return Promise(f"{name} {value:.3f} ≥ {least:g}", bool(value >= least))


def of_fightchurn(judged: JudgedSet) -> tuple[Promise, ...]:
    """The chosen one ranks hardly worse than a line on two plain features, on dates after the 1st of April."""
    dates = judged.verdict.challenger.dates
    return (
        at_least(
            "AUC of the chosen",
            judged.verdict.challenger.auc.value,
            round(judged.beside[histories.PLAIN].value - 0.02, 3),
        ),
        Promise(f"tested from {dates[0]} on, after 2020-04-01", dates[0] > "2020-04-01"),
    )


def of_telco(judged: JudgedSet) -> tuple[Promise, ...]:
    """What others reach on this set."""
    return (
        at_least("AUC of LightGBM", judged.verdict.rivals[LIGHTGBM].auc.value, 0.84),
        at_least("AUC of the chosen", judged.verdict.challenger.auc.value, 0.845),
    )


def of_ravenstack(judged: JudgedSet) -> tuple[Promise, ...]:
    """Nothing is to be found there."""
    return (Promise("refused", not judged.verdict.usable),)


def of_demo(judged: JudgedSet) -> tuple[Promise, ...]:
    """Probabilities can be taken at their word."""
    chosen = judged.verdict.challenger
    slope, actual = chosen.calibration_slope.value, chosen.actual_leavers
    return (
        Promise(f"slope {slope:.2f} in 0.8 to 1.25", bool(0.8 <= slope <= 1.25)),
        Promise(
            "expected leavers within the interval of the actual", actual.low <= chosen.expected_leavers <= actual.high
        ),
        Promise("not above the ceiling", chosen.auc.value <= judged.beside[histories.CEILING].value),
    )


PROMISES: dict[str, Callable[[JudgedSet], tuple[Promise, ...]]] = {
    "fightchurn": of_fightchurn, "telco": of_telco, "ravenstack": of_ravenstack, "demo": of_demo,
}  # fmt: skip


def judge(name: str, data: Path, folder: Path, seed: int, companies: list[int]) -> list[JudgedSet]:
    """The set of that name (of PROMISES), judged; one for each of ``companies`` where it is the demo company."""
    found = {
        "fightchurn": lambda: [histories.fightchurn(data, folder)],
        "telco": lambda: [cross_section.telco(data, seed)],
        "ravenstack": lambda: [histories.ravenstack(data, folder)],
        "demo": lambda: [histories.demo(folder, each) for each in companies],
    }[name]()
    return [replace(each, promises=PROMISES[name](each)) for each in found]


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=PROMISES, default=list(PROMISES), help="some of them")
    parser.add_argument("--seed", type=int, default=7, help="divides the rows of the cross-section (default: 7)")
    parser.add_argument("--companies", type=int, nargs="+", default=[7],
                        help="seeds of the generated demo companies (default: 7)")  # fmt: skip
    parser.add_argument("--folder", type=Path, default=FOLDER,
                        help="where their lakes are made (default: build/benchmark/quality)")  # fmt: skip
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    chosen = parser.parse_args(arguments)
    data = Path(os.environ.get("CHURN_DATA") or HOUSE.parent / "shared" / "data").resolve()
    if not data.is_dir() and set(chosen.sets) != {"demo"}:
        sys.exit(f"the public data sets are not in {data}: set CHURN_DATA to their folder, or give --sets demo")
    folder = chosen.folder.resolve()
    judged = [each for name in chosen.sets for each in judge(name, data, folder, chosen.seed, chosen.companies)]
    print(table(judged))
    if chosen.json:
        chosen.json.write_text(json.dumps([each.as_dict() for each in judged], indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
