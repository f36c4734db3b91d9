"""Two demo companies, each written once: a small one as files, and the default one in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from pipelines.sources.company import Company, write_company


@pytest.fixture(scope="session")
def zone() -> ZoneInfo:
    return ZoneInfo("America/New_York")


@pytest.fixture(scope="session")
def small_company() -> Company:
    return Company(accounts=300, months=12, seed=3)


@pytest.fixture(scope="session")
def small(small_company: Company, zone: ZoneInfo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small company."""
    folder = tmp_path_factory.mktemp("small")
    write_company(small_company, folder, zone)
    return folder


@pytest.fixture(scope="session")
def world(zone: ZoneInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The default company, its instants also as days of its zone."""
    folder = tmp_path_factory.mktemp("world")
    write_company(Company(), folder, zone)
    with duckdb.connect() as con:
        con.execute(f"SET threads = 1; SET TimeZone = '{zone}'")
        for file in folder.glob("*.parquet"):
            con.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM '{file}'")
        con.execute(f"CREATE MACRO here(t) AS t AT TIME ZONE 'UTC' AT TIME ZONE '{zone}'")
        con.execute("""
            CREATE VIEW stays AS
            SELECT *, here(started_at)::DATE AS first_day, coalesce(here(ended_at)::DATE, DATE '2099-01-01') AS end_day
            FROM subscriptions""")
        yield con


@pytest.fixture(scope="session")
def value(world: duckdb.DuckDBPyConnection) -> Callable[[str], float]:
    """The single value that a query on ``world`` gives."""

    def ask(query: str) -> float:
        ((one,),) = world.sql(query).fetchall()
        return one

    return ask


@pytest.fixture(scope="session")
def contact_table() -> Callable[..., pa.Table]:
    """Contacts from (number of the account from 1, day of the company, play), made because of the list of the day
    before."""

    def table(company: Company, rows: list[tuple[int, int, str]]) -> pa.Table:
        on = [company.start + timedelta(days=day) for _, day, _ in rows]
        return pa.table(
            {
                "account_id": pa.array([f"acc-{number:07d}" for number, _, _ in rows], pa.string()),
                "contacted_on": pa.array(on, pa.date32()),
                "play": pa.array([play for _, _, play in rows], pa.string()),
                "list_as_of": pa.array([day - timedelta(days=1) for day in on], pa.date32()),
            }
        )

    return table
