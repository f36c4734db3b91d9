"""The gate is data: a table is there for a day only if its contract passed on what was landed last."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pipelines import history, ingest, tables, usage_store
from pipelines.errors import ChurnError
from pipelines.lake import Lake, read_json

DAY = date(2025, 3, 10)


def test_checked_tables_are_there_with_their_record(shop: Any) -> None:
    config = shop.accept()
    assert list(tables.present(config, DAY)) == ["accounts", "subscriptions", "usage"]
    assert tables.present(config, DAY + timedelta(days=1)) == {}
    checked = tables.result(config, DAY, "accounts")
    assert checked is not None
    assert checked.passed
    assert checked.landed == checked.accepted == 30
    assert tables.result(config, DAY, "tickets") is None


def test_landed_is_accepted_plus_quarantined(shop: Any) -> None:
    rows = shop.read("subscriptions.csv")
    rows[4]["price"] = "free"
    shop.write("subscriptions.csv", rows)
    config = shop.accept()
    checked = tables.result(config, DAY, "subscriptions")
    assert checked is not None
    assert (checked.landed, checked.accepted, checked.quarantined, checked.passed) == (30, 29, 1, True)
    assert Lake(config.path(config.lake)).quarantine("subscriptions", DAY).exists()


def test_a_table_that_was_not_landed_cannot_be_checked(shop: Any) -> None:
    with pytest.raises(ChurnError, match="table accounts has not been landed for 2025-03-10") as error:
        tables.check(shop.config(), DAY, "accounts")
    assert "churn ingest --as-of 2025-03-10" in error.value.remedy


@pytest.mark.parametrize("table", ["accounts", "subscriptions", "usage"])
def test_a_failing_day_withdraws_its_copy_and_repair_brings_it_back(shop: Any, digests: Any, table: str) -> None:
    config = shop.accept()
    lake = Lake(config.path(config.lake))
    before, good = digests(lake.root / "tables"), shop.read(f"{table}.csv")
    key = {"accounts": "joined", "subscriptions": "from", "usage": "day"}[table]
    shop.write(f"{table}.csv", [{**row, key: "one day"} for row in good])
    ingest.land(config, DAY, table)
    assert not tables.check(config, DAY, table).passed
    assert table not in tables.present(config, DAY)
    if table == "usage":
        assert usage_store.files(lake) == []
    else:
        assert not lake.rows(table).exists()
    assert str(DAY) not in (usage_store.landings(lake) if table == "usage" else history.landings(lake, table))
    shop.write(f"{table}.csv", good)
    ingest.land(config, DAY, table)
    assert tables.check(config, DAY, table).passed
    assert digests(lake.root / "tables") == before


def test_a_failing_day_leaves_the_usage_of_other_days(shop: Any, digests: Any) -> None:
    config = shop.accept(DAY - timedelta(days=1), "accounts", "subscriptions", "usage")
    before = digests(config.path(config.lake) / "tables" / "usage")
    shop.accept()
    good = (shop.data / "usage.csv").read_bytes()
    shop.write("usage.csv", [{**row, "day": "?"} for row in shop.read("usage.csv")])
    # rows without a day are wanted whatever the window, so the whole file fails
    ingest.land(config, DAY, "usage")
    assert not tables.check(config, DAY, "usage").passed
    assert digests(config.path(config.lake) / "tables" / "usage") == before
    assert list(tables.present(config, DAY - timedelta(days=1))) == ["accounts", "subscriptions", "usage"]
    (shop.data / "usage.csv").write_bytes(good)
    shop.accept(DAY, "usage")
    assert "usage" in tables.present(config, DAY)


def test_required_names_the_table_that_is_withheld_and_why(shop: Any) -> None:
    shop.write("subscriptions.csv", [{**row, "from": "one day"} for row in shop.read("subscriptions.csv")])
    config = shop.accept()
    with pytest.raises(ChurnError) as error:
        tables.required(config, DAY)
    message = error.value.message
    assert "table subscriptions is not there for 2025-03-10; its contract withheld it" in message
    assert "started_at" in message
    assert "churn ingest --as-of 2025-03-10" in error.value.remedy


def test_required_says_if_nothing_was_checked(shop: Any) -> None:
    with pytest.raises(ChurnError, match="table accounts is not there for 2025-03-10; it has not been checked"):
        tables.required(shop.config(), DAY)


def test_the_record_is_kept_as_json(shop: Any) -> None:
    config = shop.accept(DAY, "accounts")
    record = read_json(Lake(config.path(config.lake)).check("accounts", DAY))
    assert record["table"] == "accounts"
    assert {rule["status"] for rule in record["rules"]} <= {"passed", "failed", "not_evaluated"}


def test_a_number_beyond_all_measure_is_set_aside_and_not_fatal(shop: Any) -> None:
    rows = shop.read("subscriptions.csv")
    rows[4]["price"] = "9" * 20
    shop.write("subscriptions.csv", rows)
    checked = tables.result(shop.accept(), DAY, "subscriptions")
    assert checked is not None
    assert (checked.accepted, checked.quarantined) == (29, 1)


def test_usage_that_suddenly_comes_empty_is_withheld_and_takes_nothing_away(shop: Any) -> None:
    config = shop.accept(DAY - timedelta(days=1))
    months = [path.read_bytes() for path in usage_store.files(Lake(config.path(config.lake)))]
    shop.write("usage.csv", [{**row, "day": "2099-01-01"} for row in shop.read("usage.csv")][:1])
    (shop.data / "usage.csv").write_text((shop.data / "usage.csv").read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    shop.accept()
    checked = tables.result(config, DAY, "usage")
    assert checked is not None
    assert not checked.passed
    assert "no row landed, though" in str(checked.withheld_because)
    assert "usage" not in tables.present(config, DAY)
    assert [path.read_bytes() for path in usage_store.files(Lake(config.path(config.lake)))] == months


def test_usage_whose_earlier_days_were_withdrawn_since_it_landed_is_landed_again(shop: Any) -> None:
    before = DAY - timedelta(days=1)
    config = shop.accept(before)
    ingest.land(config, DAY, "accounts")
    tables.check(config, DAY, "accounts")
    ingest.land(config, DAY, "usage")
    good = shop.read("usage.csv")
    shop.write("usage.csv", [{**row, "day": "one day"} for row in good])
    ingest.land(config, before, "usage")
    assert not tables.check(config, before, "usage").passed
    with pytest.raises(ChurnError, match="days before it have been withdrawn since") as error:
        tables.check(config, DAY, "usage")
    assert f"churn ingest --as-of {DAY} --table usage" in error.value.remedy
    shop.write("usage.csv", good)
    ingest.land(config, DAY, "usage")
    assert tables.check(config, DAY, "usage").passed
