"""The record of a check. Belongs here: its shape and its way to JSON and back; nothing that decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.contracts.rule import Level


@dataclass(frozen=True)
class RuleResult:
    """What a rule found. ``examples`` are the first bad rows (file, row, reason); ``note`` says why one was not
    evaluated."""

    rule: str
    level: Level
    meaning: str
    bad_rows: int
    status: Literal["passed", "failed", "not_evaluated"]
    examples: tuple[dict[str, Any], ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Checked:
    """Record of a check. ``landed == accepted + quarantined`` rows always; the accepted ones are published only if
    ``passed``, else ``withheld_because`` says what is wrong. ``as_of`` is an ISO date."""

    table: str
    as_of: str
    landed: int
    accepted: int
    quarantined: int
    passed: bool
    withheld_because: str | None
    rules: tuple[RuleResult, ...]

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Checked:
        """The record that ``as_dict`` gave, also after a round through JSON."""
        rules = tuple(RuleResult(**{**rule, "examples": tuple(rule["examples"])}) for rule in values["rules"])
        return cls(**{**values, "rules": rules})
