"""Slices of accounts: everyone once, and the same rows as in one piece; one date and a panel, on random companies."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from churn_features.tables import TABLES
from pipelines import engine, features, history, slices, tables
from pipelines.lake import Lake, write_json

CHURN_FEATURES = Path(__file__).parents[1] / "churn_features"


def _module(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"slices_{Path(file).stem}", CHURN_FEATURES / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


written, drawn = _module("conftest.py"), _module("test_point_in_time.py")
KNOWN = drawn.AS_OF
DATES = [KNOWN - timedelta(days=days) for days in (79, 58, 37)]


@pytest.fixture(scope="module")
def lake(make_shop: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The configuration of a lake with the rows of 25 random companies, as landed on the dates and on the last day."""
    shop = make_shop(tmp_path_factory.mktemp("random") / "shop")
    shop.keys |= {"time_zone": drawn.ZONE, "event_roles": dict(written.ROLES), "history_start": "2020-01-01"}
    shop.keys["training"] = {"most_dates": 3, "every_days": 21}
    config = shop.config()
    of = Lake(config.path(config.lake))
    company = written.Company(zone=drawn.ZONE, **drawn.many(25))
    on_file = [str(day) for day in (*DATES, KNOWN)]
    for table in TABLES:
        if table == "usage":
            days = company.con.execute("SELECT DISTINCT day FROM usage").fetchall()
            for (day,) in days:
                engine.write(
                    company.con, f"SELECT * FROM usage WHERE day = DATE '{day}' ORDER BY ALL", of.usage_day(day)
                )
            write_json(of.usage_landings, dict.fromkeys(on_file, ""))
        else:
            history._write(company.con, of, table, f"SELECT * FROM {table}", on_file)
    return config


def rows(file: Path) -> list[dict[str, Any]]:
    return pq.read_table(file, partitioning=None).to_pylist()


def accounts(con: duckdb.DuckDBPyConnection, source: str, where: str) -> list[str]:
    sql = f"SELECT DISTINCT account_id FROM {source} WHERE {where} ORDER BY 1"
    return [row[0] for row in con.execute(sql).fetchall()]


def in_slices(monkeypatch: pytest.MonkeyPatch, count: int, config: Any, day: date) -> None:
    """Make a row take so much memory that the statement of the day needs ``count`` slices."""
    stored = sum(pq.read_metadata(file).num_rows for files in tables.present(config, day).values() for file in files)
    monkeypatch.setattr(slices, "ROW_BYTES", 10**9 * count // stored)


def test_slices_hold_every_account_once_in_order(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tables.present(lake, KNOWN)
    in_slices(monkeypatch, 7, lake, KNOWN)
    with engine.connection(lake) as con:
        conditions = slices.conditions(con, lake, files)
        assert len(conditions) >= 7
        source = engine.scan(files["subscriptions"])
        found = [
            [
                row[0]
                for row in con.execute(f"SELECT DISTINCT account_id FROM {source} WHERE {each} ORDER BY 1").fetchall()
            ]
            for each in conditions
        ]
        everyone = [row[0] for row in con.execute(f"SELECT DISTINCT account_id FROM {source} ORDER BY 1").fetchall()]
    assert all(found)
    assert [account for each in found for account in each] == everyone
    assert max(map(len, found)) - min(map(len, found)) <= 1


def test_everyone_is_one_slice_where_memory_suffices(lake: Any) -> None:
    with engine.connection(lake) as con:
        assert slices.conditions(con, lake, tables.present(lake, KNOWN)) == [""]


def test_a_sample_is_the_same_accounts_in_any_number_of_slices(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tables.present(lake, KNOWN)
    found = []
    for count in (1, 5):
        in_slices(monkeypatch, count, lake, KNOWN)
        with engine.connection(lake) as con:
            conditions = slices.conditions(con, lake, files, share=4000)
            where = " OR ".join(f"({each})" for each in conditions)
            found.append(accounts(con, engine.scan(files["subscriptions"]), where))
    assert found[0] == found[1]
    assert 0 < len(found[0]) < 75


def test_slices_change_no_byte(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    of = Lake(lake.path(lake.lake))
    features.compute(lake, KNOWN)
    features.compute_panel(lake, KNOWN)
    whole = of.features(KNOWN).read_bytes(), of.panel(KNOWN).read_bytes()
    in_slices(monkeypatch, 4, lake, KNOWN)
    features.compute(lake, KNOWN)
    features.compute_panel(lake, KNOWN)
    assert (of.features(KNOWN).read_bytes(), of.panel(KNOWN).read_bytes()) == whole


def test_the_panel_holds_what_each_date_had_by_itself(lake: Any) -> None:
    of = Lake(lake.path(lake.lake))
    features.compute_panel(lake, KNOWN)
    panel = rows(of.panel(KNOWN))
    assert sorted({row["as_of"] for row in panel}) == DATES
    for day in DATES:
        features.compute(lake, day)
        alone = rows(of.features(day))
        assert len(alone) > 10
        names = list(alone[0])
        assert [{name: row[name] for name in names} for row in panel if row["as_of"] == day] == alone


def test_a_statement_reads_only_the_accounts_it_is_asked_for(lake: Any) -> None:
    files = tables.present(lake, KNOWN)
    with engine.connection(lake) as con:
        sql, parameters = features.statement(con, lake, files, KNOWN, accounts="account_id < '005'")
        read = {"the answer": f"({sql})"} | {table: table for table in files if table != "subscription_changes"}
        seen = {
            name: con.execute(
                f"SELECT count(*) FILTER (WHERE account_id >= '005') FROM {rows}",
                parameters if name == "the answer" else None,
            ).fetchone()
            for name, rows in read.items()
        }
        kept = con.execute("SELECT count(*) FROM subscriptions").fetchone()
        stored = con.execute(
            "SELECT count(*) FROM " + engine.scan(files["subscriptions"]) + " WHERE account_id >= '005'"
        ).fetchone()
    assert kept > (0,)
    assert stored > (0,)
    assert set(seen.values()) == {(0,)}, seen


def test_names_with_quotes_are_edges_too(lake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "subscriptions.parquet"
    monkeypatch.setattr(slices, "ROW_BYTES", 10**9)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE s AS SELECT unnest(['a''b', 'o''x', 'z\"']) AS account_id")
        engine.write(con, "SELECT * FROM s", file)
        conditions = slices.conditions(con, lake, {"subscriptions": [file]})
        found = [con.execute(f"SELECT list(account_id) FROM s WHERE {each}").fetchone() for each in conditions]
    assert found == [(["a'b"],), (["o'x"],), (['z"'],)]
