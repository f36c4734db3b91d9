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
from pipelines.lake import locked, replacing
from pipelines.sources import NO_CLOCK, Window
from pipelines.sources.files import FileReader

if TYPE_CHECKING:
    import duckdb


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
        """Where this very company is kept; other parameters or another contract make another folder."""
        what = json.dumps([self.source.model_dump(mode="json"), self.config.time_zone, VERSION], sort_keys=True)
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
                    write_company(company, fresh, self.config.zone)
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

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """See ``pipelines.sources.Reader``. The company has no future, whatever the machine's clock says."""
        return self._files.land(con, table, replace(window, now=NO_CLOCK), folder)
