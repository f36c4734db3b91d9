"""What generated pages have in common. Belongs here: the note at their head, tables. Does not belong here: any page."""

from __future__ import annotations

from collections.abc import Iterable

NOTE = "<!-- written by docs/generate.py: change the code, then run `make docs` -->"


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; what would break out of a cell is escaped."""

    def line(cells: Iterable[object]) -> str:
        texts = (" ".join(str(cell or "").split()).replace("|", "\\|").replace("``", "`") for cell in cells)
        return "| " + " | ".join(texts) + " |"

    names = list(header)
    return "\n".join([line(names), "|" + "---|" * len(names), *(line(row) for row in rows)])
