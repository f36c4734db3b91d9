"""From named expressions to the text of one SQL statement with bound parameters.

Belongs here: chaining expressions as common table expressions and naming parameters. Ibis is used as a compiler only:
the text is run by an engine's own connection. Does not belong here: what is computed, and by which engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

_FIRST_DATE = date(2999, 1, 1)
_FIRST_INSTANT = datetime.combine(_FIRST_DATE, time())


class Parameters:
    """Placeholders for dates and instants that are bound when the statement runs.

    Ibis compiles values into the text; each placeholder is therefore a value that occurs nowhere else, and
    ``Query.sql`` puts ``$name`` in place of whatever spelling the dialect gave it.
    """

    def __init__(self) -> None:
        self._values: dict[str, ir.Value] = {}

    def date(self, name: str) -> ir.DateValue:
        return self._add(name, ibis.literal(_FIRST_DATE + timedelta(days=len(self._values))))

    def instant(self, name: str) -> ir.TimestampValue:
        return self._add(name, ibis.literal(_FIRST_INSTANT + timedelta(days=len(self._values))))

    def _add(self, name: str, value: ir.Value) -> ir.Value:
        self._values[name] = value
        return value

    def named(self, sql: str, dialect: str) -> str:
        for name, value in self._values.items():
            spelling = ibis.to_sql(value.name("v"), dialect=dialect).removeprefix("SELECT").rsplit(" AS ", 1)[0].strip()
            sql = sql.replace(spelling, f"${name}")
        return sql


class Query:
    """Named steps, each an expression over the tables and earlier steps; the last one is the result."""

    def __init__(self) -> None:
        self.parameters = Parameters()
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
        """The whole statement with ``$name`` parameters."""
        steps = [
            f'"{name}" AS (\n{self.parameters.named(ibis.to_sql(rows, dialect=dialect), dialect)}\n)'
            for name, rows in self._steps.items()
        ]
        *_, last = self._steps
        return "WITH " + ",\n".join(steps) + f'\nSELECT * FROM "{last}" ORDER BY "account_id"'
