"""Where Stripe's objects are kept: as they came, in files that are only added to.

Belongs here: the files of a kind, the cursor, which version of an object is the last. Does not belong here: asking
Stripe (``client``), what is asked next (``sync``), what an object means.

A file counts once the cursor says so. It is written before the cursor, and both appear whole or not at all: whoever is
killed in between writes the same file again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Config, StripeSource
from pipelines.engine import literal
from pipelines.lake import read_json, replacing, write_json
from pipelines.sources.stripe.kinds import Kind

if TYPE_CHECKING:
    import duckdb

Object = Mapping[str, Any]

_SECRETS = ("client_secret", "confirmation_secret")
"""Fields by which a payment could be confirmed: not kept."""


@dataclass
class Cursor:
    """How far the reading is. All times are Unix seconds of this machine.

    ``files``: kind -> how many files of it count. ``run``: the run that is not over yet (``sync``), None between runs.
    ``covered``: stretches of time in which every change is on file as an event. ``read_at``: when the last run began
    that was finished. ``kinds``: what that run read.
    """

    files: dict[str, int] = field(default_factory=dict)
    run: dict[str, Any] | None = None
    covered: list[list[int]] = field(default_factory=list)
    read_at: int | None = None
    kinds: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Store:
    """The objects of one Stripe account in one mode."""

    root: Path

    @classmethod
    def of(cls, source: StripeSource, config: Config) -> Store:
        """The folder below the state folder that belongs to the source's address and mode."""
        digest = hashlib.sha256(source.api_base.encode()).hexdigest()[:8]
        return cls(config.path(config.state) / "stripe" / f"{'live' if source.live else 'test'}-{digest}")

    def cursor(self) -> Cursor:
        file = self.root / "cursor.json"
        return Cursor(**read_json(file)) if file.exists() else Cursor()

    def keep(self, cursor: Cursor) -> None:
        """Write the cursor: from now on it is the truth."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)  # names and addresses of customers
        write_json(self.root / "cursor.json", vars(cursor))

    def add(self, cursor: Cursor, kind: str, objects: Iterable[Object], at: int) -> None:
        """Write objects that were fetched ``at`` as one more file of ``kind``; it counts once ``cursor`` is kept."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = [(each["id"], at, json.dumps(_clean(each), ensure_ascii=False, sort_keys=True)) for each in objects]
        if not rows:
            return
        number = cursor.files.get(kind, 0)
        schema = pa.schema([("id", pa.string()), ("fetched_at", pa.int64()), ("object", pa.string())])
        columns = [pa.array(values, type_) for values, type_ in zip(zip(*rows, strict=True), schema.types, strict=True)]
        with replacing(self._file(kind, number)) as fresh:
            pq.write_table(pa.table(columns, schema=schema), fresh, compression="zstd")
        cursor.files[kind] = number + 1

    def rows(self, kind: str, cursor: Cursor) -> str:
        """SQL for all kept of a kind: ``id``, ``fetched_at``, ``object`` (JSON), ``_file``, ``_row``, from 1."""
        files = [self._file(kind, number) for number in range(cursor.files.get(kind, 0))]
        if not files:
            return "SELECT '' AS id, 0 AS fetched_at, CAST('{}' AS JSON) AS object, '' AS _file, 0 AS _row WHERE false"
        paths = ", ".join(literal(str(file)) for file in files)
        return (
            f"SELECT id, fetched_at, CAST(object AS JSON) AS object, {literal(kind + '/')} || parse_filename(filename) "
            f"AS _file, file_row_number + 1 AS _row "
            f"FROM read_parquet([{paths}], filename = true, file_row_number = true, hive_partitioning = false)"
        )

    def latest(self, kind: str, cursor: Cursor) -> str:
        """SQL for the last version of every object of a kind; of a deleted one the last before it was deleted."""
        rows = self.rows(kind, cursor)
        # places first: sorting whole objects would need the memory for them
        last = (
            f"SELECT max(struct_pack(fetched := fetched_at, file := _file, row := _row)) AS place FROM ({rows}) "
            f"WHERE object->>'$.deleted' IS DISTINCT FROM 'true' GROUP BY id"
        )
        return (
            f"SELECT r.* FROM ({rows}) r JOIN (SELECT place.file AS file, place.row AS row FROM ({last})) "
            f"ON r._file = file AND r._row = row"
        )

    def stale(self, con: duckdb.DuckDBPyConnection, kind: Kind, cursor: Cursor, since: int) -> list[str]:
        """Ids of objects of which an event since then told and that were not fetched since the run began.

        An event tells of its own object or, if it is one of ``kind.changed_by``, of the one that its object names.
        """
        assert cursor.run is not None  # noqa: S101  only asked within a run
        told = (
            f"SELECT object->'$.data.object' AS about, object->>'$.type' IN (SELECT unnest($types)) AS changes "
            f"FROM ({self.rows('events', cursor)}) WHERE CAST(object->>'$.created' AS BIGINT) >= $since"
        )
        ids = (
            f"SELECT DISTINCT CASE WHEN about->>'$.object' = $object THEN about->>'$.id' "
            f"WHEN changes THEN about->>('$.' || $object) END AS id FROM ({told})"
        )
        fresh = f"SELECT id FROM ({self.rows(kind.name, cursor)}) WHERE fetched_at >= $began"
        found = con.execute(
            f"SELECT id FROM ({ids}) WHERE id IS NOT NULL AND id NOT IN ({fresh}) ORDER BY id",
            {"object": kind.object, "types": list(kind.changed_by), "since": since, "began": cursor.run["began"]},
        )
        return [row[0] for row in found.fetchall()]

    def known(self, con: duckdb.DuckDBPyConnection, kind: str, cursor: Cursor) -> str | None:
        """The id of some object of a kind, None if none is kept."""
        row = con.execute(f"SELECT min(id) FROM ({self.rows(kind, cursor)})").fetchone()
        return row[0] if row else None

    def _file(self, kind: str, number: int) -> Path:
        return self.root / kind / f"{number:06}.parquet"


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items() if key not in _SECRETS}
    return [_clean(item) for item in value] if isinstance(value, list) else value
