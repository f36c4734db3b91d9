"""Every source keeps what sources promise, and the checks find one that does not."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from churn_features.tables import TABLES, Table
from pipelines import config as configuration
from pipelines.config import Config, DemoSource
from pipelines.engine import scan, write
from pipelines.sources import NO_CLOCK, Reader, Window, reader
from pipelines.sources.conformance import CHECKS, Given, conform
from pipelines.sources.demo import DemoReader

DAY = date(2025, 3, 10)
NOW = datetime(2025, 6, 1)
NEVER = datetime(2999, 1, 1)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment around the cutoff, which is 23:00 UTC of the tenth in Berlin."""
    return datetime(2025, 3, day, hour, minute)


ROWS: dict[str, list[dict[str, Any]]] = {
    "accounts": [
        {"account_id": "007", "created_at": at(1), "name": 'Müller, "Söhne"', "owner": None, "contact_ok": True},
        {"account_id": "a2", "created_at": at(10, 22, 59), "name": "NULL", "owner": "נועה", "contact_ok": False},
        {"account_id": "a3", "created_at": at(10, 23), "name": "later", "owner": "x", "contact_ok": None},
        {"account_id": "a4", "created_at": NEVER, "name": "=1+1", "owner": "👩‍🚀", "contact_ok": True},
    ],
    "subscriptions": [
        {"subscription_id": f"s{n}", "account_id": "007", "plan": "pro", "billing_interval": "month",
         "mrr": 1000 * n, "quantity": n or None, "started_at": at(9 + n), "ended_at": at(20) if n else None}
        for n in range(4)
    ],
    "payment_methods": [
        {"payment_method_id": "p1", "account_id": "007", "added_at": at(2), "kind": "card",
         "expires_on": date(2026, 1, 31)},
        {"payment_method_id": "p2", "account_id": "007", "added_at": at(12), "kind": "card", "expires_on": None},
    ],
    "usage": [
        {"account_id": "007", "occurred_at": at(day, hour), "event": f"e{hour}", "quantity": hour / 4, "user_id": "u"}
        for day in range(5, 14) for hour in (0, 22, 23)
    ] + [{"account_id": "007", "occurred_at": NEVER, "event": "later", "quantity": 1.0, "user_id": None}],
}  # fmt: skip
"""Rows of each type, on both sides of the cutoff and in the future."""


def load(folder: Path, source: Mapping[str, Any], zone: str = "Europe/Berlin", file: str = "churn.yaml") -> Config:
    keys = {"company": "Acme", "time_zone": zone, "history_start": "2024-01-01", "sources": {"given": dict(source)}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(yaml.safe_dump(keys), "utf-8")
    return configuration.load(folder / file)


def text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def write_rows(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    if file.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)
    elif file.suffix == ".jsonl":
        lines = [json.dumps({name: text(value) for name, value in row.items()}) for row in rows]
        file.write_text("\n".join(lines), "utf-8")
    else:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows({name: text(value) for name, value in row.items()} for row in rows)


def files(kind: str) -> Callable[[Path], Given]:
    def make(folder: Path) -> Given:
        source: dict[str, Any] = {"kind": "files", "root": "data", "tables": {}}
        (folder / "data").mkdir(parents=True)
        for name, rows in ROWS.items():
            # two files, so that there are two parts
            for number, part in enumerate((rows[::2], rows[1::2])):
                write_rows(folder / "data" / f"{name}-{number}.{kind}", part)
            columns = {column: column for column in rows[0]}
            source["tables"][name] = {"files": f"{name}-*.{kind}", "time_zone": "UTC", "columns": columns}
        gone = {**source, "tables": {**source["tables"], "usage": {**source["tables"]["usage"], "files": "none.csv"}}}
        missing = ("usage", load(folder, gone, file="gone.yaml"))
        return Given(load(folder, source), DAY, ROWS, NOW, missing)

    return make


def demo(folder: Path) -> Given:
    """The expected rows are those of the generated files, read by another library."""
    keys = {"kind": "demo", "accounts": 50, "start": "2025-01-01", "months": 6, "seed": 1}
    made = load(folder, keys)
    source = made.sources["given"]
    assert isinstance(source, DemoSource)
    opened = DemoReader(source, made)
    assert opened._files  # they are generated when they are first needed
    rows = {}
    for table in ("accounts", "subscriptions", "usage", "invoices"):
        found = pq.read_table(opened.folder / f"{table}.parquet").to_pylist()
        rows[table] = [{name: value for name, value in row.items() if name in TABLES[table].names} for row in found]
        for row in rows[table]:
            for name, value in row.items():
                if isinstance(value, datetime) and value.tzinfo:
                    row[name] = value.astimezone(UTC).replace(tzinfo=None)
    return Given(made, date(2025, 4, 10), rows)


def sqlite(folder: Path) -> Given:
    """Tables of a SQLite file, accounts by a cursor."""
    source: dict[str, Any] = {"kind": "sql", "url": f"sqlite:///{folder / 'company.db'}", "tables": {}}
    with closing(sqlite3.connect(folder / "company.db")) as db:
        for name, rows in ROWS.items():
            kinds = ", ".join(f"{column} {'DATETIME' if column.endswith('_at') else ''}" for column in rows[0])
            db.execute(f"CREATE TABLE {name} ({kinds})")
            holes = ", ".join("?" * len(rows[0]))
            db.executemany(f"INSERT INTO {name} VALUES ({holes})", [list(map(text, row.values())) for row in rows])
            columns = {column: column for column in rows[0]}
            source["tables"][name] = {"table": name, "time_zone": "UTC", "columns": columns}
        db.commit()
    source["tables"]["accounts"]["cursor"] = "created_at"
    gone = {**source, "tables": {**source["tables"], "usage": {**source["tables"]["usage"], "table": "gone"}}}
    return Given(load(folder, source), DAY, ROWS, NOW, ("usage", load(folder, gone, file="gone.yaml")))


SOURCES: dict[str, Callable[[Path], Given]] = {
    "csv": files("csv"),
    "jsonl": files("jsonl"),
    "parquet": files("parquet"),
    "demo": demo,
    "sqlite": sqlite,
}
"""A source of yours goes here: what makes it in a folder, and says which rows it has."""


def objects(folder: Path, endpoint: str) -> Given:
    """The CSV files in a bucket."""
    import boto3

    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="conformance")
    files("csv")(folder)
    for file in (folder / "data").iterdir():
        client.put_object(Bucket="conformance", Key=f"data/{file.name}", Body=file.read_bytes())

    def in_bucket(file: str) -> Config:
        keys = yaml.safe_load((folder / file).read_text("utf-8"))
        keys["sources"]["given"]["root"] = "s3://conformance/data"
        keys["storage"] = {
            "endpoint": endpoint, "region": "us-east-1", "access_key": "a", "secret_key": "${CONFORMANCE_SECRET}"
        }  # fmt: skip
        (folder / file).write_text(yaml.safe_dump(keys), "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONFORMANCE_SECRET", "s")
            return configuration.load(folder / file)

    return Given(in_bucket("churn.yaml"), DAY, ROWS, NOW, ("usage", in_bucket("gone.yaml")))


def mariadb(folder: Path, url: str) -> Given:
    """The tables in a MariaDB server, with its types, accounts by a cursor."""
    import sqlalchemy as sa

    kinds = {datetime: "DATETIME(6)", date: "DATE", bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "TEXT"}
    source: dict[str, Any] = {"kind": "sql", "url": "${CONFORMANCE_URL}", "tables": {}}
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for name, rows in ROWS.items():
            types = {column: next(type(row[column]) for row in rows if row[column] is not None) for column in rows[0]}
            columns = ", ".join(f"`{column}` {kinds[kind]}" for column, kind in types.items())
            connection.exec_driver_sql(f"CREATE TABLE `{name}` ({columns})")
            connection.execute(sa.table(name, *map(sa.column, types)).insert(), rows)
            mapped = {column: column for column in types}
            source["tables"][name] = {"table": name, "time_zone": "UTC", "columns": mapped}
    engine.dispose()
    source["tables"]["accounts"]["cursor"] = "created_at"
    gone = {**source, "tables": {**source["tables"], "usage": {**source["tables"]["usage"], "table": "gone"}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONFORMANCE_URL", url)
        return Given(load(folder, source), DAY, ROWS, NOW, ("usage", load(folder, gone, file="gone.yaml")))


SERVED = {"objects": "s3_server", "mariadb": "mariadb"}
"""Sources of a server -> its fixture."""


@pytest.fixture(scope="module", params=[*SOURCES, *(pytest.param(name, marks=pytest.mark.process) for name in SERVED)])
def given(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param in SOURCES:
        return SOURCES[request.param](folder)
    server = request.getfixturevalue(SERVED[request.param])
    return objects(folder, server) if request.param == "objects" else mariadb(folder, server("conformance"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_source_conforms(given: Given, check: Callable[[Given], None]) -> None:
    check(given)


@dataclass(frozen=True)
class Broken:
    """A reader that changes what another has landed."""

    whole: Reader
    change: str

    @property
    def tables(self) -> tuple[str, ...]:
        return self.whole.tables[:1] if self.change == "forgets a table" else self.whole.tables

    def land(self, con: Any, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        if self.change == "ignores the window":
            window = Window(DAY, NOW, NOW, window.after_day)
        if self.change == "ignores after_day":
            window = Window(window.as_of, window.cutoff, window.now)
        if self.change == "drops the future":
            window = Window(window.as_of, window.cutoff, NO_CLOCK, window.after_day)
        try:
            absent = self.whole.land(con, table, window, folder)
        except Exception:
            if self.change == "swallows errors":
                return ()
            if self.change == "says nothing of the table":
                raise configuration_error() from None
            raise
        changed = {
            "loses a row": "SELECT * FROM {rows} WHERE _row > 1",
            "doubles a row": "SELECT * FROM {rows} UNION ALL (SELECT * FROM {rows} LIMIT 1)",
            "has zoned instants": "SELECT * REPLACE (timezone('UTC', recorded_at) AS recorded_at) FROM {rows}",
            "leaves out a column": "SELECT * EXCLUDE (recorded_at) FROM {rows}",
            "adds a column": "SELECT *, 1 AS more FROM {rows}",
            "shifts times": "SELECT * REPLACE (created_at + INTERVAL 1 HOUR AS created_at) FROM {rows}",
            "has no place": "SELECT * REPLACE (1::BIGINT AS _row) FROM {rows}",
            "counts from 0": "SELECT * REPLACE (_row - 1 AS _row) FROM {rows}",
            "cannot read": "SELECT * REPLACE ('x' AS _unreadable) FROM {rows}",
            "is in no order": "SELECT * FROM {rows} ORDER BY random()",
        }
        if self.change in changed and (table.name == "accounts" or self.change == "is in no order"):
            for part in folder.glob("part-*.parquet"):
                moved = part.rename(folder / f"moved-{part.name}")
                write(con, changed[self.change].format(rows=scan([moved])), part)
                moved.unlink()
        if self.change == "leaves the zone":
            con.execute("SET TimeZone = 'Europe/Berlin'")
        return () if self.change != "fills what it lacks" else (*absent, "account_id")


def configuration_error() -> Exception:
    from pipelines.errors import ChurnError

    return ChurnError("something is wrong", "look at it and repair it")


@pytest.mark.parametrize(
    "change",
    [
        "forgets a table", "ignores the window", "ignores after_day", "drops the future", "loses a row",
        "doubles a row", "has zoned instants", "leaves out a column", "adds a column", "shifts times", "has no place",
        "counts from 0", "cannot read", "is in no order", "leaves the zone", "fills what it lacks", "swallows errors",
        "says nothing of the table",
    ],
)  # fmt: skip
def test_a_source_that_breaks_a_promise_is_found(tmp_path: Path, change: str) -> None:
    whole = files("parquet")(tmp_path)

    def opened(config: Config) -> Reader:
        return Broken(reader(config.sources["given"], config), change)

    broken = Given(whole.config, whole.as_of, whole.rows, whole.now, whole.missing, opened)
    with pytest.raises(AssertionError):
        conform(broken)


def test_rows_that_prove_nothing_are_refused(tmp_path: Path) -> None:
    whole = files("csv")(tmp_path)
    with pytest.raises(AssertionError, match="no row is after the cutoff"):
        conform(Given(whole.config, date(2025, 5, 30), {"payment_methods": ROWS["payment_methods"]}, NOW))
