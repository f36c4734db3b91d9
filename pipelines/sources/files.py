"""CSV, JSON lines and Parquet folders, streamed through DuckDB.

Belongs here: opening files. Does not belong here: what the columns mean (``mapping``), which rows are wanted
(``landing``), what is wrong with a file that cannot be read (``damage``). One part is landed per file, so that a broken
file is named and memory stays bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.config import Config, TableMapping
from pipelines.engine import identifier, literal, scan
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources import SECONDS_BETWEEN_LINES, Window
from pipelines.sources.csv_header import check_header, first_row
from pipelines.sources.damage import explained
from pipelines.sources.encodings import COMPRESSED, as_utf8, has_endless_line
from pipelines.sources.landing import absent, land_rows

if TYPE_CHECKING:
    import duckdb

LARGE = 100_000_000
"""Bytes from which on a file is told before it is read."""

_FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@dataclass(frozen=True)
class FileReader:
    """Files below ``root``, by contract table; ``say`` is told how far a long read has come."""

    mappings: Mapping[str, TableMapping]
    root: Path
    config: Config
    say: Callable[[str], None] | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.mappings)

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``."""
        mapping = self.mappings[table.name]
        for name, pattern in mapping.lookups.items():
            self._look_up(con, table, name, pattern, folder)
        files, rows_so_far, told = self._files(table, mapping.files), 0, time.monotonic()
        for number, file in enumerate(files):
            part, size = folder / f"part-{number}.parquet", file.stat().st_size
            if self.say and (size >= LARGE or time.monotonic() - told >= SECONDS_BETWEEN_LINES):
                self.say(
                    f"{table.name}: {rows_so_far:,} rows so far, reading file {number + 1:,} of {len(files):,}, "
                    f"{self._called(file)} ({size / 1e6:,.0f} MB)"
                )
                told = time.monotonic()
            with self._opened(con, table, file, folder) as rows:
                landed = land_rows(
                    con, table, mapping, rows, self._called(file), window, self.config, part, mapping.join or ""
                )
                if mapping.join:
                    _check_join(con, table, part, landed)
            rows_so_far += landed
        return absent(table, mapping)

    @contextmanager
    def _opened(
        self, con: duckdb.DuckDBPyConnection, table: Table, file: Path, scratch: Path, lookup: bool = False
    ) -> Iterator[str]:
        """Query for the rows of a file; what the engine cannot read within the block is said of this file.

        A copy in UTF-8, where one is needed, is in ``scratch`` meanwhile.
        """
        import duckdb

        mapping = self.mappings[table.name]
        try:
            text: AbstractContextManager[Path] = nullcontext(file)
            if _kind(file, mapping) != "parquet":
                text = as_utf8(table.name, file, mapping.encoding, scratch)
            with text as readable:
                if _kind(file, mapping) == "csv":
                    names = first_row(readable, mapping.delimiter)
                    if names is not None:
                        check_header(table, self._called(file), names, mapping, lookup)
                yield _rows(con, readable, mapping, self._called(file))
        except duckdb.Error as error:
            raise explained(con, table, file, _kind(file, mapping), error, mapping.encoding) from error

    def _called(self, file: Path) -> str:
        """What rows and errors call a file."""
        return file.name

    def _files(self, table: Table, pattern: str) -> list[Path]:
        files = sorted(path for path in self.root.glob(pattern) if path.is_file())
        if not files:
            raise SourceUnavailable(
                f"table {table.name}: no file matches {pattern} below {self.root}",
                f"put the files there or correct sources.*.tables.{table.name}.files",
            )
        return files

    def _look_up(self, con: duckdb.DuckDBPyConnection, table: Table, name: str, pattern: str, scratch: Path) -> None:
        """Make the rows of the files that match a view called ``name``; a column that only some have is null in others.

        Each file is read by itself, so that one that is broken is named.
        """
        import duckdb

        pieces = []
        for number, file in enumerate(self._files(table, pattern)):
            piece = identifier(f"{name} {number}")
            with self._opened(con, table, file, scratch, lookup=True) as rows:
                con.execute(f"CREATE OR REPLACE TEMP TABLE {piece} AS {rows}")
            pieces.append(f"SELECT * FROM {piece}")
        try:
            con.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS {' UNION ALL BY NAME '.join(pieces)}")
        except duckdb.Error as error:
            raise ChurnError(
                f"table {table.name}: the files of the lookup {pattern} do not go together: {error}",
                f"name files of one kind in sources.*.tables.{table.name}.lookups.{name}",
            ) from error


def _kind(file: Path, mapping: TableMapping) -> str:
    kind = mapping.format or _FORMATS.get(file.suffix.lower())
    if kind is None:
        raise ChurnError(
            f"the format of {file} cannot be told from its name", "state format: csv, jsonl or parquet for the table"
        )
    return kind


def _rows(con: duckdb.DuckDBPyConnection, file: Path, mapping: TableMapping, called: str = "") -> str:
    """Query for a file's rows with ``_file``, as which it may be ``called``, and ``_row``; text files give text."""
    kind = _kind(file, mapping)
    path, name = literal(str(file)), literal(called or file.name)
    if kind == "parquet":
        return f"SELECT * EXCLUDE (file_row_number), {name} AS _file, file_row_number + 1 AS _row FROM read_parquet({path}, file_row_number = true, hive_partitioning = false)"  # noqa: E501
    if kind == "jsonl":
        probe = f"DESCRIBE SELECT * FROM read_json({path}, format = 'newline_delimited', sample_size = -1)"
        columns = ", ".join(f"{literal(row[0])}: 'VARCHAR'" for row in con.execute(probe).fetchall())
        source = f"read_json({path}, format = 'newline_delimited', columns = {{{columns}}})"
    else:
        alone = file.suffix.lower() in COMPRESSED or has_endless_line(file)
        source = (
            f"read_csv({path}, header = true, all_varchar = true, auto_detect = true, quote = '\"', escape = '\"', "
            f"delim = {literal(mapping.delimiter)}, null_padding = false, parallel = {not alone}, "
            # else lines before the one taken for the header, and rows that begin with #, would be left out in silence
            "skip = 0, comment = '')"
        )
    return f"SELECT *, {name} AS _file, row_number() OVER () AS _row FROM {source}"


def _check_join(con: duckdb.DuckDBPyConnection, table: Table, part: Path, landed: int) -> None:
    distinct = con.execute(f"SELECT count(DISTINCT _row) FROM {scan([part])}").fetchone()
    if distinct and distinct[0] != landed:
        raise ChurnError(
            f"table {table.name}: the join makes {landed} rows out of {distinct[0]}",
            "join on a key that is unique in the lookup",
        )
