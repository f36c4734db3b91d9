"""Which features and lists the data switches on, and what would switch on the others.

Belongs here: features against tables, event roles and columns that have values. Does not belong here: what a feature
needs (``churn_features``), kinds of model (``ladder``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from churn_features.tables import TABLES
from pipelines.config import Config
from pipelines.readiness.findings import SHOWN, Example, Finding, finding
from pipelines.readiness.profile import TableProfile
from pipelines.sources import source_of


@dataclass(frozen=True)
class Off:
    """A feature that tells nothing, and everything that it lacks: tables, event roles, columns (``table.column``)."""

    feature: str
    tables: tuple[str, ...]
    roles: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Switches:
    """Features in all, those that are off, and the columns that the at-risk list would show and lacks."""

    features: int
    off: tuple[Off, ...]
    list_lacks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; ``would_switch_on`` counts the features that lack each thing."""
        counts = {
            name: dict(sorted(Counter(lacking for off in self.off for lacking in getattr(off, name)).items()))
            for name in ("tables", "roles", "columns")
        }
        return {
            "total": self.features,
            "on": self.features - len(self.off),
            "off": [asdict(each) for each in self.off],
            "would_switch_on": counts,
        }


def switches(config: Config, told: Mapping[str, TableProfile]) -> tuple[Switches, list[Finding]]:
    """What is on and off, given the profiles of the accepted tables."""
    from churn_features.catalogue import FEATURES
    from churn_features.columns import ESSENTIAL
    from churn_features.describing import roles, sources

    filled = {f"{table}.{name}" for table, each in told.items() for name, c in each.columns.items() if c.filled}
    empty: dict[str, set[str]] = {}
    for columns, features in ESSENTIAL.items():
        # of a table that is not there all columns lack: it is the table that is told
        there = [column for column in columns if column.partition(".")[0] in told]
        if there and not filled & set(columns):
            for feature in features:
                empty.setdefault(feature, set()).update(there)
    mapped = set(config.event_roles.values())
    off = []
    for each in FEATURES:
        lacks = Off(
            each.name,
            tuple(table for table in sources(each) if table not in told),
            tuple(role for role in roles(each) if role not in mapped),
            tuple(sorted(empty.get(each.name, ()))),
        )
        if lacks.tables or lacks.roles or lacks.columns:
            off.append(lacks)
    listed = tuple(column for column in ("accounts.name", "accounts.owner") if column not in filled)
    found = Switches(len(FEATURES), tuple(off), listed)
    return found, _findings(found, told, source_of(config))


def _findings(found: Switches, told: Collection[str], given: Collection[str]) -> list[Finding]:
    """What is off; ``given`` are tables that a source gives, whether accepted or not."""
    result = []
    for code, name, says in (
        ("features.off_by_table", "tables", "tables that are not there"),
        ("features.off_by_role", "roles", "event roles that no event has"),
        ("features.off_by_column", "columns", "columns without a value"),
    ):
        lacking = Counter(each for off in found.off for each in getattr(off, name))
        if not lacking:
            continue
        affected = sum(bool(getattr(off, name)) for off in found.off)
        most = lacking.most_common()
        named = ", ".join(f"{each} ({count})" for each, count in most)
        message = f"{affected} of {found.features} features are off for want of {says}: {named}"
        examples = tuple(Example.of(each, "", None, _some(found.off, name, each)) for each, _ in most[:SHOWN])
        how = _how([each for each, _ in most], given)
        result.append(finding(code, affected, found.features, message, examples, how=how))
    if found.list_lacks:
        message = f"the list at_risk has no {' and no '.join(found.list_lacks)} to show"
        result.append(finding("lists.at_risk_columns", len(found.list_lacks), 2, message))
    if "outreach" not in told:
        message = "without a table of outreach no row is marked as contacted, and what contacts did cannot be told"
        result.append(finding("lists.no_outreach", 1, len(TABLES), message, how=_how(["outreach"], given)))
    return result


def _how(lacking: Iterable[str], given: Collection[str]) -> str:
    """How to come by tables: those that no source gives, and those that were not accepted."""
    named = {refused: [each for each in lacking if (each in given) == refused] for refused in (False, True)}
    ways = (
        f"give {', '.join(named[False])} under sources" if named[False] else "",
        f"see above why {', '.join(named[True])} cannot be read" if named[True] else "",
    )
    return "; ".join(way for way in ways if way)


def _some(off: Iterable[Off], name: str, lacking: str) -> str:
    return ", ".join(each.feature for each in off if lacking in getattr(each, name))
