"""The whole report of a day: tables, usage, history, departures, features, the ladder, and what is wrong.

Belongs here: putting it together, its form as JSON. Does not belong here: any question to the data (the modules beside
this one). Everything is read from the accepted tables as they stood on the day and from the records of their checks;
neither features nor a model are needed, and a table that is withheld is told and not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from churn_features.clock import cutoff
from churn_features.tables import TABLES
from pipelines import engine, features, tables
from pipelines.config import Config, FileSource, SqlSource
from pipelines.contracts.record import Checked
from pipelines.errors import ChurnError
from pipelines.history import true_on
from pipelines.ingest import Landed
from pipelines.lake import Lake
from pipelines.readiness import checked, history
from pipelines.readiness.findings import SEVERITIES, Finding, Severity, finding
from pipelines.readiness.history import Departures
from pipelines.readiness.ladder import Readiness, readiness
from pipelines.readiness.profile import TableProfile, profile
from pipelines.readiness.switches import Switches, switches
from pipelines.readiness.usage import Use, use
from pipelines.sources import source_of

VERSION = 1
"""Version of the report's form as JSON; what is added does not raise it."""


@dataclass(frozen=True)
class TableState:
    """A table of the contract on the day: ``accepted``, ``withheld``, ``unchecked`` (its source is configured, it was
    not landed and checked) or ``absent`` (no source gives it). ``profile`` only of accepted tables."""

    state: str
    source: str | None
    landed: int = 0
    accepted: int = 0
    quarantined: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    withheld_because: str | None = None
    profile: TableProfile | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        told = {name: value for name, value in asdict(self).items() if name not in ("profile", "reasons")}
        reasons = [{"rule": rule, "rows": rows} for rule, rows in self.reasons]
        return {**told, "reasons": reasons, "profile": self.profile.as_dict() if self.profile else None}


@dataclass(frozen=True)
class Report:
    """What the data of a day are worth. ``findings`` come by severity, then in the contract's order. ``ladder``,
    ``departures`` are None without accounts or subscriptions, ``use`` without usage."""

    company: str
    as_of: date
    findings: tuple[Finding, ...]
    tables: dict[str, TableState]
    depth: dict[str, Any]
    departures: Departures | None
    use: Use | None
    switches: Switches
    ladder: Readiness | None

    def count(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(each.severity == severity for each in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON: the form that docs/readiness.md describes."""
        return {
            "version": VERSION,
            "company": self.company,
            "as_of": str(self.as_of),
            "counts": {severity: self.count(severity) for severity in SEVERITIES},
            "findings": [asdict(each) for each in self.findings],
            "tables": {name: state.as_dict() for name, state in self.tables.items()},
            "history": self.depth,
            "departures": self.departures.as_dict() if self.departures else None,
            "usage": self.use.as_dict() if self.use else None,
            "features": self.switches.as_dict(),
            "lists": {"at_risk": {"lacks": list(self.switches.list_lacks)}},
            "ladder": self.ladder.as_dict() if self.ladder else None,
        }


def report(config: Config, as_of: date) -> Report:
    """Judge what was landed and checked for a day; ChurnError if nothing was."""
    sources, files = source_of(config), tables.present(config, as_of)
    results = {name: tables.result(config, as_of, name) for name in sources}
    if not any(results.values()):
        raise ChurnError(
            f"nothing has been landed and checked for {as_of}",
            f"run: churn ingest --as-of {as_of}, then churn validate --as-of {as_of}",
        )
    found: list[Finding] = []
    for name, result in results.items():
        if result:
            found += checked.findings(result, sources[name], as_of)
        if name not in files and (result is None or result.passed):
            message = "the table has not been landed and checked"
            found.append(finding(f"{name}.unchecked", 0, 0, message, as_of=as_of))
    lake, moment = Lake(config.path(config.lake)), {"as_of": as_of, "cutoff": cutoff(as_of, config.time_zone)}
    told: dict[str, TableProfile] = {}
    seen = gone = None
    complete = all(table.name in files for table in TABLES.values() if table.required)
    with engine.connection(config) as con:
        for name, paths in files.items():
            features.define(con, name, f"SELECT * FROM {engine.scan(paths)}")
            features.define(con, f"now_{name}", true_on(paths, as_of))
        for name in files:
            absent, source = _absent(lake, name, as_of), sources.get(name, "…")
            if name != "usage":
                mapped = isinstance(config.sources.get(source), FileSource | SqlSource)
                told[name], more = profile(con, TABLES[name], files, absent, source, moment, mapped)
                found += more
            elif "subscriptions" in files:
                told[name], seen, more = use(con, config.event_roles, absent, source, moment)
                found += more
        if complete:
            gone, more = history.departures(con, config, files, moment)
            found += more
    ladder = readiness(config, as_of) if complete else None
    if ladder and not ladder.ladder.carried:
        until = f" until {ladder.enough_dates_on}" if ladder.enough_dates_on else ""
        lacks = ladder.ladder.ahead.rstrip(".")
        found.append(
            finding("history.triggers_only", 1, 1, ladder.ladder.why.rstrip("."), until=until, ahead=lacks)
        )  # fmt: skip
    found += history.late_usage(told)
    on_and_off, more = switches(config, told)
    found += more
    return Report(
        company=config.company,
        as_of=as_of,
        findings=tuple(sorted(found, key=_rank)),
        tables={name: _state(sources.get(name), results.get(name), told.get(name), name in files) for name in TABLES},
        depth=history.depth(ladder.records_begin if ladder else None, as_of, told),
        departures=gone,
        use=seen,
        switches=on_and_off,
        ladder=ladder,
    )


def _absent(lake: Lake, table: str, as_of: date) -> tuple[str, ...]:
    """Contract columns that the source lacks; none is known to once the landing has been cleared away."""
    folder = lake.landed(table, as_of)
    return Landed.read(folder).absent if folder.exists() else ()


def _rank(each: Finding) -> tuple[int, int, str, str]:
    order = list(TABLES)
    place = order.index(each.table) if each.table in TABLES else len(order)
    return SEVERITIES.index(each.severity), place, each.code, each.column or ""


def _state(source: str | None, result: Checked | None, told: TableProfile | None, there: bool) -> TableState:
    if result is None:
        # on file from when the configuration gave it a source
        state = "accepted" if there else "absent" if source is None else "unchecked"
        return TableState(state, source, profile=told)
    broken: Mapping[str, int] = Counter(
        {rule.rule: rule.bad_rows for rule in result.rules if rule.level == "error" and rule.bad_rows}
    )
    state = "accepted" if there else "unchecked" if result.passed else "withheld"
    return TableState(
        state=state,
        source=source,
        landed=result.landed,
        accepted=result.accepted,
        quarantined=result.quarantined,
        reasons=tuple(sorted(broken.items(), key=lambda each: (-each[1], each[0]))[:3]),
        withheld_because=result.withheld_because,
        profile=told,
    )
