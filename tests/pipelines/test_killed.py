"""``churn ingest`` killed at random moments: readers see a landing whole or not at all, and it can be landed again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import ingest, tables, usage_store
from pipelines.config import Config
from pipelines.ingest import Landed
from pipelines.lake import Lake

DAY = date(2025, 3, 10)
KILLS = 32
ROWS = {"first": 300_000, "second": 260_000}


def write_usage(shop: Any, name: str) -> Config:
    """A configuration of the shop whose usage says something of its own, with the same lake."""
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT 'a' || lpad((i % 30)::VARCHAR, 2, '0') AS acc, "
            f"DATE '2024-12-01' + (i // 30 % 100)::INTEGER AS day, 'e' || (i // 3000) AS what, "
            f"{len(name)} AS n FROM range({ROWS[name]}) AS t(i)) "
            f"TO '{shop.data}/{name}.parquet'"
        )
    shop.tables["usage"]["files"] = f"{name}.parquet"
    made: Config = shop.config()
    kept = made.file.with_name(f"{name}.yaml")
    made.file.rename(kept)
    from pipelines import config

    return config.load(kept)


def told(lake: Lake) -> tuple[int, float] | None:
    """Rows and sum of quantities as a reader finds them, None without a landing; it must be what the receipt says."""
    folder = lake.landed("usage", DAY)
    if not folder.exists():
        return None
    with duckdb.connect() as con:
        rows, total, repeated = con.execute(
            f"SELECT count(*), sum(quantity), count(*) - count(DISTINCT _row) FROM '{folder}/part-*.parquet'"
        ).fetchall()[0]
    assert {path.name for path in folder.iterdir()} == {"part-0.parquet", "receipt.json"}
    assert (Landed.read(folder).rows, repeated) == (rows, 0)
    return rows, total


@pytest.mark.process
def test_no_kill_loses_doubles_or_halves_a_landing(
    shop: Any, killable: Callable[[str], Any], digests: Callable[..., dict[str, str]]
) -> None:
    commands = killable("duckdb, pyarrow.parquet, pipelines.ingest, pipelines.sources.files, pipelines.usage_store")

    def landing(name: str, kill_after: float | None = None) -> int:
        of_day = ("ingest", "--as-of", DAY, "--table", "usage")
        status: int = commands.run("-c", configs[name].file, *of_day, kill_after=kill_after)
        return status

    configs = {name: write_usage(shop, name) for name in ROWS}
    whole = {name: (rows, float(rows * len(name))) for name, rows in ROWS.items()}
    lake = Lake(configs["first"].path(configs["first"].lake))
    landed = lake.landed("usage", DAY)

    undisturbed, seconds = {}, []
    for name in (*ROWS, *ROWS):
        began = time.monotonic()
        assert landing(name) == 0
        seconds.append(time.monotonic() - began)
        assert told(lake) == whole[name]
        undisturbed[name] = digests(landed)
    rng, hits, moments = random.Random(5), 0, []
    now = "second"
    for attempt in range(4 * KILLS):
        name = "first" if now == "second" else "second"
        after = rng.uniform(0, min(seconds))
        status = landing(name, after)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        hits += killed
        if killed:
            moments.append(after)
        found = told(lake)
        # while folders are exchanged the old one is aside: the next landing or check brings it back
        assert found in (whole[now], whole[name]) or (killed and found is None), attempt
        if found is None:
            assert list(landed.parent.glob(f".{landed.name}.*.old"))
            tables.check(configs[name], DAY, "usage")
            assert told(lake) == whole[now]
        now = name if told(lake) == whole[name] else now
        if hits == KILLS:
            break
    assert hits == KILLS
    assert max(moments) > min(seconds) / 2

    for name in ROWS:
        assert landing(name) == 0
        assert told(lake) == whole[name]
        assert digests(landed) == undisturbed[name]
    assert [path.name for path in landed.parent.iterdir()] == [landed.name]
    checked = tables.check(configs["second"], DAY, "usage")
    assert checked.passed, checked.withheld_because
    with duckdb.connect() as con:
        files = [str(file) for file in usage_store.files(lake)]
        assert con.execute("SELECT sum(quantity) FROM read_parquet(?)", [files]).fetchall() == [(whole["second"][1],)]


def test_a_landing_that_was_moved_aside_is_history_still(shop: Any) -> None:
    """Killed between the two renames of an exchange: neither the landing nor what it said is lost."""
    config = shop.accept(DAY)
    shop.accept(date(2025, 3, 11))
    landed = Lake(config.path(config.lake)).landed("accounts", DAY)
    landed.rename(landed.with_name(f".{landed.name}.abc.old"))
    shop.write("accounts.csv", shop.read("accounts.csv")[:3])
    assert ingest.land(config, DAY, "accounts").rows == 30
    assert [path.name for path in landed.parent.glob("*10*")] == [landed.name]


def test_what_a_killed_landing_left_is_removed_by_the_next(shop: Any) -> None:
    config = shop.config()
    landed = Lake(config.path(config.lake)).landed("accounts", DAY)
    half: Path = landed.with_name(f".{landed.name}.abc.tmp")
    half.mkdir(parents=True)
    (half / "part-0.parquet").write_text("half")
    ingest.land(config, DAY, "accounts")
    assert [path.name for path in landed.parent.iterdir()] == [landed.name]
