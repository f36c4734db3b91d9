"""Rows of the contract's types are landed as the engine would land them, row by row and byte by byte."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.tables import TABLES
from pipelines import engine
from pipelines.config.databases import QueryMapping
from pipelines.sources import Window
from pipelines.sources.landing import land_rows
from pipelines.sources.sql import typed
from pipelines.sources.sql.stream import Batches, arriving, types

DAY = date(2025, 3, 10)
CUTOFF = datetime(2025, 3, 10, 23)
NOW = datetime(2025, 3, 12, 8, 30)
_TICK = timedelta(microseconds=1)

_SCHEMA = pa.schema({
    "Who": pa.string(), "what": pa.string(), "at": pa.timestamp("us", "UTC"), "on": pa.date32(), "n": pa.int32(),
    "share": pa.float32(), "whole": pa.int64(), "yes": pa.bool_(), "exact": pa.decimal128(9, 2),
    "plain": pa.timestamp("us"),
})  # fmt: skip
_EVENTS = {"account_id": "who", "event": "what", "occurred_at": "at", "quantity": "n", "users": "whole"}
_DAILY = {"account_id": "Who", "event": "what", "day": "on", "quantity": "share", "user_id": "who"}
_TICKETS = {"ticket_id": "what", "account_id": "WHO", "opened_at": "at", "reopened": "yes", "satisfaction": "whole"}

_TEXT = st.one_of(
    st.sampled_from(["a1", "", " ", " a", "a ", "\u00a0a\u3000", "\ta\n", "a b", "\u2003", "é", "🎉 "]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
_ROWS = st.lists(
    st.fixed_dictionaries({
        "Who": st.none() | _TEXT,
        "what": st.none() | _TEXT,
        "at": st.none() | st.datetimes(datetime(2025, 3, 9), datetime(2025, 3, 14), timezones=st.just(UTC))
        | st.sampled_from([CUTOFF, CUTOFF - _TICK, NOW, NOW + _TICK]).map(lambda at: at.replace(tzinfo=UTC)),
        "on": st.none() | st.dates(DAY - timedelta(days=4), DAY + timedelta(days=4)),
        "n": st.none() | st.integers(-(2**31), 2**31 - 1),
        "share": st.none() | st.floats(width=32, allow_nan=False),
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
        "yes": st.none() | st.booleans(),
    }),
    max_size=12,
)  # fmt: skip


def _window(**more: Any) -> Window:
    return Window(**{"as_of": DAY, "cutoff": CUTOFF, "now": NOW, **more})


def _batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, _SCHEMA)


def _read(part: Path) -> tuple[Any, list[Any]]:
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT * FROM {engine.scan([part])}")
        return [(name, str(kind)) for name, kind, *_ in con.description or []], rows.fetchall()


@settings(deadline=None, max_examples=40)
@given(_ROWS, st.integers(0, 12), st.sampled_from([_EVENTS, _DAILY, _TICKETS]), st.booleans())
def test_the_rows_are_those_of_the_engine(
    engine_of_a_shop: Any,
    tmp_path_factory: Any,
    rows: list[dict[str, Any]],
    cut: int,
    columns: dict[str, str],
    later: bool,
) -> None:
    folder = tmp_path_factory.mktemp("both")
    table = TABLES["tickets" if columns is _TICKETS else "usage"]
    window = _window(after_day=DAY - timedelta(days=2)) if later and columns is _DAILY else _window()
    mapping = QueryMapping(table="t", columns=dict(columns))
    batches = [_batch(rows[:cut]), _batch(rows[cut:])]
    ours = typed.Typed.of(table, mapping, _SCHEMA, window, "t")
    assert ours is not None
    ours.write(iter(batches), folder / "ours.parquet")
    con, config = engine_of_a_shop
    theirs = folder / "theirs.parquet"
    with arriving(con, table.name, Batches(_SCHEMA, ((batch, None) for batch in batches))) as arrival:
        land_rows(con, table, mapping, arrival.rows("t"), "t", window, config, theirs)
    assert _read(folder / "ours.parquet") == _read(theirs)


@pytest.fixture(scope="module")
def engine_of_a_shop(tmp_path_factory: Any) -> Any:
    from pipelines import config

    file = tmp_path_factory.mktemp("company") / "churn.yaml"
    file.write_text(
        "company: A\nhistory_start: 2025-01-01\nsources: {db: {kind: sql, url: 'sqlite:///x.db', tables: {accounts: "
        "{table: t, columns: {account_id: a, created_at: b}}, subscriptions: {table: t, columns: {subscription_id: a, "
        "account_id: a, plan: a, billing_interval: a, mrr: a, started_at: a}}}}}\n",
        "utf-8",
    )
    configured = config.load(file)
    with engine.connection(configured) as con:
        yield con, configured


@pytest.mark.parametrize(
    ("table", "change", "window"),
    [
        ("usage", {"columns": {**_EVENTS, "quantity": {"sql": "n * 2"}}}, {}),
        ("usage", {"columns": {**_EVENTS, "quantity": {"column": "n", "scale": 100}}}, {}),
        ("usage", {"columns": {**_EVENTS, "event": {"column": "what", "values": {"a": "b"}}}}, {}),
        ("usage", {"columns": {**_EVENTS, "event": {"constant": "used"}}}, {}),
        ("usage", {"columns": {**_EVENTS, "quantity": "exact"}}, {}),
        ("usage", {"columns": {**_EVENTS, "quantity": "what"}}, {}),
        ("usage", {"columns": {**_EVENTS, "occurred_at": "plain"}}, {}),
        ("usage", {"columns": {**_EVENTS, "occurred_at": "on"}}, {}),
        ("usage", {"columns": {**_EVENTS, "users": "share"}}, {}),
        ("usage", {"columns": {**_EVENTS, "user_id": "n"}}, {}),
        ("usage", {"where": "n > 1"}, {}),
        ("usage", {}, {"after_day": date(2025, 3, 1)}),
        ("tickets", {"columns": {**_TICKETS, "reopened": "n"}}, {}),
    ],
)
def test_what_has_to_be_read_is_left_to_the_engine(table: str, change: dict[str, Any], window: dict[str, Any]) -> None:
    columns = {"usage": _EVENTS, "tickets": _TICKETS}[table]
    plain = QueryMapping(table="t", columns=dict(columns))
    assert typed.Typed.of(TABLES[table], plain, _SCHEMA, _window(), "t") is not None
    mapping = QueryMapping.model_validate({"table": "t", "columns": columns, **change})
    assert typed.Typed.of(TABLES[table], mapping, _SCHEMA, _window(**window), "t") is None


def test_of_names_that_differ_in_case_only_the_engine_chooses() -> None:
    schema = _SCHEMA.append(pa.field("who", pa.string()))
    assert (
        typed.Typed.of(TABLES["usage"], QueryMapping(table="t", columns=dict(_EVENTS)), schema, _window(), "t") is None
    )


def test_the_spaces_are_those_of_the_engine() -> None:
    every = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
    with duckdb.connect() as con:
        con.register("every", pa.table({"character": every}))
        found = con.execute("SELECT character FROM every WHERE trim(character) = ''").fetchall()
    assert sorted(row[0] for row in found) == sorted(typed.SPACES)


def test_the_same_rows_give_the_same_bytes_however_they_arrive(tmp_path: Path) -> None:
    count = 2 * typed.ROW_GROUP + 5
    ids = pa.array([f"a{n % 5000}" for n in range(count)])
    rows = pa.record_batch(
        {
            "Who": ids,
            "what": pa.array(["seen", None, "kept "] * (count // 3) + ["seen"] * (count % 3)),
            "at": pa.array([datetime(2025, 1, 1, tzinfo=UTC)] * count, pa.timestamp("us", "UTC")),
            "n": pa.nulls(count, pa.int32()),
            "whole": pa.arange(0, count),
        }
    )
    plan = typed.Typed.of(TABLES["usage"], QueryMapping(table="t", columns=dict(_EVENTS)), rows.schema, _window(), "t")
    assert plan is not None
    seen = []
    for size in (count, 10_000, typed.ROW_GROUP + 1):
        file = tmp_path / f"{size}.parquet"
        assert plan.write((rows.slice(begin, size) for begin in range(0, count, size)), file) == count
        seen.append(file.read_bytes())
    assert seen[0] == seen[1] == seen[2]
    _, landed = _read(tmp_path / f"{count}.parquet")
    assert len(landed) == count
    assert {row[3] for row in landed} == {"seen", "kept", None}


def test_batches_that_break_off_leave_nothing(tmp_path: Path) -> None:
    plan = typed.Typed.of(TABLES["usage"], QueryMapping(table="t", columns=dict(_EVENTS)), _SCHEMA, _window(), "t")
    assert plan is not None

    def broken() -> Any:
        yield _batch([{"Who": "a"}] * typed.ROW_GROUP)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        plan.write(broken(), tmp_path / "part-0.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_source_without_rows_gives_a_part_with_columns(tmp_path: Path) -> None:
    plan = typed.Typed.of(TABLES["usage"], QueryMapping(table="t", columns=dict(_EVENTS)), _SCHEMA, _window(), "t")
    assert plan is not None
    assert plan.write(iter(()), tmp_path / "part-0.parquet") == 0
    names, rows = _read(tmp_path / "part-0.parquet")
    assert ("occurred_at", "TIMESTAMP") in names
    assert rows == []


def test_the_engine_names_the_types_that_arrive() -> None:
    with duckdb.connect() as con:
        assert types(con, _SCHEMA)["at"] == "TIMESTAMP WITH TIME ZONE"
        assert types(con, _SCHEMA) == {**types(con, _SCHEMA), "Who": "VARCHAR", "n": "INTEGER"}
