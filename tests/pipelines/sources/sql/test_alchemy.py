"""Databases through SQLAlchemy, on SQLite: values as text, only what is asked for, and nothing changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines import tables
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources.sql import alchemy

DAY = date(2025, 3, 10)
NEXT = DAY + timedelta(days=1)

_DATA = """
    CREATE TABLE customers (id INTEGER, joined DATETIME, label TEXT, "Odd ""name" TEXT, updated_at DATETIME);
    INSERT INTO customers VALUES (1, '2025-01-02 10:00:00', '👩‍🚀 é', 'x', '2025-03-01 10:00:00'),
        (2, '2025-01-03T10:00:00+00:00', NULL, '', '2025-03-09 10:00:00'), (3, 'yesterday', 'NULL', NULL, NULL);
    CREATE TABLE contracts (sid TEXT, acc INTEGER, plan TEXT, price NUMERIC, begins DATE, ends DATE);
    INSERT INTO contracts VALUES ('s1', 1, 'basic', 12.5, '2025-01-02', NULL), ('s2', 2, 'pro', 1e3, '2025-01-03', '');
    CREATE TABLE events (acc INTEGER, day DATE, what TEXT, n INTEGER);
    WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 17)
    INSERT INTO events SELECT 1, date('2025-02-20', i || ' days'), 'login', i FROM d;
    CREATE VIEW people AS SELECT * FROM customers WHERE id < 3;
"""


@pytest.fixture
def lite(company: Any, tmp_path: Path) -> Any:
    """A company in SQLite."""
    file = tmp_path / "company.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(_DATA)

    def run(*statements: str) -> None:
        with closing(sqlite3.connect(file)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    company.url, company.run = f"sqlite:///{file}", run
    for name, table in (("accounts", "customers"), ("subscriptions", "contracts"), ("usage", "events")):
        company.tables[name].update(table=table, query=None)
    company.tables["accounts"]["time_zone"] = "UTC"
    return company


def test_a_company_in_sqlite_is_landed_and_checked(lite: Any) -> None:
    config = lite.config()
    for table in ("accounts", "subscriptions", "usage"):
        lite.land(table)
        tables.check(config, DAY, table)
    assert lite.rows("account_id, created_at, name, _row") == [
        ("1", datetime(2025, 1, 2, 10), "👩‍🚀 é", 1), ("2", datetime(2025, 1, 3, 10), None, 2), ("3", None, "NULL", 3),
    ]  # fmt: skip
    assert lite.rows("_unreadable")[2] == ("created_at: 'yesterday' is not a time in ISO 8601 (state its format)",)
    assert lite.rows("mrr", "subscriptions") == [(1250,), (100000,)]
    lite.run("INSERT INTO events VALUES (2, '2025-03-11', 'login', 5), (2, '2025-03-01', 'login', 5)")
    assert lite.land("usage", NEXT).rows == 1 + 2


def test_old_days_stay_in_the_database(lite: Any, read: list[int]) -> None:
    config = lite.config()
    for table in ("accounts", "subscriptions", "usage"):
        lite.land(table)
        tables.check(config, DAY, table)
    del read[:]
    lite.land("usage", NEXT)
    assert sum(read) == 3, "7 to 9 March"


def test_queries_and_views(lite: Any) -> None:
    query = "SELECT id, joined, '12:30 ?' || ' 10% :x' AS label FROM customers WHERE id = 1 -- or two"
    lite.tables["accounts"].update(table=None, query=query)
    lite.land()
    assert lite.rows("name") == [("12:30 ? 10% :x",)]
    lite.tables["accounts"].update(table="people", query=None)
    assert lite.land().rows == 2


def test_names_are_quoted(lite: Any) -> None:
    lite.tables["accounts"]["columns"]["name"] = 'odd "name'
    lite.land()
    assert lite.rows("name") == [("x",), (None,), (None,)]


def test_a_cursor_reads_what_changed(lite: Any) -> None:
    lite.tables["accounts"]["cursor"] = "updated_at"
    lite.land()
    lite.run(
        "UPDATE customers SET label = 'corrected', updated_at = '2025-03-10 09:00:00' WHERE id = 2",
        "UPDATE customers SET label = 'unseen' WHERE id = 1",
        "INSERT INTO customers VALUES (4, '2025-03-10 09:00:00', 'late', '', '2025-03-08 11:00:00')",
        "DELETE FROM customers WHERE id = 3",
    )
    lite.land(as_of=NEXT)
    assert lite.rows("account_id, name", as_of=NEXT) == [
        ("1", "👩‍🚀 é"), ("3", "NULL"), ("2", "corrected"), ("4", "late"),
    ]  # fmt: skip
    lite.source["full_every_days"] = 1
    lite.land(as_of=NEXT)
    assert lite.rows("account_id, name", as_of=NEXT) == [("1", "unseen"), ("2", "corrected"), ("4", "late")]


def test_a_cursor_that_cannot_be_compared_is_refused(lite: Any) -> None:
    lite.tables["accounts"]["cursor"] = "label"
    with pytest.raises(ChurnError, match="cursor label of customers is not known to be a time"):
        lite.land()
    lite.tables["accounts"]["cursor"] = "joined"
    with pytest.raises(ChurnError, match="the cursor joined holds 'yesterday', which cannot be compared"):
        lite.land()


def test_nothing_can_be_changed(lite: Any) -> None:
    lite.tables["accounts"].update(table=None, query="DELETE FROM customers RETURNING *")
    with pytest.raises(ChurnError, match="table accounts: query cannot be read: "):
        lite.land()
    config = lite.config()
    source = config.sources["db"]
    with (
        alchemy.opened(source, config, "subscriptions", source.tables["subscriptions"]) as relation,  # type: ignore[union-attr]
        pytest.raises(ChurnError, match="readonly database"),
        alchemy.explaining("subscriptions", "contracts", None),
    ):
        relation.connection.exec_driver_sql("DELETE FROM customers")


def test_what_is_not_there_is_named(lite: Any) -> None:
    lite.tables["accounts"]["table"] = "costumers"
    with pytest.raises(ChurnError, match="no table or view costumers; there are contracts, customers, events, people"):
        lite.land()
    lite.tables["accounts"].update(table=None, query="SELECT nope FROM customers")
    with pytest.raises(ChurnError, match="no such column: nope"):
        lite.land()
    lite.url = "sqlite:////nowhere/at-all.db"
    with pytest.raises(SourceUnavailable, match=r"there is no file /nowhere/at-all\.db"):
        lite.land()
    lite.url = "mysql+nodriver://reader:secret@127.0.0.1/x"
    with pytest.raises(ChurnError, match=r"driver for mysql\+nodriver is not installed") as error:
        lite.land()
    assert "secret" not in str(error.value)
    assert lite.tables


def test_what_takes_too_long_is_ended(lite: Any) -> None:
    lite.source["statement_timeout_seconds"] = 1
    endless = "WITH RECURSIVE e(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM e) SELECT {} AS id, '' AS joined FROM e"
    for value in ("i", "max(i)"):  # rows without end, and none
        columns = {"account_id": "id", "created_at": "joined"}
        lite.tables["accounts"].update(table=None, query=endless.format(value), columns=columns)
        with pytest.raises(ChurnError, match="table accounts: query took longer than statement_timeout_seconds"):
            lite.land()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("", ""), (True, "true"), (7, "7"), (0.1, "0.1"), (Decimal("1E+3"), "1000"),
        (b"\x00\xff", "\\x00ff"), (datetime(2025, 1, 1, 10), "2025-01-01 10:00:00"), (date(2025, 1, 1), "2025-01-01"),
        ({"a": ["é"]}, '{"a": ["é"]}'),
        (timedelta(hours=1), "1:00:00"),
    ],
)  # fmt: skip
def test_values_as_text(value: Any, text: str | None) -> None:
    assert alchemy._text(value) == text
