"""The keys of SQL databases as a source.

Belongs here: what can be configured of one. Does not belong here: reading it (``pipelines.sources.sql``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from pipelines.config.mapping import Keys, RowMapping, require_known


class QueryMapping(RowMapping):
    """How one contract table is read from a database: exactly one of ``table`` and ``query``."""

    table: str | None = Field(None, description="table or view, as name or schema.name")
    query: str | None = Field(None, description="a SELECT in the database's own SQL")
    cursor: str | None = Field(
        None,
        description="column that grows whenever a row is written, such as updated_at: a time, a date or a whole "
        "number. Only rows from its last value on are read, the others kept from the landing before; that a row was "
        "deleted is seen by the next full read. Without one, every landing reads the whole table, of usage the days "
        "that are not on file",
    )
    overlap: int = Field(
        24,
        ge=1,
        description="how far before the cursor's last value reading begins, for rows that were written late: hours, or "
        "steps of a cursor of whole numbers",
    )
    versions: bool = Field(
        False,
        description="with a cursor: the table keeps every version of a row, told apart by recorded_at, and a new one "
        "does not take the place of the others",
    )

    @model_validator(mode="after")
    def _one_relation(self) -> QueryMapping:
        if (self.table is None) == (self.query is None):
            raise ValueError("give exactly one of table and query")
        if self.versions and (self.cursor is None or "recorded_at" not in self.columns):
            raise ValueError("versions needs a cursor and the column recorded_at")
        return self


class SqlSource(Keys):
    """An SQL database: PostgreSQL, or any other for which SQLAlchemy has a driver."""

    kind: Literal["sql"]
    url: SecretStr = Field(
        description="SQLAlchemy URL as ${NAME}, such as postgresql://reader:PASSWORD@host/database, of a user who may "
        "only read"
    )
    tables: dict[str, QueryMapping] = Field(description="contract table -> mapping")
    full_every_days: int = Field(
        7,
        ge=1,
        description="tables with a cursor are read in full after so many days: that is when deletions are seen",
    )
    statement_timeout_seconds: int = Field(1800, ge=1, le=86400, description="for reading one table")
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        None,
        description="PostgreSQL only: whether the connection is encrypted and the server's certificate verified; "
        "default: what the url says, else prefer",
    )
    sslrootcert: Path | None = Field(
        None, description="PostgreSQL only: file of certificates that may have signed the server's"
    )

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: dict[str, QueryMapping]) -> dict[str, QueryMapping]:
        require_known(tables)
        if "usage" in tables and tables["usage"].cursor:
            raise ValueError("usage takes no cursor: its days that are on file are not read again")
        return tables

    @model_validator(mode="after")
    def _is_address(self) -> SqlSource:
        if not re.match(r"\w+(\+\w+)?://", self.url.get_secret_value()):
            raise ValueError("url is no SQLAlchemy URL such as postgresql://reader@host/database")
        if self.dialect != "postgresql" and (self.sslmode or self.sslrootcert):
            raise ValueError("sslmode and sslrootcert are for postgresql; other databases take theirs in the url")
        return self

    @property
    def dialect(self) -> str:
        """The kind of database, such as postgresql."""
        return re.split(r"[+:]", self.url.get_secret_value())[0]

    @property
    def gives(self) -> tuple[str, ...]:
        """Contract tables that it gives."""
        return tuple(self.tables)
