"""The demo company as a source: generated once, then read like any other company's files.

Belongs here: when to generate. Does not belong here: how the company behaves (``company``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from churn_features.tables import CONTRACT, VERSION, Table
from pipelines.config import Config, DemoSource, TableMapping
from pipelines.errors import ChurnError
from pipelines.lake import locked, replacing
from pipelines.sources import NO_CLOCK, Window
from pipelines.sources.files import FileReader

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from pipelines.sources.company.treatment import Treatment


@dataclass(frozen=True)
class DemoReader:
    """The demo company's tables, generated on first use into the state folder."""

    source: DemoSource
    config: Config

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(table.name for table in CONTRACT)

    @property
    def folder(self) -> Path:
        """Where this very company is kept; other parameters, contacts or another contract make another folder."""
        answers = {"contacts", "effects", "effect_days"}
        keys = self.source.model_dump(mode="json", exclude=answers)
        if self.source.contacts is not None:
            content = _content(self.config.path(self.source.contacts))
            keys |= self.source.model_dump(mode="json", include=answers - {"contacts"})
            keys["contacts"] = hashlib.sha256(content).hexdigest()
        what = json.dumps([keys, self.config.time_zone, VERSION], sort_keys=True)
        digest = hashlib.sha256(what.encode()).hexdigest()[:12]
        return self.config.path(self.config.state) / "demo" / digest

    @cached_property
    def _files(self) -> FileReader:
        from pipelines.sources.company import Company, write_company

        with locked(self.config.path(self.config.state) / "demo.lock"):
            if not self.folder.exists():
                company = Company(
                    accounts=self.source.accounts, start=self.source.start, months=self.source.months,
                    seed=self.source.seed,
                )  # fmt: skip
                with replacing(self.folder) as fresh:
                    fresh.mkdir()
                    write_company(company, fresh, self.config.zone, treatment=self._treatment())
        stored = ("account_id", "day", "event", "quantity", "users")
        mappings = {
            table.name: TableMapping(
                files=f"{table.name}.parquet",
                time_zone="UTC",
                columns={name: name for name in (stored if table.name == "usage" else table.names)},
            )
            for table in CONTRACT
        }
        return FileReader(mappings, self.folder, self.config)

    def _treatment(self) -> Treatment | None:
        from pipelines.sources.company.treatment import Treatment

        if self.source.contacts is None:
            return None
        contacts = read_contacts(self.config.path(self.source.contacts))
        return Treatment(contacts, self.source.effects, self.source.effect_days)

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``. The company has no future, whatever the machine's clock says."""
        return self._files.land(con, table, replace(window, now=NO_CLOCK), folder)


def read_contacts(file: Path) -> pa.Table:
    """Contacts that lists led to, as ``company.treatment`` takes them. ChurnError names the file and what is wrong."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    kinds = {
        "account_id": pa.string(), "contacted_on": pa.date32(), "play": pa.string(), "list_as_of": pa.date32(),
    }  # fmt: skip
    content = pa.BufferReader(_content(file))
    try:
        if file.suffix == ".parquet":
            found = pq.read_table(content)
        else:
            options = pc.ConvertOptions(column_types=kinds, strings_can_be_null=True, null_values=[""])
            found = pc.read_csv(content, convert_options=options)
        if "list_as_of" not in found.column_names:
            found = found.append_column("list_as_of", pa.nulls(len(found), pa.date32()))
        found = found.select(list(kinds)).cast(pa.schema(list(kinds.items())))
    except (pa.ArrowInvalid, KeyError) as error:
        raise ChurnError(
            f"the contacts of the demo company, {file}, cannot be read: {error}",
            "give a CSV or Parquet file with account_id, contacted_on and play; days are written as 2026-01-31",
        ) from error
    for name in ("account_id", "contacted_on", "play"):
        if found[name].null_count:
            row = found[name].is_null().index(True).as_py()
            raise ChurnError(
                f"the contacts of the demo company, {file}, have no {name} in row {row + 1}", "give each row its own"
            )
    return found


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ChurnError(
            f"the contacts of the demo company, {file}, cannot be read: {error.strerror}",
            "correct sources.NAME.contacts, or leave it out",
        ) from error
