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

from churn_features.clock import LOOKBACK, cutoff, stored_schema
from pipelines import compiled, engine, slices, statements, tables, usage_store
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake

if TYPE_CHECKING:
    import duckdb

    from churn_features.outcomes import Outcome

Progress = Callable[[str], None]

SHARE_NOTE = "share_of_accounts"
"""Noted with a panel: which part of the accounts it holds."""


@lru_cache(maxsize=8)
def _features_sql(present: frozenset[str], roles: tuple[tuple[str, str], ...], dialect: str = "duckdb") -> str:
    from churn_features.statement import features

    return features(present, dict(roles)).sql(dialect)


def _kept_sql(config: Config, present: Iterable[str], dialect: str = "duckdb") -> str:
    """The text of the feature statement, compiled at its first use."""
    tables, roles = sorted(present), sorted(config.event_roles.items())
    return compiled.of(
        config, f"features-{dialect}", [tables, roles], lambda: _features_sql(frozenset(tables), tuple(roles), dialect)
    )


def _kept_fingerprint(config: Config) -> str:
    def made() -> str:
        from churn_features.catalogue import fingerprint

        return fingerprint()

    return compiled.of(config, "catalogue", [], made)


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
    lake = Lake(config.path(config.lake))
    with lake.writing(), engine.connection(config) as con:
        files = tables.required(config, as_of)
        parts = day_parts(con, config, files, as_of)
        rows = engine.write_parts(con, parts, lake.features(as_of), {"fingerprint": _kept_fingerprint(config)})
    if not rows:
        lake.features(as_of).unlink()
        raise ChurnError(
            f"no account has a paid, started, not ended subscription on {as_of}",
            "check subscriptions.started_at, ended_at, trial_ends_at and mrr, and the day",
        )
    return rows


def day_parts(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], as_of: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """SQL with its parameters that reads the features of a day from the engine that is configured, slice by slice: each
    is to be run before the next one is asked for."""
    read = {table: reached(table, paths, as_of, as_of) for table, paths in files.items()}
    for accounts in account_slices(con, config, read):
        with _slice_features(con, config, files, as_of, accounts) as run:
            yield run


def account_slices(
    con: duckdb.DuckDBPyConnection, config: Config, read: Mapping[str, list[Path]], share: int = slices.EVERYONE
) -> list[str]:
    """Conditions on ``account_id`` by which accounts are computed together (``slices.conditions``)."""
    # Spark divides the work itself, and reads files, not the views of this connection
    return slices.conditions(con, config, read, share) if config.engine.kind == "duckdb" else [""]


@contextmanager
def _slice_features(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], as_of: date, accounts: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    sql, parameters = statement(con, config, files, as_of, accounts=accounts)
    spark_sql = partial(_kept_sql, config, files, "spark")
    read = {table: reached(table, paths, as_of, as_of) for table, paths in files.items()}
    with statements.rows(con, config, sql, parameters, spark_sql, read) as run:
        yield run


def statement(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    files: Mapping[str, list[Path]],
    as_of: date,
    up_to: date | None = None,
    accounts: str = "",
) -> tuple[str, dict[str, Any]]:
    """The statement of a day with its parameters; ``bind`` has defined its tables."""
    parameters = bind(con, config, files, as_of, up_to, accounts)
    return _kept_sql(config, files), parameters


def bind(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    files: Mapping[str, list[Path]],
    as_of: date,
    up_to: date | None = None,
    accounts: str = "",
) -> dict[str, Any]:
    """Make ``con`` ready for the statement of a day: its tables as views of ``files``. Returns its parameters.

    Of usage only what the look-back can reach is read, and nothing after the day unless ``up_to`` is later.
    ``accounts`` is a condition on ``account_id`` that leaves out the others.
    """
    from churn_features.tables import TABLES

    prepare(con, config)
    usage_from = usage_store.first_day(con, stored(files["usage"]), as_of) if "usage" in files else None
    for table, paths in files.items():
        # said here, as no engine can tell it from a number of days
        within = f"day > DATE '{as_of - timedelta(days=LOOKBACK)}'" if table == "usage" else ""
        of = accounts if "account_id" in stored_schema(TABLES[table]) else ""
        where = " AND ".join(filter(None, (within, of))) or "true"
        define(con, table, f"SELECT * FROM {engine.scan(reached(table, paths, as_of, up_to or as_of))} WHERE {where}")
    # the statement joins sums by account to the row of the account, one after the other: swapped, that row is hashed
    # anew each time; to look for another order takes time and finds none
    engine.plan_without(con, "build_side_probe_side", "distinct_aggregate_rewrite", "join_order")
    return {"as_of": as_of, "cutoff": cutoff(as_of, config.time_zone), "usage_from": usage_from or as_of}


def prepare(con: duckdb.DuckDBPyConnection, config: Config) -> None:
    """Limits under which statements that add up a whole company run."""
    # what earlier statements left is given back when the limit is set
    con.execute(f"SET memory_limit = {engine.literal(config.engine.memory_limit)}")
    if config.engine.threads is None:
        # several threads each add up the same accounts, and merge them: a fifth more work, more memory, and sums of
        # fractions that differ in their last digits from run to run
        con.execute("SET threads = 1")


def reached(table: str, files: list[Path], as_of: date, up_to: date) -> list[Path]:
    """Those files of a table that may hold rows from the begin of the look-back to the day ``up_to``."""
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
    """As-of dates of the training panel known on ``as_of`` (``matured_dates``).

    Raises ChurnError if history is too short for even one.
    """
    start = records_begin(config, as_of)
    dates = matured_dates(config, start, as_of)
    if not dates:
        horizon = outcome_of(config).horizon_days
        days = config.training.warm_up_days + horizon
        enough = f", which there are on {start + timedelta(days=days)}" if start else ""
        raise ChurnError(
            f"no matured as-of date: records begin on {start}, and outcomes known on {as_of} end with "
            f"{as_of - timedelta(days=horizon)}",
            f"at least {days} days of history are needed before training{enough}",
        )
    return dates


def records_begin(config: Config, as_of: date) -> date | None:
    """First day of usage known on ``as_of``; without usage that of the first subscription; None without either."""
    files = tables.required(config, as_of)
    with engine.connection(config) as con:
        start = usage_store.first_day(con, stored(files["usage"]), as_of) if "usage" in files else None
        if start is None:
            row = con.execute(f"SELECT min(started_on) FROM {engine.scan(files['subscriptions'])}").fetchone()
            start = row[0] if row else None
    return start


def matured_dates(config: Config, start: date | None, as_of: date) -> list[date]:
    """As-of dates of a panel of ``as_of`` if records begin on ``start``: matured, evenly spaced, the latest last."""
    keys, last = config.training, as_of - timedelta(days=outcome_of(config).horizon_days)
    if start is None or start + timedelta(days=keys.warm_up_days) > last:
        return []
    first = max(
        start + timedelta(days=keys.warm_up_days), last - timedelta(days=keys.every_days * (keys.most_dates - 1))
    )
    count = (last - first).days // keys.every_days + 1
    return [last - timedelta(days=keys.every_days * step) for step in reversed(range(count))]


def compute_panel(config: Config, as_of: date, progress: Progress | None = None) -> int:
    """Features and matured outcomes of earlier as-of dates as known on ``as_of``, into the lake; returns the rows.

    Columns: those of the features, and of the outcomes ``churned``, ``kind``, ``churned_at``, ``mrr_later``,
    ``contracted`` and ``contacted``. Above ``training.most_rows`` whole accounts are left out, chosen by a hash of
    their id; the share that is kept is noted with the file.
    """
    dates = panel_dates(config, as_of)
    files, lake = tables.required(config, as_of), Lake(config.path(config.lake))

    def parts(con: duckdb.DuckDBPyConnection, share: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for number, day in enumerate(dates):
            of_day = {table: reached(table, paths, day, day) for table, paths in files.items()}
            for accounts in account_slices(con, config, of_day, share):
                with (
                    _slice_features(con, config, files, day, accounts) as (features_sql, inputs),
                    outcome_rows(con, config, files, day, as_of) as results,
                ):
                    joined = (
                        "SELECT f.*, o.churned, o.kind, o.churned_at, o.mrr_later, o.contracted, o.contacted "
                        f"FROM ({features_sql}) f JOIN ({results[0]}) o USING (account_id) "
                        f"WHERE {slices.sampled(share)} ORDER BY account_id"
                    )
                    yield joined, {**inputs, **results[1]}
            if progress:
                progress(f"{day}: {number + 1} of {len(dates)} dates")

    with lake.writing(), engine.connection(config) as con:
        share = sampled_share(con, config, files, as_of, len(dates))
        kept = share / slices.EVERYONE
        if progress and kept < 1:
            progress(f"a sample of {kept:.2%} of the accounts, as training.most_rows is {config.training.most_rows:,}")
        return engine.write_parts(con, parts(con, share), lake.panel(as_of), {SHARE_NOTE: str(kept)})


@contextmanager
def outcome_rows(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], day: date, observed: date
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """SQL with its parameters that reads the outcomes of a day as known on ``observed``; ``bind`` has defined its
    tables."""
    from churn_features.outcomes import OUTCOME_TABLES

    outcome = outcome_of(config)
    read = {table: paths for table, paths in files.items() if table in OUTCOME_TABLES}
    start, end = outcome.window(day, config.time_zone)
    bound = {
        "as_of": day, "cutoff": cutoff(day, config.time_zone), "window_start": start, "window_end": end,
        "observed_on": observed, "observed": cutoff(observed, config.time_zone),
    }  # fmt: skip
    sql = partial(_outcomes_sql, frozenset(read), outcome)
    with statements.rows(con, config, sql(), bound, partial(sql, "spark"), read) as run:
        yield run


def sampled_share(
    con: duckdb.DuckDBPyConnection, config: Config, files: Mapping[str, list[Path]], as_of: date, dates: int
) -> int:
    """How many of ``slices.EVERYONE`` accounts to keep, so that the panel stays within ``training.most_rows``."""
    row = con.execute(f"SELECT count(DISTINCT account_id) FROM {engine.scan(files['subscriptions'])}").fetchone()
    expected = (row[0] if row else 0) * dates
    return (
        slices.EVERYONE
        if expected <= config.training.most_rows
        else max(1, slices.EVERYONE * config.training.most_rows // expected)
    )
