"""Rows whose columns have the contract's types already: mapped batch by batch in Arrow, not by the engine.

Belongs here: which mappings need no SQL, what such a mapping makes of a batch, the file of it. Does not belong here:
any other reading of values (``mapping``), which this must equal row by row: a test holds both to the same rows. It is
here because a driver gives batches for less than what it costs to bring them into the engine and out of it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.tables import Column, Table
from pipelines.config import RowMapping
from pipelines.lake import replacing
from pipelines.sources import Window

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 122_880
"""Rows of a group, as the engine writes them."""

SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What the engine's trim takes away: all characters of Unicode's class Zs."""

_TIMES = 4
"""How often a value comes on average, in the first group, in a column that is written with a dictionary."""

_AT_ONCE = 32_768
"""Values that are encoded at once: few calls, and yet in the processor's cache."""


@dataclass(frozen=True)
class Typed:
    """How batches become the contract's rows: contract column -> column of the source, window."""

    table: Table
    origins: Mapping[str, str]
    window: Window
    place: str

    @classmethod
    def of(
        cls, table: Table, mapping: RowMapping, schema: pa.Schema, window: Window, place: str
    ) -> Typed | None:  # fmt: skip
        """How to read batches of this schema, None if values need more than being taken as they are."""
        folded = [name.casefold() for name in schema.names]
        origins = {}
        for column in table.columns:
            origin = mapping.mapped.get(column.name)
            if origin is None:
                continue
            if origin.column is None or origin.values or origin.scale or origin.format:
                return None
            if folded.count(origin.column.casefold()) != 1:
                return None
            field = schema.field(folded.index(origin.column.casefold()))
            if not _fits(column, field.type):
                return None
            origins[column.name] = field.name
        # which day a moment is on is for the engine to say
        undated = table.name == "usage" and window.after_day is not None and "day" not in origins
        if mapping.where or undated:
            return None
        return cls(table, origins, window, place)

    def write(self, batches: Iterable[pa.RecordBatch], part: Path) -> int:
        """Write the wanted rows to ``part`` in the form that ``Reader.land`` promises, whole or not at all; returns how
        many. The same rows give the same bytes, however they are divided into batches."""
        import pyarrow.parquet as pq

        rows, writer = 0, None
        with replacing(part) as fresh:
            try:
                for group in _groups(self._each(batches), self._schema()):
                    writer = writer or pq.ParquetWriter(fresh, group.schema, **_encodings(group))
                    writer.write_table(group, row_group_size=ROW_GROUP)
                    rows += group.num_rows
            finally:
                if writer:
                    writer.close()
        return rows

    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        kinds = {column.name: _arrow(column) for column in self.table.columns}
        return pa.schema({**kinds, "_file": pa.string(), "_row": pa.int64(), "_unreadable": pa.string()})

    def _each(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema, before = self._schema(), 0
        for batch in batches:
            read = {
                name: _trimmed(batch[origin]) if pa.types.is_string(schema.field(name).type)
                else batch[origin].cast(schema.field(name).type, safe=False)
                for name, origin in self.origins.items()
            }  # fmt: skip
            read["_file"] = pa.repeat(pa.scalar(self.place, pa.string()), len(batch))
            read["_row"] = pa.arange(before + 1, before + len(batch) + 1)
            before += len(batch)
            columns = [read[each.name] if each.name in read else pa.nulls(len(batch), each.type) for each in schema]
            rows = pa.record_batch(columns, schema=schema)
            mask = self._wanted(rows)
            yield rows if mask is None else rows.filter(mask)

    def _wanted(self, rows: pa.RecordBatch) -> pa.BooleanArray | None:
        """Which rows the window wants (``sources.landing.wanted``), None if all."""
        import pyarrow as pa
        import pyarrow.compute as pc

        window, dated = self.window, self.table.name == "usage" and "day" in self.origins
        times = rows["day" if dated else self.table.occurred]
        if dated:
            kept = pc.or_(
                pc.less_equal(times, pa.scalar(window.as_of, times.type)),
                # whose first moment is later
                pc.greater(times, pa.scalar(window.now.date(), times.type)),
            )
        else:
            kept = pc.or_(
                pc.less(times, pa.scalar(window.cutoff, times.type)),
                pc.greater(times, pa.scalar(window.now, times.type)),
            )
        if window.after_day and self.table.name == "usage":
            kept = pc.and_(kept, pc.greater(times, pa.scalar(window.after_day, times.type)))
        mask = pc.fill_null(kept, True)
        return None if pc.all(mask, min_count=0).as_py() else mask


def _fits(column: Column, given: pa.DataType) -> bool:
    import pyarrow as pa

    match column.type:
        case "text":
            return given == pa.string()
        case "instant":
            # a time without a zone is the mapping's to read
            return given == pa.timestamp("us", "UTC")
        case "day":
            return given == pa.date32()
        case "flag":
            return given == pa.bool_()
        case "number":
            return pa.types.is_signed_integer(given) or given in (pa.float32(), pa.float64())
        case "integer" | "money":
            return pa.types.is_signed_integer(given)
    return False


def _arrow(column: Column) -> pa.DataType:
    import pyarrow as pa

    kinds = {
        "text": pa.string(), "instant": pa.timestamp("us"), "day": pa.date32(), "flag": pa.bool_(),
        "number": pa.float64(), "integer": pa.int64(), "money": pa.int64(),
    }  # fmt: skip
    return kinds[column.type]


def _trimmed(texts: pa.StringArray) -> pa.StringArray:
    """Texts without spaces around them, missing if nothing is left."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = (
        pc.all(pc.string_is_ascii(texts), min_count=0).as_py()
        and not pc.any(pc.starts_with(texts, " ")).as_py()
        and not pc.any(pc.ends_with(texts, " ")).as_py()
    )
    bare = texts if plain else pc.utf8_trim(texts, characters=SPACES)
    empty = pc.equal(bare, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), bare) if pc.any(empty).as_py() else bare


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in groups of one size, the last one smaller; one without rows if there are none."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    count, given = 0, False
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= ROW_GROUP:
            table = pa.Table.from_batches(held, schema)
            yield table.slice(0, ROW_GROUP).combine_chunks()
            held, count, given = table.slice(ROW_GROUP).to_batches(), count - ROW_GROUP, True
    if count or not given:
        yield pa.Table.from_batches(held, schema).combine_chunks()


def _encodings(group: pa.Table) -> dict[str, Any]:
    """How columns are written, judged by the first group: values that repeat as a dictionary, texts and whole numbers
    by what differs from the value before. Parts are read whole, so that statistics of their columns are of no use."""
    import pyarrow as pa
    import pyarrow.compute as pc

    few = [name for name in group.column_names if pc.count_distinct(group[name]).as_py() * _TIMES <= group.num_rows]
    deltas = {}
    for field in group.schema:
        if field.name not in few and pa.types.is_string(field.type):
            deltas[field.name] = "DELTA_LENGTH_BYTE_ARRAY"
        elif field.name not in few and field.type in (pa.int64(), pa.timestamp("us"), pa.date32()):
            deltas[field.name] = "DELTA_BINARY_PACKED"
    return {
        "compression": "zstd", "use_dictionary": few, "column_encoding": deltas or None, "store_schema": False,
        "write_statistics": False, "write_batch_size": _AT_ONCE,
    }  # fmt: skip
