"""From named expressions to the text of one SQL statement with bound parameters.

Belongs here: chaining expressions as common table expressions and naming parameters. Ibis is used as a compiler only:
the text is run by an engine's own connection. Does not belong here: what is computed, and how an engine spells it
(``dialects``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

from churn_features.dialects import DIALECTS, Dialect, Kind

_FIRST_DATE = date(2999, 1, 1)
_FIRST_INSTANT = datetime.combine(_FIRST_DATE, time())


class Parameters:
    """Placeholders for dates and instants that are bound when the statement runs.

    Ibis compiles values into the text; each placeholder is therefore a value that occurs nowhere else, and
    ``Query.sql`` puts a marker in place of whatever spelling the dialect gave it.
    """

    def __init__(self) -> None:
        self._values: dict[str, tuple[Kind, ir.Value]] = {}

    def date(self, name: str) -> ir.DateValue:
        return self._add(name, "date", ibis.literal(_FIRST_DATE + timedelta(days=len(self._values))))

    def instant(self, name: str) -> ir.TimestampValue:
        return self._add(name, "timestamp", ibis.literal(_FIRST_INSTANT + timedelta(days=len(self._values))))

    def _add(self, name: str, kind: Kind, value: ir.Value) -> ir.Value:
        self._values[name] = kind, value
        return value

    def markers(self, dialect: Dialect) -> dict[str, str]:
        """How the dialect spells each placeholder, and the marker to be put in its place."""
        return {
            dialect.text(value.name("v")).removeprefix("SELECT").rsplit(" AS ", 1)[0].strip(): dialect.parameter(
                name, kind
            )
            for name, (kind, value) in self._values.items()
        }


class Query:
    """Named steps, each an expression over the tables and earlier steps; the last one is the result, ordered by one of
    its columns."""

    def __init__(self, order_by: str = "account_id") -> None:
        self.parameters = Parameters()
        self._order_by = order_by
        self._steps: dict[str, ir.Table] = {}

    def step(self, name: str, rows: ir.Table) -> ir.Table:
        """Add a step; returns a table that later steps read it by."""
        if name in self._steps:
            raise ValueError(f"step {name} exists already")
        self._steps[name] = rows
        return ibis.table(rows.schema(), name=name)

    @property
    def names(self) -> Iterable[str]:
        return self._steps.keys()

    def sql(self, dialect: str = "duckdb") -> str:
        """The whole statement with named parameters: ``$name`` for ``duckdb``, ``:name`` for ``spark``."""
        spoken = DIALECTS[dialect]
        steps = [f"{spoken.identifier(name)} AS (\n{spoken.text(rows)}\n)" for name, rows in self._steps.items()]
        *_, last = self._steps
        sql = "WITH " + ",\n".join(steps) + f"\n{spoken.result(last, self._order_by)}"
        for spelling, marker in self.parameters.markers(spoken).items():
            sql = sql.replace(spelling, marker)
        return sql
