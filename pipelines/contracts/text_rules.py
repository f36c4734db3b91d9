"""The rules of free text: garbled encodings and texts out of all proportion.

Belongs here: what can be wrong with a text whatever it says. Does not belong here: columns with a list of choices
(``vocabulary_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator

from churn_features.tables import Table
from pipelines.contracts.rule import Rule, bad_rows, shown
from pipelines.engine import identifier, literal

LONGEST = 10_000

# Bytes 80 to BF of UTF-8 as Windows-1252 and Latin-1 show them. After a letter that stands for a first byte they mean
# that a text was encoded twice ("Ã¼" for "ü"); letters that are common themselves must show it twice in a row.
_REST = "[\u0080-\u00bf" + bytes(range(0x80, 0xC0)).decode("cp1252", errors="ignore") + "]"
ENCODED_TWICE = f"[ÂÃÄÅ]{_REST}|[ÎÏÐÑ]{_REST}[ÎÏÐÑ]{_REST}|[à-ï]{_REST}{_REST}[à-ï]{_REST}{_REST}|â€|ï»¿|\ufffd"


def text_rules(table: Table) -> Iterator[Rule]:
    """Rules of the free texts of ``table``, all warnings."""
    texts = [column for column in table.columns if column.type == "text" and not column.choices]
    garbled, long = [], []
    for column in texts:
        value, name = f"b.{identifier(column.name)}", column.name
        long.append((f"strlen({value}) > {LONGEST} AND length({value}) > {LONGEST}", _has(name, value)))
        if name.endswith("_id"):  # nobody reads it, and a garbled key still joins
            continue
        # comparing bytes with characters is cheap and spares ASCII the pattern
        condition = f"strlen({value}) > length({value}) AND regexp_matches({value}, {literal(ENCODED_TWICE)})"
        says = " looks encoded twice; read the file as UTF-8"
        garbled.append((condition, f"{literal(name + ' ')} || {shown(column)} || {literal(says)}"))
    if garbled:
        meaning = "no text is garbled by a wrong encoding"
        yield Rule(f"{table.name}.encoding", table.name, "warning", meaning, bad_rows(garbled))
    meaning = f"no text is longer than {LONGEST:,} characters"
    yield Rule(f"{table.name}.too_long", table.name, "warning", meaning, bad_rows(long))


def _has(name: str, value: str) -> str:
    return f"{literal(name + ' has ')} || length({value}) || ' characters'"
