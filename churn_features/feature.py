"""What a feature is: a small documented function whose name is its column, with what people need to read it.

A function's parameters say what it is made of. A parameter named after a table makes it an aggregate over that
table's rows of one account; parameters named after other features or measures make it an expression over one row.
Belongs here: the shape of features and the decorators. Does not belong here: any feature.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, overload

import ibis.expr.types as ir

Unit = Literal["count", "days", "hours", "share", "change", "money", "score", "yes/no", "category", "amount", "seats"]
Theme = Literal[
    "usage", "adoption", "onboarding", "support", "feedback", "payment", "price", "contract", "relationship",
    "exit signals", "account",
]  # fmt: skip
Compute = Callable[..., ir.Value]


@dataclass(frozen=True)
class Measure:
    """A named intermediate result that features share; it is no model input.

    ``empty`` is the value for an account without any row in the table, ``None`` where nothing is known then. ``role``
    is the event role it reads: where no event is mapped to it, nothing is known of any account.
    """

    name: str
    needs: tuple[str, ...]
    compute: Compute
    empty: float | None = None
    role: str | None = None


@dataclass(frozen=True)
class Feature(Measure):
    """A column of the feature table: a model input with its meaning.

    ``direction`` is +1 if more of it means more risk whatever else is the case, -1 for less risk, 0 if unknown.
    ``sentence`` is what customer success reads, with the account's numbers in braces by feature name; ``usual`` goes
    on with what is usual for the account, by other features, and is left out where one of them has no value;
    ``missing`` is the sentence for an account where the feature has no value. Without a fitting sentence a feature
    is never shown as a reason.
    """

    unit: Unit = "count"
    theme: Theme = "usage"
    direction: int = 0
    sentence: str | None = None
    usual: str | None = None
    missing: str | None = None
    doc: str = ""

    @property
    def categorical(self) -> bool:
        return self.unit == "category"

    @property
    def actionable(self) -> bool:
        return self.sentence is not None

    @property
    def definition(self) -> str:
        """The documentation without its example."""
        return self.doc.partition("\n>>> ")[0].strip()

    @property
    def example(self) -> str:
        """The runnable example of the documentation: Python lines after ``>>>``, then what they give."""
        _, mark, rest = self.doc.partition("\n>>> ")
        return (mark + rest).strip()


def _needs(function: Compute) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


@overload
def measure(function: Compute) -> Measure: ...
@overload
def measure(*, empty: float | None = None, role: str | None = None) -> Callable[[Compute], Measure]: ...
def measure(function: Compute | None = None, *, empty: float | None = None, role: str | None = None) -> Any:
    """Declare a measure; the function's name is the measure's name."""

    def declare(compute: Compute) -> Measure:
        return Measure(compute.__name__, _needs(compute), compute, empty, role)

    return declare(function) if function else declare


def feature(
    *,
    unit: Unit,
    theme: Theme,
    direction: int = 0,
    sentence: str | None = None,
    usual: str | None = None,
    missing: str | None = None,
    empty: float | None = None,
    role: str | None = None,
) -> Callable[[Compute], Feature]:
    """Declare a feature; the function's name is the column, its docstring the documentation."""

    def declare(compute: Compute) -> Feature:
        doc = inspect.getdoc(compute)
        if not doc:
            raise ValueError(f"feature {compute.__name__} has no docstring")
        return Feature(
            compute.__name__, _needs(compute), compute, empty, role, unit, theme, direction, sentence, usual, missing,
            doc,
        )  # fmt: skip

    return declare
