"""Lists in PostgreSQL, on a real server: in one transaction, a day after the other, whatever the names are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.destinations.delivering import deliver
from pipelines.destinations.receipts import Receipt

pytestmark = pytest.mark.process

DAY, EARLIER, LATER = date(2025, 3, 10), date(2025, 3, 9), date(2025, 3, 11)


@dataclass
class Base:
    """A place with a database of its own as destination ``crm``."""

    place: Any
    url: str
    execute: Callable[..., None]

    @property
    def keys(self) -> dict[str, Any]:
        return self.place.destinations["crm"]

    def deliver(self, as_of: date = DAY, of: str = "at_risk", **more: Any) -> Receipt:
        return deliver(self.place.config(), "crm", of, as_of, **more)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def current(self, of: str = "at_risk") -> list[tuple[Any, ...]]:
        return self.rows(f"SELECT as_of, account_id, rank FROM churn_lists WHERE list = '{of}' ORDER BY account_id")

    def history(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT as_of, account_id, rank FROM churn_lists_history ORDER BY as_of, account_id")


@pytest.fixture
def base(server: Any, place: Any, tmp_path: Path) -> Iterator[Base]:
    name = f"crm_{os.getpid()}_{abs(hash(tmp_path))}"
    server.run(f"CREATE DATABASE {name}")
    os.environ["CRM"] = server.url(database=name)
    place.destinations["crm"] = {"kind": "postgresql", "url": "${CRM}"}
    yield Base(place, server.url(database=name), lambda *statements: server.run(*statements, database=name))
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_list_is_there_with_types_and_comments(base: Base, make_row: Any) -> None:
    base.place.publish(make_row(1), make_row(2, name=None, rank_before=4))
    receipt = base.deliver()
    assert (receipt.status, receipt.rows) == ("delivered", 2), receipt.message
    assert base.rows(
        "SELECT list, as_of, account_id, name, mrr, rank_before, since, days_on_list, reason_1, themes "
        "FROM churn_lists ORDER BY rank"
    ) == [
        ("at_risk", DAY, "a01", "Customer 1", 12.5, None, DAY, 0, "Sign-ins: 1", "usage|support"),
        ("at_risk", DAY, "a02", None, 12.5, 4, DAY, 0, "Sign-ins: 2", "usage|support"),
    ]
    assert base.rows("SELECT list, as_of, version, rows, digest FROM churn_lists_deliveries") == [
        ("at_risk", DAY, 2, 2, receipt.digest)
    ]
    types = dict(base.rows(
        "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_name = 'churn_lists'"
    ))  # fmt: skip
    assert {name: types[name] for name in ("rank", "probability", "since", "as_of", "account_id")} == {
        "rank": "integer", "probability": "double precision", "since": "date", "as_of": "date", "account_id": "text",
    }  # fmt: skip
    [(table, column)] = base.rows(
        "SELECT obj_description('churn_lists'::regclass), col_description('churn_lists'::regclass, "
        "(SELECT attnum::int FROM pg_attribute WHERE attrelid = 'churn_lists'::regclass AND attname = 'mrr'))"
    )
    assert table == "Lists of churn-pipeline; version of the columns: 2"
    assert column.startswith("monthly recurring revenue")


def test_days_follow_one_another(base: Base, make_row: Any) -> None:
    base.place.publish(make_row(1), make_row(2), as_of=EARLIER)
    base.place.publish(make_row(1, account_id="a02"), make_row(2, account_id="a03"))
    base.deliver(EARLIER)
    assert base.current() == [(EARLIER, "a01", 1), (EARLIER, "a02", 2)]
    base.deliver()
    assert base.current() == [(DAY, "a02", 1), (DAY, "a03", 2)]
    assert base.history() == [
        (EARLIER, "a01", 1), (EARLIER, "a02", 2), (DAY, "a02", 1), (DAY, "a03", 2),
    ]  # fmt: skip


def test_an_older_day_never_takes_the_place_of_a_newer(base: Base, make_row: Any) -> None:
    base.place.publish(make_row(1), as_of=DAY)
    base.place.publish(as_of=LATER)
    base.deliver(LATER)
    assert base.current() == []
    base.deliver(DAY)
    assert base.current() == [], "the list of the later day is empty"
    assert base.history() == [(DAY, "a01", 1)]


def test_a_day_that_changed_is_replaced(base: Base, make_row: Any) -> None:
    base.place.publish(make_row(1), make_row(2))
    first = base.deliver()
    assert base.deliver().status == "unchanged"
    assert base.deliver(again=True).status == "delivered"
    base.place.publish(make_row(1, account_id="a02"))
    second = base.deliver()
    assert (second.status, second.attempts) == ("delivered", 1)
    assert second.digest != first.digest
    assert base.current() == base.history() == [(DAY, "a02", 1)]


def test_lists_share_tables_and_leave_each_other_alone(base: Base, make_row: Any) -> None:
    base.place.publish(make_row(1), make_row(2))
    base.place.publish(make_row(1), name="save")
    base.deliver()
    base.deliver(of="save")
    base.place.publish(make_row(2))
    base.deliver()
    assert base.current() == [(DAY, "a02", 2)]
    assert base.current("save") == [(DAY, "a01", 1)]


def test_a_further_version_adds_columns(base: Base, make_row: Any) -> None:
    base.place.publish(make_row(1), as_of=EARLIER, version=1)
    assert base.deliver(EARLIER).status == "delivered"
    base.place.publish(make_row(2))
    assert base.deliver().status == "delivered"
    assert base.rows("SELECT account_id, play FROM churn_lists_history ORDER BY as_of") == [
        ("a01", None), ("a02", "check_in"),
    ]  # fmt: skip
    [(said,)] = base.rows("SELECT obj_description('churn_lists_history'::regclass)")
    assert said.endswith("columns: 2")
    base.place.publish(make_row(3), as_of=LATER, version=1)
    assert base.deliver(LATER).status == "delivered"
    assert base.rows("SELECT account_id, rank FROM churn_lists") == [("a03", 3)]


def test_a_table_in_a_schema_with_an_awkward_name(base: Base, make_row: Any) -> None:
    base.execute('CREATE SCHEMA "Select"')
    base.keys["table"] = "Select.Order"
    base.place.publish(make_row(1))
    receipt = base.deliver()
    assert receipt.status == "delivered", receipt.message
    assert base.rows('SELECT account_id FROM "Select"."Order_history"') == [("a01",)]
    assert receipt.where.endswith(" Select.Order")


def test_no_name_does_anything(base: Base, make_row: Any, hostile: str) -> None:
    base.place.publish(make_row(1, account_id=hostile, name=hostile, owner=hostile, play=hostile), make_row(2))
    for _ in range(2):
        receipt = base.deliver(again=True)
        assert receipt.status == "delivered", receipt.message
    stored = hostile.replace("\x00", "\ufffd")
    assert base.rows("SELECT account_id, name, owner, play FROM churn_lists WHERE rank = 1") == [(stored,) * 4]
    assert len(base.history()) == 2


def test_one_transaction(base: Base, make_row: Any) -> None:
    """What fails in the last statement leaves nothing of those before it, and no table."""
    base.place.publish(make_row(1))
    base.execute("CREATE TABLE churn_lists_deliveries (list text, as_of date, version integer, rows integer, "
                 "digest text CHECK (digest = ''), PRIMARY KEY (list, as_of))")  # fmt: skip
    receipt = base.deliver()
    assert (receipt.status, receipt.temporary) == ("failed", False)
    assert "nothing of it was changed" in str(receipt.message)
    for table in ("churn_lists", "churn_lists_history"):
        assert base.rows(f"SELECT to_regclass('{table}')::text") == [(None,)]
    base.execute("DROP TABLE churn_lists_deliveries")
    assert base.deliver().status == "delivered"


@pytest.mark.parametrize("after", ["append", "remove", "upsert"])
def test_a_delivery_that_is_killed_leaves_what_was(base: Base, make_row: Any, after: str) -> None:
    base.place.publish(make_row(1), make_row(2), as_of=EARLIER)
    base.deliver(EARLIER)
    base.place.publish(make_row(3))
    code = f"""
import os, sys, time
from datetime import date
from pipelines import config
from pipelines.destinations import delivering, postgresql
real = postgresql.Tables.{after}
cut = []
def stop(self):
    cut.append(real(self))
    return cut[0]
postgresql.Tables.{after} = stop
def watch(cursor):
    execute = cursor.execute
    def run(sql, values=None):
        execute(sql, values)
        if sql in cut:
            print("ready", flush=True)
            time.sleep(600)
    cursor.execute = run
write = postgresql._write
def watched(cursor, delivery):
    watch(cursor)
    return write(cursor, delivery)
postgresql._write = watched
delivering.deliver(config.load(sys.argv[1]), "crm", "at_risk", date(2025, 3, 10))
"""
    file = base.place.config().file
    with subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        assert base.current() == [(EARLIER, "a01", 1), (EARLIER, "a02", 2)]
        assert len(base.history()) == 2
        running.send_signal(signal.SIGKILL)
    assert base.current() == [(EARLIER, "a01", 1), (EARLIER, "a02", 2)]
    assert len(base.history()) == 2
    until = time.monotonic() + 30
    while base.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert base.deliver().status == "delivered"
    assert base.current() == [(DAY, "a03", 3)]


def test_readers_find_one_list_or_the_other(base: Base, make_row: Any) -> None:
    import threading

    from adbc_driver_postgresql import dbapi

    lists = [[make_row(n) for n in range(1, 5)], [make_row(n) for n in range(3, 9)]]
    base.place.publish(*lists[0])
    base.deliver()
    stop, seen = threading.Event(), set()

    def keep_reading() -> None:
        with dbapi.connect(base.url, autocommit=True) as connection, closing(connection.cursor()) as cursor:
            while not stop.is_set():
                cursor.execute("SELECT string_agg(account_id, ',' ORDER BY account_id) FROM churn_lists")
                seen.add(cursor.fetchall()[0][0])

    reader = threading.Thread(target=keep_reading)
    reader.start()
    for turn in range(1, 11):
        base.place.publish(*lists[turn % 2])
        assert base.deliver().status == "delivered"
    stop.set()
    reader.join()
    assert seen == {"a01,a02,a03,a04", "a03,a04,a05,a06,a07,a08"}


def test_a_user_who_may_only_write(base: Base, server: Any, make_row: Any) -> None:
    """Once the tables are there; before, the error says what to grant."""
    user = f"writer_{os.getpid()}"
    server.run(f"CREATE USER {user} PASSWORD 's3cret/word'")
    try:
        base.place.publish(make_row(1))
        os.environ["CRM"] = server.url(user, "s3cret/word", base.url.rpartition("/")[2])
        receipt = base.deliver()
        assert receipt.status == "failed"
        assert "permission denied" in str(receipt.message)
        assert "grant SELECT, INSERT" in str(receipt.remedy)
        assert "s3cret" not in str(receipt)
        os.environ["CRM"], theirs = base.url, os.environ["CRM"]
        base.deliver()
        for table in ("churn_lists", "churn_lists_history", "churn_lists_deliveries"):
            base.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {user}")
        os.environ["CRM"] = theirs
        base.place.publish(make_row(2))
        receipt = base.deliver()
        assert receipt.status == "delivered", receipt.message
        assert base.current() == [(DAY, "a02", 2)]
    finally:
        base.execute(f"DROP OWNED BY {user}")
        server.run(f"DROP USER {user}")


def test_a_lock_is_waited_for_no_longer_than_configured(base: Base, make_row: Any) -> None:
    from adbc_driver_postgresql import dbapi

    base.place.publish(make_row(1))
    base.deliver()
    base.place.publish(make_row(2))
    base.keys["statement_timeout_seconds"] = 1
    with dbapi.connect(base.url) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("LOCK TABLE churn_lists IN ACCESS EXCLUSIVE MODE")
        receipt = base.deliver()
    assert (receipt.status, receipt.temporary) == ("failed", True)
    assert "statement_timeout_seconds" in str(receipt.remedy)


def test_why_a_server_does_not_answer_is_told_without_the_password(base: Base, make_row: Any, server: Any) -> None:
    base.place.publish(make_row(1))
    for url, said, temporary in (
        (base.url.replace(f":{server.port}", ":1"), "no connection to postgresql://127.0.0.1:1/", True),
        (base.url.replace("pass%3A", "wrong-"), "authentication failed", False),
        ("postgresql://user:pa ss@host:port/db", "cannot be read", False),
    ):
        os.environ["CRM"] = url
        receipt = base.deliver()
        assert receipt.status == "failed"
        assert said in str(receipt.message)
        assert receipt.temporary is temporary
        kept = json.dumps(base.place.receipt("crm"))
        for secret in ("word%2F", "word/", "pa ss", "wrong-"):
            assert secret not in kept


def test_tls_is_required_where_it_is_configured(base: Base, make_row: Any) -> None:
    base.keys["sslmode"] = "require"
    base.place.publish(make_row(1))
    receipt = base.deliver()
    assert receipt.status == "failed"
    assert "SSL" in str(receipt.message)


days = st.lists(st.tuples(st.integers(1, 4), st.lists(st.sampled_from("abcde"), unique=True)), min_size=1, max_size=8)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days)
def test_any_order_of_days_ends_with_the_latest_and_all_of_them(base: Base, make_row: Any, steps: Any) -> None:
    """Whatever is delivered when, and how often: current is the latest day as delivered last, history each day so."""
    base.execute("DROP TABLE IF EXISTS churn_lists, churn_lists_history, churn_lists_deliveries")
    last: dict[date, list[str]] = {}
    for number, accounts in steps:
        as_of = date(2025, 3, number)
        base.place.publish(*(make_row(n, account_id=each) for n, each in enumerate(accounts, 1)), as_of=as_of)
        base.deliver(as_of)
        last[as_of] = accounts
    newest = max(last)
    assert base.current() == sorted((newest, each, n) for n, each in enumerate(last[newest], 1))
    assert base.history() == sorted((day, each, n) for day, them in last.items() for n, each in enumerate(them, 1))
