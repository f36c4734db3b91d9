"""What the contracts found in a day's landing, as findings: keys, orphans, encodings, order and future of dates.

Belongs here: reading the records of checks, and a remedy for each rule. Does not belong here: the rules (``contracts``)
and what only rows through time can tell (``contradictions``, ``usage``).
"""

from __future__ import annotations

from datetime import date

from churn_features.tables import TABLES
from pipelines.contracts.record import Checked, RuleResult
from pipelines.readiness.findings import Example, Finding, Severity, finding

REMEDIES = {
    "unreadable": "state how it is written: sources.{source}.tables.{table}.columns.{column}.format, values or scale",
    "required": "correct sources.{source}.tables.{table}.columns.{column}, or leave such rows out with where",
    "choices": "translate the source's values: sources.{source}.tables.{table}.columns.{column}.values",
    "duplicate_key": "leave the repeated rows out with sources.{source}.tables.{table}.where, or map a key that is one",
    "repeated_id": "mend the export: it gives rows twice; the first of each is kept",
    "future": "correct the clock or the zone of the source: sources.{source}.tables.{table}.time_zone",
    "future_fact": "correct the clock or the zone of the source: sources.{source}.tables.{table}.time_zone",
    "after_cutoff": "nothing to do: such rows count from a later day on",
    "impossible_date": "leave a date empty that is not known: sources.{source}.tables.{table}.columns.{column}",
    "out_of_range": "correct sources.{source}.tables.{table}.columns.{column} or its scale",
    "negative_amount": "leave credits and refunds out with sources.{source}.tables.{table}.where",
    "encoding": "read the file as UTF-8 (sources.{source}.tables.{table}.encoding), or mend the export",
    "too_long": "map another column: sources.{source}.tables.{table}.columns.{column}",
    "empty": "look whether the export that sources.{source} reads still runs, or take the table out",
    "no_time": "map a column to usage.day or usage.occurred_at",
    "score_scale": "bring the score to the scale of its kind: sources.{source}.tables.feedback.columns.score",
}  # fmt: skip
"""Name of a rule -> what to do; any other rule compares dates."""
_ORPHAN = "look whether {table}.{column} and its owner come from the same system; orphans are set aside"
_DATES = "look which of the two dates is right, and correct its mapping under sources.{source}.tables.{table}.columns"

_REPLACED = ("usage.before_start", "usage.after_end", "usage.encoding")
"""Rules that the report asks of all usage on file, not only of what landed last."""


def findings(checked: Checked, source: str, as_of: date) -> list[Finding]:
    """What one table's check found."""
    found = []
    if not checked.passed:
        because = checked.withheld_because or "it broke its contract"
        found.append(
            finding(f"{checked.table}.withheld", checked.quarantined, checked.landed,
                    f"the table is withheld: {because}", source=source, as_of=as_of)
        )  # fmt: skip
    for rule in checked.rules:
        # a withheld table has no rows on file: what its landing says is all there is
        if rule.status == "failed" and not (checked.passed and rule.rule in _REPLACED):
            found.append(_of_rule(checked, rule, source))
    return found


def _of_rule(checked: Checked, rule: RuleResult, source: str) -> Finding:
    table, _, name = rule.rule.partition(".")
    severity: Severity = "error" if rule.level == "error" and not checked.passed else "warning"
    if name == "after_cutoff":
        severity = "note"
    examples = tuple(
        Example.of(table, f"{each['file']} row {each['row']}", _column(table, each["reason"]), each["reason"])
        for each in rule.examples
    )
    column = next((each.column for each in examples if each.column), None)
    if column is None and name.startswith("orphan_"):
        column = f"{name.removeprefix('orphan_')}_id"
    remedy = _ORPHAN if name.startswith("orphan_") else REMEDIES.get(name, _DATES)
    aside = ", set aside," if rule.level == "error" and checked.passed else ""
    message = f"{rule.bad_rows:,} rows{aside} break the rule: {rule.meaning}"
    if not rule.bad_rows:
        message = f"broken is the rule: {rule.meaning}; {rule.note}"
    said = remedy.format(source=source, table=table, column=column or "…")
    return Finding(rule.rule, severity, table, column, rule.bad_rows, checked.landed, message, said, examples)


def _column(table: str, reason: str) -> str | None:
    word = reason.split(maxsplit=1)[0].rstrip(":") if reason else ""
    return word if word in TABLES[table].names else None
