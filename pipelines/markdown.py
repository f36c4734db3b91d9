"""Markdown tables whose cells hold what it says in the data. Belongs here: escaping. Does not belong here: any page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`|*\[\]!]")
"""What Markdown reads as more than text: an account's name must not become a link, an image or another column."""


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; values cannot break out of their cell, and end after 300 characters."""

    def cell(value: object) -> str:
        text = " ".join(str("" if value is None else value)[:300].split())
        return _SPECIAL.sub(r"\\\g<0>", text).replace("<", "&lt;")

    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)
