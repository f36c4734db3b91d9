"""``churn ingest`` of a table with a cursor killed at random moments, while the table changes: every landing is the
whole table as it was, whatever happened to those before."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

DAY = date(2025, 3, 10)
KILLS = 32
CUSTOMERS = 20_000
SAYS = "SELECT count(*), count(DISTINCT id), sum(hash(id, label)::HUGEINT) FROM {}"


def change(company: Any, number: int) -> None:
    """An hour passes: rows are corrected and added, and others turn up that were written an hour and a half before."""
    moment = f"(timestamptz '2025-03-01 00:00+00' + {number} * interval '1 hour')"
    new = "INSERT INTO crm.customers SELECT '{0}-{1}-' || n, timestamptz '2025-01-02 10:00+00', 'new', {2}"
    company.run(
        f"UPDATE crm.customers SET label = 'corrected {number}', updated_at = {moment} "
        f"WHERE abs(hashtext(id)) % 30 = {number % 30}",
        new.format("new", number, moment) + " FROM generate_series(1, 300) n",
        new.format("late", number, f"{moment} - interval '90 minutes'") + " FROM generate_series(1, 300) n",
    )


def there(company: Any) -> tuple[Any, ...]:
    """What the table in the database says, as a digest."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(company.url) as connection, connection.cursor() as cursor, duckdb.connect() as con:
        cursor.execute("SELECT id, label FROM crm.customers")
        con.register("customers", cursor.fetch_arrow_table())
        return con.execute(SAYS.format("customers")).fetchall()[0]


def told(company: Any, day: date) -> tuple[Any, ...] | None:
    """What a landing says, None if there is none. It is whole, and each of its rows has a place of its own."""
    folder = company.folder(as_of=day)
    if not folder.exists():
        return None
    assert {path.name for path in folder.iterdir()} == {"part-0.parquet", "receipt.json", "cursor"}
    assert {path.name for path in (folder / "cursor").iterdir()} == {"later.parquet", "mark.json"}
    rows = f"(SELECT account_id AS id, name AS label, _row FROM '{folder}/part-0.parquet')"
    with duckdb.connect() as con:
        assert con.execute(f"SELECT count(*) - count(DISTINCT _row) FROM {rows}").fetchall() == [(0,)]
        said: tuple[Any, ...] = con.execute(SAYS.format(rows)).fetchall()[0]
    assert said[0] == json.loads((folder / "receipt.json").read_text("utf-8"))["rows"]
    return said


@pytest.mark.process
def test_no_kill_loses_or_doubles_a_row_of_a_cursor(company: Any, killable: Callable[[str], Any]) -> None:
    company.run(
        "TRUNCATE crm.customers",
        "INSERT INTO crm.customers SELECT 'a' || n, timestamptz '2025-01-01 10:00+00', 'first', "
        f"timestamptz '2025-01-01 10:00+00' + n * interval '1 minute' FROM generate_series(1, {CUSTOMERS}) n",
    )
    company.tables["accounts"].update(cursor="updated_at", overlap=2)
    file = company.config().file
    commands = killable(
        "duckdb, pyarrow.parquet, adbc_driver_postgresql.dbapi, sqlalchemy, pipelines.ingest, pipelines.usage_store, "
        "pipelines.sources.sql.postgresql, pipelines.sources.sql.changes"
    )

    def command(day: date) -> tuple[object, ...]:
        return "-c", file, "ingest", "--as-of", day, "--table", "accounts"

    said, seconds, day = {}, [], DAY
    for number in range(3):
        change(company, number)
        day = DAY + timedelta(days=number)
        began = time.monotonic()
        assert commands.run(*command(day)) == 0
        seconds.append(time.monotonic() - began)
        said[day] = there(company)
        assert told(company, day) == said[day]
    rng, number, kills = random.Random(11), 2, 0
    while kills < KILLS:
        number += 1
        assert number < 4 * KILLS
        change(company, number)
        # the next day, or the last one once more
        day, last = max(said) + timedelta(days=rng.random() < 0.6), max(said)
        whole = there(company)
        if commands.killed(*command(day), after=rng.uniform(0.2, 1.1) * min(seconds)):
            kills += 1
            found = told(company, day)
            # while folders are exchanged the old one is aside: the next landing of that day brings it back
            assert found in (said.get(day), whole) or (found is None and day == last), number
            assert day == last or told(company, last) == said[last]
            if rng.random() < 0.5:
                assert commands.run(*command(day)) == 0
        found = told(company, day)
        assert found in (said.get(day), whole, None)
        if found == whole:
            said[day] = whole
    for day in (max(said), max(said) + timedelta(days=1)):
        change(company, number + 1)
        assert commands.run(*command(day)) == 0
        said[day] = there(company)
    assert {each: told(company, each) for each in said} == said
    parent = company.folder(as_of=DAY).parent
    assert list(parent.glob(f".as_of={max(said)}*")) == []
    # most read on from another landing, and did not read in full
    marks = {each: json.loads((parent / f"as_of={each}" / "cursor" / "mark.json").read_text("utf-8")) for each in said}
    assert sum(mark["full"] < str(each) for each, mark in marks.items()) > len(said) / 2
