"""The benchmark of landing tells every figure for any number of rows. How large they are is not judged here, but what
is promised of them is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import database, landing
from benchmarks.ledger import Figure

HOUSE = Path(__file__).resolve().parents[2]


@pytest.mark.process
def test_a_few_rows_give_every_figure(tmp_path: Path) -> None:
    if database.programs() is None:
        if os.environ.get("CHURN_REQUIRE_SYSTEM") == "1":
            pytest.fail(database.NEEDED)
        pytest.skip(database.NEEDED)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.landing", "--rows", "3000", "--times", "1", "--engine",
         "--folder", str(tmp_path), "--json", str(tmp_path / "figures.json")],
        cwd=HOUSE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert {figure["name"]: figure["most"] for figure in told["figures"]} == {
        "3,000 usage rows from Parquet / DuckDB copying the file, CPU": 3,
        "3,000 usage rows from Parquet, peak memory in GiB": 1,
        "3,000 usage rows from PostgreSQL / the driver's own read, CPU": 2,
        "3,000 usage rows from PostgreSQL, peak memory in GiB": 1,
        "3,000 usage rows from PostgreSQL through the engine / the driver's own read, CPU": None,
        "3,000 usage rows from PostgreSQL through the engine, peak memory in GiB": 1,
    }
    assert all(figure["value"] > 0 for figure in told["figures"])
    settings = (tmp_path / "churn-engine.yaml").read_text("utf-8")
    assert "where: quantity > 0" in settings, "which no batch is mapped under as it is"
    assert all(line in done.stdout for line in told["table"])
    assert all(cost["cpu_seconds"] > 0 and cost["peak_mib"] > 0 for cost in told["costs"])


def test_without_a_server_the_figures_of_parquet_remain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(database, "programs", lambda: None)
    landing.main(["--rows", "1000", "--times", "1", "--folder", str(tmp_path)])
    said = capsys.readouterr()
    assert "its figures are left out" in said.err
    assert "from Parquet" in said.out
    assert "driver" not in said.out


def test_promises_begin_where_starting_no_longer_counts() -> None:
    small = Figure("a", 3.5, most=2, accounts=10_000_000, unit="rows")
    assert small.line(3000) == "| a | 3.50 | ≤ 2 from 10,000,000 rows |  |"
    assert small.line(10_000_000) == "| a | 3.50 | ≤ 2 from 10,000,000 rows | **no** |"
