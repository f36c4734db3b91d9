"""From a company's own columns to the contract's: every value is read as stated, or said to be unreadable."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.tables import TABLES, Table
from pipelines.config import ColumnMapping
from pipelines.engine import literal
from pipelines.sources.mapping import raw, read, select


def value(table: str, column: str, text: Any, zone: str = "UTC", **how: Any) -> tuple[Any, str | None]:
    """``text`` read as a contract column: (value, complaint)."""
    mapping = ColumnMapping(column="x", **how)
    source = literal(text) if isinstance(text, str) else text
    with duckdb.connect() as con:
        con.execute(f"SET TimeZone = '{zone}'")
        rows = f"SELECT {source} AS x"
        (kind,) = con.execute(f"SELECT typeof(x) FROM ({rows})").fetchall()[0]
        mapped = read(TABLES[table].column(column), mapping, "x", kind)
        return con.execute(f"SELECT {mapped.value}, {mapped.complaint or 'NULL'} FROM ({rows})").fetchall()[0]


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("2025-03-30", datetime(2025, 3, 29, 23)),
        ("2025-03-30 12:00", datetime(2025, 3, 30, 10)),
        ("2025-03-29T12:00:00", datetime(2025, 3, 29, 11)),
        ("2025-03-30T12:00:00.5Z", datetime(2025, 3, 30, 12, 0, 0, 500_000)),
        ("2025-03-30T12:00:00+05:30", datetime(2025, 3, 30, 6, 30)),
        ("2025-03-30 12:00:00-08", datetime(2025, 3, 30, 20)),
        (" 2025-03-30 ", datetime(2025, 3, 29, 23)),
    ],
)
def test_iso_times_become_utc(text: str, read_as: datetime) -> None:
    assert value("accounts", "created_at", text, "Europe/Berlin") == (read_as, None)


@pytest.mark.parametrize(
    "text",
    [
        "30.03.2025", "03/04/2025", "2025-3-4", "20250304", "1741046400", "2025-02-30", "Mar 4, 2025", "soon",
        "2025-03-04 25:00",
    ],
)  # fmt: skip
def test_a_date_whose_format_is_not_stated_is_never_guessed(text: str) -> None:
    found, complaint = value("accounts", "created_at", text)
    assert found is None
    assert complaint == f"created_at: '{text}' is not a time in ISO 8601 (state its format)"
    found, complaint = value("usage", "day", text)
    assert found is None or text == "2025-03-04 25:00"


@pytest.mark.parametrize(
    ("text", "how", "read_as"),
    [
        ("03/04/2025", "%d/%m/%Y", datetime(2025, 4, 3)),
        ("03/04/2025", "%m/%d/%Y", datetime(2025, 3, 4)),
        ("4.3.2025", ["%Y", "%d.%m.%Y"], datetime(2025, 3, 4)),
        ("04-Mar-2025 17:05", "%d-%b-%Y %H:%M", datetime(2025, 3, 4, 17, 5)),
    ],
)
def test_a_stated_format_is_followed(text: str, how: Any, read_as: datetime) -> None:
    assert value("accounts", "created_at", text, format=how) == (read_as, None)


def test_a_date_in_another_than_the_stated_format_is_unreadable() -> None:
    found, complaint = value("accounts", "created_at", "2025-03-04", format=["%d/%m/%Y", "%d.%m.%Y"])
    assert found is None
    assert complaint == "created_at: '2025-03-04' is not a time in the format %d/%m/%Y or %d.%m.%Y"


@pytest.mark.parametrize(
    ("source", "zone", "read_as"),
    [
        ("TIMESTAMP '2025-07-01 00:00:00'", "America/New_York", datetime(2025, 7, 1, 4)),
        ("TIMESTAMPTZ '2025-07-01 00:00:00+00'", "America/New_York", datetime(2025, 7, 1)),
        ("DATE '2025-07-01'", "America/New_York", datetime(2025, 7, 1, 4)),
    ],
)
def test_typed_times_need_no_format(source: str, zone: str, read_as: datetime) -> None:
    mapping = ColumnMapping(column="x")
    with duckdb.connect() as con:
        con.execute(f"SET TimeZone = '{zone}'")
        kind = con.execute(f"SELECT typeof({source})").fetchall()[0][0]
        mapped = read(TABLES["accounts"].column("created_at"), mapping, "x", kind)
        assert con.execute(f"SELECT {mapped.value} FROM (SELECT {source} AS x)").fetchall() == [(read_as,)]


@pytest.mark.parametrize(
    ("column", "text", "how", "read_as"),
    [
        ("mrr", "1234", {}, 1234),
        ("mrr", "12.34", {"scale": 100}, 1234),
        ("mrr", "0.29", {"scale": 100}, 29),
        ("mrr", "1.005", {"scale": 100}, 101),
        ("mrr", "-5", {"scale": 100}, -500),
        ("mrr", " 7.0 ", {}, 7),
        ("quantity", "3", {}, 3),
        ("auto_renew", "true", {}, True),
        ("auto_renew", "FALSE", {}, False),
        ("auto_renew", "Y", {"values": {"Y": "true", "N": "false"}}, True),
        ("billing_interval", "monthly", {"values": {"monthly": "month"}}, "month"),
        ("billing_interval", "weekly", {"values": {"monthly": "month"}}, "weekly"),
        ("plan", "  Pro ", {}, "Pro"),
    ],
)
def test_values_are_read_by_type(column: str, text: str, how: dict[str, Any], read_as: Any) -> None:
    found, complaint = value("subscriptions", column, text, **how)
    assert (found, complaint) == (read_as, None)
    assert type(found) is type(read_as)


@pytest.mark.parametrize(
    ("column", "text", "how", "says"),
    [
        ("mrr", "12.34", {}, "mrr: '12.34' is not a whole number of minor units"),
        ("mrr", "12,34", {"scale": 100}, "mrr: '12,34' is not a whole number of minor units"),
        ("mrr", "EUR 12", {}, "mrr: 'EUR 12' is not a whole number of minor units"),
        ("quantity", "1e", {}, "quantity: '1e' is not a whole number"),
        ("quantity", "2.5", {}, "quantity: '2.5' is not a whole number"),
        ("auto_renew", "perhaps", {}, "auto_renew: 'perhaps' is not true or false"),
    ],
)
def test_what_cannot_be_read_is_said(column: str, text: str, how: dict[str, Any], says: str) -> None:
    assert value("subscriptions", column, text, **how) == (None, says)


@pytest.mark.parametrize("text", ["", "   "])
@pytest.mark.parametrize("column", ["plan", "mrr", "started_at", "auto_renew"])
def test_an_empty_text_is_missing_not_wrong(column: str, text: str) -> None:
    assert value("subscriptions", column, text) == (None, None)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from(["started_at", "mrr", "quantity", "auto_renew"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.booleans(),
)
def test_no_text_is_lost_without_a_word(column: str, text: str, formatted: bool) -> None:
    how = {"format": "%d/%m/%Y"} if formatted else {}
    found, complaint = value("subscriptions", column, text, **how)
    # a blank is missing; DuckDB trims spaces only, so text of other white space counts as a value
    assert (found is not None) + (complaint is not None) == (1 if text.strip(" ") else 0)


@pytest.mark.parametrize(
    ("origin", "sql"),
    [
        ({"column": 'a"b'}, 'source."a""b"'),
        ({"sql": "x || 'y'"}, "(x || 'y')"),
        ({"constant": "it's"}, "'it''s'"),
        ({"constant": True}, "TRUE"),
        ({"constant": 3}, "3"),
        ({"constant": 0.5}, "0.5"),
    ],
)
def test_origins(origin: dict[str, Any], sql: str) -> None:
    assert raw(ColumnMapping(**origin)) == sql


def test_a_row_has_every_contract_column_and_all_its_complaints() -> None:
    table: Table = TABLES["subscriptions"]
    columns = {
        name: ColumnMapping(column=name)
        for name in ("subscription_id", "account_id", "plan", "billing_interval", "mrr", "started_at")
    }
    rows = (
        "SELECT 's' AS subscription_id, 'a' AS account_id, 'p' AS plan, 'month' AS billing_interval, 'x' AS mrr, "
        "'y' AS started_at, 'f.csv' AS _file, 7::BIGINT AS _row"
    )
    with duckdb.connect() as con:
        found = con.execute(select(table, columns, dict.fromkeys(columns, "VARCHAR"), rows))
        names, row = [each[0] for each in found.description], found.fetchone()
    assert tuple(names) == (*table.names, "_file", "_row", "_unreadable")
    got = dict(zip(names, row or (), strict=True))
    assert (got["_file"], got["_row"], got["ended_at"]) == ("f.csv", 7, None)
    assert got["_unreadable"] == (
        "mrr: 'x' is not a whole number of minor units; started_at: 'y' is not a time in ISO 8601 (state its format)"
    )


def test_a_day_is_a_day_whatever_the_zone() -> None:
    assert value("usage", "day", "2025-03-04", "Pacific/Kiritimati") == (date(2025, 3, 4), None)
