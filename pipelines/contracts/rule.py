"""One rule of a contract, and the SQL pieces rules are built from.

Belongs here: the shape of a rule, and how a bad row's reason is worded. Does not belong here: which rules a
table has (``vocabulary_rules``, ``table_rules``, ``text_rules``) and how they are run (``suite``, ``validate``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from churn_features.tables import Column
from pipelines.engine import identifier

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """A statement that every row of a table must satisfy.

    ``sql`` selects the rows that break it, each once, as ``_file``, ``_row`` and ``reason`` from ``{batch}``. The
    batch has the contract's columns, the day of every instant in the company's zone (``started_on`` of
    ``started_at``), ``_file``, ``_row`` and ``_unreadable``. Beside it stand the accepted copies named in ``needs``,
    the one-row view ``moment`` (now, cutoff, as_of, today) and the macro ``local_day(instant)``. A rule whose
    ``needs`` are absent is not evaluated.

    Rows that break an *error* are set aside; rows that break a *warning* are published and reported.

    A rule of one's own, given to ``check_table`` beside ``rules_for(table)``:

    >>> Rule(
    ...     id="accounts.no_owner",
    ...     table="accounts",
    ...     level="warning",
    ...     meaning="every account has a customer success manager",
    ...     sql="SELECT _file, _row, 'owner is empty' AS reason FROM {batch} WHERE owner IS NULL",
    ... ).level
    'warning'
    """

    id: str
    table: str
    level: Level
    meaning: str
    sql: str
    needs: tuple[str, ...] = ()


def shown(column: Column, row: str = "b") -> str:
    """SQL text of a column's value as a reason quotes it: instants to the minute in UTC, texts cut at 80 characters."""
    value = f"{row}.{identifier(column.name)}"
    if column.type == "instant":
        return f"strftime({value}, '%Y-%m-%d %H:%M')"
    if column.type == "text":
        return f"'''' || left({value}, 80) || ''''"
    return f"CAST({value} AS VARCHAR)"


def bad_rows(checks: Iterable[tuple[str, str]], source: str = "{batch} b") -> str:
    """SQL that selects every row of ``source`` for which a condition holds, once, in one scan.

    ``checks`` are pairs of SQL (condition, reason); the reasons of all conditions that hold are joined.
    """
    pairs = tuple(checks)
    reasons = ", ".join(f"CASE WHEN {condition} THEN {reason} END" for condition, reason in pairs)
    conditions = " OR ".join(f"({condition})" for condition, _ in pairs)
    return f"SELECT b._file, b._row, concat_ws('; ', {reasons}) AS reason FROM {source} WHERE {conditions}"
