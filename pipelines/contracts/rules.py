"""Which rules a table has. Belongs here: their order and the public names; the rules themselves stand in
``vocabulary_rules``, ``table_rules`` and ``text_rules``."""

from __future__ import annotations

from churn_features.tables import Table
from pipelines.contracts.rule import Level, Rule
from pipelines.contracts.table_rules import table_rules
from pipelines.contracts.text_rules import text_rules
from pipelines.contracts.vocabulary_rules import vocabulary_rules

__all__ = ["Level", "Rule", "rules_for"]


def rules_for(table: Table) -> tuple[Rule, ...]:
    """All rules of ``table``: those its vocabulary implies, those written for it, those of its texts."""
    return (*vocabulary_rules(table), *table_rules(table), *text_rules(table))
