"""Who was listed and who was held out, and what became of either: the entries that an effect is estimated from.

Belongs here: reading the private records, one entry per account and list, joined with outcomes and contacts. Does not
belong here: the draw (``lists.record``), the estimate (``models.effect``).

An account's entry is the first day of its first stay on a list or in its holdout. Later stays are no new experiment:
who comes back, and when, is already a consequence of having been contacted or not. Once a holdout is drawn by another
seed or share, only entries from then on count, as arms of two draws are no one experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.clock import cutoff
from pipelines import engine, tables
from pipelines.config import Config
from pipelines.effects.outcomes import outcomes_of
from pipelines.errors import ChurnError
from pipelines.features import outcome_of
from pipelines.history import true_on
from pipelines.lake import Lake
from pipelines.lists.record import draw_of

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


@dataclass(frozen=True)
class Entries:
    """``rows`` as ``models.effect.effects`` takes them, with ``entered`` (the day), in order of list, day and account;
    ``immature`` entries whose outcome is not known yet, and ``without_outcome`` those of accounts that were not paying
    customers on the day, such as those of win_back, so that they could not leave. ``drawn_anew`` says of lists whose
    holdout was drawn by other terms before from which day on their entries are."""

    rows: pd.DataFrame
    immature: int
    without_outcome: int
    drawn_anew: dict[str, date] = field(default_factory=dict)


def entries(config: Config, as_of: date, name: str | None = None, since: date | None = None) -> Entries:
    """All entries recorded up to ``as_of`` whose outcomes are matured then, as known then: of the list ``name``, or of
    all; those from the day ``since`` on, or all, but none of before a list's holdout was drawn anew. Raises ChurnError
    if no list was ever recorded."""
    import pandas as pd

    outcome = outcome_of(config)
    with engine.connection(config) as con:
        recorded, drawn_anew = _recorded(con, config, as_of, name, since or date.min)
        matured = recorded["entered"].map(lambda day: outcome.matured(day, as_of)).astype(bool)
        ripe = recorded[matured]
        found = [
            outcomes_of(con, config, day, as_of, ripe.loc[ripe["entered"] == day, "account_id"]).assign(entered=day)
            for day in sorted(set(ripe["entered"]))
        ]
        if not found:
            return Entries(ripe.assign(churned=False, contacted=False), int((~matured).sum()), 0, drawn_anew)
        rows = ripe.merge(pd.concat(found, ignore_index=True), on=["entered", "account_id"], how="inner")
        rows["mrr"] = rows["mrr"].fillna(rows["mrr_then"])
        rows["contacted"] = _contacted(con, config, as_of, rows)
    rows = rows.drop(columns=["mrr_then", "kind", "churned_at"]).sort_values(["list", "entered", "account_id"])
    return Entries(rows.reset_index(drop=True), int((~matured).sum()), len(ripe) - len(rows), drawn_anew)


def lists_on_record(config: Config, as_of: date) -> list[str]:
    """Names of the lists that are on record up to a day."""
    root = Lake(config.path(config.lake)).list_record("any", config.history_start).parent.parent
    return sorted({file.parent.name for file in root.glob("*/as_of=*.parquet") if _day(file) <= str(as_of)})


def _recorded(
    con: duckdb.DuckDBPyConnection, config: Config, as_of: date, name: str | None, since: date
) -> tuple[pd.DataFrame, dict[str, date]]:
    names = lists_on_record(config, as_of)
    if not names or (name is not None and name not in names):
        raise ChurnError(
            f"no record of list {name} up to {as_of}" if name else f"no list is on record up to {as_of}",
            f"lists on record: {', '.join(names)}" if names else "publish lists with a holdout: churn run",
        )
    lake, parts, first, drawn_anew = Lake(config.path(config.lake)), [], {}, {}
    for number, each in enumerate([name] if name else names):
        folder = lake.list_record(each, as_of).parent
        files = [file for file in sorted(folder.glob("as_of=*.parquet")) if _day(file) <= str(as_of)]
        scan = f"read_parquet([{', '.join(engine.literal(str(file)) for file in files)}], filename = true, " \
               "hive_partitioning = false)"  # fmt: skip
        anew = _drawn_anew(files)
        if anew is not None:
            drawn_anew[each] = anew
        first[f"first_{number}"] = max(since, anew or since)
        parts.append(
            f"SELECT {engine.literal(each)} AS list, account_id, since AS entered, arm = 'listed' AS listed, play, "
            f"stratum, mrr FROM {scan} WHERE since >= $first_{number} "
            "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY since, filename) = 1"
        )
    sql = f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY list, entered, account_id"
    return con.execute(sql, first).df().assign(entered=lambda rows: rows["entered"].dt.date), drawn_anew


def _drawn_anew(files: Sequence[Path]) -> date | None:
    """The first day of the present draw of a list's records, in order of day; None if all are of one draw. A record
    that does not say its draw is taken for one of the draw after it."""
    present = None
    for at in reversed(range(len(files))):
        drawn = draw_of(files[at])
        present = present or drawn
        if drawn is not None and drawn != present:
            return date.fromisoformat(_day(files[at + 1]))
    return None


def _day(file: Path) -> str:
    return file.stem.removeprefix("as_of=")


def _contacted(con: duckdb.DuckDBPyConnection, config: Config, as_of: date, rows: pd.DataFrame) -> Sequence[bool]:
    """Whether each entry was followed by a contact before the end of its window and before the account left.

    Where the company's people note which list led to a contact (``outreach.list_as_of``), only contacts that do count,
    and those of a list before the entry do not; otherwise every contact counts.
    """
    import pandas as pd

    files = tables.required(config, as_of).get("outreach")
    if files is None:
        return [False] * len(rows)
    known = (
        f"SELECT account_id, contacted_at, list_as_of FROM ({true_on(files, as_of)}) "
        "WHERE contacted_at < $observed AND coalesce(recorded_at < $observed, true)"
    )
    outcome, days = outcome_of(config), sorted(set(rows["entered"]))
    windows = pd.DataFrame(
        {
            "entered": pd.to_datetime(pd.Series(days)),
            "opens": [cutoff(day, config.time_zone) for day in days],
            "closes": [outcome.window(day, config.time_zone)[1] for day in days],
        }
    )
    numbered = rows.assign(number=range(len(rows)), entered=pd.to_datetime(rows["entered"]))
    con.register("entries_asked", numbered[["number", "account_id", "entered", "churned_at"]])
    con.register("windows_asked", windows)
    found = con.execute(
        f"WITH known AS ({known}), "
        "named AS (SELECT coalesce(bool_or(list_as_of IS NOT NULL), false) AS noted FROM known) "
        "SELECT DISTINCT number FROM entries_asked JOIN windows_asked USING (entered) JOIN known USING (account_id) "
        "CROSS JOIN named WHERE contacted_at >= opens AND contacted_at < closes "
        "AND coalesce(contacted_at < churned_at, true) AND (NOT noted OR list_as_of >= entered::DATE)",
        {"observed": cutoff(as_of, config.time_zone)},
    ).fetchall()
    contacted = {number for (number,) in found}
    return [number in contacted for number in range(len(rows))]
