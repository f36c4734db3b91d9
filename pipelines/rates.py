"""Churn rates and revenue retention of the company, month by month, and its customers through time, from the accepted
tables of a day.

Belongs here: which months, running the statements. Does not belong here: any formula (``churn_features.rates``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, features, tables
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
    from churn_features.rates import COURSE, SPELLS, course, period, rates

    grace = config.outcome.grace_days
    wanted = ("subscriptions", "subscription_changes", "payments")
    files = {name: paths for name, paths in tables.required(config, as_of).items() if name in wanted}
    sql = rates(files, grace, course_on_file=True).sql("duckdb")
    end_of_data = {"observed_on": as_of, "observed": cutoff(as_of, config.time_zone)}
    found = []
    with engine.connection(config) as con:
        for name, paths in files.items():
            features.define(con, name, f"SELECT * FROM {engine.scan(paths)}")
        stretches, spells = (query.sql("duckdb") for query in course(files, grace))
        con.execute(f"CREATE TEMP TABLE {COURSE} AS {stretches}", end_of_data)
        con.execute(f"CREATE TEMP TABLE {SPELLS} AS {spells}")
        for first, last in months_before(as_of, count):
            start, end = period(first, last, config.time_zone)
            bound = {"period_start": start, "period_end": end, **(end_of_data if "payments" in files else {})}
            result = con.execute(sql, bound)
            names = [column[0] for column in result.description]
            values = result.fetchall()[0]
            final = last + timedelta(days=grace) <= as_of
            found.append(Month(first, last, final, dict(zip(names, values, strict=True))))
    return found


def customers(
    con: duckdb.DuckDBPyConnection, config: Config, as_of: date, among: str = "true"
) -> tuple[str, dict[str, Any]]:
    """SQL with its parameters for the times in which each account was a customer, as known on a day
    (``churn_features.rates.customers``); ``con`` gets to know its tables. ``among``: a condition on account_id."""
    from churn_features import rates

    wanted = ("subscriptions", "subscription_changes")
    files = {name: paths for name, paths in tables.required(config, as_of).items() if name in wanted}
    for name, paths in files.items():
        # changes of other accounts' subscriptions find nothing to belong to
        where = among if name == "subscriptions" else "true"
        features.define(con, name, f"SELECT * FROM {engine.scan(paths)} WHERE {where}")
    sql = rates.customers(files, config.outcome.grace_days).sql("duckdb")
    return sql, {"observed_on": as_of, "observed": cutoff(as_of, config.time_zone)}
