"""Files appear whole or not at all, and writers take turns."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from pipelines.lake import Lake, locked, read_json, replacing, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "day" / "file"
    with replacing(target) as fresh:
        fresh.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(target) as fresh:  # noqa: PT012 - the block is what is tested
        fresh.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_a_failed_write_of_a_folder_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with replacing(target) as fresh:
        fresh.mkdir()
        (fresh / "a").write_text("old")
    with pytest.raises(OSError, match="full"), replacing(target) as fresh:  # noqa: PT012
        fresh.mkdir()
        (fresh / "b").write_text("new")
        raise OSError("full")
    assert [path.name for path in target.iterdir()] == ["a"]
    with replacing(target) as fresh:
        fresh.mkdir()
        (fresh / "b").write_text("new")
    assert [path.name for path in target.iterdir()] == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_same_value_is_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    write_json(one, {"b": [1, None], "a": "ü\n", "day": date(2025, 1, 2)})
    write_json(other, {"day": date(2025, 1, 2), "a": "ü\n", "b": (1, None)})
    assert one.read_bytes() == other.read_bytes()
    assert read_json(one) == {"a": "ü\n", "b": [1, None], "day": "2025-01-02"}


def test_a_value_that_is_no_json_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, 1)
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        write_json(path, circle)
    assert read_json(path) == 1


def test_paths_of_different_tables_and_days_differ(tmp_path: Path) -> None:
    lake, one, two = Lake(tmp_path), date(2025, 1, 1), date(2025, 1, 2)
    paths = {
        make(*args)
        for day in (one, two)
        for make, args in [
            (lake.landed, ("usage", day)), (lake.landed, ("accounts", day)), (lake.usage_day, (day,)),
            (lake.quarantine, ("accounts", day)), (lake.check, ("accounts", day)), (lake.features, (day,)),
            (lake.panel, (day,)), (lake.scores, (day,)),
        ]
    }  # fmt: skip
    assert len(paths) == 16


def test_the_lock_is_reentrant(tmp_path: Path) -> None:
    with Lake(tmp_path).writing(), Lake(tmp_path).writing():
        pass


def test_another_process_waits_for_the_writer(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from pipelines.lake import Lake\n"
        "with Lake(pathlib.Path(sys.argv[1])).writing(): print('in', flush=True)"
    )
    done = threading.Event()
    with locked(tmp_path / ".writer.lock"):
        other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        said: list[str] = []

        def listen() -> None:
            assert other.stdout is not None
            said.append(other.stdout.readline())
            done.set()

        threading.Thread(target=listen, daemon=True).start()
        time.sleep(1.5)
        assert not done.is_set()
    assert done.wait(30)
    assert said == ["in\n"]
    assert other.wait(30) == 0
    other.stdout.close()
