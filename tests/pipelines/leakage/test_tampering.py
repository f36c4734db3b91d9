"""Other futures: what is later is changed in the way that was asked for, and what was known is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from churn_features.tables import CONTRACT, TABLES, Table
from pipelines.engine import SQL_TYPES
from pipelines.leakage.tampering import WAYS, Future

DAY, CUTOFF = date(2024, 6, 30), datetime(2024, 6, 30, 22)
FUTURE = Future(DAY, CUTOFF)
BEFORE, AFTER = CUTOFF - timedelta(microseconds=1), CUTOFF
KINDS = ("known", "happened", "recorded", "landed", "corrected")
VALUES = {"integer": 3, "money": 300, "number": 4.0, "flag": True, "day": DAY}


def _row(table: Table, kind: str) -> dict[str, Any]:
    """A row of which everything was known, but that it happened, was recorded, landed or was corrected later."""
    row: dict[str, Any] = {}
    for column in table.columns:
        row[column.name] = VALUES.get(column.type, kind)
        if column.choices:
            row[column.name] = column.choices[0]
        if column.type == "instant":
            row[column.name], row[str(column.day)] = BEFORE, DAY
    row["recorded_at"] = AFTER if kind == "recorded" else None
    if kind == "happened":
        row[table.occurred] = AFTER
    if table.name == "usage":
        row = {name: row[name] for name in ("account_id", "day", "event", "quantity", "users")}
        row["day"] = DAY + timedelta(days=1) if kind in ("happened", "recorded") else DAY
    row["known_after"] = DAY if kind == "landed" else None
    row["known_to"] = DAY if kind == "corrected" else None
    return row


def _types(table: Table) -> dict[str, str]:
    if table.name == "usage":
        names = {"account_id": "VARCHAR", "day": "DATE", "event": "VARCHAR", "quantity": "DOUBLE", "users": "BIGINT"}
    else:
        names = {column.name: SQL_TYPES[column.type] for column in table.columns}
        names |= {column.day: "DATE" for column in table.columns if column.day}
    return names | {"known_after": "DATE", "known_to": "DATE"}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as made:
        yield made


def _stored(con: duckdb.DuckDBPyConnection, table: Table, rows: list[dict[str, Any]]) -> str:
    types = _types(table)
    con.execute(f"CREATE OR REPLACE TABLE stored ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
    for row in rows:
        con.execute(f"INSERT INTO stored VALUES ({', '.join('?' * len(types))})", [row.get(name) for name in types])
    return "SELECT * FROM stored"


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = con.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


each = pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)


def _told(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is overwritten in place: nobody can tell what that was."""
    snapshots = {column.name for column in table.columns if column.kind == "snapshot"}
    snapshots |= {column.day for column in table.columns if column.kind == "snapshot" and column.day}
    return {name: value for name, value in row.items() if name not in snapshots}


@each
def test_deleting_leaves_what_was_known_and_forgets_later_corrections(con: Any, table: Table) -> None:
    sql = _stored(con, table, [_row(table, kind) for kind in KINDS])
    left = _rows(con, FUTURE.tampered(table, sql, "delete"))
    assert [row["account_id"] if "account_id" in row else row["subscription_id"] for row in left] == [
        "known", "corrected",
    ]  # fmt: skip
    assert _told(table, left[0]) == _told(table, _row(table, "known"))
    assert left[1]["known_to"] is None


@each
@pytest.mark.parametrize("way", WAYS)
def test_a_known_row_is_never_changed(con: Any, table: Table, way: Any) -> None:
    sql = _stored(con, table, [_row(table, kind) for kind in KINDS])
    left = _rows(con, FUTURE.tampered(table, sql, way))
    assert _told(table, _row(table, "known")) in [_told(table, row) for row in left]


@each
def test_scrambling_changes_every_later_row_and_keeps_their_number(con: Any, table: Table) -> None:
    rows = [_row(table, kind) for kind in KINDS]
    left = _rows(con, FUTURE.tampered(table, _stored(con, table, rows), "scramble"))
    assert len(left) == len(rows)
    for kind in ("happened", "recorded", "landed"):
        assert _row(table, kind) not in left


@each
def test_appending_adds_only_rows_that_were_not_known(con: Any, table: Table) -> None:
    known = [{**_row(table, "known"), table.key[0]: f"known {number}"} for number in range(200)]
    sql = _stored(con, table, known)
    more = f"SELECT * FROM ({FUTURE.tampered(table, sql, 'append')}) EXCEPT ALL SELECT * FROM stored"
    added = _rows(con, more)
    assert 40 < len(added) < 120
    assert _rows(con, f"SELECT * FROM ({more}) WHERE NOT {FUTURE.later(table)}") == []
    landed = [row for row in added if row["known_after"] is not None]
    assert 0 < len(landed) < len(added), "some landed later, others happened or were recorded later"


@pytest.mark.parametrize(
    ("name", "column", "known_from"),
    [
        (table.name, column.name, column.known_from)
        for table in CONTRACT for column in table.columns if column.kind == "event"
    ],
)  # fmt: skip
def test_values_filled_in_later_are_emptied_and_filled_otherwise(
    con: Any, name: str, column: str, known_from: str
) -> None:
    table = TABLES[name]
    rows = [{**_row(table, "known"), table.key[0]: f"known {number}", known_from: AFTER} for number in range(30)]
    sql = _stored(con, table, rows)
    assert {row[column] for row in _rows(con, FUTURE.tampered(table, sql, "delete"))} == {None}
    others = [row[column] for row in _rows(con, FUTURE.tampered(table, sql, "scramble"))]
    assert any(value != rows[0][column] for value in others)
    if column == known_from:
        assert all(value is None or value >= CUTOFF for value in others), "never before the cutoff"


def test_another_seed_gives_another_future(con: Any) -> None:
    table = TABLES["tickets"]
    sql = _stored(con, table, [{**_row(table, "happened"), "ticket_id": f"t{number}"} for number in range(20)])
    one, same, other = (
        con.execute(Future(DAY, CUTOFF, seed).tampered(table, sql, "scramble")).fetchall() for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other
