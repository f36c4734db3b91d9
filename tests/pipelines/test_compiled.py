"""Texts that are kept from one process to the next, and never longer than the code that gave them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from churn_features.catalogue import fingerprint
from pipelines import compiled
from pipelines.features import compute
from pipelines.lake import Lake

DAY = date(2025, 3, 10)


class Made:
    """Gives a new text whenever it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        return f"text {self.times}\n"


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source file in place of those of ``churn_features``; this process began after it was written."""
    file = tmp_path / "code.py"
    file.write_text("one = 1\n")
    monkeypatch.setattr(compiled, "_sources", lambda: [file])
    began_after(file, monkeypatch)
    return file


def began_after(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled._code.cache_clear()
    monkeypatch.setattr(compiled, "STARTED", file.stat().st_ctime + 1)


def test_a_text_is_made_once_for_the_same_inputs(code: Path, tmp_path: Path) -> None:
    make = Made()
    assert [compiled.kept(tmp_path / "kept", "a", [["x"], 1], make) for _ in range(3)] == ["text 1\n"] * 3
    assert compiled.kept(tmp_path / "kept", "a", [["x"], 2], make) == "text 2\n"
    assert compiled.kept(tmp_path / "kept", "b", [["x"], 2], make) == "text 3\n"
    assert compiled.kept(tmp_path / "kept", "a", [["x"], 1], make) == "text 1\n"


def test_other_code_makes_it_anew(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = Made()
    compiled.kept(tmp_path / "kept", "a", [], make)
    code.write_text("one = 2\n")
    began_after(code, monkeypatch)
    assert compiled.kept(tmp_path / "kept", "a", [], make) == "text 2\n"
    monkeypatch.setattr(compiled, "version", lambda library: f"{library} of tomorrow")
    compiled._code.cache_clear()
    assert compiled.kept(tmp_path / "kept", "a", [], make) == "text 3\n"
    compiled._code.cache_clear()


def test_a_process_older_than_the_code_on_disk_neither_reads_nor_keeps(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Made()
    compiled.kept(tmp_path / "kept", "a", [], make)
    monkeypatch.setattr(compiled, "STARTED", code.stat().st_ctime - 1)
    assert compiled.kept(tmp_path / "kept", "a", [], make) == "text 2\n"
    monkeypatch.setattr(compiled, "STARTED", code.stat().st_ctime + 1)
    assert compiled.kept(tmp_path / "kept", "a", [], make) == "text 1\n"


def test_a_source_file_that_is_gone_is_other_code(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = tmp_path / "second.py"
    second.write_text("two = 2\n")
    monkeypatch.setattr(compiled, "_sources", lambda: [code, second])
    began_after(second, monkeypatch)
    make = Made()
    compiled.kept(tmp_path / "kept", "a", [], make)
    monkeypatch.setattr(compiled, "_sources", lambda: [code])
    compiled._code.cache_clear()
    assert compiled.kept(tmp_path / "kept", "a", [], make) == "text 2\n"


def test_the_latest_of_a_name_are_kept(code: Path, tmp_path: Path) -> None:
    make = Made()
    for number in range(compiled.MOST + 3):
        compiled.kept(tmp_path / "kept", "a", [number], make)
    compiled.kept(tmp_path / "kept", "b", [], make)
    assert len(list((tmp_path / "kept").glob("a-*"))) == compiled.MOST
    assert len(list((tmp_path / "kept").iterdir())) == compiled.MOST + 1
    assert compiled.kept(tmp_path / "kept", "a", [compiled.MOST + 2], make) == f"text {compiled.MOST + 3}\n"


def test_every_source_file_of_the_features_counts() -> None:
    import churn_features

    there = set(Path(str(churn_features.__file__)).parent.rglob("*.py"))
    assert set(compiled._sources()) == there
    assert len(there) > 30


def test_a_later_process_computes_the_same_without_ibis(shop: Any) -> None:
    config = shop.accept()
    file = Lake(config.path(config.lake)).features(DAY)
    compute(config, DAY)
    before = file.read_bytes()
    code = (
        "import sys; from datetime import date; from pathlib import Path; from pipelines.config import load; "
        "from pipelines.features import compute; "
        f"compute(load(Path({str(shop.root / 'churn.yaml')!r})), date({DAY.year}, {DAY.month}, {DAY.day})); "
        "print(sorted({'ibis', 'sqlglot', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert file.read_bytes() == before
    assert pq.read_metadata(file).metadata[b"fingerprint"].decode() == fingerprint()
