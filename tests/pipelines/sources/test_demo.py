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
from pipelines.errors import ChurnError
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
    monkeypatch.setattr("pipelines.sources.company.write_company", lambda *_, **__: pytest.fail("generated again"))
    ingest.land(config, date(2024, 6, 29), "subscriptions")
    assert {path.name: path.stat().st_mtime_ns for path in folder_of(config).iterdir()} == written


def test_another_company_has_another_folder(tmp_path: Path) -> None:
    one = folder_of(configured(tmp_path))
    assert folder_of(configured(tmp_path)) == one
    assert len({one, *(folder_of(configured(tmp_path, **{key: value})) for key, value in
                       [("seed", 2), ("accounts", 61), ("months", 7), ("start", "2024-02-01")])}) == 5  # fmt: skip


def test_contacts_make_another_company_by_what_the_file_says(tmp_path: Path) -> None:
    plain = folder_of(configured(tmp_path))
    assert folder_of(configured(tmp_path, effects={"call": 0.5}, effect_days=9)) == plain, "nobody is contacted"
    file, other = tmp_path / "done.csv", tmp_path / "same.csv"
    file.write_text("account_id,contacted_on,play\nacc-0000001,2024-02-01,call\n", "utf-8")
    other.write_bytes(file.read_bytes())
    given = {"contacts": "done.csv", "effects": {"call": 0.5}}
    one = folder_of(configured(tmp_path, **given))
    assert one == folder_of(configured(tmp_path, **given | {"contacts": "same.csv"}))
    assert len({plain, one, folder_of(configured(tmp_path, **given | {"effects": {"call": 0.4}})),
                folder_of(configured(tmp_path, **given, effect_days=9))}) == 4  # fmt: skip
    file.write_text(file.read_text("utf-8") + "acc-0000002,2024-02-02,call\n", "utf-8")
    assert folder_of(configured(tmp_path, **given)) != one


@pytest.mark.parametrize("name", ["done.csv", "done.parquet"])
def test_contacts_are_landed_as_outreach(tmp_path: Path, name: str) -> None:
    import duckdb

    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'acc-0000007' AS account_id, DATE '2024-02-01' AS contacted_on, 'call' AS play, "
            f"DATE '2024-01-31' AS list_as_of) TO '{tmp_path / name}'"
        )
        config = configured(tmp_path, contacts=name, effects={"call": 0.0})
        landed = ingest.land(config, date(2024, 6, 30), "outreach")
        assert landed.rows > 1
        rows = con.sql(
            "SELECT account_id, contacted_at::DATE::TEXT, play, list_as_of::TEXT "
            f"FROM '{config.path(config.lake)}/landed/outreach/*/*.parquet' WHERE list_as_of IS NOT NULL"
        ).fetchall()
    assert rows == [("acc-0000007", "2024-02-01", "call", "2024-01-31")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"done.csv, cannot be read: No such file.*Remedy: correct sources.NAME.contacts"),
        ("account_id,play\nacc-0000001,call\n", "done.csv, cannot be read.*Remedy: give a CSV or Parquet file"),
        ("account_id,contacted_on,play\nacc-0000001,yesterday,call\n", "yesterday"),
        ("account_id,contacted_on,play\nacc-0000001,2024-02-01,call\nacc-0000001,2024-02-01,\n", "no play in row 2"),
        ("account_id,contacted_on,play\nacc-0000061,2024-02-01,call\n", "acc-0000061 on 2024-02-01 .* of no account"),
    ],
)
def test_contacts_that_cannot_be_read_are_named(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "done.csv").write_text(content, "utf-8")
    with pytest.raises(ChurnError, match=said):
        ingest.land(configured(tmp_path, contacts="done.csv"), date(2024, 6, 30), "accounts")


def test_effects_are_multipliers(tmp_path: Path) -> None:
    with pytest.raises(ChurnError, match=r"effects.call.*greater than or equal to 0"):
        configured(tmp_path, effects={"call": -1})


def test_a_failed_generation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path)

    def fail(_: Any, folder: Path, zone: Any, **__: Any) -> None:
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
