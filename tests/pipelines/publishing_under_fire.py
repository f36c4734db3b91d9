"""Run by ``test_killed_while_publishing``: a list is published again and again by processes that are killed at random,
while others read it. Prints what was seen as JSON. It forks before anything starts a thread."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from pipelines import config as configuration
from pipelines import exports
from pipelines.lists.choice import Chosen
from pipelines.lists.columns import COLUMNS

DAY = date(2025, 3, 10)


def rows_of(number: int) -> list[dict[str, Any]]:
    row: dict[str, Any] = {column.name: None for column in COLUMNS}
    told = {"mrr": 1.0, "expected_loss": 1.0, "currency": "EUR", "attention": "human", "reasons": []}
    return [{**row, **told, "rank": at + 1, "account_id": f"a{at}", "name": "x" * 200} for at in range(number)]


def chosen(number: int) -> Chosen:
    rows = rows_of(number)
    names = ("arm", "since", "probability", "expected_value", "play", "trigger", "stratum", "model_version")
    record = pd.DataFrame([{**dict.fromkeys(names), **row, "mrr": 100} for row in rows])
    return Chosen("at_risk", DAY, rows, number, 0, None, float(number), None, None, record)


def publish_on(config: Any, told: int) -> None:
    """Publish lists of other lengths until killed; a byte for each that is done."""
    number = os.getpid()
    while True:
        number += 1
        exports.publish(config, chosen(50 + number % 150))
        os.write(told, b".")


def read_on(folder: Path, told: int) -> None:
    """Read the list until killed; a byte for each time that it is whole, and what was wrong if it is not."""
    while True:
        try:
            place = folder.resolve()
            manifest = json.loads((place / "manifest.json").read_text("utf-8"))
            for name, said in manifest["files"].items():
                assert hashlib.sha256((place / name).read_bytes()).hexdigest() == said["sha256"], name
            assert len(json.loads((place / "at_risk.json").read_text("utf-8"))) == manifest["rows"]
            os.write(told, b".")
        except Exception as error:  # whatever it is, the parent is to hear of it
            os.write(told, f"{error!r}\n".encode())


def forked(work: Any, *arguments: Any) -> int:
    pid = os.fork()
    if pid == 0:
        work(*arguments)
        os._exit(1)
    return pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def seen(end: int) -> bytes:
    os.set_blocking(end, False)
    try:
        return os.read(end, 1 << 20)
    except BlockingIOError:
        return b""


def main() -> None:
    config, dice = configuration.load(Path(sys.argv[1])), random.Random(int(sys.argv[2]))
    folder = config.path(config.exports) / "at_risk"
    exports.publish(config, chosen(1))
    published, publishes = os.pipe()
    read, reads = os.pipe()
    readers = [forked(read_on, folder / place, reads) for place in ("latest", f"as_of={DAY}")]
    done, kills, wholes, until = 0, 0, b"", time.monotonic() + 240
    while (done < 100 or kills < 30) and time.monotonic() < until:
        writer = forked(publish_on, config, publishes)
        time.sleep(dice.uniform(0.02, 1.2))
        kill(writer)
        kills += 1
        done += len(seen(published))
        wholes += seen(read)
    for reader in readers:
        kill(reader)
    wholes += seen(read)
    exports.publish(config, chosen(7))
    manifest = json.loads((folder / "latest" / "manifest.json").read_text("utf-8"))
    record = pq.read_table(config.path(config.lake) / "lists" / "at_risk" / f"as_of={DAY}.parquet", partitioning=None)
    wrong = [line for line in wholes.replace(b".", b"").decode().splitlines() if line]
    print(json.dumps({
        "published": done, "killed": kills, "read": wholes.count(b"."), "wrong": wrong, "rows": manifest["rows"],
        "recorded": len(record), "left": [each.name for each in folder.rglob(".*.tmp")],
    }))  # fmt: skip


main()
