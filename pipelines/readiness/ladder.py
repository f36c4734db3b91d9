"""What the data is worth before any training: which rung of the ladder it carries, why, and what would carry the next.

Belongs here: counting the rows that a training would have, without computing a feature. Does not belong here: the
thresholds (``models.ladder``), what an outcome is (``churn_features``), the checks of tables (``contracts``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from pipelines import engine, features, slices, statements, tables
from pipelines.config import Config

if TYPE_CHECKING:
    import pandas as pd

    from models.ladder import History, Ladder
    from models.split import Split

YEARS_AHEAD = 3
"""How far to look for the day with enough dates; beyond it, another configuration is what is needed."""


@dataclass(frozen=True)
class Part:
    """The rows of one part of the divided dates: accounts on as-of dates, those that had announced to leave, which do
    not count, those that left of the others, with the distinct accounts among them, and those that were contacted
    before their outcome."""

    name: str
    first: date
    last: date
    dates: int
    rows: int
    announced: int
    leavers: int
    leaving_accounts: int
    contacted: int


@dataclass(frozen=True)
class Readiness:
    """What a training on ``as_of`` would rest on. ``parts`` divide its dates for training, calibration and test, as
    ``note`` says, or hold all of them in one where they cannot be divided; none without a matured date. ``kinds``
    counts leaving accounts by kind of departure.

    ``enough_dates_on`` is the first day with as many dates as the next rung needs, where dates are what is lacking and
    there is such a day within three years; whether enough accounts will have left by then, nobody knows.
    """

    as_of: date
    records_begin: date | None
    ladder: Ladder
    parts: tuple[Part, ...]
    note: str
    kinds: dict[str, int]
    share_of_accounts: float
    outreach: bool
    enough_dates_on: date | None

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "as_of": str(self.as_of),
            "records_begin": str(self.records_begin) if self.records_begin else None,
            "rung": self.ladder.rung,
            "carried": list(self.ladder.carried),
            "why": self.ladder.why,
            "ahead": self.ladder.ahead,
            "enough_dates_on": str(self.enough_dates_on) if self.enough_dates_on else None,
            "parts": [{**vars(part), "first": str(part.first), "last": str(part.last)} for part in self.parts],
            "note": self.note,
            "leaving_accounts_by_kind": self.kinds,
            "share_of_accounts": self.share_of_accounts,
            "outreach": self.outreach,
        }


def readiness(config: Config, as_of: date) -> Readiness:
    """Judge the accepted tables of a day; ChurnError without accounts or subscriptions."""
    from models.inputs import ModelError
    from models.ladder import History, climb, history
    from models.split import split_dates

    horizon = features.outcome_of(config).horizon_days
    start = features.records_begin(config, as_of)
    dates = features.matured_dates(config, start, as_of)
    outreach = "outreach" in tables.present(config, as_of)
    if not dates:
        last = as_of - timedelta(days=horizon)
        known = History(0, 0, horizon, 0, f"records begin on {start}, and outcomes known on {as_of} end with {last}")
        return Readiness(as_of, start, climb(known), (), "", {}, 1.0, outreach, _enough_on(config, start, as_of, known))
    panel, share = _outcomes(config, as_of, dates)
    try:
        known = history(panel, horizon)
    except ModelError as error:  # a part without a row that counts
        known = History(len(dates), (dates[-1] - dates[0]).days, horizon, 0, error.message)
    split = None if known.undivided else split_dates(dates, horizon)
    leavers = panel[panel["churned"] & ~panel["announced"]]
    kinds = leavers.groupby("kind")["account_id"].nunique()
    return Readiness(
        as_of=as_of,
        records_begin=start,
        ladder=climb(known),
        parts=_parts(panel, split) if split else (_part("all", panel, dates),),
        note=split.note if split else "",
        kinds={str(kind): int(count) for kind, count in kinds.items()},
        share_of_accounts=share,
        outreach=outreach,
        enough_dates_on=_enough_on(config, start, as_of, known),
    )


@lru_cache(maxsize=8)
def _accounts_sql(present: frozenset[str], dialect: str = "duckdb") -> str:
    from churn_features.statement import features as statement

    return statement(present, {}, ()).sql(dialect)


def _outcomes(config: Config, as_of: date, dates: list[date]) -> tuple[pd.DataFrame, float]:
    """The rows that the panel of these dates would have, with outcomes and without features, and the share of the
    accounts that it would be a sample of."""
    import pandas as pd

    from churn_features.outcomes import OUTCOME_TABLES

    files = tables.required(config, as_of)
    read = {table: paths for table, paths in files.items() if table in ("accounts", *OUTCOME_TABLES)}
    told = {table: paths for table, paths in read.items() if table != "outreach"}
    frames = []
    with engine.connection(config) as con:
        share = features.sampled_share(con, config, files, as_of, len(dates))
        for day in dates:
            for accounts in features.account_slices(con, config, read, share):
                bound = features.bind(con, config, read, day, accounts=accounts)
                sql = partial(_accounts_sql, frozenset(told))
                with (
                    statements.rows(con, config, sql(), bound, partial(sql, "spark"), told) as base,
                    features.outcome_rows(con, config, read, day, as_of) as outcomes,
                ):
                    joined = (
                        "SELECT a.account_id, a.as_of, a.announced, o.churned, o.kind, o.contacted "
                        f"FROM ({base[0]}) a JOIN ({outcomes[0]}) o USING (account_id) "
                        f"WHERE {slices.sampled(share)}"
                    )
                    frames.append(con.execute(joined, {**base[1], **outcomes[1]}).df())
    return pd.concat(frames, ignore_index=True), share / slices.EVERYONE


def _parts(panel: pd.DataFrame, split: Split) -> tuple[Part, ...]:
    from models.panel import PARTS, rows_of_parts

    rows = rows_of_parts(panel, split)
    announced = panel[panel["announced"]]
    found = []
    for name in PARTS:
        dates: tuple[date, ...] = getattr(split, name)
        on_them = announced[announced["as_of"].dt.date.isin(dates)]
        part = _part(name, panel.iloc[rows[name]], list(dates))
        found.append(replace(part, announced=len(on_them)))
    return tuple(found)


def _part(name: str, rows: pd.DataFrame, dates: list[date]) -> Part:
    counted = rows[~rows["announced"]]
    left = counted[counted["churned"]]
    return Part(
        name=name,
        first=dates[0],
        last=dates[-1],
        dates=len(dates),
        rows=len(counted),
        announced=int(rows["announced"].sum()),
        leavers=len(left),
        leaving_accounts=int(left["account_id"].nunique()),
        contacted=int(counted["contacted"].sum()),
    )


def _enough_on(config: Config, start: date | None, as_of: date, known: History) -> date | None:
    from models.inputs import ModelError
    from models.ladder import next_rung
    from models.split import split_dates

    rung = next_rung(known)
    if rung is None or start is None:
        return None
    for ahead in range(YEARS_AHEAD * 366):
        day = as_of + timedelta(days=ahead)
        dates = features.matured_dates(config, start, day)
        if len(dates) < rung.dates or (dates[-1] - dates[0]).days < rung.horizons * known.horizon_days:
            continue
        try:
            split_dates(dates, known.horizon_days)
        except ModelError:
            continue
        return day if ahead else None
    return None
