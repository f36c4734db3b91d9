"""What the page tells of each account on a list besides its rows: scores, usage and contacts through time.

Belongs here: reading them for the listed accounts, as they were known at the end of the day. Does not belong here: what
all accounts are summed up to (``stakes``), form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, features, history, tables, usage_store
from pipelines.config import Config
from pipelines.lake import Lake

if TYPE_CHECKING:
    import duckdb

SCORE_DAYS = 60
"""At most so many days on which there are scores, the latest."""

USAGE_DAYS = 91

CONTACTS = 20
"""At most so many of an account, the latest."""

PARTS = 10_000
"""Probabilities are kept in parts of so many."""

_LISTED = "account_id IN (SELECT unnest($accounts))"


@dataclass(frozen=True)
class Histories:
    """``days`` have scores, of which model (``models``); ``usage_from`` is the first of the days of usage, None without
    any. ``of`` an account: ``scores`` (in ``PARTS``, None where it had none, as long as ``days``), ``usage`` (sums of
    events, a number per day from ``usage_from`` on) and ``contacts`` (the latest first); what is empty is left out."""

    days: list[str]
    models: list[str]
    usage_from: str | None
    of: dict[str, dict[str, Any]] = field(repr=False)


def histories(config: Config, as_of: date, accounts: Sequence[str]) -> Histories:
    """What the lake knows of these accounts at the end of a day."""
    files = tables.present(config, as_of)
    with engine.connection(config) as con:
        days, models, scores = _scores(con, config, as_of, accounts)
        first, usage = _usage(con, files.get("usage", []), as_of, accounts)
        contacts = _contacts(con, config, files.get("outreach", []), as_of, accounts)
    found = {
        account: {
            key: value
            for key, value in (
                ("scores", scores.get(account)),
                ("usage", usage.get(account)),
                ("contacts", contacts.get(account)),
            )
            if value
        }
        for account in sorted(set(accounts))
    }
    return Histories(days, models, str(first) if first else None, found)


def _scores(
    con: duckdb.DuckDBPyConnection, config: Config, as_of: date, accounts: Sequence[str]
) -> tuple[list[str], list[str], dict[str, list[int | None]]]:
    home = Lake(config.path(config.lake)).scores(as_of).parent
    kept = sorted(path for path in home.glob("as_of=*.parquet") if path.name <= f"as_of={as_of}.parquet")[-SCORE_DAYS:]
    if not kept:
        return [], [], {}
    days = [path.stem.removeprefix("as_of=") for path in kept]
    place = {str(path): at for at, path in enumerate(kept)}
    names = ", ".join(engine.literal(str(path)) for path in kept)
    scan = f"read_parquet([{names}], filename = 'kept_in', union_by_name = true, hive_partitioning = false)"
    models = dict(con.execute(f"SELECT kept_in, max(model_version) FROM {scan} GROUP BY kept_in").fetchall())
    own = config.lists.outcome
    column = own if own != "churn" and own in _columns(kept) else "probability"
    rows = con.execute(
        f"SELECT account_id, kept_in, CAST(round({column} * {PARTS}) AS INTEGER) FROM {scan} WHERE {_LISTED}",
        {"accounts": list(accounts)},
    ).fetchall()
    found: dict[str, list[int | None]] = {}
    for account, file, parts in rows:
        found.setdefault(account, [None] * len(days))[place[file]] = parts
    return days, [models.get(str(path)) or "" for path in kept], found


def _columns(files: Sequence[Path]) -> set[str]:
    import pyarrow.parquet as pq

    return {name for file in files for name in pq.read_schema(file).names}


def _usage(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], as_of: date, accounts: Sequence[str]
) -> tuple[date | None, dict[str, list[int]]]:
    import numpy as np

    first = as_of - timedelta(days=USAGE_DAYS - 1)
    began = usage_store.first_day(con, features.stored(files), as_of) if files else None
    if began is None:
        return None, {}
    first = max(first, began)
    reached = [file for file in files if usage_store.reaches(file, first, as_of)] or files[-1:]
    table = con.execute(
        f"SELECT account_id, day, sum(quantity) AS quantity FROM ({history.true_on(reached, as_of)}) "
        f"WHERE day BETWEEN $first AND $as_of AND {_LISTED} GROUP BY account_id, day",
        {"accounts": list(accounts), "first": first, "as_of": as_of},
    ).fetchnumpy()
    place = {account: at for at, account in enumerate(sorted(set(accounts)))}
    sums = np.zeros((len(place), (as_of - first).days + 1), dtype=np.int64)
    rows = np.array([place[account] for account in table["account_id"]], dtype=np.int64)
    days = (table["day"].astype("datetime64[D]") - np.datetime64(first, "D")).astype(np.int64)
    sums[rows, days] = np.rint(np.ma.filled(table["quantity"].astype(np.float64), 0.0)).astype(np.int64)
    return first, {account: sums[at].tolist() for account, at in place.items() if sums[at].any()}


def _contacts(
    con: duckdb.DuckDBPyConnection, config: Config, files: Sequence[Path], as_of: date, accounts: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    if not files:
        return {}
    rows = con.execute(
        "SELECT account_id, contacted_on, play, list_as_of, CASE WHEN outcome_at < $cutoff THEN outcome END "
        f"FROM ({history.true_on(files, as_of)}) "
        f"WHERE contacted_at < $cutoff AND coalesce(recorded_at < $cutoff, true) AND {_LISTED} "
        "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY contacted_at DESC, play) "
        f"<= {CONTACTS} ORDER BY account_id, contacted_at DESC, play",
        {"accounts": list(accounts), "cutoff": cutoff(as_of, config.time_zone)},
    ).fetchall()
    found: dict[str, list[dict[str, Any]]] = {}
    for account, day, play, list_as_of, outcome in rows:
        told = {"day": str(day), "play": play, "list": str(list_as_of) if list_as_of else None, "outcome": outcome}
        found.setdefault(account, []).append(told)
    return found
