"""The public columns of lists, as a page and as JSON Schema.

Belongs here: how the contract with readers looks. Does not belong here: what it says (``pipelines.lists.columns``).
"""

from __future__ import annotations

import json

from page_parts import NOTE, table

from pipelines.lists.columns import COLUMNS, MOST_REASONS, VERSION, json_schema

NEW = (
    "`expected_value`, `attention`, `play`, `trigger`, `since`, `days_on_list`, `rank_before` and `probability_before`"
)
LATELY_EMPTY = "`probability`, `expected_loss` and `model_version`"


def schema_file() -> str:
    """JSON Schema of a list's JSON file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def columns_page() -> str:
    """Every column with type, meaning, unit and an example."""
    rows = [
        (f"`{each.name}`", each.kind + (", may be empty" if each.empty else ""), each.meaning, each.unit,
         f"`{each.example}`")
        for each in COLUMNS
    ]  # fmt: skip
    return f"""{NOTE}
# Columns of lists

Version {VERSION}. All [lists](lists.md) have the same columns, in CSV and Parquet in this order; dates are text such as
2026-06-30. The JSON file has one object per row with the same names, except that `reasons`, a list of
`{{"theme", "feature", "text"}}`, stands in place of `reason_1` to `reason_{MOST_REASONS}` and `themes`; its
[JSON Schema](contracts/list.schema.json) is for those who generate or check code from it.

{table(["column", "type", "meaning", "unit", "example"], rows)}

## Versions

Within a version, columns keep their names, order, types, meanings and units, and so do the keys of the manifest, which
may gain further ones. The manifest says which version a list has.

| version | what changed |
|---|---|
| 1 | the at-risk list only |
| 2 | seven lists; {NEW} are new; {LATELY_EMPTY} may be empty |
| 3 | `themes` may be empty; in `changes.json` those who entered or stayed have `why` |
"""
