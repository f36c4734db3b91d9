"""PostgreSQL, on a real server: values arrive as they are, nothing can be changed, and what fails is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest, tables
from pipelines.config import SqlSource
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources.conformance import CHECKS, Given
from pipelines.sources.sql import postgresql, stream

DAY = date(2025, 3, 10)


def test_a_company_in_a_database_is_landed_and_checked(company: Any, churn: Any) -> None:
    config = company.config()
    ran = churn(config, "ingest", "--as-of", str(DAY))
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "accounts: 20 rows from db", "subscriptions: 20 rows from db", "usage: 380 rows from db",
    ]  # fmt: skip
    checked = churn(config, "validate", "--as-of", str(DAY))
    assert checked.code == 0, checked.out
    assert "usage: published, 380 landed = 380 accepted + 0 quarantined" in checked.out
    first = company.rows("subscription_id, mrr, started_at, ended_at, _file, _row, _unreadable", "subscriptions")
    assert first[0] == ("s1", 1001, datetime(2025, 1, 2, 23), None, "crm.contracts", 1, None)
    assert [row[3] for row in first if row[3]] == [datetime(2025, 3, 4, 23)], "an infinite end is none"
    with open(company.folder() / "receipt.json", encoding="utf-8") as receipt:
        assert "pass" not in receipt.read()


def test_the_next_day_asks_only_for_days_that_are_not_on_file(company: Any, read: list[int]) -> None:
    config = company.config()
    for table in ("accounts", "subscriptions", "usage"):
        ingest.land(config, DAY, table)
        tables.check(config, DAY, table)
    company.run("INSERT INTO crm.events VALUES ('a1', '2025-03-11', 'login', 9), ('a1', NULL, 'login', 9)")
    del read[:]
    landed = company.land("usage", DAY + timedelta(days=1))
    assert landed.after_day == "2025-03-07"
    assert landed.rows == 3 * 20 + 2
    assert sum(read) == 4 * 20 + 2, "from the day before on, and the row without a day"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_what_sources_promise(company: Any, check: Any) -> None:
    company.run("UPDATE crm.customers SET joined = '2025-03-12' WHERE id = 'a20'")
    joined = [datetime(2025, 1, 1, 10) + timedelta(days=n) for n in range(1, 20)]
    accounts = [
        {"account_id": f"a{n}", "created_at": at, "name": f"Customer {n}"}
        for n, at in enumerate([*joined, datetime(2025, 3, 12)], 1)
    ]
    usage = [
        {"account_id": f"a{n}", "day": date(2025, 2, 20) + timedelta(days=day), "quantity": 1.0 + day % 3}
        for n in range(1, 21)
        for day in range(19)
    ]
    whole = company.config()
    company.tables["usage"]["query"] = "SELECT * FROM crm.gone"
    check(Given(whole, DAY, {"accounts": accounts, "usage": usage}, missing=("usage", company.config())))


def test_batches_taken_as_they_are_are_what_the_engine_makes_of_them(company: Any) -> None:
    company.run(
        "UPDATE crm.customers SET label = '\u3000 Müller GmbH ' WHERE id = 'a3'",
        "UPDATE crm.customers SET label = ' ', joined = 'infinity' WHERE id = 'a4'",
        "INSERT INTO crm.events VALUES ('a1', '2025-03-11', 'login', 9), (NULL, NULL, 'login', NULL)",
    )
    for table, rows in (("accounts", 20), ("usage", 382 - 1)):
        assert company.land(table).rows == rows
        taken, columns = company.rows(table=table), company.land(table).columns
        # any condition needs the engine, and all columns
        company.tables[table]["where"] = "true"
        assert columns.items() <= company.land(table).columns.items()
        assert company.rows(table=table) == taken


_TYPES = {
    "smallint": ("7", "7"), "integer": ("-7", "-7"), "bigint": ("9007199254740993", "9007199254740993"),
    "numeric": ("12345678901234567890.123456789", "12345678901234567890.123456789"), "numeric(12, 2)": ("0.10", "0.10"),
    "numeric(20, 0)": ("12345678901234567890", "12345678901234567890"), "money": ("'$12.30'", "12.30"),
    "boolean": ("true", "true"), "text": ("'👩‍🚀 é \"q\" ''x'''", "👩‍🚀 é \"q\" 'x'"), "varchar(5)": ("'abc'", "abc"),
    "char(5)": ("'abc'", "abc"),
    "uuid": ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "json": ("'{\"a\": [1]}'", '{"a": [1]}'),
    "jsonb": ("'{\"a\":  [1]}'", '{"a": [1]}'), "text[]": ("'{x,NULL,\"y z\"}'", '["x",null,"y z"]'),
    "integer[]": ("'{{1,2},{3,4}}'", "[[1,2],[3,4]]"), "mood": ("'glad'", "glad"),
    "inet": ("'10.0.0.1'", "10.0.0.1/32"),
    "interval": ("'1 day 02:00'", "1 day 02:00:00"), "time": ("'10:30'", "10:30:00"), "bytea": ("'\\x00ff'", "\\x00ff"),
    "double precision": ("0.1", "0.1"), "int4range": ("'[1,3)'", "[1,3)"), "oid": ("4000000000", "4000000000"),
}  # fmt: skip


@pytest.mark.parametrize("kind", _TYPES)
def test_a_value_of_every_type_arrives_as_it_is(company: Any, kind: str) -> None:
    given, expected = _TYPES[kind]
    company.run(
        "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        f"CREATE TABLE typed (id text, joined timestamptz, value {kind})",
        f"INSERT INTO typed VALUES ('a', '2025-01-01', {given}), ('b', '2025-01-01', NULL)",
    )
    columns = {"account_id": "id", "created_at": "joined", "name": "value"}
    company.tables["accounts"] = {"table": "typed", "columns": columns}
    company.land()
    assert company.rows("name") == [(expected,), (None,)]


def test_numbers_are_numbers_in_sql_of_the_mapping(company: Any) -> None:
    company.tables["subscriptions"]["columns"]["mrr"] = {"sql": "price * 100 / 2"}
    company.tables["subscriptions"]["where"] = "sid IN ('s2', 's4')"
    company.land("subscriptions")
    assert company.rows("mrr", "subscriptions") == [(501,), (502,)]


def test_times_are_read_with_their_zone_or_the_stated_one(company: Any) -> None:
    company.run(
        "CREATE TABLE timed (id text, zoned timestamptz, plain timestamp, day date)",
        "INSERT INTO timed VALUES ('a', '2025-01-01 10:00:00.123456+05', '2025-01-01 10:00', '2025-01-01'), "
        "('b', 'infinity', '-infinity', 'infinity'), ('c', '0001-01-01 BC', NULL, NULL)",
    )
    expected = {
        "zoned": datetime(2025, 1, 1, 5, 0, 0, 123456),
        "plain": datetime(2025, 1, 1, 18, 0),
        "day": datetime(2025, 1, 1, 8, 0),
    }
    for column, instant in expected.items():
        company.tables["accounts"] = {
            "table": "timed",
            "time_zone": "America/Los_Angeles",
            "columns": {"account_id": "id", "created_at": column},
        }
        company.land()
        assert company.rows("created_at, _unreadable")[:2] == [(instant, None), (None, None)], column


def test_names_of_any_kind_are_quoted(company: Any) -> None:
    company.run(
        'CREATE SCHEMA "Odd ""1"" one"',
        'CREATE TABLE "Odd ""1"" one"."select; DROP" ("Id" text, "a b" timestamptz, "x""y" text)',
        """INSERT INTO "Odd ""1"" one"."select; DROP" VALUES ('1', '2025-01-01', 'z')""",
    )
    columns = {"account_id": "ID", "created_at": "a b", "name": 'x"y'}
    company.tables["accounts"] = {"table": 'Odd "1" one.select; DROP', "columns": columns}
    company.land()
    assert company.rows("account_id, name") == [("1", "z")]


def test_only_the_columns_that_are_mapped_leave_the_database(company: Any) -> None:
    company.run(
        "CREATE ROLE reader LOGIN PASSWORD 'few'", "GRANT USAGE ON SCHEMA crm TO reader",
        "GRANT SELECT (id, joined, label) ON crm.customers TO reader",
    )  # fmt: skip
    try:
        company.url = company.url.replace(company.url.split("://")[1].split("@")[0], "reader:few")
        assert company.land().rows == 20
        company.tables["accounts"]["where"] = "label <> ''"
        with pytest.raises(ChurnError, match=r"crm.customers cannot be read: .*permission denied") as no:
            company.land()
        assert "grant SELECT" in no.value.remedy
    finally:
        company.run("DROP OWNED BY reader", "DROP ROLE reader")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM crm.customers RETURNING *",
        "WITH gone AS (DELETE FROM crm.customers RETURNING *) SELECT * FROM gone",
        "SELECT *, nextval('counted') AS n FROM crm.customers",
        "SELECT * FROM crm.customers) TO STDOUT; COMMIT; DELETE FROM crm.customers; SELECT (1",
        "SELECT *, wipe() FROM crm.customers",
    ],
)
def test_nothing_can_be_changed(company: Any, query: str) -> None:
    company.run(
        "CREATE SEQUENCE counted",
        "CREATE FUNCTION wipe() RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM crm.contracts; SELECT 1'",
    )
    company.tables["accounts"] = {"query": query, "columns": company.tables["accounts"]["columns"]}
    with pytest.raises(ChurnError, match="table accounts: query cannot be read"):
        company.land()
    assert company.land("subscriptions").rows == 20
    company.tables["accounts"] = {"table": "crm.customers", "columns": company.tables["accounts"]["columns"]}
    assert company.land().rows == 20


def test_a_query_may_end_in_a_comment_or_a_semicolon(company: Any) -> None:
    company.tables["accounts"].update(query="SELECT * FROM crm.customers LIMIT 3 -- a few", table=None)
    assert company.land().rows == 3
    company.tables["accounts"]["query"] = "SELECT * FROM crm.customers LIMIT 4;\n"
    assert company.land().rows == 4


def test_a_statement_that_takes_too_long_is_ended(company: Any) -> None:
    company.source["statement_timeout_seconds"] = 1
    slow = "SELECT *, pg_sleep(0.2) FROM crm.customers"
    company.tables["accounts"].update(query=slow, table=None)
    with pytest.raises(ChurnError, match=r"table accounts: query cannot be read: .*statement timeout") as error:
        company.land()
    assert "statement_timeout_seconds" in error.value.remedy
    assert not company.folder().exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"table": "crm.custommers"}, 'relation "crm.custommers" does not exist'),
        ({"table": None, "query": "SELECT id, joinedd FROM crm.customers"}, 'column "joinedd" does not exist'),
        ({"columns": {"account_id": "id", "created_at": "no"}}, "crm.customers has no column 'no' for created_at"),
        ({"cursor": "changed_at"}, "crm.customers has no column 'changed_at'; it has id, joined, label, updated_at"),
        ({"cursor": "label"}, "cursor label of crm.customers is not known to be a time"),
        ({"where": "nowhere = 1"}, "nowhere"),
    ],
)
def test_what_is_not_there_is_named(company: Any, change: dict[str, Any], says: str) -> None:
    company.tables["accounts"].update(change)
    with pytest.raises(ChurnError) as error:
        company.land()
    assert not isinstance(error.value, SourceUnavailable)
    assert error.value.message.startswith("table accounts: ")
    assert says in error.value.message
    assert company.land("subscriptions").rows == 20, "other tables are not affected"


def test_a_password_is_never_shown(company: Any, server: Any) -> None:
    company.url = server.url(password="hush hush&more")
    with pytest.raises(ChurnError, match="password authentication failed") as error:
        company.land()
    assert not isinstance(error.value, SourceUnavailable)
    shown = f"{error.value} {company.config()!r} {company.config().sources}"
    assert "hush" not in shown
    assert f"127.0.0.1:{server.port}" in error.value.message
    company.url = "postgresql://postgres:hush hush@127.0.0.1:no-port/x"
    with pytest.raises(ChurnError, match="url of the postgresql source cannot be read") as error:
        company.land()
    assert "hush" not in str(error.value)


def test_a_server_that_does_not_answer_may_answer_later(company: Any) -> None:
    company.url = "postgresql://postgres@127.0.0.1:9/x"
    with pytest.raises(SourceUnavailable, match=r"table accounts: no connection to postgresql://127\.0\.0\.1:9/x: "):
        company.land()


def test_a_row_that_the_query_fails_on_is_no_reason_to_try_again(company: Any) -> None:
    query = "SELECT id, joined, (1 / (n - 50000))::text AS label FROM crm.customers, generate_series(1, 60000) n"
    company.tables["accounts"].update(table=None, query=query)
    with pytest.raises(ChurnError, match=r"query cannot be read: .*division by zero") as error:
        company.land()
    assert not isinstance(error.value, SourceUnavailable)


def test_a_connection_that_drops_leaves_the_earlier_landing(company: Any, server: Any, digests: Any) -> None:
    company.land()
    before = digests(company.folder())
    company.tables["accounts"].update(
        table=None,
        query="SELECT 'x' || n AS id, timestamptz '2025-01-01' AS joined, repeat('y', 1000) || pg_sleep(0.001)::text "
        "AS label, now() AS updated_at FROM generate_series(1, 60000) n",
    )

    def end() -> None:
        time.sleep(3)
        server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'churn-pipeline'")

    ending = threading.Thread(target=end)
    ending.start()
    with pytest.raises(SourceUnavailable, match="table accounts: query cannot be read: ") as error:
        company.land()
    ending.join()
    assert "run it again" in error.value.remedy
    assert digests(company.folder()) == before


def test_landing_twice_gives_the_same_bytes(company: Any, digests: Any) -> None:
    seen = []
    for _ in range(2):
        for table in ("accounts", "subscriptions", "usage"):
            company.land(table)
        config = company.config()
        seen.append(digests(config.path(config.lake)))
    assert seen[0] == seen[1]


def test_a_long_read_tells_how_far_it_is(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SECONDS_BETWEEN_LINES", 0.0)
    said: list[str] = []
    company.land(say=said.append)
    assert said == ["accounts: 20 rows so far"]


def test_every_read_sees_one_state(company: Any) -> None:
    config = company.config()
    source = config.sources["db"]
    assert isinstance(source, SqlSource)
    mapping = source.tables["accounts"]
    with postgresql.opened(source, config, "accounts", mapping) as relation:
        company.run("DELETE FROM crm.customers")
        assert sum(batch.num_rows for batch, _ in relation.stream(["id"]).each) == 20


def test_without_the_driver_the_remedy_is_told(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(ChurnError, match="needs the package adbc-driver-postgresql") as error:
        company.land()
    assert error.value.remedy == 'run: pip install "churn-pipeline[postgres]"'


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", key, "-out", certificate, "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


@pytest.mark.process
def test_tls_is_asked_for_and_the_certificate_verified(company: Any, server: Any, tmp_path: Path) -> None:
    company.source["sslmode"] = "require"
    with pytest.raises(ChurnError, match="server does not support SSL") as error:
        company.land()
    assert "sslmode" in error.value.remedy
    key, certificate = _certificate(tmp_path, "server")
    _, other = _certificate(tmp_path, "other")
    for file in (key, certificate):
        there = server.data / f"server{file.suffix}"
        shutil.copy(file, there)
        owner = server.data.stat()
        os.chown(there, owner.st_uid, owner.st_gid)
        there.chmod(0o600)
    server.run("ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
    time.sleep(1)
    try:
        company.tables["accounts"].update(
            table=None,
            query="SELECT version AS id, timestamptz '2025-01-01' AS joined, cipher AS label FROM pg_stat_ssl "
            "WHERE pid = pg_backend_pid() AND ssl",
        )
        assert company.land().rows == 1
        company.source["sslmode"] = "disable"
        assert company.land().rows == 0
        company.source.update(sslmode="verify-full", sslrootcert=str(certificate))
        assert company.land().rows == 1
        assert company.rows("account_id")[0][0].startswith("TLSv1")
        company.source["sslrootcert"] = str(other)
        with pytest.raises(ChurnError, match="certificate verify failed") as error:
            company.land()
        assert not isinstance(error.value, SourceUnavailable)
    finally:
        server.run("ALTER SYSTEM RESET ssl", "SELECT pg_reload_conf()")


_MEASURED = """
import re, sys
from datetime import date
from pathlib import Path
from pipelines import config, ingest
landed = ingest.land(config.load(sys.argv[1]), date(2025, 3, 10), "usage")
# of this program: resource usage counts what the tests' own process held when it started this one
print(landed.rows, int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.process
@pytest.mark.parametrize("where", [None, "true"], ids=["as they are", "by the engine"])
def test_memory_does_not_grow_with_the_table(company: Any, where: str | None) -> None:
    query = (
        "SELECT 'a' || n % 999 AS acc, date '2025-01-01' + n % 50 AS day, 'w' || n AS what, n "
        "FROM generate_series(1, {}) n"
    )
    peaks = []
    for rows in (1_000_000, 3_000_000):
        columns = company.tables["usage"]["columns"]
        company.tables["usage"] = {"query": query.format(rows), "columns": columns, "where": where}
        company.keys["engine"]["memory_limit"] = "200MB"
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, str(company.config().file)],
            capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4],
        )  # fmt: skip
        landed, peak = map(int, done.stdout.split()[-2:])
        assert landed == rows
        peaks.append(peak)
    assert peaks[1] < 400, peaks
    assert peaks[1] < peaks[0] * 1.3, peaks


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"table": "x", "query": "SELECT 1"}, "exactly one of table and query"),
        ({"table": None}, "exactly one of table and query"),
        ({"versions": True}, "versions needs a cursor and the column recorded_at"),
    ],
)
def test_a_mapping_is_one_table_or_one_query(company: Any, change: dict[str, Any], says: str) -> None:
    company.tables["accounts"].update(change)
    with pytest.raises(ChurnError, match=says):
        company.config()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sslmode": "verify-full"}, "are for postgresql"),
        ({"url": "somewhere"}, "is no SQLAlchemy URL"),
        ({"url": "postgresql://me:secret@host/db"}, "holds a password in plain text"),
    ],
)
def test_wrong_keys_of_a_source_are_refused(company: Any, change: dict[str, Any], says: str) -> None:
    company.url = "sqlite:///x.db"
    company.source.update(change)
    with pytest.raises(ChurnError, match=says) as error:
        company.config()
    assert "secret" not in str(error.value)


def test_usage_takes_no_cursor(company: Any) -> None:
    company.tables["usage"]["cursor"] = "day"
    with pytest.raises(ChurnError, match="usage takes no cursor"):
        company.config()
