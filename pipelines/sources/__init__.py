"""Where data comes from. Belongs here: what every source promises; each kind of source has a module of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from churn_features.tables import TABLES
from pipelines.config import Config, DemoSource, Source, SqlSource, StripeSource

if TYPE_CHECKING:
    import duckdb

    from churn_features.tables import Table

NO_CLOCK = datetime(9000, 1, 1)  # noqa: DTZ001  naive UTC like all stored instants
"""``Window.now`` of a source to which no row can be in the future."""

SECONDS_BETWEEN_LINES = 10.0
"""How often a long read tells how far it has come."""


@dataclass(frozen=True)
class Window:
    """Which rows a landing wants: those that happened up to the end of ``as_of`` (``cutoff``, naive UTC).

    ``after_day`` limits usage to later days, those before are on file. Rows that claim to be later than ``now`` are
    landed too, so that the contract can set them aside with a reason instead of losing them; other rows after the
    cutoff belong to later days.
    """

    as_of: date
    cutoff: datetime
    now: datetime
    after_day: date | None = None


class Reader(Protocol):
    """A source, ready to be read."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Contract tables that it gives."""
        ...

    def land(self, con: duckdb.DuckDBPyConnection, table: Table, window: Window, folder: Path) -> tuple[str, ...]:
        """Write the wanted rows of ``table`` to ``folder``/part-N.parquet; returns the contract columns it lacks.

        Every part has all contract columns with their types (instants naive UTC) and ``_file``, ``_row`` (1-based
        within the file) and ``_unreadable`` (why a value could not be read, else missing). Raises ChurnError for a
        source that cannot be read, naming file and place.
        """
        ...


def reader(source: Source, config: Config, say: Callable[[str], None] | None = None) -> Reader:
    """The reader of a configured source; ``say`` is told how far a long read has come."""
    if isinstance(source, DemoSource):
        from pipelines.sources.demo import DemoReader

        return DemoReader(source, config)
    if isinstance(source, SqlSource):
        from pipelines.sources.sql import SqlReader

        return SqlReader(source, config, say)
    if isinstance(source, StripeSource):
        from pipelines.sources.stripe.reader import StripeReader

        return StripeReader(source, config, say)
    if isinstance(source.root, str):
        from pipelines.sources.objects import object_reader

        return object_reader(source, source.root, config, say)
    from pipelines.sources.files import FileReader

    return FileReader(source.tables, config.path(source.root), config, say)


def source_of(config: Config) -> dict[str, str]:
    """Contract table -> name of the source that gives it, in the contract's order."""
    owners = {table: name for name, source in config.sources.items() for table in reader(source, config).tables}
    return {table: owners[table] for table in TABLES if table in owners}
