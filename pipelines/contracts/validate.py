"""Checks one landed table: runs its rules, sets bad rows aside, publishes the accepted copy or withholds it.

Belongs here: the decision. Does not belong here: rules, the suite, the record, the files' SQL (their own modules),
and how the record is shown (Dagster, the CLI).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.contracts.copies import BAD, count_accepted, remove_accepted, write_accepted, write_quarantine
from pipelines.contracts.record import Checked, RuleResult
from pipelines.contracts.rule import Level, Rule
from pipelines.contracts.rules import rules_for
from pipelines.contracts.views import LANDED, check_zone, define_accepted, define_landed, define_moment, number, opened
from pipelines.engine import identifier, literal
from pipelines.errors import ChurnError

if TYPE_CHECKING:
    import duckdb

    from pipelines.contracts.suite import Outcome

__all__ = ["Checked", "RuleResult", "check_table"]

_EXAMPLES = 5
_NOT_EVALUABLE = "could not be evaluated"


def check_table(
    settings: Mapping[str, str | int],
    table: Table,
    landed: Path,
    accepted_views: Mapping[str, Path],
    *,
    as_of: date,
    cutoff: datetime,
    now: datetime,
    zone: str,
    accepted_to: Path,
    quarantine_to: Path,
    max_bad_share: float = 0.05,
    rules: tuple[Rule, ...] | None = None,
) -> Checked:
    """Checks the landed rows of ``table``, writes the quarantine, and publishes or withdraws the accepted copy.

    ``settings`` are DuckDB's (``memory_limit``, ``threads``, ``temp_directory``). ``landed`` is a Parquet file or a
    folder of them; ``accepted_views`` are the accepted copies of the tables before it. ``cutoff`` and ``now`` are
    naive UTC. ``rules`` replaces ``rules_for(table)``.

    The contract fails, and an earlier copy at ``accepted_to`` is removed, if a required table is empty, a required
    column is empty throughout, more than ``max_bad_share`` of the rows broke an error, or a rule met an exception.
    Raises ChurnError, and touches nothing, if an input file or the zone cannot be used.
    """
    from pipelines.contracts import suite

    rules = rules_for(table) if rules is None else rules
    with opened(settings) as connection:
        define_moment(connection, as_of, cutoff, now, check_zone(connection, zone))
        define_landed(connection, table, landed)
        define_accepted(connection, accepted_views, as_of)
        ready = [rule for rule in rules if set(rule.needs) <= set(accepted_views)]
        outcomes = suite.evaluate(connection, LANDED, table, ready)
        rows = number(connection, f"SELECT count(*) FROM {LANDED}")
        _set_aside(connection, ready, outcomes)
        quarantined = number(connection, f"SELECT count(*) FROM (SELECT DISTINCT _file, _row FROM {BAD})")
        accepted = count_accepted(connection)
        _reconcile(table, landed, rows, accepted, quarantined)
        results = (
            _has_rows(table, outcomes[suite.EMPTY]),
            *(_result(connection, rule, outcomes.get(rule.id), set(accepted_views)) for rule in rules),
        )
        because = _withheld_because(connection, table, results, rows, quarantined, max_bad_share)
        write_quarantine(connection, table, quarantine_to)
        if because is None:
            write_accepted(connection, table, accepted_to)
        else:
            remove_accepted(accepted_to)
    return Checked(table.name, as_of.isoformat(), rows, accepted, quarantined, because is None, because, results)


def _set_aside(connection: duckdb.DuckDBPyConnection, rules: list[Rule], outcomes: Mapping[str, Outcome]) -> None:
    """Fills the table of broken errors by the rules' own SQL. RuntimeError if it finds other rows than were counted."""
    connection.execute(f"CREATE TABLE {BAD} (_file VARCHAR, _row BIGINT, rule VARCHAR, reason VARCHAR)")
    for rule in rules:
        counted = outcomes[rule.id].count
        if rule.level == "warning" or not counted:
            continue
        found = number(
            connection, f"INSERT INTO {BAD} SELECT _file, _row, {literal(rule.id)}, reason FROM ({_sql(rule)})"
        )
        if found != counted:
            raise RuntimeError(f"rule {rule.id} counted {counted} bad rows but set {found} aside")


def _sql(rule: Rule) -> str:
    return rule.sql.replace("{batch}", LANDED)


def _reconcile(table: Table, landed: Path, rows: int, accepted: int, quarantined: int) -> None:
    if rows != accepted + quarantined:
        raise ChurnError(
            f"table {table.name}: {rows} rows landed in {landed}, but {accepted} accepted and {quarantined} set aside "
            f"make {accepted + quarantined}; _file and _row do not tell its rows apart",
            f"land table {table.name} again for this day",
        )


def _has_rows(table: Table, outcome: Outcome) -> RuleResult:
    rule, meaning = f"{table.name}.empty", "the table has rows"
    level: Level = "error" if table.required else "warning"
    if outcome.error:
        return _unmet(rule, level, meaning, outcome.error)
    if outcome.success:
        return RuleResult(rule, level, meaning, 0, "passed")
    return RuleResult(rule, level, meaning, 0, "failed", note="no row landed for this day")


def _unmet(rule: str, level: Level, meaning: str, error: str) -> RuleResult:
    return RuleResult(rule, level, meaning, 0, "not_evaluated", note=f"{_NOT_EVALUABLE}: {error}")


def _result(
    connection: duckdb.DuckDBPyConnection, rule: Rule, outcome: Outcome | None, present: set[str]
) -> RuleResult:
    if outcome is None:
        absent = ", ".join(name for name in rule.needs if name not in present)
        note = f"not evaluated: table {absent} absent"
        return RuleResult(rule.id, rule.level, rule.meaning, 0, "not_evaluated", note=note)
    if outcome.error:
        return _unmet(rule.id, rule.level, rule.meaning, outcome.error)
    if not outcome.count:
        return RuleResult(rule.id, rule.level, rule.meaning, 0, "passed")
    source = f"SELECT * FROM {BAD} WHERE rule = {literal(rule.id)}" if rule.level == "error" else _sql(rule)
    first = connection.execute(
        f"SELECT _file, _row, reason FROM ({source}) ORDER BY _file, _row LIMIT {_EXAMPLES}"
    ).fetchall()
    examples = tuple({"file": file, "row": row, "reason": reason} for file, row, reason in first)
    return RuleResult(rule.id, rule.level, rule.meaning, outcome.count, "failed", examples)


def _withheld_because(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    results: tuple[RuleResult, ...],
    landed: int,
    quarantined: int,
    max_bad_share: float,
) -> str | None:
    """What makes the contract fail, in one sentence; None if it passed."""
    reasons = [f"rule {each.rule} {each.note}" for each in results if (each.note or "").startswith(_NOT_EVALUABLE)]
    if landed == 0:
        if table.required:
            reasons.append("no row landed for this day, and the table is required")
        return "; ".join(reasons) or None
    required = [column.name for column in table.columns if column.required]
    empty = [name for name in required if not number(connection, f"SELECT count({identifier(name)}) FROM {LANDED}")]
    if empty:
        reasons.append(f"required column {', '.join(empty)} has no readable value in any of {landed:,} rows")
    if quarantined > max_bad_share * landed:
        worst = sorted((each for each in results if each.level == "error" and each.bad_rows), key=lambda r: -r.bad_rows)
        broken = ", ".join(f"{each.rule} ({each.bad_rows:,})" for each in worst[:3])
        example = worst[0].examples[0]
        reasons.append(
            f"{quarantined:,} of {landed:,} rows ({quarantined / landed:.1%}) were set aside, more than the "
            f"{max_bad_share:.1%} allowed, most by {broken}; for example {example['file']} row {example['row']}: "
            f"{example['reason']}"
        )
    return "; ".join(reasons) or None
