"""From landed to accepted: run a table's contract for a day and publish or withdraw its copy.

Belongs here: which files a contract reads and replaces, and which tables a day has. Does not belong here: the checks
themselves (``contracts``). The gate is data: a table is there for a day only if its contract passed on what was
landed last.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from churn_features.clock import cutoff
from churn_features.tables import TABLES
from pipelines import engine, history, usage_store
from pipelines.config import Config, DemoSource
from pipelines.contracts.copies import remove_accepted
from pipelines.contracts.record import Checked
from pipelines.errors import ChurnError
from pipelines.ingest import Landed, check_day, utc_now
from pipelines.lake import Lake, read_json, restore, write_json
from pipelines.sources import NO_CLOCK, source_of


def check(config: Config, as_of: date, table: str) -> Checked:
    """Check a landed table and publish it for the day, or withdraw the day's earlier copy."""
    from pipelines.contracts.validate import check_table

    check_day(config, as_of)
    lake = Lake(config.path(config.lake))
    landed = lake.landed(table, as_of)
    source = config.sources[source_of(config)[table]]
    accepted = lake.accepted(table)
    with lake.writing():
        restore(landed)
        if not landed.exists():
            raise ChurnError(f"table {table} has not been landed for {as_of}", f"run: churn ingest --as-of {as_of}")
        result = check_table(
            engine.settings(config),
            TABLES[table],
            landed,
            {name: files[0] for name, files in present(config, as_of).items() if name not in ("usage", table)},
            as_of=as_of,
            cutoff=cutoff(as_of, config.time_zone),
            now=NO_CLOCK if isinstance(source, DemoSource) else utc_now(),
            zone=config.time_zone,
            accepted_to=accepted,
            quarantine_to=lake.quarantine(table, as_of),
            max_bad_share=config.contracts.max_bad_share,
        )
        result = _not_suddenly_empty(config, as_of, result)
        _store(config, lake, as_of, Landed.read(landed), result, accepted)
        write_json(lake.check(table, as_of), result.as_dict())
    return result


def _not_suddenly_empty(config: Config, as_of: date, checked: Checked) -> Checked:
    """A table that had rows on an earlier day and comes without any is a delivery that failed, not news."""
    if checked.landed or not checked.passed:
        return checked
    lake = Lake(config.path(config.lake))
    earlier = [path for path in lake.checks(checked.table) if path.parent.name < f"as_of={as_of}"]
    before = [Checked.from_dict(read_json(path)) for path in earlier]
    filled = [each for each in before if each.passed and each.accepted]
    if not filled:
        return checked
    because = f"no row landed, though {filled[-1].accepted:,} were accepted for {filled[-1].as_of}"
    return replace(checked, passed=False, withheld_because=because)


def _store(config: Config, lake: Lake, as_of: date, landed: Landed, result: Checked, accepted: Path) -> None:
    """Merge what was accepted with the rows on file, or take back what an earlier landing of the day brought."""
    usage = landed.table == "usage"
    with engine.connection(config) as con:
        if not result.passed:
            withdraw = usage_store.withdraw if usage else partial(history.withdraw, table=landed.table)
            withdraw(con, lake, as_of=as_of)
        elif usage:
            after = date.fromisoformat(landed.after_day) if landed.after_day else None
            on_file = usage_store.after_day(lake, as_of)
            if after and (on_file is None or on_file < after):
                raise ChurnError(
                    f"usage landed for {as_of} begins after {after}, but days before it have been withdrawn since",
                    f"run: churn ingest --as-of {as_of} --table usage, then validate again",
                )
            usage_store.accept(con, lake, as_of, after, accepted)
        else:
            history.accept(con, lake, landed.table, as_of, accepted)
    remove_accepted(accepted)


def present(config: Config, as_of: date) -> dict[str, list[Path]]:
    """Accepted tables of a day with the files that hold their rows through time, in the contract's order."""
    lake = Lake(config.path(config.lake))
    found: dict[str, list[Path]] = {}
    for table in TABLES:
        usage = table == "usage"
        files = usage_store.files(lake) if usage else [lake.rows(table)]
        if files and str(as_of) in (usage_store.landings(lake) if usage else history.landings(lake, table)):
            found[table] = files
    return found


def result(config: Config, as_of: date, table: str) -> Checked | None:
    """The recorded result of a day's contract, None if it was not run."""
    path = Lake(config.path(config.lake)).check(table, as_of)
    return Checked.from_dict(read_json(path)) if path.exists() else None


def required(config: Config, as_of: date) -> dict[str, list[Path]]:
    """``present``, once sure that the tables that nothing works without are among them."""
    found = present(config, as_of)
    for table in TABLES.values():
        if table.required and table.name not in found:
            checked = result(config, as_of, table.name)
            why = f"its contract withheld it: {checked.withheld_because}" if checked else "it has not been checked"
            raise ChurnError(
                f"table {table.name} is not there for {as_of}; {why}",
                f"see the quarantine and run: churn ingest --as-of {as_of}, then churn validate --as-of {as_of}",
            )
    return found
