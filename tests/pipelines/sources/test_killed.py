"""``churn ingest`` from object storage killed at random moments, while objects come, go and change: a landing is that
of the objects as they are, and no half copy of one is ever read."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.ingest import Landed
from pipelines.lake import Lake

DAY = date(2025, 3, 10)
KILLS = 32
ROWS = 20_000

Said = dict[str, tuple[int, float, int]]
"""Of each object: rows, the sum of their quantities, rows that share a place with another."""


def put(bucket: Any, key: str, number: int, scratch: Path) -> tuple[int, float, int]:
    """Put an object of usage in place of what is there; returns what a landing must say of it."""
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'a' || lpad((i % 30)::VARCHAR, 2, '0') AS acc, DATE '2024-12-01' + (i // 30 % 100)::INTEGER "
            f"AS day, 'e' || (i // 3000) AS what, {number} AS n, hash(i + {number})::VARCHAR AS more "
            f"FROM range({ROWS}) AS t(i)) TO '{scratch}' (FORMAT parquet)"
        )
    bucket.put(key, scratch.read_bytes())
    return ROWS, float(ROWS * number), 0


def told(lake: Lake, address: str) -> Said | None:
    """What the landing says, None if there is none; its receipt says the same."""
    folder = lake.landed("usage", DAY)
    if not folder.exists():
        return None
    with duckdb.connect() as con:
        rows = con.execute(
            f"SELECT _file, count(*), sum(quantity), count(*) - count(DISTINCT _row) FROM '{folder}/part-*.parquet' "
            "GROUP BY _file"
        ).fetchall()
    said = {name.removeprefix(f"{address}/"): (count, total, shared) for name, count, total, shared in rows}
    assert Landed.read(folder).rows == sum(count for count, _, _ in said.values())
    return said


@pytest.mark.process
def test_no_kill_loses_or_doubles_a_row_of_an_object(
    shop: Any, bucket: Any, killable: Callable[[str], Any], tmp_path: Path
) -> None:
    commands = killable("duckdb, pyarrow.fs, pyarrow.parquet, pipelines.ingest, pipelines.sources.objects")
    shop.tables["usage"]["files"] = "events/*.parquet"
    shop.keys["sources"]["shop"]["root"] = address = f"{bucket.url}/exports"
    shop.keys["storage"] = {"endpoint": bucket.endpoint}
    config = shop.config()
    lake, copies = Lake(config.path(config.lake)), config.path(config.state) / "objects"
    command = ("-c", config.file, "ingest", "--as-of", DAY, "--table", "usage")
    objects, contents, number = Said(), set[str](), 0

    def change(key: str) -> None:
        nonlocal number
        number += 1
        objects[key] = put(bucket, f"exports/{key}", number, tmp_path / "object.parquet")
        contents.add(hashlib.sha256((tmp_path / "object.parquet").read_bytes()).hexdigest())

    def copied() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in copies.rglob("*") if path.is_file()}

    for at in range(6):
        change(f"events/{at}.parquet")
    seconds = []
    for _ in range(3):
        for at in range(3):
            change(f"events/{at}.parquet")
        began = time.monotonic()
        assert commands.run(*command) == 0
        seconds.append(time.monotonic() - began)
        assert told(lake, address) == objects
    said, rng, kills = dict(objects), random.Random(13), 0
    for attempt in range(4 * KILLS):
        for key in rng.sample(sorted(objects), 2):
            change(key)
        if attempt % 3 == 0:
            change(f"events/{6 + attempt}.parquet")
        if attempt % 3 == 1:
            gone = rng.choice(sorted(objects))
            bucket.remove(f"exports/{gone}")
            del objects[gone]
        if commands.killed(*command, after=rng.uniform(0.1, 1.1) * min(seconds)):
            kills += 1
            found = told(lake, address)
            # while folders are exchanged the old one is aside: the next landing brings it back
            aside = list(lake.landed("usage", DAY).parent.glob(".as_of=*.old"))
            assert found in (said, objects) or (found is None and aside), attempt
            there = copied()
            whole = {hashlib.sha256(path.read_bytes()).hexdigest() for path in there if path.name[0] != "."}
            assert whole <= contents
            if rng.random() < 0.5:
                assert commands.run(*command) == 0
        found = told(lake, address)
        assert found in (said, objects, None)
        said = dict(objects) if found == objects else said
        if kills == KILLS:
            break
    assert kills == KILLS
    assert commands.run(*command) == 0
    assert told(lake, address) == objects
    there = copied()
    assert len(there) == len(objects)
    assert [path.name for path in lake.landed("usage", DAY).parent.iterdir()] == [f"as_of={DAY}"]
    assert commands.run(*command) == 0
    assert copied() == there, "nothing is read twice"
