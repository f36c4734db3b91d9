"""Runs a table's rules as one Great Expectations suite.

Belongs here: what is asked of Great Expectations and how its answers are told apart (passed, failed, could not be
evaluated). Does not belong here: what follows from an answer (``validate``). Import this module only where a check
runs: it loads Great Expectations, which takes seconds.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from churn_features.tables import Table
from pipelines.contracts.dialect import connection_string
from pipelines.contracts.rule import Rule

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when Great Expectations is imported
with warnings.catch_warnings():
    # it imports sre_constants and sre_parse, which Python deprecates
    warnings.filterwarnings("ignore", message="module 'sre_\\w+' is deprecated", category=DeprecationWarning)
    import great_expectations as gx
    import great_expectations.expectations as gxe

if TYPE_CHECKING:
    import duckdb

EMPTY = "empty"
"""Name of the expectation that the table has rows."""


@dataclass(frozen=True)
class Outcome:
    """What one expectation gave: the number it counted, or why it could not be evaluated."""

    count: int = 0
    success: bool = False
    error: str | None = None


class BadRows(gxe.UnexpectedRowsExpectation):
    """Counts the rows that a rule selects. The stock expectation also fetches them, however many there are."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        found = metrics["unexpected_rows_query.row_count"]
        return {"success": found == 0, "result": {"observed_value": found}}


def evaluate(
    connection: duckdb.DuckDBPyConnection, view: str, table: Table, rules: Iterable[Rule]
) -> dict[str, Outcome]:
    """Outcome of every rule by its id, and of ``empty`` (count: rows of the table), in one suite over ``view``."""
    severity = {"error": "critical", "warning": "warning"}
    expectations = [
        BadRows(
            description=rule.meaning,
            unexpected_rows_query=_query(rule),
            severity=severity[rule.level],
            meta={"rule": rule.id},
        )
        for rule in rules
    ]
    expectations.append(
        gxe.ExpectTableRowCountToBeBetween(
            description="the table has rows",
            min_value=1,
            severity="critical" if table.required else "warning",
            meta={"rule": EMPTY},
        )
    )
    with connection_string(connection) as url:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_sql("landed", connection_string=url).add_table_asset(
            table.name, table_name=view
        )
        batch = asset.add_batch_definition_whole_table("day").get_batch()
        result = batch.validate(gx.ExpectationSuite(table.name, expectations=expectations), result_format="BASIC")
    return {each.expectation_config.meta["rule"]: _outcome(each) for each in result.results}


def _query(rule: Rule) -> str:
    """The rule's SQL with the batch as a name that can be joined and given an alias.

    Great Expectations fills in ``{batch}`` as a subquery, with an alias or without; SQLAlchemy reads ``:name`` as a
    parameter and Great Expectations reads other braces as placeholders, so both are escaped.
    """
    sql = rule.sql.replace("{batch}", "batch_").replace("{", "{{").replace("}", "}}")
    sql = re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql)
    return f"WITH batch_ AS NOT MATERIALIZED (SELECT * FROM {{batch}}) SELECT * FROM ({sql})"


def _outcome(result: Any) -> Outcome:
    if error := _error(result.exception_info or {}):
        return Outcome(error=error)
    return Outcome(count=int(result.result["observed_value"]), success=bool(result.success))


def _error(info: Mapping[str, Any]) -> str | None:
    """First line of the exception an expectation met. ``info`` is one exception, or one for each metric."""
    for entry in (info, *(value for value in info.values() if isinstance(value, Mapping))):
        if entry.get("raised_exception"):
            return str(entry.get("exception_message")).strip().splitlines()[0]
    return None
