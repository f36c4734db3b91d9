"""A company in MariaDB, through SQLAlchemy: rows are streamed, nothing is changed, and a read has an end."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines import tables
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources.sql import alchemy

pytestmark = pytest.mark.process

DAY = date(2025, 3, 10)
NEXT = DAY + timedelta(days=1)

_DATA = """
    CREATE TABLE customers (id INT UNSIGNED PRIMARY KEY, joined DATETIME(6), label TEXT, `odd "name %` JSON,
        active BOOLEAN, token BINARY(2), updated_at TIMESTAMP(6) NULL);
    INSERT INTO customers VALUES (1, '2025-01-02 10:00:00.000001', '👩‍🚀 é', '{"a": 1}', TRUE, x'00ff', '2025-03-01 10:00'),
        (2, '2025-01-03 10:00', NULL, NULL, FALSE, NULL, '2025-03-09 10:00'), (3, NULL, ' ', NULL, NULL, NULL, NULL);
    CREATE TABLE contracts (sid TEXT, acc INT, plan ENUM('basic', 'pro'), price DECIMAL(12, 2), begins DATE, ends DATE);
    INSERT INTO contracts VALUES ('s1', 1, 'basic', 12.5, '2025-01-02', NULL), ('s2', 2, 'pro', 1e3, '2025-01-03', NULL);
    CREATE TABLE events (acc INT, day DATE, what TEXT, n DOUBLE);
    INSERT INTO events SELECT 1, DATE '2025-02-20' + INTERVAL seq DAY, 'login', seq / 2 FROM seq_0_to_17;
    CREATE VIEW people AS SELECT * FROM customers WHERE id < 3
"""  # noqa: E501


@pytest.fixture(scope="module")
def address(mariadb: Callable[[str], str]) -> str:
    """A database for the tests of this module; each makes its tables anew."""
    return mariadb("company")


@pytest.fixture
def maria(company: Any, address: str) -> Any:
    """The company in MariaDB."""
    import sqlalchemy as sa

    engine = sa.create_engine(address, poolclass=sa.NullPool)

    def run(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                connection.execution_options(no_parameters=True).exec_driver_sql(statement)

    run("DROP VIEW IF EXISTS people", "DROP TABLE IF EXISTS customers, contracts, events", *_DATA.split(";\n"))
    company.url, company.run = address, run
    for name, table in (("accounts", "customers"), ("subscriptions", "contracts"), ("usage", "events")):
        company.tables[name].update(table=table, query=None)
    company.tables["accounts"]["time_zone"] = "UTC"
    yield company
    engine.dispose()
    gc.collect()  # what a driver says of what it leaves behind belongs to the test that left it


def test_a_company_in_mariadb_is_landed_and_checked(maria: Any, read: list[int]) -> None:
    maria.tables["accounts"]["columns"].update(owner='ODD "name %', contact_ok="active", industry="token")
    config = maria.config()
    for table in ("accounts", "subscriptions", "usage"):
        maria.land(table)
        tables.check(config, DAY, table)
    assert maria.rows("account_id, created_at, name, owner, contact_ok, industry, _row") == [
        ("1", datetime(2025, 1, 2, 10, 0, 0, 1), "👩‍🚀 é", '{"a": 1}', True, "\\x00ff", 1),
        ("2", datetime(2025, 1, 3, 10), None, None, False, None, 2),
        ("3", None, None, None, None, None, 3),
    ]
    assert maria.rows("plan, mrr, started_at", "subscriptions") == [
        ("basic", 1250, datetime(2025, 1, 1, 23)), ("pro", 100_000, datetime(2025, 1, 2, 23)),
    ]  # fmt: skip
    maria.run("INSERT INTO events VALUES (2, '2025-03-11', 'login', 5), (2, '2025-03-01', 'login', 5)")
    del read[:]
    assert maria.land("usage", NEXT).rows == 1 + 2
    assert sum(read) == 3 + 1, "9 to 11 March, and not those before"


def test_a_cursor_reads_what_changed(maria: Any, read: list[int]) -> None:
    maria.tables["accounts"].update(cursor="updated_at", overlap=24)
    maria.land()
    maria.run(
        "UPDATE customers SET label = 'corrected', updated_at = '2025-03-10 09:00' WHERE id = 2",
        "INSERT INTO customers VALUES (4, '2025-03-10 09:00', 'late', NULL, NULL, NULL, '2025-03-08 11:00')",
        "INSERT INTO customers VALUES (5, '2025-03-10 09:00', 'unseen', NULL, NULL, NULL, '2025-03-08 09:00')",
    )
    del read[:]
    maria.land(as_of=NEXT)
    assert maria.rows("account_id, name", as_of=NEXT) == [
        ("1", "👩‍🚀 é"),
        ("2", "corrected"),
        ("3", None),
        ("4", "late"),
    ]
    assert sum(read) == 3


def test_a_query_is_taken_as_it_is_written(maria: Any) -> None:
    query = "SELECT id, joined, '12:30 ? 10% :x %s' AS label FROM people WHERE id = 1 -- or two"
    maria.tables["accounts"].update(table=None, query=query)
    maria.land()
    assert maria.rows("name") == [("12:30 ? 10% :x %s",)]


def test_rows_come_as_they_are_read(maria: Any) -> None:
    """Of a billion rows a few are asked for: neither driver nor server holds them all."""
    maria.source["statement_timeout_seconds"] = 3
    maria.tables["accounts"].update(
        table=None, query="SELECT seq AS id, NOW() AS joined, 'x' AS label FROM seq_1_to_1000000000"
    )
    config = maria.config()
    source = config.sources["db"]
    began = time.monotonic()
    with alchemy.opened(source, config, "accounts", source.tables["accounts"]) as relation:  # type: ignore[union-attr]
        assert time.monotonic() - began < 2, "no row is read to know the columns"
        with closing(relation.stream(["id"]).each) as batches:  # type: ignore[type-var]
            assert [batch.num_rows for batch, _ in itertools.islice(batches, 3)] == [alchemy.ROWS] * 3
            assert time.monotonic() - began < 2.5


def test_nothing_can_be_changed(maria: Any) -> None:
    maria.tables["accounts"].update(table=None, query="DELETE FROM customers RETURNING id, joined, label")
    with pytest.raises(ChurnError, match="table accounts: query cannot be read: "):
        maria.land()
    config = maria.config()
    source = config.sources["db"]
    with (
        alchemy.opened(source, config, "subscriptions", source.tables["subscriptions"]) as relation,  # type: ignore[union-attr]
        pytest.raises(ChurnError, match="READ ONLY transaction"),
        alchemy.explaining("subscriptions", "contracts", None),
    ):
        relation.connection.exec_driver_sql("DELETE FROM customers")


@pytest.mark.parametrize("query", ["SELECT seq AS id FROM seq_1_to_1000000000", "SELECT sleep(60) AS id"])
def test_what_takes_too_long_is_ended(maria: Any, query: str) -> None:
    maria.source["statement_timeout_seconds"] = 1
    maria.tables["accounts"].update(
        table=None, query=query, columns={"account_id": "id", "created_at": {"constant": ""}}
    )
    began = time.monotonic()
    with pytest.raises(ChurnError, match="table accounts: query took longer than statement_timeout_seconds"):
        maria.land()
    assert time.monotonic() - began < 30


def test_what_is_not_there_is_named(maria: Any) -> None:
    maria.tables["accounts"]["table"] = "costumers"
    with pytest.raises(ChurnError, match="no table or view costumers; there are contracts, customers, events, people"):
        maria.land()
    maria.tables["accounts"].update(table=None, query="SELECT nope FROM customers")
    with pytest.raises(ChurnError, match="Unknown column 'nope'"):
        maria.land()
    maria.url = maria.url.replace("tester", "stranger")
    with pytest.raises(SourceUnavailable, match=r"no connection to mariadb://127.*Access denied") as error:
        maria.land()
    assert "pass:word" not in str(error.value)


# the driver complains of its own result when that is thrown away
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_that_breaks_off_is_tried_again(maria: Any, caplog: pytest.LogCaptureFixture) -> None:
    maria.tables["accounts"].update(
        table=None, query="SELECT seq AS id, NOW() AS joined, 'x' AS label FROM seq_1_to_1000000000"
    )
    config = maria.config()
    source = config.sources["db"]
    with alchemy.opened(source, config, "accounts", source.tables["accounts"]) as relation:  # type: ignore[union-attr]
        [(number,)] = relation.connection.exec_driver_sql("SELECT connection_id()").all()
        batches = relation.stream(["id"]).each
        next(batches)
        maria.run(f"KILL {number}")
        with pytest.raises(SourceUnavailable, match="table accounts: query cannot be read: "):
            list(batches)
    caplog.clear()  # what is logged holds on to the result


def test_the_zone_of_timestamps_can_be_stated(maria: Any) -> None:
    maria.run("SET time_zone = '+00:00'", "UPDATE customers SET updated_at = '2025-03-01 10:00' WHERE id = 1")
    maria.tables["accounts"].update(
        table=None, query="SELECT id, updated_at AS joined, label FROM customers WHERE id = 1"
    )
    maria.url += "?init_command=SET+time_zone='%2B00:00'"
    maria.land()
    assert maria.rows("created_at") == [(datetime(2025, 3, 1, 10),)]
    maria.url = maria.url.replace("%2B00", "%2B05")
    maria.land()
    assert maria.rows("created_at") == [(datetime(2025, 3, 1, 15),)], "what is said of the table is taken as said"
