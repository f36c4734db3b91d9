"""The benchmark of training and scoring tells every figure for a company of any size. How large they are is not judged
here, but what is promised of them is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]


@pytest.mark.process
def test_a_small_company_gives_every_figure(folder: Path, tmp_path: Path) -> None:
    arguments = ("--accounts", "300", "--folder", str(folder), "--times", "1")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", *arguments, "--json", str(tmp_path / "figures.json")],
        cwd=HOUSE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    promised = {figure["name"]: (figure["most"], figure["least"]) for figure in told["figures"]}
    assert promised == {
        "memory of the training / float32 matrix of its panel": (4, None),
        "loading and Dataset / fit, CPU": (0.2, None),
        "loading / fit, CPU": (None, None),
        "scoring and list, peak memory in GiB": (2, None),
        "scoring and list with reasons / predict, CPU": (5, None),
    }
    assert all(figure["value"] > 0 for figure in told["figures"])
    assert all(line in done.stdout for line in told["table"])
    assert told["matrix_bytes"] % (4 * told["rows"]) == 0
    assert told["rows"] > told["scored"] > 100
    # the company and its lake were there already
    assert {cost["part"] for cost in told["costs"]} == {"training"}
    assert all(cost["cpu_seconds"] > 0 and cost["peak_mib"] > 0 for cost in told["costs"])
