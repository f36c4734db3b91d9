"""Publishing a list as files that other tools read: all of them or none.

Belongs here: formats, the manifest, the switch. Does not belong here: what is on a list (``lists``).

A day's list is a folder ``<exports>/<list>/as_of=<day>``. It is a link to a folder named by the digest of its content,
which is written first; the link is then switched in one step. Readers see the old list or the new one, never a part,
and the same content has the same bytes and the same folder.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.money import major
from pipelines.config import Config
from pipelines.exports_copy import copy_list
from pipelines.lake import locked, replacing
from pipelines.reasons import by_theme

if TYPE_CHECKING:
    from pipelines.lists import AtRisk

AT_RISK = "at_risk"
ROWS = f"{AT_RISK}.json"
"""The file whose rows hold reasons as a list."""

CHANGES = "changes.json"
"""Who entered, left and stayed since the list before."""

VERSION = 1
"""Version of the public columns; see docs/lists.md."""

COLUMNS = (
    "rank", "account_id", "name", "owner", "plan", "mrr", "currency", "probability", "expected_loss", "reason_1",
    "reason_2", "reason_3", "reason_4", "reason_5", "themes", "as_of", "model_version",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With the full-width forms of the signs, which spreadsheets take for the signs."""


@dataclass(frozen=True)
class Published:
    """Where a list is, and its manifest."""

    folder: Path
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Earlier:
    """The list before: its day, the SHA-256 of its rows, the rows, and since which day each account has been on lists
    without a break."""

    as_of: str
    sha256: str
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    since: Mapping[str, str] = field(repr=False)

    @property
    def told(self) -> dict[str, list[tuple[str, str]]]:
        """Of each account the reasons that it was given, as (theme, feature) in their order."""
        return {
            row["account_id"]: [(reason["theme"], reason["feature"]) for reason in row["reasons"]] for row in self.rows
        }


def publish(config: Config, at_risk: AtRisk) -> Published:
    """Write the day's list as CSV, Parquet and JSON with a manifest, and switch readers over to it; then copy it to
    object storage, if that is configured."""
    home = config.path(config.exports) / AT_RISK
    files = {
        "at_risk.csv": _csv(at_risk),
        "at_risk.parquet": _parquet(at_risk),
        ROWS: _json(at_risk.rows),
        "suppressed.json": _json(at_risk.suppressed),
        CHANGES: _json(at_risk.changes),
    }
    manifest = _manifest(config, at_risk, files)
    files["manifest.json"] = _json(manifest)
    digest = hashlib.sha256(b"".join(hashlib.sha256(files[name]).digest() for name in sorted(files))).hexdigest()[:16]
    version = home / ".versions" / f"{at_risk.as_of}-{digest}"
    with locked(home / ".publish.lock"):
        if not version.exists():
            with replacing(version) as fresh:
                fresh.mkdir()
                for name, content in files.items():
                    _write(fresh / name, content)
        _switch(home / f"as_of={at_risk.as_of}", version)
        newest = max(day for day in home.glob("as_of=*"))
        _switch(home / "latest", newest)
        copy_list(config, home / f"as_of={at_risk.as_of}", digest)
    return Published(home / f"as_of={at_risk.as_of}", manifest)


def published(config: Config, as_of: date) -> Published | None:
    """The list of a day as it is published, None if there is none."""
    folder = config.path(config.exports) / AT_RISK / f"as_of={as_of}"
    if not folder.exists():
        return None
    return Published(folder, json.loads((folder / "manifest.json").read_text("utf-8")))


def earlier(config: Config, as_of: date) -> Earlier | None:
    """What people last read before a day: the latest list of an earlier day, as it is published now, whatever model
    made it; None if there is none."""
    home = config.path(config.exports) / AT_RISK
    days = [day for day in (link.name.removeprefix("as_of=") for link in home.glob("as_of=*")) if day < str(as_of)]
    if not days:
        return None
    # once: a switch may come between two files
    folder = (home / f"as_of={max(days)}").resolve()
    content, changed = (folder / ROWS).read_bytes(), folder / CHANGES
    rows = json.loads(content)
    since = {row["account_id"]: max(days) for row in rows}
    if changed.exists():
        found = json.loads(changed.read_text("utf-8"))
        since |= {each["account_id"]: each["since"] for each in found["entered"] + found["stayed"]}
    return Earlier(max(days), hashlib.sha256(content).hexdigest(), rows, since)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _switch(link: Path, target: Path) -> None:
    fresh = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    fresh.symlink_to(os.path.relpath(target, link.parent), target_is_directory=True)
    os.replace(fresh, link)


def _manifest(config: Config, at_risk: AtRisk, files: dict[str, bytes]) -> dict[str, Any]:
    value, low, high = at_risk.expected_leavers
    return {
        "list": AT_RISK,
        "version": VERSION,
        "company": config.company,
        "as_of": str(at_risk.as_of),
        "rows": len(at_risk.rows),
        "eligible_accounts": at_risk.eligible,
        "announced_leavers": at_risk.announced,
        "suppressed": dict(sorted(Counter(each["reason"] for each in at_risk.suppressed).items())),
        "outcome": config.outcome.model_dump(),
        "probability_of": config.lists.outcome,
        "ranked_by": config.lists.rank_by,
        "expected_leavers": {"value": round(value, 3), "low": low, "high": high},
        "expected_monthly_loss": major(at_risk.expected_loss, config.currency),
        "currency": config.currency,
        "by_theme": by_theme(at_risk.rows),
        "previous_list": at_risk.previous,
        "changes": {name: len(accounts) for name, accounts in at_risk.changes.items()},
        "model": {
            "version": at_risk.model_version,
            "feature_fingerprint": at_risk.fingerprint,
            "trained_as_of": at_risk.trained_as_of,
            # a model trained on later data knows what came of these accounts: such a list proves nothing
            "hindsight": at_risk.trained_as_of > str(at_risk.as_of),
        },
        "files": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    texts = [reason["text"] for reason in row["reasons"]]
    reasons = {f"reason_{n + 1}": texts[n] if n < len(texts) else None for n in range(5)}
    themes = "|".join(reason["theme"] for reason in row["reasons"])
    return {name: {**row, **reasons, "themes": themes}[name] for name in COLUMNS}


def escaped(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA) else value


def _csv(at_risk: AtRisk) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in at_risk.rows:
        writer.writerow([escaped(value) for value in _flat(row).values()])
    return buffer.getvalue().encode("utf-8")


def _parquet(at_risk: AtRisk) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = {"rank": pa.int32(), "mrr": pa.float64(), "probability": pa.float64(), "expected_loss": pa.float64()}
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in COLUMNS])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([_flat(row) for row in at_risk.rows], schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
