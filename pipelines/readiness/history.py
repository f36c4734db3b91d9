"""How far back the data reach, and who has left so far: by month and kind of departure.

Belongs here: depth of history, departures. Does not belong here: what counts as a departure (``churn_features``) and
which model the history carries (``ladder``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.engine import literal
from pipelines.rates import customers_sql
from pipelines.readiness.findings import SHOWN, Example, Finding, finding
from pipelines.readiness.profile import TableProfile

if TYPE_CHECKING:
    import duckdb

_LATE = 30
"""Days by which usage may begin after the subscriptions."""


@dataclass(frozen=True)
class Departures:
    """Departures that no return within the grace can undo any more: (month such as 2025-01, kind) -> how often.
    ``customers`` are accounts that are one at the end of the day."""

    customers: int
    by_month: dict[tuple[str, str], int]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        months = [{"month": month, "kind": kind, "departures": n} for (month, kind), n in self.by_month.items()]
        return {"customers": self.customers, "total": sum(self.by_month.values()), "by_month_and_kind": months}


def departures(
    con: duckdb.DuckDBPyConnection, config: Config, present: Mapping[str, object], moment: Mapping[str, Any]
) -> tuple[Departures, list[Finding]]:
    """Departures as known on the day; ``con`` knows subscriptions and their changes, through time, by their names."""
    grace = config.outcome.grace_days
    sql = customers_sql(config, [name for name in ("subscriptions", "subscription_changes") if name in present])
    day = f"CAST(timezone({literal(config.time_zone)}, timezone('UTC', to_at)) AS DATE)"
    # the year 9999 of those who stay has no day in every zone
    gone = f"CASE WHEN to_at < $observed THEN {day} END"
    told = (
        f"SELECT strftime(left_on, '%Y-%m') AS month, kind, count(*), count(*) FILTER (left_on IS NULL) "
        f"FROM (SELECT {gone} AS left_on, kind FROM ({sql}) WHERE from_at < $observed) "
        f"WHERE left_on IS NULL OR left_on <= $observed_on - {grace:d} GROUP BY ALL ORDER BY ALL"
    )
    rows = con.execute(told, {"observed": moment["cutoff"], "observed_on": moment["as_of"]}).fetchall()
    by_month = {(month, kind): count for month, kind, count, _ in rows if month is not None}
    found = Departures(sum(row[3] for row in rows), by_month)
    if any(kind != "unknown" for _, kind in by_month):
        return found, _of_departures(found)
    first = (
        f"SELECT account_id, left_on FROM (SELECT account_id, {gone} AS left_on FROM ({sql}) WHERE from_at < $observed "
        f"AND kind = 'unknown') WHERE left_on <= $observed_on - {grace:d} ORDER BY left_on, account_id LIMIT {SHOWN}"
    )
    shown = con.execute(first, {"observed": moment["cutoff"], "observed_on": moment["as_of"]}).fetchall()
    return found, _of_departures(found, shown)


def _of_departures(told: Departures, unknown_first: Sequence[tuple[str, date]] = ()) -> list[Finding]:
    """What is odd about departures; ``unknown_first`` are accounts that left, nobody knows how, with the day."""
    total, found = sum(told.by_month.values()), []
    if not total:
        return []
    unknown = sum(count for (_, kind), count in told.by_month.items() if kind == "unknown")
    if unknown == total:
        message = f"all {total:,} departures are of unknown kind"
        examples = tuple(
            Example.of("subscriptions", account, "end_reason", f"left on {day}") for account, day in unknown_first
        )
        found.append(finding("departures.kind_unknown", unknown, total, message, examples))
    by_month: Counter[str] = Counter()
    for (month, _), count in told.by_month.items():
        by_month[month] += count
    month, most = by_month.most_common(1)[0]
    others = [count for other, count in by_month.items() if other != month]
    if len(others) >= 3 and most >= 20 and most > total / 2 and most > 5 * median(others):
        message = f"{most:,} of {total:,} departures fall into {month}"
        example = Example.of("subscriptions", month, "ended_at", f"{most:,} departures")
        found.append(finding("departures.one_month", most, total, message, (example,)))
    return found


def depth(records_begin: date | None, as_of: date, told: Mapping[str, TableProfile]) -> dict[str, Any]:
    """How far back the records reach, as plain values for JSON."""
    first = {name: told[name].first_day if name in told else None for name in ("subscriptions", "usage")}
    return {
        "records_begin": _text(records_begin),
        "days_of_records": (as_of - records_begin).days + 1 if records_begin else None,
        "first_subscription": _text(first["subscriptions"]),
        "first_usage": _text(first["usage"]),
    }


def late_usage(told: Mapping[str, TableProfile]) -> list[Finding]:
    """A finding if usage begins long after the subscriptions."""
    first = told["subscriptions"].first_day if "subscriptions" in told else None
    used = told["usage"].first_day if "usage" in told else None
    if not first or not used or (used - first).days <= _LATE:
        return []
    message = f"usage begins on {used}, {(used - first).days} days after the first subscription"
    example = Example.of("usage", str(used), "day", f"first subscription on {first}")
    return [finding("history.usage_begins_late", (used - first).days, (used - first).days, message, (example,))]


def _text(day: date | None) -> str | None:
    return str(day) if day else None
