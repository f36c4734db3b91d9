"""The benchmark of the feature statement tells every figure for a company of any size. How large they are is not
judged here, but what is promised of them is."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import rivals
from benchmarks.ledger import Figure

HOUSE = Path(__file__).resolve().parents[2]


@pytest.mark.process
def test_a_small_company_gives_every_figure(folder: Path, tmp_path: Path) -> None:
    smaller = tmp_path / "smaller.json"
    smaller.write_text('{"accounts": 30, "features_cpu": 0.1}')
    arguments = ("--accounts", "300", "--folder", str(folder), "--times", "1", "--rivals", "naive")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.features", *arguments, "--against", str(smaller),
         "--json", str(tmp_path / "figures.json")],
        cwd=HOUSE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    promised = {figure["name"]: (figure["most"], figure["least"]) for figure in told["figures"]}
    compared = "naive pandas / the same 163 features, equal values"
    assert promised == {
        "163 features / raw scan, CPU": (10, None),
        "41 of 163 features / raw scan, CPU": (None, None),
        "82 of 163 features / raw scan, CPU": (None, None),
        "123 of 163 features / raw scan, CPU": (None, None),
        "the statement without rows / raw scan, CPU": (None, None),
        "12 dates / one date, CPU": (13, None),
        "12 dates / one date, peak memory": (1.25, None),
        "12 dates / one date, rows": (None, None),
        "one date, peak memory in GiB": (2, None),
        "500MB limit / default, CPU": (1.6, None),
        "500MB limit / default, peak memory": (None, None),
        "spilled to disk with 500MB, MiB": (None, None),
        "usage files / sorted by day, bytes": (0.65, None),
        "usage files / sorted by day and account, bytes": (None, None),
        "usage features / from files sorted by day, CPU": (None, None),
        f"{compared}, CPU": (None, 5),
        f"{compared}, peak memory": (None, 5),
        "features, 300 / 30 accounts, CPU": (13, None),
    }
    assert all(figure["value"] > 0 for figure in told["figures"] if not figure["name"].startswith("spilled"))
    assert all(line in done.stdout for line in told["table"])
    # the company and its lake were there already
    assert {cost["part"] for cost in told["costs"]} == {"features", "rivals"}
    assert all(cost["cpu_seconds"] > 0 and cost["peak_mib"] > 0 for cost in told["costs"])


@pytest.mark.parametrize(
    ("figure", "accounts", "row"),
    [
        (Figure("a", 9.99, most=10), 100, "| a | 9.99 | ≤ 10 | yes |"),
        (Figure("a", 10.01, most=10), 100, "| a | 10.01 | ≤ 10 | **no** |"),
        (Figure("a", 5.0, least=5), 100, "| a | 5.00 | ≥ 5 | yes |"),
        (Figure("a", 4.9, least=5), 100, "| a | 4.90 | ≥ 5 | **no** |"),
        (Figure("a", 4.9, least=5, accounts=100_000), 100, "| a | 4.90 | ≥ 5 from 100,000 accounts |  |"),
        (Figure("a", 4.9, least=5, accounts=100_000), 100_000, "| a | 4.90 | ≥ 5 from 100,000 accounts | **no** |"),
        (Figure("a", 4.9), 100, "| a | 4.90 |  |  |"),
    ],
)
def test_a_promise_is_judged_where_it_is_given(figure: Figure, accounts: int, row: str) -> None:
    assert figure.line(accounts) == row


def test_without_a_package_index_the_figures_of_featuretools_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Refused:
        returncode = 1

    monkeypatch.setattr(rivals, "ENVIRONMENT", tmp_path / "featuretools")
    monkeypatch.setattr(subprocess, "run", lambda *command, **options: Refused())
    rivals.featuretools(None)  # type: ignore[arg-type]  the run is not touched
    assert "cannot be installed here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "chosen"), [([], None), (["--rivals"], ["naive", "featuretools"]), (["--rivals", "naive"], ["naive"])]
)
def test_rivals_are_all_unless_named(given: list[str], chosen: list[str] | None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rivals", nargs="*", choices=rivals.RIVALS, action=rivals.AllUnlessNamed)
    assert parser.parse_args(given).rivals == chosen
