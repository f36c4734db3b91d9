"""The page ``contract.md``.

Belongs here: how tables, columns and rules look on it. Does not belong here: what they mean, which is written where
they are declared.
"""

from __future__ import annotations

from page_parts import NOTE, table

from churn_features.tables import CONTRACT, ROLES, STORED_USAGE, VERSION, Column, Table
from pipelines.contracts.rules import rules_for


def contract_page() -> str:
    """Every table and column of the contract, and what is checked."""
    overview = table(
        ["table", "what it holds", "needed"],
        [[f"[{each.name}](#{each.name})", each.meaning, _needed(each)] for each in CONTRACT],
    )
    return f"""{NOTE}
# The contract, version {VERSION}

The tables that the product reads, whatever they are called in your systems: [the configuration](configuration.md) maps
your columns to these. Only `accounts` and `subscriptions` are required. A table or a column that you do not have costs
the features that rest on it, nothing else.

{overview}

**Types.** *text*; *instant*: a point in time, kept as UTC; *day*: a day in the company's time zone; *integer*;
*money*: a whole number of minor units (cents) of the configured currency; *number*; *flag*: true or false.

**Kinds.** A *fixed* value is written once, with its row. An *event* value is filled in later and counts only from the
instant named under "known from". A *snapshot* value is overwritten in place, so nobody can tell what it was on an
earlier day: it may be shown on lists and is refused as a feature.

**Rules.** Rows that break an *error* are set aside in the quarantine; if more than `contracts.max_bad_share` of a table
is set aside, or a required column is empty throughout, the whole table is withheld for that day. Rows that break a
*warning* are published and reported.

{chr(10).join(_table_section(each) for each in CONTRACT)}
## Event roles

Products name their events differently, so `event_roles` in the configuration maps your names to these; features speak
of roles only. An event without a role still counts as activity.

{", ".join(f"`{role}`" for role in ROLES)}
"""


def _table_section(each: Table) -> str:
    columns = table(
        ["column", "type", "", "kind", "meaning"],
        [
            [
                f"`{column.name}`",
                column.type,
                "required" if column.required else "",
                _column_kind(column),
                _said(column),
            ]
            for column in each.columns
        ],
    )
    rules = table(["rule", "level", "what must hold"], [[f"`{r.id}`", r.level, r.meaning] for r in rules_for(each)])
    kept = f" Kept as {', '.join(f'`{name}`' for name in STORED_USAGE)}." if each.name == "usage" else ""
    return f"""## {each.name}

{each.meaning[0].upper()}{each.meaning[1:]}. Key: {", ".join(f"`{name}`" for name in each.key)}.{kept}

{columns}

{rules}
"""


def _needed(each: Column | Table) -> str:
    return "required" if each.required else ""


def _column_kind(column: Column) -> str:
    return f"event, known from `{column.known_from}`" if column.kind == "event" else column.kind


def _said(column: Column) -> str:
    return column.meaning + (f": {', '.join(f'`{choice}`' for choice in column.choices)}" if column.choices else "")
