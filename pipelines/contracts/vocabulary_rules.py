"""The rules that follow from the contract's vocabulary alone: keys, types, required columns, choices, dates, ranges.

Belongs here: one generator per kind of rule, the same for every table. Does not belong here: texts
(``text_rules``) and what only one table can break (``table_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator

from churn_features.tables import Column, Table
from pipelines.contracts.rule import Level, Rule, bad_rows, shown
from pipelines.engine import identifier, literal

FIRST_DAY, LAST_DAY = "1990-01-01", "2099-12-31"
"""Dates outside these are typing errors, 1970 (an empty Unix time) or stand-ins for "never"."""

RANGES: dict[tuple[str, str], tuple[float, float]] = {
    ("subscription_changes", "discount_share"): (0, 1),
    ("tickets", "satisfaction"): (1, 5),
}

SIGNED = {("invoices", "amount"), ("payments", "amount")}
"""Amounts that may be negative where a company books credits and refunds as such: a warning, not an error."""

OWNERS = {"account_id": "accounts", "subscription_id": "subscriptions", "invoice_id": "invoices"}


def vocabulary_rules(table: Table) -> Iterator[Rule]:
    """Rules of ``table`` that its columns imply."""
    yield _unreadable(table)
    yield _required(table)
    if any(column.choices for column in table.columns):
        yield _choices(table)
    yield _unique(table)
    yield from _orphans(table)
    yield _future(table)
    yield _impossible_date(table)
    if numbers := [column for column in table.columns if column.type in ("integer", "money", "number")]:
        yield from _ranges(table, numbers)
    yield _after_cutoff(table)
    if facts := [column for column in table.columns if _is_past_fact(column)]:
        yield _future_fact(table, facts)


def _rule(table: Table, name: str, level: Level, meaning: str, sql: str, needs: tuple[str, ...] = ()) -> Rule:
    return Rule(f"{table.name}.{name}", table.name, level, meaning, sql, needs)


def _unreadable(table: Table) -> Rule:
    sql = "SELECT b._file, b._row, b._unreadable AS reason FROM {batch} b WHERE b._unreadable IS NOT NULL"
    return _rule(table, "unreadable", "error", "every value can be read as its column's type", sql)


def missing(column: str) -> str:
    """SQL condition: the source gave no value. One that could not be read is not missing but unreadable."""
    told = (
        f"starts_with(b._unreadable, {literal(column + ': ')}) OR contains(b._unreadable, {literal(f'; {column}: ')})"
    )
    return f"b.{identifier(column)} IS NULL AND NOT coalesce({told}, false)"


def _required(table: Table) -> Rule:
    required = [column.name for column in table.columns if column.required]
    sql = bad_rows((missing(name), literal(f"{name} is empty")) for name in required)
    return _rule(table, "required", "error", f"{', '.join(required)} have a value in every row", sql)


def _choices(table: Table) -> Rule:
    limited = [column for column in table.columns if column.choices]
    checks = []
    for column in limited:
        allowed = ", ".join(literal(choice) for choice in column.choices)
        says = literal(f" is not one of {', '.join(column.choices)}")
        reason = f"{literal(column.name + ' ')} || {shown(column)} || {says}"
        checks.append((f"b.{identifier(column.name)} NOT IN ({allowed})", reason))
    names = ", ".join(column.name for column in limited)
    return _rule(table, "choices", "error", f"{names} hold only values that the contract lists", bad_rows(checks))


def _unique(table: Table) -> Rule:
    """Every row of a key but the first in file and row order. Rows recorded at different instants are versions of one
    row, except of usage: landed usage may be single events, so there only the source's own row id can repeat. Only the
    rows of repeated keys are ordered."""
    usage = table.name == "usage"
    name, key = ("repeated_id", ("usage_id",)) if usage else ("duplicate_key", table.key)
    whole = key if usage else (*key, "recorded_at")
    columns = ", ".join(identifier(column) for column in whole)
    joined = " AND ".join(f"b.{identifier(column)} IS NOT DISTINCT FROM k.{identifier(column)}" for column in whole)
    given = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in key)
    values = " || ', ' || ".join(f"{literal(column + ' ')} || {shown(table.column(column))}" for column in key)
    of_key = f"PARTITION BY {', '.join(f'b.{identifier(column)}' for column in whole)} ORDER BY b._file, b._row"
    sql = (
        f"SELECT _file, _row, reason || ' was already given in ' || first_file || ' row ' || first_row AS reason "
        f"FROM (SELECT b._file, b._row, {values} AS reason, row_number() OVER ({of_key}) AS nth, "
        f"first_value(b._file) OVER ({of_key}) AS first_file, first_value(b._row) OVER ({of_key}) AS first_row "
        f"FROM {{batch}} b JOIN (SELECT {columns} FROM {{batch}} WHERE {given} GROUP BY {columns} "
        f"HAVING count(*) > 1) k ON {joined}) WHERE nth > 1"
    )
    once = "once" if usage else "once, or once for each recorded_at"
    return _rule(table, name, "error", f"{', '.join(key)} occurs {once}; the first row given is kept", sql)


def _orphans(table: Table) -> Iterator[Rule]:
    for name, owner in OWNERS.items():
        if owner == table.name or name not in table.names:
            continue
        column = identifier(name)
        reason = f"{literal(name + ' ')} || {shown(table.column(name))} || {literal(f' is not among the {owner}')}"
        # an anti join: NOT EXISTS took twelve times the CPU over a million rows
        sql = (
            f"SELECT b._file, b._row, {reason} AS reason FROM {{batch}} b "
            f"ANTI JOIN {owner} o ON o.{column} = b.{column} WHERE b.{column} IS NOT NULL"
        )
        short = f"orphan_{owner.removesuffix('s')}"
        yield _rule(table, short, "error", f"every {name} is that of an accepted row of {owner}", sql, (owner,))


def _future(table: Table) -> Rule:
    column = table.column(table.occurred)
    name = identifier(column.name)
    says = "' is in the future: it was checked on ' || m.today"
    checks = [(f"b.{name} > m.now", f"{literal(column.name + ' ')} || {shown(column)} || {says}")]
    if table.name == "usage":
        day = table.column("day")
        checks.append(("b.day > m.today", f"'day ' || {shown(day)} || {says}"))
    sql = bad_rows(checks, "{batch} b CROSS JOIN moment m")
    return _rule(table, "future", "error", "no row happened after it was checked (no dates in the future)", sql)


def _impossible_date(table: Table) -> Rule:
    checks = []
    for column in table.columns:
        if column.type not in ("instant", "day"):
            continue
        value, name = f"b.{identifier(column.name)}", literal(column.name + " ")
        early = f"{value} < DATE {literal(FIRST_DAY)}"
        late = f"{value} >= DATE {literal(LAST_DAY)} + 1"
        checks.append((early, f"{name} || {shown(column)} || ' is before {FIRST_DAY}'"))
        says = f" is after {LAST_DAY}; leave a date empty that is not known"
        checks.append((late, f"{name} || {shown(column)} || {literal(says)}"))
    meaning = f"every date lies between {FIRST_DAY} and {LAST_DAY}"
    return _rule(table, "impossible_date", "error", meaning, bad_rows(checks))


def _ranges(table: Table, numbers: list[Column]) -> Iterator[Rule]:
    checks, signed = [], []
    for column in numbers:
        value = f"b.{identifier(column.name)}"
        told = f"{literal(column.name + ' ')} || {shown(column)} || "
        if (table.name, column.name) in SIGNED:
            signed.append((f"{value} < 0", told + "' is negative'"))
        elif bounds := RANGES.get((table.name, column.name)):
            low, high = bounds
            checks.append((f"NOT ({value} BETWEEN {low} AND {high})", told + f"' is not between {low} and {high}'"))
        elif column.name != "score":  # its scale depends on the row's kind
            checks.append((f"{value} < 0", told + "' is negative'"))
        if column.type == "number" and (table.name, column.name) not in RANGES:
            checks.append((f"NOT isfinite({value}) AND NOT {value} < 0", told + "' is not a finite number'"))
    if checks:
        yield _rule(table, "out_of_range", "error", "every number lies in its column's range", bad_rows(checks))
    if signed:
        meaning = "no amount is negative; credits and refunds are better left out than booked as sales"
        yield _rule(table, "negative_amount", "warning", meaning, bad_rows(signed))


def _after_cutoff(table: Table) -> Rule:
    column = table.column(table.occurred)
    value = f"b.{identifier(column.name)}"
    says = "' is after the end of ' || m.as_of || '; it counts only from a later day on'"
    told = f"{literal(column.name + ' ')} || {shown(column)} || {says}"
    checks = [(f"{value} >= m.cutoff AND {value} <= m.now", told)]
    if table.name == "usage":
        day = f"'day ' || {shown(table.column('day'))} || {says}"
        checks.append(("b.day > m.as_of AND b.day <= m.today", day))
    sql = bad_rows(checks, "{batch} b CROSS JOIN moment m")
    return _rule(table, "after_cutoff", "warning", "no row happened after the end of the day that is checked", sql)


def _is_past_fact(column: Column) -> bool:
    """An instant that the source can only write down afterwards; an end is often stored in advance."""
    of_itself = column.kind == "event" and column.known_from == column.name and column.name != "ended_at"
    return column.type == "instant" and (of_itself or column.name == "recorded_at")


def _future_fact(table: Table, facts: list[Column]) -> Rule:
    checks = (
        (
            f"b.{identifier(column.name)} > m.now",
            f"{literal(column.name + ' ')} || {shown(column)} || ' is in the future: it was checked on ' || m.today",
        )
        for column in facts
    )
    sql = bad_rows(checks, "{batch} b CROSS JOIN moment m")
    meaning = f"{', '.join(column.name for column in facts)} are not in the future"
    return _rule(table, "future_fact", "warning", meaning, sql)
