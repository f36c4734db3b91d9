"""The benchmark runs for a company of any size and tells of every step. What it measures is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]


@pytest.mark.process
def test_a_small_company_gives_every_figure(tmp_path: Path) -> None:
    arguments = ("--accounts", "300", "--folder", str(tmp_path), "--json", str(tmp_path / "figures.json"))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.nightly", *arguments],
        cwd=HOUSE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    steps = [(cost["part"], cost["step"]) for cost in figures["costs"]]
    assert steps == [
        ("fixed", "python"),
        ("fixed", "import dagster"),
        ("fixed", "import mlflow"),
        ("fixed", "import great_expectations"),
        ("fixed", "make Dagster's store"),
        ("fixed", "make MLflow's store"),
        ("company", "generate"),
        ("first night", "land"),
        ("first night", "check"),
        ("training", "train"),
        ("night", "land"),
        ("night", "check"),
        ("night", "features"),
        ("night", "score"),
        ("night", "publish"),
        ("night", "export"),
        ("night", "report"),
        ("whole night", "the Dagster job in one process"),
    ]
    for part, step in steps:
        assert f"| {part} | {step} |" in done.stdout
    assert all(cost["cpu_seconds"] > 0 and cost["peak_mib"] > 0 for cost in figures["costs"])
    assert figures["usage_rows"] > 0
    assert 0 < figures["output_cpu"] < sum(figures["in_turn"].values())
    assert [("night", step) for step in figures["in_turn"]] == [each for each in steps if each[0] == "night"]
    assert f"**{figures['output_share']:.1%}** of the night" in done.stdout
    assert figures["ratio"] > 0
    assert f"= **{figures['ratio']:.1f}**" in done.stdout


@pytest.mark.process
def test_a_failing_step_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.nightly", "--accounts", "10", "--folder", str(tmp_path)],
        cwd=HOUSE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "failed with exit code" in done.stderr
