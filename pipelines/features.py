"""Feature and outcome tables: the catalogue's statement run by the engine, once per as-of date.

Belongs here: binding dates, choosing files, writing results. Does not belong here: what is computed
(``churn_features``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, statements, tables, usage_store
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake, replacing

if TYPE_CHECKING:
    import duckdb

    from churn_features.outcomes import Outcome

Progress = Callable[[str], None]


@lru_cache(maxsize=8)
def _features_sql(present: frozenset[str], roles: tuple[tuple[str, str], ...], dialect: str = "duckdb") -> str:
    from churn_features.statement import features

    return features(present, dict(roles)).sql(dialect)


@lru_cache(maxsize=8)
def _outcomes_sql(present: frozenset[str], outcome: Outcome, dialect: str = "duckdb") -> str:
    from churn_features.outcomes import outcomes

    return outcomes(present, outcome).sql(dialect)


def outcome_of(config: Config) -> Outcome:
    """The configured definition of churn."""
    from churn_features.outcomes import Outcome

    return Outcome(**config.outcome.model_dump())


def compute(config: Config, as_of: date) -> int:
    """Features of all paying accounts for a day, into the lake; returns the number of accounts."""
    from churn_features.catalogue import fingerprint

    lake = Lake(config.path(config.lake))
    with lake.writing(), engine.connection(config) as con:
        files = tables.required(config, as_of)
        with _day_features(con, config, files, as_of) as (sql, parameters):
            rows = engine.write(con, sql, lake.features(as_of), parameters, {"fingerprint": fingerprint()})
    if not rows:
        lake.features(as_of).unlink()
        raise ChurnError(
            f"no account has a paid, started, not ended subscription on {as_of}",
            "check subscriptions.started_at, ended_at, trial_ends_at and mrr, and the day",
        )
    return rows


@contextmanager
def _day_features(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], as_of: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """SQL with its parameters that reads the features of a day from the engine that is configured."""
    sql, parameters = statement(con, config, files, as_of)
    spark_sql = partial(_features_sql, frozenset(files), tuple(sorted(config.event_roles.items())), "spark")
    read = {table: reached(table, paths, as_of, as_of) for table, paths in files.items()}
    with statements.rows(con, config, sql, parameters, spark_sql, read) as run:
        yield run


def statement(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    files: Mapping[str, list[Path]],
    as_of: date,
    up_to: date | None = None,
) -> tuple[str, dict[str, Any]]:
    """The statement of a day with its parameters, its tables defined as views of ``files``.

    Of usage only files that the look-back can reach are read, and none after the day unless ``up_to`` is later.
    """
    usage_from = usage_store.first_day(con, stored(files["usage"]), as_of) if "usage" in files else None
    for table, paths in files.items():
        define(con, table, f"SELECT * FROM {engine.scan(reached(table, paths, as_of, up_to or as_of))}")
    sql = _features_sql(frozenset(files), tuple(sorted(config.event_roles.items())))
    moment = {"as_of": as_of, "cutoff": cutoff(as_of, config.time_zone)}
    return sql, {**moment, "usage_from": usage_from or as_of}


def reached(table: str, files: list[Path], as_of: date, up_to: date) -> list[Path]:
    """Those files of a table that may hold rows from the begin of the look-back to the day ``up_to``."""
    from churn_features.daily_use import LOOKBACK

    if table != "usage":
        return files
    first = as_of - timedelta(days=LOOKBACK)
    return [file for file in files if usage_store.reaches(file, first, up_to)] or files[-1:]


def stored(files: Iterable[Path]) -> list[str]:
    """SQL for the rows of each file."""
    return [f"SELECT * FROM {engine.scan([file])}" for file in files]


def define(con: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
    """Give the rows of a query the name of a table."""
    con.execute(f"CREATE OR REPLACE VIEW {engine.identifier(table)} AS {rows}")


def panel_dates(config: Config, as_of: date) -> list[date]:
    """As-of dates of the training panel known on ``as_of``: matured, evenly spaced, the latest one last.

    Raises ChurnError if history is too short for even one.
    """
    outcome, keys = outcome_of(config), config.training
    files = tables.required(config, as_of)
    with engine.connection(config) as con:
        start = usage_store.first_day(con, stored(files["usage"]), as_of) if "usage" in files else None
        if start is None:
            row = con.execute(f"SELECT min(started_on) FROM {engine.scan(files['subscriptions'])}").fetchone()
            start = row[0] if row else None
    last = as_of - timedelta(days=outcome.horizon_days)
    if start is None or start + timedelta(days=keys.warm_up_days) > last:
        raise ChurnError(
            f"no matured as-of date: records begin on {start}, and outcomes known on {as_of} end with {last}",
            f"at least {keys.warm_up_days + outcome.horizon_days} days of history are needed before training",
        )
    first = max(
        start + timedelta(days=keys.warm_up_days), last - timedelta(days=keys.every_days * (keys.most_dates - 1))
    )
    count = (last - first).days // keys.every_days + 1
    return [last - timedelta(days=keys.every_days * step) for step in reversed(range(count))]


def compute_panel(config: Config, as_of: date, progress: Progress | None = None) -> int:
    """Features and matured outcomes of earlier as-of dates as known on ``as_of``, into the lake; returns the rows.

    Columns: those of the features, and of the outcomes ``churned``, ``kind``, ``churned_at``, ``mrr_later`` and
    ``contracted``. Above ``training.most_rows`` whole
    accounts are left out, chosen by a hash of their id.
    """
    dates, outcome = panel_dates(config, as_of), outcome_of(config)
    files, lake = tables.required(config, as_of), Lake(config.path(config.lake))
    read = {table: paths for table, paths in files.items() if table in ("subscriptions", "subscription_changes")}
    outcomes_sql = partial(_outcomes_sql, frozenset(read), outcome)
    observed = {"observed_on": as_of, "observed": cutoff(as_of, config.time_zone)}
    with lake.writing(), engine.connection(config) as con, replacing(lake.panel(as_of)) as fresh:
        scratch = fresh.with_suffix(".parts")
        scratch.mkdir()
        try:
            share = _sampled_share(con, config, files, as_of, len(dates))
            for number, day in enumerate(dates):
                with _day_features(con, config, files, day) as (sql, parameters):
                    con.execute(f"CREATE OR REPLACE TEMP TABLE day_features AS {sql}", parameters)
                start, end = outcome.window(day, config.time_zone)
                moment = {"as_of": day, "cutoff": cutoff(day, config.time_zone), **observed}
                bound = {**moment, "window_start": start, "window_end": end}
                spark_sql = partial(outcomes_sql, "spark")
                with statements.rows(con, config, outcomes_sql(), bound, spark_sql, read) as (sql, parameters):
                    con.execute(f"CREATE OR REPLACE TEMP TABLE day_outcomes AS {sql}", parameters)
                joined = (
                    "SELECT f.*, o.churned, o.kind, o.churned_at, o.mrr_later, o.contracted FROM day_features f "
                    "JOIN day_outcomes o USING (account_id) WHERE md5_number_lower(account_id) % 10000 < $share "
                    "ORDER BY account_id"
                )
                engine.write(con, joined, scratch / f"{number:04}.parquet", {"share": share})
                if progress:
                    progress(f"{day}: {number + 1} of {len(dates)} dates")
            rows = engine.write(con, f"SELECT * FROM {engine.scan(sorted(scratch.iterdir()))}", fresh)
        finally:
            for part in scratch.iterdir():
                part.unlink()
            scratch.rmdir()
    return rows


def _sampled_share(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], as_of: date, dates: int
) -> int:
    """How many of ten thousand accounts to keep, so that the panel stays within ``training.most_rows``."""
    row = con.execute(f"SELECT count(DISTINCT account_id) FROM {engine.scan(files['subscriptions'])}").fetchone()
    expected = (row[0] if row else 0) * dates
    return 10000 if expected <= config.training.most_rows else max(1, 10000 * config.training.most_rows // expected)
