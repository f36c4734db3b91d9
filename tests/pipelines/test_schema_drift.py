"""Columns of a source that appear, go or change their type between two landings: said wherever a landing is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import ingest
from pipelines.errors import ChurnError
from pipelines.ingest import Landed
from pipelines.lake import Lake
from pipelines.schema_drift import changes

DAY = date(2025, 3, 10)
NEXT = DAY + timedelta(days=1)
SCHEMA = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["BIGINT", "VARCHAR", '"NULL"']), max_size=6)


@given(SCHEMA, SCHEMA)
def test_every_column_that_is_not_what_it_was_is_named_once(before: dict[str, str], now: dict[str, str]) -> None:
    found = changes("usage", before, now, "2025-03-10")
    differ = {name for name in {*before, *now} if before.get(name) != now.get(name)}
    untyped = {name for name in before.keys() & now.keys() if '"NULL"' in (before[name], now[name])}
    assert [each.column for each in found] == (sorted(differ - untyped) if before and now else [])
    assert {each.column for each in found if each.level == "warning"} <= before.keys() & now.keys()


def write(shop: Any, **columns: Any) -> None:
    given = {"id": ["a", "b"], "joined": ["2025-01-01", "2025-01-02"], "label": ["A", "B"], "manager": ["m", "m"]}
    pq.write_table(pa.table({**given, **columns}), shop.data / "accounts.parquet")
    shop.tables["accounts"]["files"] = "accounts.parquet"


def test_a_landing_keeps_the_columns_and_says_what_changed(shop: Any) -> None:
    write(shop, segment=[1, 2], old=["x", "y"])
    first = ingest.land(shop.config(), DAY, "accounts")
    assert first.columns == {
        "id": "VARCHAR", "joined": "VARCHAR", "label": "VARCHAR", "manager": "VARCHAR", "old": "VARCHAR",
        "segment": "BIGINT",
    }  # fmt: skip
    assert first.changes == ()
    write(shop, segment=["s", "m"], fresh=[1.5, None])
    second = ingest.land(shop.config(), NEXT, "accounts")
    config = shop.config()
    folder = Lake(config.path(config.lake)).landed("accounts", NEXT)
    assert Landed.read(folder) == second
    assert {path.name for path in folder.iterdir()} == {"part-0.parquet", "receipt.json"}
    assert [(each.level, each.column, each.message) for each in second.changes] == [
        ("note", "fresh", "column fresh (DOUBLE) is new since 2025-03-10"),
        ("note", "old", "column old (VARCHAR), which nothing is mapped to, is gone since 2025-03-10"),
        ("warning", "segment", "column segment was BIGINT on 2025-03-10 and is VARCHAR"),
    ]
    assert all("sources.*.tables.accounts.columns" in each.remedy for each in second.changes if each.column != "old")


def test_landing_again_compares_with_the_day_before_as_the_first_time(shop: Any, digests: Callable[..., Any]) -> None:
    write(shop)
    ingest.land(shop.config(), DAY, "accounts")
    write(shop, fresh=[1, 2])
    config = shop.config()
    seen = []
    for _ in range(2):
        ingest.land(config, NEXT, "accounts")
        seen.append(digests(config.path(config.lake)))
    assert seen[0] == seen[1]
    assert [each.column for each in Landed.read(Lake(config.path(config.lake)).landed("accounts", NEXT)).changes] == [
        "fresh"
    ]
    assert ingest.land(config, NEXT + timedelta(days=1), "accounts").changes == ()


def test_a_column_that_only_some_files_have_or_type_otherwise_is_one_column(shop: Any) -> None:
    for number, extra in enumerate(({"size": [1]}, {"size": ["l"]}, {})):
        columns = {"id": [f"a{number}"], "joined": ["2025-01-01"], "label": ["x"], "manager": ["y"], **extra}
        pq.write_table(pa.table(columns), shop.data / f"acc-{number}.parquet")
    shop.tables["accounts"]["files"] = "acc-*.parquet"
    assert ingest.land(shop.config(), DAY, "accounts").columns["size"] == "BIGINT or VARCHAR"


def test_a_mapped_column_that_is_gone_stays_an_error(shop: Any) -> None:
    write(shop)
    ingest.land(shop.config(), DAY, "accounts")
    columns = {"id": ["a"], "joined_at": ["2025-01-01"], "label": ["x"], "manager": ["y"]}
    pq.write_table(pa.table(columns), shop.data / "accounts.parquet")
    with pytest.raises(
        ChurnError, match=r"accounts\.parquet has no column 'joined' for created_at; it has id, joined_at"
    ):
        ingest.land(shop.config(), NEXT, "accounts")


def test_another_source_is_not_compared(shop: Any) -> None:
    write(shop)
    ingest.land(shop.config(), DAY, "accounts")
    write(shop, fresh=[1, 2])
    shop.keys["sources"]["other"] = shop.keys["sources"].pop("shop")
    assert ingest.land(shop.config(), NEXT, "accounts").changes == ()


def test_a_receipt_from_before_columns_were_kept_is_read(shop: Any) -> None:
    config = shop.config()
    landed = ingest.land(config, DAY, "accounts")
    file = Lake(config.path(config.lake)).landed("accounts", DAY) / "receipt.json"
    receipt = json.loads(file.read_text("utf-8"))
    del receipt["columns"], receipt["changes"]
    file.write_text(json.dumps(receipt), "utf-8")
    assert Landed.read(file.parent).rows == landed.rows
    assert ingest.land(config, NEXT, "accounts").changes == ()


def test_the_command_and_dagster_show_it(shop: Any, churn: Callable[..., Any]) -> None:
    import dagster as dg

    from pipelines.assets import raw

    write(shop, segment=[1, 2])
    assert "segment" not in churn(shop.config(), "ingest", "--as-of", "2025-03-10", "--table", "accounts").out
    write(shop, segment=["s", "m"])
    done = churn(shop.config(), "ingest", "--as-of", "2025-03-11", "--table", "accounts")
    assert done.code == 0
    assert "  warning column segment was BIGINT on 2025-03-10 and is VARCHAR. Remedy: see that" in done.out
    (asset,) = (each for each in raw.assets(shop.config()) if each.key.path == ["raw_accounts"])
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([asset], partition_key="2025-03-11", instance=instance)
        (event,) = done.asset_materializations_for_node("raw_accounts")
    assert "warning: column segment was BIGINT" in str(event.metadata["columns that changed"].value)
    assert event.metadata["columns of the source"].value == 5
