"""The demo company as a source: generated once, whole, whoever asks first."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import config as configuration
from pipelines import ingest
from pipelines.config import DemoSource
from pipelines.sources import NO_CLOCK
from pipelines.sources.demo import DemoReader

KEYS = {
    "company": "Tiny",
    "history_start": "2024-01-01",
    "sources": {"demo": {"kind": "demo", "accounts": 60, "start": "2024-01-01", "months": 6, "seed": 1}},
}


def configured(folder: Path, **demo: Any) -> configuration.Config:
    keys = {**KEYS, "sources": {"demo": {**KEYS["sources"]["demo"], **demo}}}  # type: ignore[index]
    (folder / "churn.yaml").write_text(yaml.safe_dump(keys), "utf-8")
    return configuration.load(folder / "churn.yaml")


def folder_of(config: configuration.Config) -> Path:
    source = config.sources["demo"]
    assert isinstance(source, DemoSource)
    return DemoReader(source, config).folder


def test_it_is_generated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path)
    ingest.land(config, date(2024, 6, 30), "accounts")
    written = {path.name: path.stat().st_mtime_ns for path in folder_of(config).iterdir()}
    monkeypatch.setattr("pipelines.sources.company.write_company", lambda *_: pytest.fail("generated again"))
    ingest.land(config, date(2024, 6, 29), "subscriptions")
    assert {path.name: path.stat().st_mtime_ns for path in folder_of(config).iterdir()} == written


def test_another_company_has_another_folder(tmp_path: Path) -> None:
    one = folder_of(configured(tmp_path))
    assert folder_of(configured(tmp_path)) == one
    assert len({one, *(folder_of(configured(tmp_path, **{key: value})) for key, value in
                       [("seed", 2), ("accounts", 61), ("months", 7), ("start", "2024-02-01")])}) == 5  # fmt: skip


def test_a_failed_generation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path)

    def fail(_: Any, folder: Path, zone: Any) -> None:
        (folder / "accounts.parquet").write_text("half")
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.sources.company.write_company", fail)
        with pytest.raises(OSError, match="no space"):
            ingest.land(config, date(2024, 6, 30), "accounts")
    assert not folder_of(config).exists()
    assert ingest.land(config, date(2024, 6, 30), "accounts").rows == 60


def test_nothing_of_it_is_in_the_future(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The company's records may reach beyond the machine's clock; rows of later days are left to their days."""
    seen = []

    def land(self: Any, con: Any, table: Any, window: Any, folder: Path) -> tuple[str, ...]:
        seen.append(window)
        con.execute(f"COPY (SELECT 1 AS x) TO '{folder}/part-0.parquet'")
        return ()

    monkeypatch.setattr("pipelines.sources.files.FileReader.land", land)
    ingest.land(configured(tmp_path), date(2024, 6, 30), "accounts")
    assert seen[0].now == NO_CLOCK


def test_two_processes_generate_one_company(tmp_path: Path) -> None:
    config = configured(tmp_path)
    code = (
        "import sys; from datetime import date; from pipelines import config, ingest\n"
        "print(ingest.land(config.load(sys.argv[1]), date(2024, 6, 30), sys.argv[2]).rows)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(config.file), table], stdout=subprocess.PIPE, text=True)
        for table in ("accounts", "subscriptions")
    ]
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert all(int(each) > 0 for each in outputs)
    assert len([path for path in folder_of(config).parent.iterdir() if not path.name.startswith(".")]) == 1
    assert list(folder_of(config).parent.glob(".*")) == []
