"""Publishing: all of a list or none of it, the same bytes for the same list, harmless whatever the names are."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines import day_folders, exports
from pipelines.errors import ChurnError
from pipelines.exports import publish, published
from pipelines.lake import Lake
from pipelines.lists import AT_RISK
from pipelines.lists.choice import Chosen
from pipelines.lists.columns import COLUMNS as DECLARED
from pipelines.lists.columns import VERSION

DAY = date(2025, 3, 10)
COLUMNS = tuple(column.name for column in DECLARED)
HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "<script>alert(1)</script>", "two\nlines",
    "../../etc/passwd", "a/b\\c", 'comma, "quote"; semi', "👩‍🚀 ünïcode \u202e", "'; DROP TABLE x; --", "",
    "x" * 10_000,
]  # fmt: skip


def row(rank: int, **changed: Any) -> dict[str, Any]:
    return {
        "rank": rank,
        "account_id": f"a{rank:02}",
        "name": f"Customer {rank}",
        "owner": "M",
        "plan": "basic",
        "mrr": 12.34,
        "currency": "EUR",
        "probability": 0.25,
        "expected_loss": 3.09,
        "expected_value": 44.43,
        "attention": "human",
        "play": "check_in",
        "trigger": None,
        "reasons": [{"theme": "usage", "feature": "logins_28d", "text": "Sign-ins in the last 28 days: 3"}],
        "since": "2025-03-08",
        "days_on_list": 2,
        "rank_before": rank,
        "probability_before": 0.2,
        "as_of": str(DAY),
        "model_version": "1",
        **changed,
    }


def recorded(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The private record of a list without a holdout."""
    names = ("account_id", "rank", "since", "probability", "mrr", "expected_value", "attention", "play", "trigger")
    frame = pd.DataFrame([[each[name] for name in names] for each in rows], columns=names)
    frame["since"] = [date.fromisoformat(each["since"]) for each in rows]
    minor = {name: (frame[name].astype(float) * 100).round() for name in ("mrr", "expected_value")}
    return frame.assign(**minor, arm="listed", stratum="human, check_in", model_version="1")


def listed(rows: list[dict[str, Any]], as_of: date = DAY, trained: str = "2025-03-01") -> Chosen:
    model = {
        "version": "1", "feature_fingerprint": "f" * 16, "trained_as_of": trained, "hindsight": trained > str(as_of),
    }  # fmt: skip
    promise = len(rows) / 4, 0.0, float(len(rows))
    return Chosen(AT_RISK, as_of, rows, 100, 2, promise, 309.0 * len(rows), "churn", model, recorded(rows))


def whole(folder: Path) -> dict[str, Any]:
    """The manifest of a list, once sure that every file is the one it names."""
    place = Path(os.path.realpath(folder))  # a reader that follows the link once sees one list
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    for name, said in manifest["files"].items():
        content = (place / name).read_bytes()
        assert len(content) == said["bytes"]
        assert hashlib.sha256(content).hexdigest() == said["sha256"], name
    assert {path.name for path in place.iterdir()} == {*manifest["files"], "manifest.json"}
    return manifest


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "at_risk.csv").read_bytes().decode(), newline="")))


def test_three_formats_tell_the_same(shop: Any) -> None:
    config = shop.config()
    done = publish(config, listed([row(1), row(2, owner=None, reasons=[])]))
    folder = done.folder
    assert folder == shop.root / "var/exports/at_risk/as_of=2025-03-10"
    table = pq.read_table(folder / "at_risk.parquet", partitioning=None).to_pylist()
    flat = rows_of(folder)
    objects = json.loads((folder / "at_risk.json").read_text("utf-8"))
    assert tuple(table[0]) == tuple(flat[0]) == COLUMNS
    for as_text, typed, whole_row in zip(flat, table, objects, strict=True):
        assert {name: "" if value is None else str(value) for name, value in typed.items()} == as_text
        for name in ("rank", "account_id", "owner", "mrr", "probability", "expected_loss", "as_of"):
            assert typed[name] == whole_row[name]
    assert table[0]["reason_1"] == "Sign-ins in the last 28 days: 3"
    assert (table[0]["themes"], table[1]["themes"], table[1]["reason_1"]) == ("usage", "", None)


def test_the_manifest_promises_and_proves(shop: Any) -> None:
    done = publish(shop.config(), listed([row(1), row(2)]))
    manifest = whole(done.folder)
    assert manifest == done.manifest == published(shop.config(), AT_RISK, DAY).manifest  # type: ignore[union-attr]
    assert (manifest["list"], manifest["version"], manifest["rows"]) == ("at_risk", VERSION, 2)
    assert (manifest["attention"], manifest["plays"]) == ({"human": 2}, {"check_in": 2})
    assert manifest["expected_leavers"] == {"value": 0.5, "low": 0.0, "high": 2.0}
    assert manifest["expected_monthly_loss"] == 6.18
    assert manifest["by_theme"] == [
        {"theme": "usage", "accounts": 2, "mrr": 24.68, "expected_loss": 6.18, "named_for": 2}
    ]
    assert manifest["previous_list"] is None
    assert manifest["model"]["hindsight"] is False
    assert manifest["model"]["feature_fingerprint"] == "f" * 16


def test_a_list_of_a_day_that_the_model_has_learned_from_says_so(shop: Any) -> None:
    assert publish(shop.config(), listed([row(1)], trained="2025-04-01")).manifest["model"]["hindsight"] is True


def test_the_same_list_has_the_same_bytes(shop: Any, digests: Any) -> None:
    config = shop.config()
    folder = publish(config, listed([row(1)])).folder
    before, place = digests(folder), os.path.realpath(folder)
    publish(config, listed([row(1)]))
    assert (digests(folder), os.path.realpath(folder)) == (before, place)
    other = config.model_copy(update={"exports": Path("other")})
    assert digests(publish(other, listed([row(1)])).folder) == before


def test_an_empty_list_is_a_list(shop: Any) -> None:
    folder = publish(shop.config(), listed([])).folder
    assert whole(folder)["rows"] == 0
    assert (folder / "at_risk.csv").read_bytes().decode() == ",".join(COLUMNS) + "\r\n"
    assert pq.read_table(folder / "at_risk.parquet", partitioning=None).num_rows == 0


def test_latest_is_the_latest_day_whatever_was_published_last(shop: Any) -> None:
    config = shop.config()
    publish(config, listed([row(1)], date(2025, 3, 11)))
    publish(config, listed([row(1)], date(2025, 3, 9)))
    latest = shop.root / "var/exports/at_risk/latest"
    assert whole(latest)["as_of"] == "2025-03-11"
    assert published(config, AT_RISK, date(2025, 3, 10)) is None


def test_the_list_before_is_the_latest_of_an_earlier_day(shop: Any) -> None:
    config = shop.config()
    assert exports.earlier(config, AT_RISK, DAY) is None
    publish(config, listed([row(7)], DAY))
    publish(config, listed([row(9)], date(2025, 3, 11)))
    assert exports.earlier(config, AT_RISK, DAY) is None, "neither the day's own nor a later one"
    publish(config, listed([row(1)], date(2025, 2, 28)))
    done = publish(config, listed([row(2), row(3, reasons=[])], date(2025, 3, 7)))
    before = exports.earlier(config, AT_RISK, DAY)
    assert before is not None
    assert before.as_of == "2025-03-07"
    assert before.sha256 == done.manifest["files"]["at_risk.json"]["sha256"]
    assert before.told == {"a02": [("usage", "logins_28d")], "a03": []}


def test_the_exports_can_be_moved(shop: Any) -> None:
    publish(shop.config(), listed([row(1)]))
    (shop.root / "var/exports").rename(shop.root / "moved")
    assert whole(shop.root / "moved/at_risk/latest")["rows"] == 1


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_a_file_or_runs_in_a_spreadsheet(shop: Any, name: str) -> None:
    reasons = [{"theme": "usage", "feature": "f", "text": name}]
    hostile = row(1, account_id=name, name=name, owner=name, plan=name, reasons=reasons)
    folder = publish(shop.config(), listed([hostile, row(2)])).folder
    whole(folder)
    flat = list(csv.reader(io.StringIO((folder / "at_risk.csv").read_bytes().decode(), newline="")))
    assert [len(line) for line in flat] == [len(COLUMNS)] * 3
    cell = flat[1][COLUMNS.index("name")]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == name.removeprefix("'")
    assert pq.read_table(folder / "at_risk.parquet", partitioning=None).to_pylist()[0]["name"] == name
    assert json.loads((folder / "at_risk.json").read_text("utf-8"))[0]["account_id"] == name


def test_negative_numbers_are_numbers(shop: Any) -> None:
    folder = publish(shop.config(), listed([row(1, mrr=-5.0, expected_loss=-1.25)])).folder
    flat = rows_of(folder)[0]
    assert (flat["mrr"], flat["expected_loss"]) == ("-5.0", "-1.25")


@pytest.mark.parametrize("fails", [1, 2, 3, 4])
@pytest.mark.parametrize("error", [OSError("no space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_list(
    shop: Any, digests: Any, monkeypatch: pytest.MonkeyPatch, fails: int, error: BaseException
) -> None:
    config = shop.config()
    folder = publish(config, listed([row(1)])).folder
    before = digests(folder)
    real, calls = day_folders._write, []

    def write(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) == fails:
            path.write_bytes(content[: len(content) // 2])
            raise error
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(day_folders, "_write", write)
        with pytest.raises(type(error)):
            publish(config, listed([row(1), row(2)]))
    assert digests(folder) == before
    assert whole(folder.parent / "latest")["rows"] == 1
    publish(config, listed([row(1), row(2)]))
    assert whole(folder)["rows"] == 2


def test_a_switch_that_fails_leaves_the_old_list(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = shop.config()
    folder = publish(config, listed([row(1)])).folder

    def fail(*_: Any) -> None:
        raise ChurnError("stop", "go")

    with monkeypatch.context() as patch:
        patch.setattr(day_folders, "_switch", fail)
        with pytest.raises(ChurnError):
            publish(config, listed([row(1), row(2)]))
    assert whole(folder)["rows"] == 1


@pytest.mark.parametrize("step", [1, 4])
def test_a_process_that_is_killed_leaves_the_old_list(shop: Any, step: int) -> None:
    config = shop.config()
    folder = publish(config, listed([row(1)])).folder
    code = """
import os, sys
from datetime import date
from pipelines import config, day_folders, exports
from pipelines.lists.choice import Chosen
import pandas
calls = []
def write(path, content):
    calls.append(path)
    path.write_bytes(content[: len(content) // 2])
    if len(calls) == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
day_folders._write = write
names = ("account_id", "arm", "rank", "since", "probability", "mrr", "expected_value", "attention", "play", "trigger",
         "stratum", "model_version")
empty = Chosen("at_risk", date(2025, 3, 10), [], 1, 0, None, None, "churn", None, pandas.DataFrame(columns=names))
exports.publish(config.load(sys.argv[1]), empty)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, str(config.file), str(step)], check=False, capture_output=True, timeout=60
    )
    assert ran.returncode == -9, ran.stderr
    assert whole(folder)["rows"] == 1
    publish(config, listed([row(1), row(2)]))
    assert whole(folder)["rows"] == whole(folder.parent / "latest")["rows"] == 2


def test_a_reader_never_sees_a_mixture(shop: Any) -> None:
    config = shop.config()
    folder = publish(config, listed([row(1)])).folder
    stop, seen, wrong = threading.Event(), set(), []

    def keep_reading() -> None:
        while not stop.is_set():
            try:
                seen.add(whole(folder)["rows"])
                whole(folder.parent / "latest")
            except (AssertionError, OSError, ValueError) as error:
                wrong.append(repr(error))

    readers = [threading.Thread(target=keep_reading) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(60):
        publish(config, listed([row(n) for n in range(1, 2 + turn % 7)]))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(seen) > 2


def test_what_is_exported_tells_nobody_of_the_holdout(shop: Any) -> None:
    """Who is held out is on the private record only: no file of the list, nor its manifest, names them."""
    config, rows = shop.config(), [row(1)]
    held = recorded([{**row(2), "account_id": "held-out", "rank": None}]).assign(arm="holdout")
    chosen = replace(listed(rows), recorded=pd.concat([recorded(rows), held]), held_out=1)
    done = publish(config, chosen)
    assert done.manifest["held_out"] == 1
    exported = [file for file in config.path(config.exports).rglob("*") if file.is_file()]
    assert exported
    assert not [file for file in exported if b"held-out" in file.read_bytes()]
    kept = pq.read_table(Lake(config.path(config.lake)).list_record(AT_RISK, DAY), partitioning=None).to_pylist()
    assert [(each["account_id"], each["arm"], each["rank"]) for each in kept] == [
        ("a01", "listed", 1), ("held-out", "holdout", None),
    ]  # fmt: skip
