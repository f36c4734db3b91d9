"""Conditions on features as people write them: ``{days_since_login: ">= 30", past_due: no}``.

Belongs here: the grammar, conditions as SQL and on one row. Does not belong here: what follows when they hold
(``triggers``, ``plays``).

A mapping of features to what must hold of their values; all of it must. Of numbers: comparisons (``>=``, ``>``,
``<=``, ``<``, ``=``, ``!=``), several of one feature joined by commas (``>= 1, <= 7``); money is in major units, and a
share or change of 50 % is 0.5. Of what is yes or no: ``yes``, ``no``. Of a category: ``in month, year``. Of any
feature: ``known``, ``unknown``. A value that is missing satisfies nothing but ``unknown``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from churn_features.money import digits
from pipelines.engine import identifier, literal
from pipelines.errors import ChurnError

if TYPE_CHECKING:
    from churn_features.feature import Feature

_SIGNS: dict[str, Callable[[Any, float], Any]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip

_COMPARISON = re.compile(r"(>=|<=|!=|>|<|=)\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Condition:
    """What must hold of one feature: ``test`` is a sign, ``yes``, ``no``, ``in``, ``known`` or ``unknown``, ``text``
    what was written. A sign compares with ``number``, in the unit in which the feature is kept; ``in`` looks among the
    ``values`` of a category."""

    feature: str
    test: str
    text: str
    categorical: bool = False
    number: float = 0.0
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.feature} {self.text}"

    def sql(self) -> str:
        """An expression over the feature's column for DuckDB: true or false, never NULL."""
        column = identifier(self.feature)
        known = f"{column} IS NOT NULL" + ("" if self.categorical else f" AND NOT isnan({column})")
        if self.test == "known":
            return f"({known})"
        if self.test == "unknown":
            return f"(NOT ({known}))"
        if self.test == "in":
            return f"({known} AND {column} IN ({', '.join(literal(value) for value in self.values)}))"
        if self.test in ("yes", "no"):
            return f"({known} AND {column} {'<>' if self.test == 'yes' else '='} 0)"
        sign = "<>" if self.test == "!=" else self.test
        return f"({known} AND {column} {sign} CAST({literal(repr(self.number))} AS DOUBLE))"

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether it holds of one account, whose feature values are in ``row`` by name."""
        value = row.get(self.feature)
        # not-a-number is how frames write what is missing
        known = value is not None and value == value
        if self.test in ("known", "unknown"):
            return known == (self.test == "known")
        if not known:
            return False
        if self.test == "in":
            return value in self.values
        if self.test in ("yes", "no"):
            return bool(value) == (self.test == "yes")
        return bool(_SIGNS[self.test](value, self.number))


def sql(conditions: Iterable[Condition]) -> str:
    """All of them as one expression for DuckDB; without any it is true."""
    return " AND ".join(each.sql() for each in conditions) or "true"


def hold(conditions: Iterable[Condition], row: Mapping[str, Any]) -> bool:
    """Whether all of them hold of one account; without any they do."""
    return all(each.holds(row) for each in conditions)


def read(when: Mapping[str, object], key: str, currency: str) -> tuple[Condition, ...]:
    """The conditions of a mapping as YAML gives it. ``key`` is where it stands, such as ``triggers.silent.when``.

    Raises ChurnError naming key and feature where there is no such feature or its unit does not go with the text.
    """
    return tuple(each for name, text in when.items() for each in _of_feature(feature(name, key), text, key, currency))


def feature(name: str, key: str) -> Feature:
    """The feature of this name; ChurnError naming the ``key`` and features of similar names if there is none."""
    from difflib import get_close_matches

    from churn_features.catalogue import BY_NAME

    if name not in BY_NAME:
        close = get_close_matches(name, BY_NAME, n=3) or [each for each in BY_NAME if name and name in each][:3]
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise ChurnError(f"{key} names {name!r}, and there is no such feature", f"{meant}docs/features.md has them all")
    return BY_NAME[name]


def _of_feature(of: Feature, given: object, key: str, currency: str) -> list[Condition]:
    text = {True: "yes", False: "no"}.get(given) if isinstance(given, bool) else None
    text = text or (f"= {given}" if isinstance(given, int | float) else " ".join(str(given).split()))
    made = partial(Condition, of.name, categorical=of.categorical)
    if text in ("known", "unknown"):
        return [made(text, text)]
    if of.categorical:
        values = tuple(filter(None, (value.strip() for value in text.removeprefix("in ").split(","))))
        if text.startswith("in ") and values:
            return [made("in", text, values=values)]
        raise _unfit(of, text, key, "in, known or unknown, such as: in month, year")
    if of.unit == "yes/no":
        if text in ("yes", "no"):
            return [made(text, text)]
        raise _unfit(of, text, key, "yes, no, known or unknown")
    scale = 10 ** digits(currency) if of.unit == "money" else 1
    found = []
    for part in text.split(","):
        compared = _COMPARISON.fullmatch(part.strip())
        if not compared:
            raise _unfit(of, text, key, 'a comparison with a number, such as ">= 30" or ">= 1, <= 7", known or unknown')
        found.append(made(compared[1], f"{compared[1]} {compared[2]}", number=float(compared[2]) * scale))
    return found


def _unfit(of: Feature, text: str, key: str, fits: str) -> ChurnError:
    return ChurnError(f"{key} says {text!r} of {of.name}, whose unit is {of.unit}", f"write {fits}")
