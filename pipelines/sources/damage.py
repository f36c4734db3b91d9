"""What is wrong with a file that could not be read: where, and the remedy.

Belongs here: finding the place and turning the engine's complaints into sentences. Does not belong here: reading rows
(``files``).
"""

from __future__ import annotations

import io
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.engine import blames_sql, identifier, literal
from pipelines.errors import ChurnError
from pipelines.sources.encodings import Undecodable, opened, undecodable

if TYPE_CHECKING:
    import duckdb

LONGEST_ROW, LONGEST_OBJECT = 2_000_000, 16 << 20
"""Bytes of a line of CSV and of JSON that the engine reads."""


def explained(
    con: duckdb.DuckDBPyConnection, table: Table, file: Path, kind: str, error: Exception, encoding: str = "utf-8"
) -> ChurnError:
    """The engine's ``error`` over a file of a kind (csv, jsonl, parquet) as one that names table, file, place and
    remedy; ``encoding`` is that of a text file."""
    said, tables = str(error), f"sources.*.tables.{table.name}"
    what = _shortened(said)
    remedy = "repair the file at the place named, or leave it out of the pattern; other tables are not affected"
    if blames_sql(said):
        remedy = f"correct the SQL in {tables} (columns, join, where)"
    elif "Conversion Error" in said:
        remedy = f"correct the SQL in {tables} (TRY_CAST gives NULL where a value is none), or {remedy}"
    elif kind == "csv" and "not utf-8 encoded" not in said and (long := _long_line(file, LONGEST_ROW)):
        what = long
    elif kind == "csv" and re.search("Error when sniffing|invalid state", said) and (mixed := _mixed(file, encoding)):
        what = mixed
        remedy = "have the file written with one kind of line end; other tables are not affected"
    elif "Out of Memory" in said:
        what = f"{_of_parquet(con, file, kind)}it asks for more memory than engine.memory_limit allows ({what})"
        remedy = f"if the file is whole, raise engine.memory_limit; if it claims a size that it has not, {remedy}"
    elif "not utf-8 encoded" in said and (place := _undecodable(file)):
        what = f"{place}, which is no UTF-8"
        remedy = f"state {tables}.encoding (cp1252 would read there: {place.around}), or {remedy}"
    elif kind == "jsonl":
        what = _broken_json(file) or what
    else:
        what = _of_parquet(con, file, kind) + what
    return ChurnError(f"table {table.name}: {file} cannot be read: {what}", remedy)


def _undecodable(file: Path) -> Undecodable | None:
    try:
        return undecodable(file, "utf-8")
    except (OSError, EOFError, zlib.error):
        return None


def _of_parquet(con: duckdb.DuckDBPyConnection, file: Path, kind: str) -> str:
    """The part of a Parquet file that cannot be read: a column, or what comes before all of them."""
    import duckdb

    if kind != "parquet":
        return ""
    rows = f"read_parquet({literal(str(file))}, hive_partitioning = false)"
    try:
        names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()]
    except duckdb.Error:
        return "in its footer: "
    for name in names:
        try:
            con.execute(f"SELECT max(hash({identifier(name)})) FROM {rows}").fetchall()
        except duckdb.Error:
            return f"in the column {name!r}: "
    return ""


def _shortened(said: str) -> str:
    """The engine's complaint on one line, without its advice, which is of its own options, and without long rows."""
    head = re.split(r"\n\s*(?:Possible|LINE \d+:|See also)", said)[0]
    csv = re.match(r"(?s).*?CSV Error on Line: (\d+)\s*(?:Original Line: (.*)\n)?(.*)$", head)
    if not csv:
        return " ".join(head.split())[:600]
    line, row, why = csv.groups()
    begins = f"; it begins: {' '.join(row.split())[:60]}" if row else ""
    return f"line {line}: {' '.join(why.split())[:300]}{begins}"


def _long_line(file: Path, longest: int) -> str | None:
    """The first line of more than so many bytes; the engine may take it for another fault. None if there is none."""
    try:
        with opened(file) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(longest + 1), b""), 1):
                if len(line) > longest:
                    return f"line {number} is longer than {longest:,} bytes"
    except (OSError, EOFError, zlib.error):
        return None
    return None


_LINE_ENDS = {"\r\n": "CR LF", "\n": "LF", "\r": "CR"}


def _mixed(file: Path, encoding: str) -> str | None:
    """The first line that does not end as the first one does, outside of quotes. None if there is none."""
    first, inside = "", False
    try:
        # without translation of line ends, each of the three ends a line
        with opened(file) as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as text:
            for number, line in enumerate(iter(lambda: text.readline(LONGEST_ROW), ""), 1):
                inside ^= line.count('"') % 2 == 1
                end = next((end for end in _LINE_ENDS if line.endswith(end)), "")
                if inside or not end:
                    continue
                first = first or end
                if end != first:
                    return f"line {number} ends with {_LINE_ENDS[end]}, the lines before it with {_LINE_ENDS[first]}"
    except (OSError, EOFError, zlib.error):
        return None
    return None


def _broken_json(file: Path) -> str | None:
    """The first line that is no JSON: the engine is one line off. None if there is none."""
    try:
        with opened(file) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(LONGEST_OBJECT + 1), b""), 1):
                if len(line) > LONGEST_OBJECT:
                    return f"line {number} is longer than {LONGEST_OBJECT:,} bytes"
                try:
                    json.loads(line.decode() if line.strip() else "0")
                except UnicodeDecodeError as error:
                    return f"byte {error.start + 1} of line {number} is 0x{line[error.start]:02X}, which is no UTF-8"
                except json.JSONDecodeError as error:
                    return f"character {error.pos + 1} of line {number}: {error.msg}"
    except (OSError, EOFError, zlib.error):
        return None
    return None
