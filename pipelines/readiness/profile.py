"""What a table holds: every column's coverage, range and values, the course of its days, and its contradictions.

Belongs here: one scan of a table for all of it, one more for its days. Does not belong here: usage, which is kept in
another form (``usage``), and which contradictions there are (``contradictions``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn_features.tables import Column, Table
from pipelines.engine import identifier
from pipelines.readiness.contradictions import JOINS, Contradiction, contradictions
from pipelines.readiness.findings import SHOWN, Example, Finding, finding

if TYPE_CHECKING:
    import duckdb

FEW = 20
"""Up to so many distinct values are told one by one."""

_QUIET = 7
"""Days without a row that no table need be ashamed of."""


@dataclass(frozen=True)
class ColumnProfile:
    """A column: rows that have a value (``filled``), their share, the least and the greatest where it has an order, and
    its values with their rows where they are few and name nobody. ``given``: the source has the column."""

    type: str
    kind: str
    given: bool
    filled: int
    coverage: float
    low: str | None = None
    high: str | None = None
    values: dict[str, int] | None = None


@dataclass(frozen=True)
class TableProfile:
    """Accepted rows as they stood on the day, and the course of the days on which they happened."""

    rows: int
    first_day: date | None = None
    last_day: date | None = None
    days_with_rows: int = 0
    longest_gap_days: int | None = None
    days_since_last: int | None = None
    columns: dict[str, ColumnProfile] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        days = {name: str(day) if (day := getattr(self, name)) else None for name in ("first_day", "last_day")}
        return {**asdict(self), **days}


def profile(
    con: duckdb.DuckDBPyConnection, table: Table, present: Iterable[str], absent: Iterable[str], source: str,
    moment: Mapping[str, Any], mapped: bool = True,
) -> tuple[TableProfile, list[Finding]]:  # fmt: skip
    """The profile of ``now_TABLE``, the view of the rows that stood on the day, with what is wrong with them.

    ``absent``: contract columns that the source lacks; ``moment``: as_of and cutoff; ``mapped``: the source's columns
    are mapped by the company, which else can do nothing about one without a value.
    """
    asked = list(contradictions(table, frozenset(present)))
    row = _scan(con, table, asked, moment)
    rows = row["rows"]
    few = _few_values(con, table, row)
    columns = {
        column.name: ColumnProfile(
            type=column.type,
            kind=column.kind,
            given=column.name not in absent,
            filled=row[f"n_{column.name}"],
            coverage=round(row[f"n_{column.name}"] / rows, 4) if rows else 0.0,
            low=_text(row.get(f"low_{column.name}")),
            high=_text(row.get(f"high_{column.name}")),
            values=few.get(column.name),
        )
        for column in table.columns
    }
    days, busiest = _days(con, table, moment["as_of"])
    told = TableProfile(rows=rows, columns=columns, **days)
    found = [
        finding(each.code, row[f"c_{at}"], rows, f"{row[f'c_{at}']:,} rows: {each.says}",
                _examples(table, each.column, row[f"e_{at}"]), column=each.column, source=source,
                known_from=each.known_from)
        for at, each in enumerate(asked) if row[f"c_{at}"]
    ]  # fmt: skip
    found += _of_columns(table, told, source, row.get("median_mrr"), row["first"] or (), mapped)
    found += _of_days(table, told, source, busiest)
    return told, found


def _scan(
    con: duckdb.DuckDBPyConnection, table: Table, asked: list[Contradiction], moment: Mapping[str, Any]
) -> dict[str, Any]:
    key = " || ', ' || ".join(f"CAST(t.{identifier(name)} AS VARCHAR)" for name in table.key)
    picked = ["count(*) AS rows", f"min({key}, {SHOWN}) AS first"]
    for column in table.columns:
        name = f"t.{identifier(column.name)}"
        picked.append(f"count({name}) AS {identifier(f'n_{column.name}')}")
        if column.type not in ("text", "flag"):
            picked.append(f"min({name}) AS {identifier(f'low_{column.name}')}")
            picked.append(f"max({name}) AS {identifier(f'high_{column.name}')}")
        elif _nameless(column):
            picked.append(f"approx_count_distinct({name}) AS {identifier(f'd_{column.name}')}")
    if table.name == "subscriptions":
        picked.append("median(t.mrr) FILTER (t.mrr > 0) AS median_mrr")
    for at, each in enumerate(asked):
        shown = f"{{'row': {key}, 'value': CAST(t.{identifier(each.column)} AS VARCHAR)}}"
        picked.append(f"count(*) FILTER ({each.condition}) AS c_{at}")
        picked.append(f"arg_min({shown}, {key}, {SHOWN}) FILTER ({each.condition}) AS e_{at}")
    joins = " ".join(JOINS[alias][1] for alias in dict.fromkeys(alias for each in asked for alias in each.needs))
    sql = f"SELECT {', '.join(picked)} FROM {identifier(f'now_{table.name}')} t {joins}"
    used = {name: value for name, value in moment.items() if f"${name}" in sql}
    result = con.execute(sql, used)
    return dict(zip([column[0] for column in result.description], result.fetchall()[0], strict=True))


def _nameless(column: Column) -> bool:
    """Whether a column's values say nothing of a person: no ids, names or free notes."""
    return column.type == "flag" or (column.kind != "snapshot" and not column.name.endswith("_id"))


def _few_values(con: duckdb.DuckDBPyConnection, table: Table, row: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Values with their rows, most rows first, of columns that have few; all in one scan."""
    # the estimate is off by some per cent: it only spares columns that have many
    names = [c.name for c in table.columns if 0 < row.get(f"d_{c.name}", 0) <= 2 * FEW]
    if not names:
        return {}
    listed = [identifier(name) for name in names]
    which = f"grouping({', '.join(listed)})"
    sets = ", ".join(f"({name})" for name in listed)
    value = f"coalesce({', '.join(f'CAST({name} AS VARCHAR)' for name in listed)})"
    sql = (
        f"SELECT {which}, {value} AS value, count(*) AS n FROM {identifier(f'now_{table.name}')} "
        f"GROUP BY GROUPING SETS ({sets}) ORDER BY n DESC, value"
    )
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    bits = {(1 << len(names)) - 1 - (1 << (len(names) - 1 - at)): name for at, name in enumerate(names)}
    for group, text, count in con.execute(sql).fetchall():
        if text is not None:
            found[bits[group]][text] = count
    return {name: values for name, values in found.items() if len(values) <= FEW}


def _days(con: duckdb.DuckDBPyConnection, table: Table, as_of: date) -> tuple[dict[str, Any], tuple[date, int] | None]:
    """The course of a table's days, and the busiest of them with its rows."""
    day = identifier(str(table.column(table.occurred).day))
    sql = (
        f"WITH d AS (SELECT {day} AS day, count(*) AS n FROM {identifier(f'now_{table.name}')} "
        f"WHERE {day} <= $as_of GROUP BY day), g AS (SELECT *, day - lag(day) OVER (ORDER BY day) AS gap FROM d) "
        f"SELECT min(day), max(day), count(*), max(gap), arg_max(day, (n, day)), max(n) FROM g"
    )
    [(first, last, days, gap, busiest, most)] = con.execute(sql, {"as_of": as_of}).fetchall()
    told = {
        "first_day": first, "last_day": last, "days_with_rows": days, "longest_gap_days": gap,
        "days_since_last": (as_of - last).days if last else None,
    }  # fmt: skip
    return told, (busiest, most) if busiest else None


def stale(table: str, told: TableProfile, source: str, bearable: int = _QUIET) -> list[Finding]:
    """A finding if the table has been silent for longer than ever before, and than is ``bearable``."""
    silent, last = told.days_since_last, told.last_day
    if silent is None or last is None or silent <= max(bearable, told.longest_gap_days or 0):
        return []
    usual = f"never more than {told.longest_gap_days} before" if told.longest_gap_days else "one day is all there is"
    message = f"the last row is of {last}, {silent} days before the day; {usual}"
    example = Example.of(table, str(last), None, f"{silent} days without a row")
    span = (last - told.first_day).days + 1 + silent if told.first_day else silent
    return [finding(f"{table}.stale", silent, span, message, (example,), source=source)]


def _of_days(table: Table, told: TableProfile, source: str, busiest: tuple[date, int] | None) -> list[Finding]:
    found = stale(table.name, told, source)
    if busiest and table.name in ("accounts", "subscriptions") and told.rows >= 50 and busiest[1] > 0.3 * told.rows:
        day, rows = busiest
        message = f"{rows:,} rows, {rows / told.rows:.0%}, have {table.occurred} on {day}"
        example = Example.of(table.name, str(day), table.occurred, f"{rows:,} rows")
        found.append(finding(f"{table.name}.one_day", rows, told.rows, message, (example,), column=table.occurred))
    return found


def _of_columns(
    table: Table, told: TableProfile, source: str, median_mrr: float | None, first: Sequence[str], mapped: bool
) -> list[Finding]:
    """Columns that have no value, or no other than one that makes no sense; ``first`` are keys of rows to show."""
    if not told.rows:
        return []
    name, rows, found = table.name, told.rows, []

    def empty_in(column: str) -> tuple[Example, ...]:
        return tuple(Example.of(name, key, column, "empty") for key in first)

    whole = {
        "subscriptions": [("never_ended", "ended_at", "no subscription has ever ended")],
        "invoices": [("never_paid", "paid_at", "no invoice has ever been paid")],
        "tickets": [("never_resolved", "resolved_at", "no ticket has ever been resolved")],
    }
    for code, empty, says in whole.get(name, []):
        if not told.columns[empty].filled:
            message = f"{says}: {empty} is empty"
            examples = empty_in(empty)
            found.append(finding(f"{name}.{code}", rows, rows, message, examples, column=empty, source=source))
    told_already = {each.column for each in found}
    for column in table.columns if mapped else ():
        each = told.columns[column.name]
        if each.given and not each.filled and not column.required and column.name not in told_already:
            message, examples = f"{column.name} is mapped and has no value in any row", empty_in(column.name)
            found.append(
                finding(f"{name}.empty_column", rows, rows, message, examples, column=column.name, source=source)
            )
    if name == "payments" and told.columns["succeeded"].values == {"true": rows}:
        found.append(finding("payments.never_failed", rows, rows, "no attempt has ever failed", column="succeeded"))
    if name == "subscriptions" and median_mrr is None:
        message = "mrr is 0 in all rows"
        found.append(finding("subscriptions.never_paying", rows, rows, message, column="mrr"))
    if name == "subscriptions" and median_mrr is not None and median_mrr < 100:
        message = f"half of the prices are below 1.00 a month: the median of mrr is {median_mrr:,.0f} minor units"
        found.append(
            finding("subscriptions.mrr_in_major_units", rows, rows, message, column="mrr", source=source)
        )  # fmt: skip
    return found


def _examples(table: Table, column: str, rows: Iterable[Mapping[str, Any]] | None) -> tuple[Example, ...]:
    return tuple(
        Example.of(table.name, each["row"], column, "empty" if each["value"] is None else each["value"])
        for each in rows or ()
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def days_between(first: date, last: date) -> list[date]:
    """All days from ``first`` to ``last``."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
