"""Columns of dates whose format nobody stated: refused with the readings of an example, single odd values set aside."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.tables import TABLES
from pipelines import ingest
from pipelines.config import ColumnMapping
from pipelines.engine import literal
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.sources.dates import refuse_unstated

DAY = date(2025, 3, 10)


def write_joined(shop: Any, values: list[str]) -> None:
    rows = [{"id": f"a{at}", "joined": value, "label": "x", "manager": "y"} for at, value in enumerate(values)]
    shop.write("accounts.csv", rows)


def refused(shop: Any, values: list[str]) -> ChurnError:
    write_joined(shop, values)
    with pytest.raises(ChurnError) as error:
        ingest.land(shop.config(), DAY, "accounts")
    config = shop.config()
    assert not Lake(config.path(config.lake)).landed("accounts", DAY).exists()
    return error.value


@pytest.mark.parametrize(
    ("values", "readings", "formats"),
    [
        (["03/04/2025", "05/05/2025", ""], "03/04/2025 is 3 April 2025 as %d/%m/%Y, 4 March 2025 as %m/%d/%Y",
         '"%d/%m/%Y" or "%m/%d/%Y"'),
        (["3.4.2025", "12.12.2024"], "3.4.2025 is 3 April 2025 as %d.%m.%Y, 4 March 2025 as %m.%d.%Y",
         '"%d.%m.%Y" or "%m.%d.%Y"'),
        (["01/02/2025 17:05"], "is 1 February 2025 17:05 as %d/%m/%Y %H:%M, 2 January 2025 17:05 as %m/%d/%Y %H:%M",
         '"%d/%m/%Y %H:%M" or "%m/%d/%Y %H:%M"'),
        (["1/2/2025 5:07 PM"], "is 1 February 2025 17:07 as %d/%m/%Y %I:%M %p, 2 January 2025 17:07 as", "%I:%M %p"),
    ],
)  # fmt: skip
def test_an_ambiguous_column_is_refused_with_its_readings(
    shop: Any, values: list[str], readings: str, formats: str
) -> None:
    error = refused(shop, values)
    assert error.message.startswith("table accounts: accounts.csv writes created_at as ")
    assert "which can be read in 2 ways: " in error.message
    assert readings in error.message
    assert "set sources.*.tables.accounts.columns.created_at.format to " in error.remedy
    assert formats in error.remedy


def test_two_digit_years_have_three_readings(shop: Any) -> None:
    assert "03/04/05 is 3 April 2005 as %d/%m/%y, 4 March 2005 as %m/%d/%y, 5 April 2003 as %y/%m/%d" in str(
        refused(shop, ["03/04/05"])
    )


@pytest.mark.parametrize(
    ("values", "format_"),
    [
        (["03/04/2025", "31/12/2024"], "%d/%m/%Y"),
        (["03/04/2025", "12/31/2024"], "%m/%d/%Y"),
        (["20250304", "20250501"], "%Y%m%d"),
        (["2025/3/4"], "%Y/%m/%d"),
        (["4 Mar 2025", "17 Dec 2024"], "%d %b %Y"),
        (["2025-3-4"], "%Y-%m-%d"),
        (["March 4, 2025"], "%B %d, %Y"),
    ],
)
def test_what_can_be_read_in_one_way_only_is_told(shop: Any, values: list[str], format_: str) -> None:
    error = refused(shop, values)
    assert f"which is not ISO 8601; every value can be read as {format_}, and in no other way known" in error.message
    assert error.remedy == f'set sources.*.tables.accounts.columns.created_at.format to "{format_}" if that is right'
    shop.tables["accounts"]["columns"]["created_at"] = {"column": "joined", "format": format_}
    assert ingest.land(shop.config(), DAY, "accounts").rows == sum(
        datetime.strptime(value, format_) < datetime(2025, 3, 11) for value in values
    )


def test_values_that_no_format_reads_do_not_hide_the_format_of_the_others(shop: Any) -> None:
    error = refused(shop, ["31/12/2024", "30/12/2024", "29/12/2024", "soon"])
    assert "3 of 4 values can be read as %d/%m/%Y" in error.message


@pytest.mark.parametrize(
    ("value", "unit", "sql"),
    [
        ("1741046400", "seconds", "to_timestamp(joined::BIGINT)"),
        ("1741046400123", "milliseconds", "epoch_ms(joined::BIGINT)"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_seconds_since_1970_are_told(shop: Any, value: str, unit: str, sql: str, kind: str) -> None:
    if kind == "csv":
        write_joined(shop, [value])
    else:
        columns = {"id": ["a"], "joined": [int(value)], "label": ["x"], "manager": ["y"]}
        pq.write_table(pa.table(columns), shop.data / "accounts.parquet")
        shop.tables["accounts"]["files"] = "accounts.parquet"
    with pytest.raises(ChurnError, match=f"{value}, which looks like {unit} since 1970") as error:
        ingest.land(shop.config(), DAY, "accounts")
    assert error.value.remedy == f"set sources.*.tables.accounts.columns.created_at to {{sql: {sql}}}"
    shop.tables["accounts"]["columns"]["created_at"] = {"sql": sql}
    assert ingest.land(shop.config(), DAY, "accounts").rows == 1


def test_a_number_without_a_value_is_no_reason(shop: Any) -> None:
    columns = {"id": ["a"], "joined": pa.array([None], pa.int64()), "label": ["x"], "manager": ["y"]}
    pq.write_table(pa.table(columns), shop.data / "accounts.parquet")
    shop.tables["accounts"]["files"] = "accounts.parquet"
    assert ingest.land(shop.config(), DAY, "accounts").rows == 1


@pytest.mark.parametrize("values", [["03/04/2025", "2025-01-01"], ["soon", "later"], ["", ""], ["2025-02-30"]])
def test_single_odd_values_are_set_aside_by_row(shop: Any, values: list[str]) -> None:
    write_joined(shop, values)
    assert ingest.land(shop.config(), DAY, "accounts").rows == len(values)


def test_a_column_that_seldom_has_a_value_is_refused_too(shop: Any) -> None:
    shop.write("subscriptions.csv", [{**row, "to": "04/03/2025" if at == 7 else ""} for at, row in
                                     enumerate(shop.read("subscriptions.csv"))])  # fmt: skip
    with pytest.raises(ChurnError, match="writes ended_at as 04/03/2025, which can be read in 2 ways"):
        ingest.land(shop.config(), DAY, "subscriptions")


def test_the_file_of_several_is_named(shop: Any) -> None:
    (shop.data / "accounts.csv").rename(shop.data / "acc-1.csv")
    shop.write("acc-2.csv", [{"id": "x", "joined": "31.12.2024", "label": "", "manager": ""}])
    shop.tables["accounts"]["files"] = "acc-*.csv"
    with pytest.raises(ChurnError, match=r"table accounts: acc-2\.csv writes created_at as 31\.12\.2024"):
        ingest.land(shop.config(), DAY, "accounts")


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.lists(st.dates(date(1990, 1, 1), date(2090, 1, 1)), min_size=1, max_size=8),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%Y/%m/%d", "%d %B %Y"]),
    st.sampled_from(["", " %H:%M:%S"]),
)
def test_what_wrote_a_column_is_always_among_the_readings_offered(
    tmp_path_factory: pytest.TempPathFactory, days: list[date], day: str, clock: str
) -> None:
    how = day + clock
    part = tmp_path_factory.mktemp("dates") / "part-0.parquet"
    with duckdb.connect() as con:
        texts = [datetime(each.year, each.month, each.day, 13, 5, 7).strftime(how) for each in days]
        rows = " UNION ALL ".join(
            f"SELECT {literal(f'created_at: {chr(39)}{text}{chr(39)} is not a time in ISO 8601')}" for text in texts
        )
        con.execute(f"COPY (SELECT a AS _unreadable, NULL::TIMESTAMP AS created_at FROM ({rows}) AS x(a)) TO '{part}'")
        with pytest.raises(ChurnError) as error:
            refuse_unstated(con, TABLES["accounts"], {"created_at": ColumnMapping(column="x")}, "a.csv", part)
    offered = re.findall(r'"([^"]+)"', error.value.remedy)
    meant = [datetime.strptime(each, how) for each in texts]
    # another format may read the same, such as of months by their names
    assert meant in [[read(each, format_) for each in texts] for format_ in offered]


def read(value: str, how: str) -> datetime | None:
    try:
        return datetime.strptime(value, how)
    except ValueError:
        return None
