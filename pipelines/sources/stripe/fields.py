"""Fields of Stripe's objects as SQL over a column ``object`` of JSON.

Belongs here: one value at a time. Does not belong here: rows of a contract table (``mapping``, ``collecting``).
"""

from __future__ import annotations

from pipelines.engine import literal
from pipelines.sources.stripe.revenue import in_minor_units

PLACE = "struct_pack(_file := _file, _row := _row)"
"""Where an object is kept, as one value."""


def text(path: str, of: str = "object") -> str:
    """The text at a path such as status_transitions.paid_at, missing where there is none."""
    return f"({of}->>'$.{path}')"


def named(field: str) -> str:
    """The text of a configured field such as address.country, missing if it is empty. What follows ``metadata.`` is one
    key, dots and all."""
    first, _, rest = field.partition(".")
    names = [first, rest] if first == "metadata" and rest else field.split(".")
    path = "$" + "".join(f'."{name}"' for name in names)
    return f"nullif(object->>{literal(path)}, '')"


def number(path: str, of: str = "object") -> str:
    return f"CAST({text(path, of)} AS BIGINT)"


def instant(seconds: str) -> str:
    """The point in time of an expression in Unix seconds."""
    return f"to_timestamp(CAST({seconds} AS BIGINT))"


def at(*paths: str, of: str = "object") -> str:
    """The point in time of the first of these fields that has a value."""
    return instant(f"coalesce({', '.join(text(path, of) for path in (*paths, paths[-1]))})")


def money(path: str, currency: str) -> str:
    """An amount in the company's ``currency``; one in another currency is text that says so, which nothing takes for
    money."""
    given, amount, scale = "upper(object->>'$.currency')", text(path), in_minor_units(currency.lower())
    own = f"CAST(CAST({amount} AS BIGINT) * {scale} AS VARCHAR)" if scale != 1 else amount
    return f"CASE WHEN {given} = {literal(currency)} THEN {own} ELSE {amount} || ' in ' || {given} END"
