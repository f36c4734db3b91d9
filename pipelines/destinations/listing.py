"""A published list as destinations read it: one version of its files, each the one that the manifest names.

Belongs here: reading them, as rows and as a table. Does not belong here: any destination.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.exports import CHANGES, MANIFEST, home

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Listing:
    """The files of a list by their names. ``digest`` is the SHA-256 of the manifest, which names those of the files:
    it stands for all of the content."""

    name: str
    as_of: date
    digest: str
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One dict per row, reasons as a list."""
        rows: list[dict[str, Any]] = json.loads(self.files[f"{self.name}.json"])
        return rows

    @cached_property
    def table(self) -> pa.Table:
        """The rows with the public columns and their types, reasons as columns."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        return pq.read_table(pa.BufferReader(self.files[f"{self.name}.parquet"]))

    @property
    def left(self) -> list[str]:
        """Accounts that were on the list before and no longer are."""
        changes = json.loads(self.files.get(CHANGES, b"{}"))
        return [each["account_id"] for each in changes.get("left", ())]

    def require_one_row_each(self) -> None:
        """ChurnError if an account has two rows."""
        seen: set[str] = set()
        for row in self.rows:
            if row["account_id"] in seen:
                raise ChurnError(
                    f"list {self.name} of {self.as_of} has two rows of account {row['account_id'][:100]!r}",
                    "publish the list again, or take it from the lists of this destination",
                )
            seen.add(row["account_id"])


def is_published(config: Config, name: str, as_of: date) -> bool:
    """Whether there is a list of this name for the day."""
    return _folder(config, name, as_of).exists()


def read_listing(config: Config, name: str, as_of: date) -> Listing:
    """The list as it is published now; ChurnError if it is not, or if a file is not the one that the manifest names."""
    link = _folder(config, name, as_of)
    if not link.exists():
        raise ChurnError(
            f"list {name} of {as_of} is not published", f"run: churn publish --as-of {as_of}, or correct lists"
        )
    return read_folder(link)


def read_folder(folder: Path) -> Listing:
    """The list in a folder such as ``at_risk/as_of=2026-06-30``."""
    # once: a switch may come between two files
    place = folder.resolve()
    try:
        content = (place / MANIFEST).read_bytes()
        manifest = json.loads(content)
        files = {name: (place / name).read_bytes() for name in manifest["files"]}
    except FileNotFoundError as error:
        raise ChurnError(f"the list in {folder} has no {Path(error.filename).name}", _AGAIN) from error
    for name, said in manifest["files"].items():
        if hashlib.sha256(files[name]).hexdigest() != said["sha256"]:
            raise ChurnError(f"{folder / name} is not the file that its manifest names", _AGAIN)
    return Listing(
        manifest["list"], date.fromisoformat(manifest["as_of"]), hashlib.sha256(content).hexdigest(), manifest,
        {**files, MANIFEST: content},
    )  # fmt: skip


_AGAIN = "publish the list again: churn publish --as-of DAY"


def _folder(config: Config, name: str, as_of: date) -> Path:
    return home(config, name) / f"as_of={as_of}"
