"""The SQL of each engine: how it quotes a name, marks a parameter and spells an expression.

Belongs here: what differs between engines' texts, and what is done so that their results do not. Does not belong here:
running a text, and what is computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.sql.compilers.base import NULL, AggGen, SQLGlotCompiler, sge
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

Kind = Literal["date", "timestamp"]


class Dialect(ABC):
    """One engine's SQL."""

    quote: str

    def identifier(self, name: str) -> str:
        """``name`` quoted."""
        return f"{self.quote}{name.replace(self.quote, self.quote * 2)}{self.quote}"

    @abstractmethod
    def text(self, expression: ir.Expr) -> str:
        """An expression as a query."""

    @abstractmethod
    def result(self, step: str, order: str) -> str:
        """The rows of a step, ordered by a column where the engine gives them as one."""

    @abstractmethod
    def parameter(self, name: str, kind: Kind) -> str:
        """The place of a bound value."""


class DuckDB(Dialect):
    """Values are bound as dates and naive UTC datetimes."""

    quote = '"'

    def __init__(self) -> None:
        self._compiler = _DuckDBCompiler()

    def text(self, expression: ir.Expr) -> str:
        return self._compiler.to_sqlglot(expression.unbind()).sql(dialect=self._compiler.dialect, pretty=True)

    def result(self, step: str, order: str) -> str:
        return f"SELECT * FROM {self.identifier(step)} ORDER BY {self.identifier(order)}"

    def parameter(self, name: str, kind: Kind) -> str:
        return f"${name}"


class Spark(Dialect):
    """Values are bound as ISO 8601 text: a Python datetime would be read in the driver's own zone.

    The session must run in UTC with ``spark.sql.timestampType=TIMESTAMP_NTZ``: instants are naive UTC.
    """

    quote = "`"

    def __init__(self) -> None:
        self._compiler = _SparkCompiler()

    def text(self, expression: ir.Expr) -> str:
        return self._compiler.to_sqlglot(expression.unbind()).sql(dialect=self._compiler.dialect, pretty=True)

    def result(self, step: str, order: str) -> str:
        # Spark gives parts, and to order them all it would do its last stage twice
        return f"SELECT * FROM {self.identifier(step)}"

    def parameter(self, name: str, kind: Kind) -> str:
        return f"CAST(:{name} AS {'DATE' if kind == 'date' else 'TIMESTAMP_NTZ'})"


class _Conditions(AggGen):
    """Writes the condition of an aggregate as CASE rather than as FILTER: half the work for DuckDB."""

    def aggregate(
        self, compiler: SQLGlotCompiler, name: str, *args: Any, where: Any = None, order_by: tuple[Any, ...] = ()
    ) -> Any:
        if where is None or order_by or any(isinstance(arg, sge.Distinct) for arg in args):
            return super().aggregate(compiler, name, *args, where=where, order_by=order_by)
        values = (sge.convert(1) if isinstance(arg, sge.Star) else arg for arg in args)
        return compiler.f[name](*(compiler.if_(where, value, NULL) for value in values))


class _DuckDBCompiler(DuckDBCompiler):
    agg = _Conditions(supports_filter=True, supports_order_by=True)


class _SparkCompiler(PySparkCompiler):
    """Ibis's compiler for Spark, held to what DuckDB does."""

    SIMPLE_OPS: ClassVar[dict[type[ops.Node], str]] = {ops.BitOr: "bit_or"}

    # Ibis's own look up an option that only its Spark connection sets, and take NaN for a missing value
    visit_Field = SQLGlotCompiler.visit_Field
    visit_IsNull = SQLGlotCompiler.visit_IsNull
    visit_NotNull = SQLGlotCompiler.visit_NotNull

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:
        if dtype.is_floating():  # a bare 0.5 is a decimal to Spark, and what is divided by it is rounded
            return self.cast(repr(float(value)), dtype)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        if op.arg.dtype.is_floating() and to.is_integer():  # DuckDB rounds, Spark cuts off
            arg = self.f.rint(arg)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:
        # Ibis's own sums the condition, which gives NULL and not 0 where the condition is NULL in every row
        return super().visit_CountStar(op, arg=arg, where=None) if where is None else self.f.count_if(where)

    def visit_BitwiseNot(self, op: Any, *, arg: Any) -> Any:
        # Ibis writes ~a + 1 for ~(a + 1); DuckDB adds first, Spark does not
        return super().visit_BitwiseNot(op, arg=self.cast(arg, op.dtype))

    def visit_TimestampDelta(self, op: Any, *, part: Any, left: Any, right: Any) -> Any:
        # DuckDB counts the ends of units between two instants, Spark the whole units that passed
        if not (op.left.dtype.is_date() and op.right.dtype.is_date() and op.part.value == "day"):
            left, right = (self.f.anon.date_trunc(part, each) for each in (left, right))
        return super().visit_TimestampDelta(op, part=part, left=left, right=right)

    visit_TimeDelta = visit_DateDelta = visit_TimestampDelta


DIALECTS: dict[str, Dialect] = {"duckdb": DuckDB(), "spark": Spark()}
