"""What usage is worth: its days, its events and their roles, who is seen using the product, and when it cannot be.

Belongs here: questions to all usage on file, in two scans of the daily sums. Does not belong here: other tables
(``profile``), features of usage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any

from churn_features.tables import STORED_USAGE, TABLES
from pipelines.contracts.text_rules import ENCODED_TWICE
from pipelines.engine import literal
from pipelines.readiness.findings import SHOWN, Example, Finding, finding
from pipelines.readiness.profile import ColumnProfile, TableProfile, days_between, stale

if TYPE_CHECKING:
    import duckdb

_MANY = 1000
"""More distinct names of events hold ids or addresses."""
_TOLD = 50
"""Most events that a report names, those with most rows."""
_SPOILED = 0.2
"""Above this share of impossible rows, usage says nothing about the accounts that it is recorded for."""
_GONE = 28
"""Days after which an event that was usual is gone."""


@dataclass(frozen=True)
class Event:
    """An event of the product: daily sums, days with any, its role."""

    event: str
    role: str | None
    rows: int
    days: int
    first_day: date
    last_day: date

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {**asdict(self), "first_day": str(self.first_day), "last_day": str(self.last_day)}


@dataclass(frozen=True)
class Use:
    """``running``: accounts with a subscription that runs on the day; ``ever`` and ``lately`` of them have usage, at
    all and in the last 28 days. ``events``: how many there are, ``told``: those with most rows."""

    running: int
    ever: int
    lately: int
    events: int
    told: tuple[Event, ...]
    missing_days: tuple[date, ...]
    thin_days: tuple[date, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "accounts_with_a_running_subscription": self.running,
            "of_them_with_usage": self.ever,
            "of_them_with_usage_in_28_days": self.lately,
            "share_with_usage": round(self.ever / self.running, 4) if self.running else None,
            "events": self.events,
            "most_frequent_events": [each.as_dict() for each in self.told],
            "missing_days": [str(day) for day in self.missing_days],
            "thin_days": [str(day) for day in self.thin_days],
        }


def use(
    con: duckdb.DuckDBPyConnection, roles: Mapping[str, str], absent: tuple[str, ...], source: str,
    moment: Mapping[str, Any],
) -> tuple[TableProfile, Use, list[Finding]]:  # fmt: skip
    """The profile of ``now_usage``, what it is worth and what is wrong with it; ``now_subscriptions`` is there."""
    as_of = moment["as_of"]
    _sum_up(con, as_of)
    told = _profile(con, absent, as_of)
    events = _events(con, roles)
    missing, thin = _odd_days(con.execute("SELECT day, sum(n) FROM used GROUP BY day ORDER BY day").fetchall())
    [(running, ever, lately)] = con.execute(_WHO, dict(moment)).fetchall()
    shown = tuple(sorted(events, key=lambda each: (-each.rows, each.event))[:_TOLD])
    seen = Use(running, ever, lately, len(events), shown, tuple(missing), tuple(thin))
    found = stale("usage", told, source, bearable=2)
    found += _outside(con, told.rows)
    found += _of_events(events, roles, told)
    found += _garbled(con, source)
    for code, days, says in (
        ("missing_days", missing, "have no usage at all, though their weekday usually has"),
        ("thin_days", thin, "have less than a quarter of the usage of the same weekday in the weeks around"),
    ):
        if days:
            examples = tuple(Example.of("usage", day, "day", f"{day:%A}") for day in days[:SHOWN])
            span = (told.last_day - told.first_day).days + 1 if told.first_day and told.last_day else 0
            found.append(finding(f"usage.{code}", len(days), span, f"{len(days)} days {says}", examples, column="day"))
    if running and ever < running / 2:
        message = f"only {ever:,} of {running:,} accounts with a running subscription have any usage"
        found.append(finding("usage.few_accounts", running - ever, running, message, column="account_id"))
    return told, seen, found


_SPAN = (
    "SELECT account_id, min(started_on) AS first_on, "
    "CASE WHEN count(*) = count(ended_on) THEN max(ended_on) END AS last_on FROM now_subscriptions GROUP BY account_id"
)
_WHO = (
    "SELECT count(*), count(last_day), count(*) FILTER (last_day > $as_of - 28) FROM (SELECT DISTINCT account_id FROM "
    "now_subscriptions WHERE started_on <= $as_of AND (ended_at IS NULL OR ended_at >= $cutoff)) "
    "LEFT JOIN (SELECT account_id, max(day) AS last_day FROM now_usage WHERE day <= $as_of GROUP BY account_id) "
    "USING (account_id)"
)


def _sum_up(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """One scan: table ``used``, usage by day and event."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE used AS SELECT day, event, count(*) AS n, count(users) AS with_users, "
        f"min(quantity) AS low, max(quantity) AS high, min(users) AS low_users, max(users) AS high_users, "
        f"count(*) FILTER (day < s.first_on) AS early, count(*) FILTER (day > s.last_on) AS late "
        f"FROM now_usage LEFT JOIN ({_SPAN}) s USING (account_id) WHERE day <= DATE '{as_of}' GROUP BY day, event"
    )


def _profile(con: duckdb.DuckDBPyConnection, absent: tuple[str, ...], as_of: date) -> TableProfile:
    sums = (
        "SELECT coalesce(sum(n), 0), coalesce(sum(with_users), 0), min(low), max(high), min(low_users), "
        "max(high_users), min(day), max(day), count(DISTINCT day) FROM used"
    )
    [(rows, users, low, high, low_users, high_users, first, last, days)] = con.execute(sums).fetchall()
    gap = "SELECT max(gap) FROM (SELECT day - lag(day) OVER (ORDER BY day) AS gap FROM (SELECT DISTINCT day FROM used))"
    [(longest,)] = con.execute(gap).fetchall()
    ranges = {"day": (first, last), "quantity": (low, high), "users": (low_users, high_users)}
    columns = {}
    for name in STORED_USAGE:
        column, filled = TABLES["usage"].column(name), int(users if name == "users" else rows)
        given = name not in absent or name == "day" or filled > 0
        low_, high_ = (None if value is None else str(value) for value in ranges.get(name, (None, None)))
        share = round(filled / int(rows), 4) if rows else 0.0
        columns[name] = ColumnProfile(column.type, column.kind, given, filled, share, low_, high_)
    return TableProfile(int(rows), first, last, days, longest, (as_of - last).days if last else None, columns)


def _events(con: duckdb.DuckDBPyConnection, roles: Mapping[str, str]) -> list[Event]:
    sql = "SELECT event, sum(n), count(*), min(day), max(day) FROM used GROUP BY event ORDER BY event"
    return [
        Event(event, roles.get(event), int(rows), days, first, last)
        for event, rows, days, first, last in con.execute(sql).fetchall()
    ]


def _odd_days(by_day: list[tuple[date, int]]) -> tuple[list[date], list[date]]:
    """Days without usage whose weekday has some in three of four weeks, and days with less than a quarter of what the
    same weekday has in the four weeks before and after."""
    if not by_day:
        return [], []
    rows = {day: int(count) for day, count in by_day}
    days = days_between(by_day[0][0], by_day[-1][0])
    of_weekday = [[day for day in days if day.weekday() == weekday] for weekday in range(7)]
    usual = [bool(same) and sum(day in rows for day in same) >= 0.75 * len(same) for same in of_weekday]
    missing = [day for day in days if day not in rows and usual[day.weekday()]]
    thin = []
    for same in of_weekday:
        for at, day in enumerate(same):
            around = [rows[other] for other in same[max(0, at - 4) : at + 5] if other != day and other in rows]
            # a handful of rows may fall to a quarter by chance
            if day in rows and len(around) >= 4 and median(around) >= 20 and rows[day] < median(around) / 4:
                thin.append(day)
    return missing, sorted(thin)


def _outside(con: duckdb.DuckDBPyConnection, rows: int) -> list[Finding]:
    found = []
    for code, column, sign, edge, says in (
        ("before_start", "early", "<", "first_on", "are from before the account's first subscription started"),
        ("after_end", "late", ">", "last_on", "are from after the account's last subscription had ended"),
    ):
        [(count,)] = con.execute(f"SELECT coalesce(sum({column}), 0) FROM used").fetchall()
        if not count:
            continue
        sql = (
            f"SELECT account_id, event, day, {edge} FROM now_usage JOIN ({_SPAN}) USING (account_id) "
            f"WHERE day {sign} {edge} ORDER BY account_id, day, event LIMIT {SHOWN}"
        )
        word = "from" if sign == "<" else "to"
        examples = tuple(
            Example.of("usage", f"{account}, {day}, {event}", "day", f"{day}, subscribed {word} {limit}")
            for account, event, day, limit in con.execute(sql).fetchall()
        )
        message = f"{int(count):,} daily sums, {count / rows:.1%}, {says}"
        each = finding(f"usage.{code}", int(count), rows, message, examples, column="day")
        found.append(replace(each, severity="error") if count > _SPOILED * rows else each)
    return found


def _of_events(events: list[Event], roles: Mapping[str, str], told: TableProfile) -> list[Finding]:
    found, names = [], {each.event for each in events}
    plain = sorted((each for each in events if each.role is None), key=lambda each: (-each.rows, each.event))
    mapped = len(events) - len(plain)
    if events and not mapped:
        message = (
            f"none of {len(events):,} events has a role: they count as activity, and nothing more is known of them"
        )
        found.append(finding("usage.no_roles", len(events), len(events), message, _named(plain), column="event"))
    elif plain:
        message = f"{len(plain):,} of {len(events):,} events have no role: they count as activity only"
        found.append(
            finding("usage.event_without_role", len(plain), len(events), message, _named(plain), column="event")
        )
    if never := sorted(set(roles) - names):
        examples = tuple(Example.of("usage", name, "event", f"role {roles[name]}") for name in never[:SHOWN])
        message = f"{len(never)} of {len(roles)} names under event_roles never occur"
        found.append(finding("usage.role_without_event", len(never), len(roles), message, examples, column="event"))
    last = told.last_day
    gone = [each for each in events if last and each.days >= _GONE and (last - each.last_day).days > _GONE]
    if gone:
        message = f"{len(gone)} events that were usual have not occurred for more than {_GONE} days"
        examples = tuple(
            Example.of("usage", each.event, "event", f"last on {each.last_day}, on {each.days} days before")
            for each in gone[:SHOWN]
        )
        found.append(finding("usage.event_gone", len(gone), len(events), message, examples, column="event"))
    if len(events) > _MANY:
        message = f"there are {len(events):,} different names of events"
        found.append(finding("usage.many_events", len(events), len(events), message, _named(plain), column="event"))
    return found


def _named(events: list[Event]) -> tuple[Example, ...]:
    return tuple(Example.of("usage", each.event, "event", f"{each.rows:,} daily sums") for each in events[:SHOWN])


def _garbled(con: duckdb.DuckDBPyConnection, source: str) -> list[Finding]:
    condition = f"regexp_matches(event, {literal(ENCODED_TWICE)})"
    sql = f"SELECT event, sum(n) FROM used WHERE {condition} GROUP BY event ORDER BY sum(n) DESC, event"
    rows = con.execute(sql).fetchall()
    if not rows:
        return []
    [(events,)] = con.execute("SELECT count(DISTINCT event) FROM used").fetchall()
    examples = tuple(Example.of("usage", name, "event", f"{int(n):,} daily sums") for name, n in rows[:SHOWN])
    message = f"{len(rows)} names of events look encoded twice"
    return [finding("usage.encoding", len(rows), events, message, examples, column="event", source=source)]
