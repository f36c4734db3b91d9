"""Publishing a list as files that other tools read: all of them or none.

Belongs here: formats, the manifest, reading what is published. Does not belong here: what is on a list (``lists``), how
a day's folder is switched (``day_folders``), bringing lists to other systems (``destinations``).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.money import major
from pipelines.config import Config
from pipelines.csv_files import csv_bytes
from pipelines.day_folders import publish_day
from pipelines.lists.columns import COLUMNS, MOST_REASONS, VERSION
from pipelines.lists.reasons import by_theme
from pipelines.lists.record import write_record

if TYPE_CHECKING:
    from pipelines.lists.choice import Chosen

CHANGES, SUPPRESSED, MANIFEST = "changes.json", "suppressed.json", "manifest.json"
"""Files of every list: who entered, left and stayed since the list before, who is left in peace, what it promises."""


@dataclass(frozen=True)
class Published:
    """Where a list is, and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """The rows as they are published, reasons as a list."""
        return list(json.loads((self.folder / f"{self.manifest['list']}.json").read_text("utf-8")))


@dataclass(frozen=True)
class Earlier:
    """The list before: its day, the SHA-256 of its rows, and the rows."""

    as_of: str
    sha256: str
    rows: Sequence[Mapping[str, Any]] = field(repr=False)

    @cached_property
    def by_account(self) -> dict[str, Mapping[str, Any]]:
        """The rows by account."""
        return {row["account_id"]: row for row in self.rows}

    @property
    def told(self) -> dict[str, list[tuple[str, str]]]:
        """Of each account the reasons that it was given, as (theme, feature) in their order."""
        return {
            row["account_id"]: [(reason["theme"], reason["feature"]) for reason in row["reasons"]] for row in self.rows
        }


def home(config: Config, name: str) -> Path:
    """The folder of a list, with one of its days each below it."""
    return config.path(config.exports) / name


def publish(config: Config, chosen: Chosen) -> Published:
    """Write a day's list as CSV, Parquet and JSON with a manifest, and switch readers over to it.

    The private record comes first: whoever is on a published list is on record, whatever happens in between.
    """
    name = chosen.name
    files = {
        f"{name}.csv": csv_bytes([each.name for each in COLUMNS], (_flat(row).values() for row in chosen.rows)),
        f"{name}.parquet": _parquet(chosen),
        f"{name}.json": _table(chosen.rows),
        SUPPRESSED: _table(chosen.suppressed),
        CHANGES: _tables(chosen.changes),
    }
    manifest = _manifest(config, chosen, files)
    write_record(config, name, chosen.as_of, chosen.recorded)
    publish_day(home(config, name), chosen.as_of, {**files, MANIFEST: _json(manifest)})
    return Published(home(config, name) / f"as_of={chosen.as_of}", manifest)


def published(config: Config, name: str, as_of: date) -> Published | None:
    """The list of a day as it is published now, None if there is none."""
    link = home(config, name) / f"as_of={as_of}"
    if not link.exists():
        return None
    # once: a switch may come between two files
    folder = link.resolve()
    return Published(folder, json.loads((folder / MANIFEST).read_text("utf-8")))


def earlier(config: Config, name: str, as_of: date) -> Earlier | None:
    """What people last read before a day: the latest list of an earlier day, as it is published now, whatever model
    made it; None if there is none."""
    links = home(config, name).glob("as_of=*")
    days = [day for day in (link.name.removeprefix("as_of=") for link in links) if day < str(as_of)]
    if not days:
        return None
    content = (home(config, name) / f"as_of={max(days)}" / f"{name}.json").read_bytes()
    return Earlier(max(days), hashlib.sha256(content).hexdigest(), json.loads(content))


def _manifest(config: Config, chosen: Chosen, files: Mapping[str, bytes]) -> dict[str, Any]:
    promise, currency = chosen.expected_leavers, config.currency
    counted = {
        what: dict(sorted(Counter(row[what] or "none" for row in chosen.rows).items()))
        for what in ("attention", "play")
    }
    return {
        "list": chosen.name,
        "version": VERSION,
        "company": config.company,
        "as_of": str(chosen.as_of),
        "rows": len(chosen.rows),
        "attention": counted["attention"],
        "plays": counted["play"],
        "eligible_accounts": chosen.eligible,
        "announced_leavers": chosen.announced,
        "suppressed": dict(sorted(Counter(each["reason"] for each in chosen.suppressed).items())),
        "held_out": chosen.held_out,
        "outcome": config.outcome.model_dump(),
        "probability_of": chosen.probability_of,
        "ranked_by": config.lists.rank_by,
        "value_months": config.lists.value_months,
        "expected_leavers": promise and {"value": round(promise[0], 3), "low": promise[1], "high": promise[2]},
        "expected_monthly_loss": None if chosen.expected_loss is None else major(chosen.expected_loss, currency),
        "currency": currency,
        "by_theme": by_theme(chosen.rows),
        "previous_list": chosen.previous,
        "changes": {what: len(accounts) for what, accounts in chosen.changes.items()},
        "model": chosen.model,
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    texts = [reason["text"] for reason in row["reasons"]]
    reasons = {f"reason_{n + 1}": texts[n] if n < len(texts) else None for n in range(MOST_REASONS)}
    themes = "|".join(reason["theme"] for reason in row["reasons"])
    values = {**row, **reasons, "themes": themes}
    return {column.name: values[column.name] for column in COLUMNS}


def _parquet(chosen: Chosen) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"integer": pa.int32(), "number": pa.float64(), "text": pa.string(), "date": pa.string()}
    schema = pa.schema([(column.name, kinds[column.kind]) for column in COLUMNS])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([_flat(row) for row in chosen.rows], schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())


def _table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """JSON with a line for each row, to be searched and compared by lines."""
    return f"{_lines(rows)}\n".encode()


def _tables(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    named = ",\n".join(f"{json.dumps(name)}: {_lines(rows)}" for name, rows in tables.items())
    return f"{{\n{named}\n}}\n".encode()


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "[" + ",".join(f"\n{json.dumps(row, ensure_ascii=False)}" for row in rows) + "\n]"


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
