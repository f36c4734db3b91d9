"""Receipts: what came of bringing a list of a day to a destination, kept in the state folder.

Belongs here: their keys and where they are. Does not belong here: delivering. They hold no secret, and the time of the
delivery is all that a clock says in them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pipelines.config import Config
from pipelines.lake import read_json, write_json


@dataclass(frozen=True)
class Receipt:
    """``digest`` stands for the content (``Listing.digest``), ``settings`` for the destination's keys but for its
    secrets, ``attempts`` counts the runs that tried to bring this content. *Unchanged*: it was there already.

    ``temporary``: it failed for a reason that may pass.
    """

    destination: str
    kind: str
    list: str
    as_of: str
    where: str
    status: Literal["delivered", "unchanged", "failed"]
    digest: str
    rows: int
    attempts: int
    settings: str
    delivered_at: str | None = None
    message: str | None = None
    remedy: str | None = None
    temporary: bool = False

    def says(self, digest: str, settings: str) -> bool:
        """Whether this content has been delivered, with these settings."""
        return self.status != "failed" and (self.digest, self.settings) == (digest, settings)


def receipts_of(config: Config, destination: str, name: str = "") -> Path:
    """The folder of a destination's receipts for a list, or for all."""
    return config.path(config.state) / "receipts" / destination / name


def receipt_file(config: Config, destination: str, name: str, as_of: date) -> Path:
    """Where a receipt is kept."""
    return receipts_of(config, destination, name) / f"as_of={as_of}.json"


def read_receipt(config: Config, destination: str, name: str, as_of: date) -> Receipt | None:
    """The last receipt, None before the first."""
    file = receipt_file(config, destination, name, as_of)
    return Receipt(**read_json(file)) if file.exists() else None


def write_receipt(config: Config, receipt: Receipt) -> None:
    """Keep a receipt in place of the last one."""
    day = date.fromisoformat(receipt.as_of)
    write_json(receipt_file(config, receipt.destination, receipt.list, day), asdict(receipt))
