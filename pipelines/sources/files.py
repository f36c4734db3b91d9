"""CSV, JSON lines and Parquet folders, streamed through DuckDB.

Belongs here: opening files and turning the engine's complaints into places in them. Does not belong here: what the
columns mean (``mapping``), which rows are wanted (``landing``). One part is landed per file, so that a broken file is
named and memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import Table
from pipelines.config import Config, TableMapping
from pipelines.engine import identifier, literal, scan
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources import Window
from pipelines.sources.landing import absent, land_rows

if TYPE_CHECKING:
    import duckdb

_FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@dataclass(frozen=True)
class FileReader:
    """Files below ``root``, by contract table."""

    mappings: Mapping[str, TableMapping]
    root: Path
    config: Config

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.mappings)

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``."""
        import duckdb

        mapping = self.mappings[table.name]
        for name, pattern in mapping.lookups.items():
            lookup = self._only(table, pattern)
            try:
                con.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS {_rows(con, lookup, mapping)}")
            except duckdb.Error as error:
                raise _explained(table, lookup, error) from error
        for number, file in enumerate(self._files(table, mapping.files)):
            try:
                self._land_file(con, table, mapping, file, window, folder / f"part-{number}.parquet")
            except duckdb.Error as error:
                raise _explained(table, file, error) from error
        return absent(table, mapping)

    def _files(self, table: Table, pattern: str) -> list[Path]:
        files = sorted(path for path in self.root.glob(pattern) if path.is_file())
        if not files:
            raise SourceUnavailable(
                f"table {table.name}: no file matches {pattern} below {self.root}",
                f"put the files there or correct sources.*.tables.{table.name}.files",
            )
        return files

    def _only(self, table: Table, pattern: str) -> Path:
        files = self._files(table, pattern)
        if len(files) > 1:
            raise ChurnError(f"table {table.name}: the lookup {pattern} matches {len(files)} files", "name one file")
        return files[0]

    def _land_file(
        self,
        con: duckdb.DuckDBPyConnection,
        table: Table,
        mapping: TableMapping,
        file: Path,
        window: Window,
        part: Path,
    ) -> None:
        rows = _rows(con, file, mapping)
        landed = land_rows(con, table, mapping, rows, file.name, window, self.config, part, mapping.join or "")
        if mapping.join:
            _check_join(con, table, part, landed)


def _rows(con: duckdb.DuckDBPyConnection, file: Path, mapping: TableMapping) -> str:
    """Query for a file's rows with ``_file`` and ``_row``; text files give text columns."""
    kind = mapping.format or _FORMATS.get(file.suffix.lower())
    path, name = literal(str(file)), literal(file.name)
    if kind == "parquet":
        return f"SELECT * EXCLUDE (file_row_number), {name} AS _file, file_row_number + 1 AS _row FROM read_parquet({path}, file_row_number = true, hive_partitioning = false)"  # noqa: E501
    if kind == "jsonl":
        probe = f"DESCRIBE SELECT * FROM read_json({path}, format = 'newline_delimited', sample_size = -1)"
        columns = ", ".join(f"{literal(row[0])}: 'VARCHAR'" for row in con.execute(probe).fetchall())
        source = f"read_json({path}, format = 'newline_delimited', columns = {{{columns}}})"
    elif kind == "csv":
        source = (
            f"read_csv({path}, header = true, all_varchar = true, auto_detect = true, quote = '\"', escape = '\"', "
            f"delim = {literal(mapping.delimiter)}, encoding = {literal(mapping.encoding)}, null_padding = false, "
            # else lines before the one taken for the header, and rows that begin with #, would be left out in silence
            "skip = 0, comment = '')"
        )
    else:
        raise ChurnError(
            f"the format of {file} cannot be told from its name", "state format: csv, jsonl or parquet for the table"
        )
    return f"SELECT *, {name} AS _file, row_number() OVER () AS _row FROM {source}"


def _check_join(con: duckdb.DuckDBPyConnection, table: Table, part: Path, landed: int) -> None:
    distinct = con.execute(f"SELECT count(DISTINCT _row) FROM {scan([part])}").fetchone()
    if distinct and distinct[0] != landed:
        raise ChurnError(
            f"table {table.name}: the join makes {landed} rows out of {distinct[0]}",
            "join on a key that is unique in the lookup",
        )


def _explained(table: Table, file: Path, error: Exception) -> ChurnError:
    said = " ".join(str(error).split())
    if "Binder Error" in said or "Parser Error" in said or "Catalog Error" in said:
        remedy = f"correct the SQL in sources.*.tables.{table.name} (columns, join, where)"
    else:
        remedy = "repair the file at the place named, or leave it out of the pattern; other tables are not affected"
    return ChurnError(f"table {table.name}: {file} cannot be read: {said[:600]}", remedy)
