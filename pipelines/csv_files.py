"""CSV that spreadsheets open and do not run.

Belongs here: quoting, escaping, line ends. Does not belong here: which columns a file has.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With the full-width forms of the signs, which spreadsheets take for the signs."""


def escaped(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value


def csv_bytes(header: Sequence[str], rows: Iterable[Iterable[Any]], line_end: str = "\r\n", bom: bool = False) -> bytes:
    """A CSV file in UTF-8, with its values escaped; ``bom``: with a byte order mark before it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=line_end)
    writer.writerow(header)
    for row in rows:
        writer.writerow([escaped(value) for value in row])
    return buffer.getvalue().encode("utf-8-sig" if bom else "utf-8")
