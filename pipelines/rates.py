"""Churn rates and revenue retention of the company, month by month, and its customers through time, from the accepted
tables of a day.

Belongs here: which months, running the statements. Does not belong here: any formula (``churn_features.rates``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff, period
from pipelines import compiled, engine, features, tables
from pipelines.config import Config

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Month:
    """A calendar month and its figures by the names of ``churn_features.rates``; ``final`` once no gap of the grace can
    turn one of its departures into none."""

    first: date
    last: date
    final: bool
    figures: dict[str, Any]


def months_before(as_of: date, count: int) -> list[tuple[date, date]]:
    """First and last day of the latest ``count`` calendar months that are over on ``as_of``, the earliest first."""
    found = []
    first = (as_of + timedelta(days=1)).replace(day=1)
    for _ in range(count):
        last = first - timedelta(days=1)
        first = last.replace(day=1)
        found.append((first, last))
    return found[::-1]


def monthly(config: Config, as_of: date, count: int) -> list[Month]:
    """Figures of the latest ``count`` months that are over on ``as_of``, as known on it."""
    wanted = ("subscriptions", "subscription_changes", "payments")
    files = {name: paths for name, paths in tables.required(config, as_of).items() if name in wanted}
    on_file, sql = _monthly_sql(config, files)
    end_of_data = {"observed_on": as_of, "observed": cutoff(as_of, config.time_zone)}
    found = []
    with engine.connection(config) as con:
        features.prepare(con, config)
        for name, paths in files.items():
            features.define(con, name, f"SELECT * FROM {engine.scan(paths)}")
        for name, text in on_file.items():
            con.execute(f"CREATE TEMP TABLE {name} AS {text}", end_of_data if "$observed" in text else None)
        for first, last in months_before(as_of, count):
            start, end = period(first, last, config.time_zone)
            result = con.execute(sql, {"period_start": start, "period_end": end})
            names = [column[0] for column in result.description]
            values = result.fetchall()[0]
            final = last + timedelta(days=config.outcome.grace_days) <= as_of
            found.append(Month(first, last, final, dict(zip(names, values, strict=True))))
    return found


def customers(
    con: duckdb.DuckDBPyConnection, config: Config, as_of: date, among: str = "true"
) -> tuple[str, dict[str, Any]]:
    """SQL with its parameters for the times in which each account was a customer, as known on a day
    (``churn_features.rates.customers``); ``con`` gets to know its tables. ``among``: a condition on account_id."""
    wanted = ("subscriptions", "subscription_changes")
    files = {name: paths for name, paths in tables.required(config, as_of).items() if name in wanted}
    for name, paths in files.items():
        # changes of other accounts' subscriptions find nothing to belong to
        where = among if name == "subscriptions" else "true"
        features.define(con, name, f"SELECT * FROM {engine.scan(paths)} WHERE {where}")
    return customers_sql(config, files), {"observed_on": as_of, "observed": cutoff(as_of, config.time_zone)}


def customers_sql(config: Config, present: Iterable[str]) -> str:
    """The text of ``churn_features.rates.customers`` for these tables, compiled at its first use."""
    names, grace = sorted(present), config.outcome.grace_days

    def made() -> str:
        from churn_features.rates import customers

        return customers(names, grace).sql("duckdb")

    return compiled.of(config, "customers-sql", [names, grace], made)


def _monthly_sql(config: Config, present: Iterable[str]) -> tuple[dict[str, str], str]:
    """The texts of ``churn_features.rates.course``, by table, and of ``rates`` on these tables, compiled at their first
    use."""
    names, grace = sorted(present), config.outcome.grace_days

    def made() -> str:
        from churn_features.rates import course, rates

        on_file = {name: query.sql("duckdb") for name, query in course(names, grace).items()}
        return json.dumps([on_file, rates(names, grace, course_on_file=True).sql("duckdb")])

    on_file, sql = json.loads(compiled.of(config, "monthly-rates", [names, grace], made))
    return on_file, sql
