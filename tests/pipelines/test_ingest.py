"""Landing: a day's rows come whole, or the earlier landing stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import ingest
from pipelines.errors import ChurnError
from pipelines.ingest import Landed
from pipelines.lake import Lake
from pipelines.sources import source_of

DAY = date(2025, 3, 10)


def landed(config: Any, table: str, as_of: date = DAY) -> Path:
    return Lake(config.path(config.lake)).landed(table, as_of)


def rows(folder: Path, what: str = "*") -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        return con.execute(
            f"SELECT {what} FROM read_parquet('{folder}/*.parquet', hive_partitioning = false)"
        ).fetchall()


def test_a_landing_keeps_rows_types_and_a_receipt(shop: Any) -> None:
    config = shop.config()
    receipt = ingest.land(config, DAY, "accounts")
    assert receipt == Landed.read(landed(config, "accounts"))
    assert (receipt.rows, receipt.source, receipt.as_of) == (30, "shop", "2025-03-10")
    assert receipt.absent == ("industry", "country", "size", "channel", "contact_ok", "churned", "recorded_at")
    first = rows(landed(config, "accounts"), "account_id, created_at, name, _file, _row, _unreadable")[0]
    assert first == ("a00", datetime(2024, 11, 1, 8), "Customer 0", "accounts.csv", 1, None)


def test_rows_after_the_end_of_the_day_wait_for_their_day(shop: Any) -> None:
    shop.write(
        "accounts.csv",
        [
            {"id": "in", "joined": "2025-03-10T23:59:59.999+01:00", "label": "", "manager": ""},
            {"id": "out", "joined": "2025-03-11T00:00:00+01:00", "label": "", "manager": ""},
            {"id": "future", "joined": "2999-01-01", "label": "", "manager": ""},
            {"id": "unknown", "joined": "", "label": "", "manager": ""},
        ],
    )
    config = shop.config()
    ingest.land(config, DAY, "accounts")
    assert {row[0] for row in rows(landed(config, "accounts"), "account_id")} == {"in", "future", "unknown"}
    ingest.land(config, DAY + timedelta(days=1), "accounts")
    found = rows(landed(config, "accounts", DAY + timedelta(days=1)), "account_id")
    assert {row[0] for row in found} == {"in", "out", "future", "unknown"}


def test_landing_again_gives_the_same_bytes(shop: Any, digests: Any) -> None:
    config = shop.config()
    seen = []
    for _ in range(2):
        for table in ("accounts", "subscriptions", "usage"):
            ingest.land(config, DAY, table)
        seen.append(digests(config.path(config.lake)))
    assert seen[0] == seen[1]


def test_landing_again_takes_what_the_source_now_says(shop: Any) -> None:
    config = shop.config()
    ingest.land(config, DAY, "accounts")
    shop.write("accounts.csv", shop.read("accounts.csv")[:3])
    assert ingest.land(config, DAY, "accounts").rows == 3
    assert len(rows(landed(config, "accounts"))) == 3


@pytest.mark.parametrize("table", ["accounts", "usage"])
def test_a_failing_landing_leaves_the_earlier_one(shop: Any, digests: Any, table: str) -> None:
    config = shop.config()
    ingest.land(config, DAY, table)
    before = digests(config.path(config.lake))
    (shop.data / f"{table}.csv").unlink()
    with pytest.raises(ChurnError, match=f"table {table}: no file matches"):
        ingest.land(config, DAY, table)
    assert digests(config.path(config.lake)) == before


def test_a_day_that_is_not_over_is_refused(shop: Any) -> None:
    config = shop.config()
    today = config.yesterday() + timedelta(days=1)
    with pytest.raises(ChurnError, match=f"{today} is not over yet in Europe/Berlin") as error:
        ingest.land(config, today, "accounts")
    assert str(config.yesterday()) in error.value.remedy
    ingest.check_day(config, config.yesterday())


def test_a_day_before_history_is_refused(shop: Any) -> None:
    config = shop.config()
    with pytest.raises(ChurnError, match="2024-12-31 is before history_start 2025-01-01"):
        ingest.land(config, date(2024, 12, 31), "accounts")
    ingest.check_day(config, date(2025, 1, 1))


def test_tables_come_in_the_order_of_the_contract(shop: Any) -> None:
    shop.keys["sources"]["shop"]["tables"] = dict(reversed(shop.tables.items()))
    assert list(source_of(shop.config())) == ["accounts", "subscriptions", "usage"]


def test_the_demo_company_gives_every_table(demo: Any) -> None:
    assert set(source_of(demo.config).values()) == {"demo"}
    assert len(source_of(demo.config)) == 10
