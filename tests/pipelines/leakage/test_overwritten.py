"""Columns that the source overwrites in place are found by what several landings brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from churn_features import tables as vocabulary
from pipelines.leakage import overwritten as module
from pipelines.leakage.overwritten import landings, overwritten

DAY = date(2025, 3, 10)


def _two_landings(shop: Any, file: str, change: Any) -> Any:
    shop.accept(DAY - timedelta(days=1))
    shop.write(file, [change(number, row) for number, row in enumerate(shop.read(file))])
    return shop.accept(DAY)


def test_a_price_that_is_overwritten_is_found(shop: Any) -> None:
    config = _two_landings(
        shop, "subscriptions.csv", lambda number, row: {**row, "price": 99 if number < 4 else row["price"]}
    )
    [found] = overwritten(config, DAY)
    assert (found.table, found.column, found.rows) == ("subscriptions", "mrr", 4)
    assert (found.key, found.before, found.after) == ("s00", "2000", "9900")
    assert "subscription_changes" in found.remedy
    assert landings(config) == 2


def test_an_end_that_is_filled_in_and_a_new_name_are_no_overwriting(shop: Any) -> None:
    ended = _two_landings(shop, "subscriptions.csv", lambda number, row: {**row, "to": row["to"] or "2025-03-10"})
    assert overwritten(ended, DAY) == ()
    named = _two_landings(shop, "accounts.csv", lambda number, row: {**row, "label": "Renamed"})
    assert overwritten(named, DAY) == ()


def test_an_end_that_is_moved_after_it_had_happened_is_found(shop: Any) -> None:
    """A source that keeps only the last end of a subscription rewrites what was known before."""
    gone = [row["sid"] for row in shop.read("subscriptions.csv") if row["to"] and row["to"] < "2025-03-01"]
    config = _two_landings(
        shop, "subscriptions.csv", lambda number, row: {**row, "to": "2025-03-05" if row["sid"] in gone else row["to"]}
    )
    [found] = overwritten(config, DAY)
    assert (found.table, found.column, found.rows) == ("subscriptions", "ended_at", len(gone))


def test_an_end_in_the_future_may_be_moved(shop: Any) -> None:
    rows = [
        {**row, "to": "2025-03-19" if number == 5 else row["to"]}
        for number, row in enumerate(shop.read("subscriptions.csv"))
    ]
    shop.write("subscriptions.csv", rows)
    config = _two_landings(
        shop, "subscriptions.csv", lambda number, row: {**row, "to": "2025-03-15" if number == 5 else row["to"]}
    )
    assert overwritten(config, DAY) == ()


def test_one_landing_has_nothing_to_compare(shop: Any) -> None:
    config = shop.accept()
    assert overwritten(config, DAY) == ()
    assert landings(config) == 1


def test_a_snapshot_column_that_the_contract_calls_fixed_is_found(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of an account is overwritten in place; a contract that calls it fixed would let features read it."""
    config = _two_landings(shop, "accounts.csv", lambda number, row: {**row, "label": row["label"] + " Ltd"})
    assert overwritten(config, DAY) == ()
    columns = tuple(
        replace(column, kind="fixed") if column.name == "name" else column for column in vocabulary.ACCOUNTS.columns
    )
    wrong = {**vocabulary.TABLES, "accounts": replace(vocabulary.ACCOUNTS, columns=columns)}
    monkeypatch.setattr(module, "TABLES", wrong)
    [found] = overwritten(config, DAY)
    assert (found.table, found.column, found.rows) == ("accounts", "name", 30)
    assert (found.before, found.after) == ("Customer 0", "Customer 0 Ltd")


def test_a_correction_that_the_source_dates_is_no_overwriting(shop: Any) -> None:
    rows = [{**row, "seen": ""} for row in shop.read("subscriptions.csv")]
    corrected = {**rows[0], "price": 99, "seen": "2025-03-05T10:00:00Z"}
    shop.write("subscriptions.csv", [*rows, corrected])
    shop.tables["subscriptions"]["columns"]["recorded_at"] = "seen"
    assert overwritten(shop.accept(), DAY) == ()
