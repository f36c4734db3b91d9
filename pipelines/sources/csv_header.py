"""The first row of a CSV file, which names the columns.

Belongs here: what can be told from it before the rows are read. Does not belong here: reading those (``files``) and
columns that are not there (``landing``).
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from churn_features.tables import Table
from pipelines.config import TableMapping
from pipelines.errors import ChurnError
from pipelines.sources.encodings import opened

_LONGEST = 1 << 20
"""Characters within which the first row is looked for."""

_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a bar", ",": "a comma"}


def first_row(file: Path, delimiter: str) -> list[str] | None:
    """The names in the first row of a file in UTF-8 that is not blank, without those that are. None if it cannot be
    read, which the engine says better.
    """
    try:
        with opened(file) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            head = text.read(_LONGEST)
        if "\0" in head:
            return None  # it is UTF-16
        rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        for row in rows:
            names = [name.strip() for name in row if name.strip()]
            if names:
                return names
    except (OSError, EOFError, zlib.error, csv.Error, ValueError):
        return None
    return []


def check_header(table: Table, place: str, names: Sequence[str], mapping: TableMapping, lookup: bool) -> None:
    """Raise ChurnError for a file, called ``place``, without column names, for one whose names are parted by another
    delimiter than the table's, and for a column that ``mapping`` speaks of and that two have the name of.

    Bare columns are those of the table's own files, not of a ``lookup``; SQL may speak of both.
    """
    where = f"sources.*.tables.{table.name}"
    if not names:
        raise ChurnError(
            f"table {table.name}: {place} is empty: not even its columns have names",
            f"have the file written again, or leave it out of {where}.files; a first row of names alone is no error",
        )
    other = next((one for one in _DELIMITERS if one in names[0] and one != mapping.delimiter), None)
    if len(names) == 1 and other and not _speaks_of(mapping, names[0], lookup):
        raise ChurnError(
            f"table {table.name}: {place} has one column, {names[0][:300]!r}: its fields seem to be parted by "
            f"{_DELIMITERS[other]}, not by {_DELIMITERS.get(mapping.delimiter, repr(mapping.delimiter))}",
            f"state {where}.delimiter: {json.dumps(other)}",
        )
    spellings = Counter(name.casefold() for name in names)
    twice = [name for name in names if spellings[name.casefold()] > 1 and _speaks_of(mapping, name, lookup)]
    if twice:
        raise ChurnError(
            f"table {table.name}: {place} has {spellings[twice[0].casefold()]} columns called {twice[0]!r}; which one "
            "is meant cannot be told",
            "have the file written with a name of its own for each; small and capital letters count as the same",
        )


def _speaks_of(mapping: TableMapping, name: str, lookup: bool) -> bool:
    origins = mapping.mapped.values()
    if not lookup and any(origin.column and origin.column.casefold() == name.casefold() for origin in origins):
        return True
    sql = [mapping.where, mapping.join, *(origin.sql for origin in origins)]
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return any(word.search(each) for each in sql if each)
