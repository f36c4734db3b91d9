"""The public columns of a list: the contract with those who read it.

Belongs here: names, types, meaning, units and an example of each column, and the JSON Schema that says so. Does not
belong here: writing files (``exports``). Whoever changes a column raises ``VERSION``: a golden file holds the two
together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

VERSION = 3
"""Version of the columns and of the manifest's keys."""

MOST_REASONS = 5

Kind = Literal["integer", "number", "text", "date"]
_JSON = {"integer": "integer", "number": "number", "text": "string", "date": "string"}


@dataclass(frozen=True)
class ListColumn:
    """A column of CSV and Parquet files; ``empty`` says whether it may have no value."""

    name: str
    kind: Kind
    meaning: str
    example: str | int | float
    unit: str = ""
    empty: bool = False

    def schema(self) -> dict[str, Any]:
        """What JSON Schema says of a value."""
        kind: str | list[str] = [_JSON[self.kind], "null"] if self.empty else _JSON[self.kind]
        told = {"type": kind, "description": self.meaning, "examples": [self.example]}
        if self.unit:
            told["x-unit"] = self.unit
        if self.kind == "date":
            told["format"] = "date"
        return told


_BEFORE = (
    ListColumn("rank", "integer", "1 is the first to see to; those for people come before those for a machine", 1),
    ListColumn("account_id", "text", "the account", "a-000417"),
    ListColumn("name", "text", "what people call it", "Nordwind AG", empty=True),
    ListColumn("owner", "text", "its customer success manager", "kim", empty=True),
    ListColumn("plan", "text", "plan of the subscription that started last", "business", empty=True),
    ListColumn("mrr", "number", "monthly recurring revenue; of a lost account the last", 1840.0, "major units"),
    ListColumn("currency", "text", "of all money in the row, ISO 4217", "EUR"),
    ListColumn(
        "probability", "number", "calibrated probability that the account leaves within the window of the configured "
        "outcome, in the way that the manifest names under probability_of; empty on lists without a model", 0.412,
        "0 to 1", empty=True,
    ),
    ListColumn(
        "expected_loss", "number", "probability times mrr: expected loss of monthly revenue", 758.08,
        "major units a month", empty=True,
    ),
    ListColumn(
        "expected_value", "number", "what contacting the account by its play is expected to bring, less what it costs",
        6491.16, "major units over lists.value_months", empty=True,
    ),
    ListColumn("attention", "text", "who acts: human or automated", "human"),
    ListColumn("play", "text", "what to do, by its name in the catalogue of plays", "check_in", empty=True),
    ListColumn("trigger", "text", "on the list triggers: which of them fired", "silent_30_days", empty=True),
)  # fmt: skip

_AFTER = (
    ListColumn("since", "date", "the day on which it entered the list, if it has been on it on all days since",
               "2026-06-28"),
    ListColumn("days_on_list", "integer", "days since then, 0 on the first", 2, "days"),
    ListColumn("rank_before", "integer", "rank on the list before", 3, empty=True),
    ListColumn("probability_before", "number", "probability on the list before", 0.387, "0 to 1", empty=True),
    ListColumn("as_of", "date", "the day at whose end all this was known", "2026-06-30"),
    ListColumn("model_version", "text", "version of the model in the registry", "4", empty=True),
)  # fmt: skip

_REASON = "what speaks for the contact, in the account's own numbers, the weightiest first"
_TOLD = "Sign-ins in the last 28 days: 3, -86 % against the 28 days before"

COLUMNS: tuple[ListColumn, ...] = (
    *_BEFORE,
    *(ListColumn(f"reason_{n + 1}", "text", _REASON, _TOLD, empty=True) for n in range(MOST_REASONS)),
    ListColumn(
        "themes",
        "text",
        "themes of these reasons, in the same order, joined by |; empty without a reason",
        "usage|support",
        empty=True,
    ),
    *_AFTER,
)
"""The columns of CSV and Parquet files, in their order."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the rows of ``<list>.json``."""
    reason = {
        "theme": {"type": "string", "description": "what it is about"},
        "feature": {"type": "string", "description": "the feature that tells of it, see the catalogue of features"},
        "text": {"type": "string", "description": _REASON, "examples": [_TOLD]},
    }
    reasons = {
        "type": "array",
        "maxItems": MOST_REASONS,
        "description": _REASON,
        "items": _object(reason),
    }
    columns = {column.name: column.schema() for column in _BEFORE}
    columns |= {"reasons": reasons, **{column.name: column.schema() for column in _AFTER}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rows of a list",
        "description": f"Version {VERSION}",
        "type": "array",
        "items": _object(columns),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
