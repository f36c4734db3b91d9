"""The keys of a mapping: which of a source's columns become which of the contract's.

Belongs here: what can be configured of any table that has columns of its own. Does not belong here: sources
(``sources``, ``databases``) and reading values (``pipelines.sources.mapping``).
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from churn_features.tables import TABLES


class Keys(BaseModel):
    """A part of the configuration: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def known_zone(name: str) -> str:
    """``name`` itself; ValueError if it is no time zone."""
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no IANA time zone such as Europe/Berlin")
    return name


class ColumnMapping(Keys):
    """Where a contract column comes from: exactly one of ``column``, ``constant`` and ``sql``."""

    column: str | None = Field(None, description="name of the source's column")
    constant: str | int | float | bool | None = Field(None, description="the same value for every row")
    sql: str | None = Field(None, description="a DuckDB expression over the source's columns; text files give text")
    format: str | list[str] | None = Field(
        None, description="how dates and times are written, as strptime formats; without it only ISO 8601 is read"
    )
    values: dict[str, str] | None = Field(None, description="the source's values and the contract's in their place")
    scale: float | None = Field(None, description="multiply numbers by this, such as 100 from major to minor units")

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMapping:
        if sum(value is not None for value in (self.column, self.constant, self.sql)) != 1:
            raise ValueError("give exactly one of column, constant and sql")
        return self


class RowMapping(Keys):
    """How the rows of a source become those of a contract table."""

    columns: dict[str, ColumnMapping | str] = Field(
        description="contract column -> origin; a bare text is the name of the source's column"
    )
    where: str | None = Field(None, description="DuckDB condition over the source's columns; other rows are left out")
    time_zone: str | None = Field(None, description="zone of times without an offset; default: the company's")

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        return name if name is None else known_zone(name)

    @property
    def mapped(self) -> dict[str, ColumnMapping]:
        return {
            name: ColumnMapping(column=origin) if isinstance(origin, str) else origin
            for name, origin in self.columns.items()
        }


def require_known(tables: Mapping[str, RowMapping]) -> None:
    """ValueError unless these are contract tables with columns that they have, all that are required among them."""
    for name, mapping in tables.items():
        if name not in TABLES:
            raise ValueError(f"no contract table is called {name}; there are {', '.join(TABLES)}")
        for column in mapping.columns:
            if column not in TABLES[name].names:
                raise ValueError(f"{name} has no column {column}; it has {', '.join(TABLES[name].names)}")
        needed = {column.name for column in TABLES[name].columns if column.required} - set(mapping.columns)
        if needed:
            raise ValueError(f"{name} needs the column {', '.join(sorted(needed))}")
        if name == "usage" and not {"day", "occurred_at"} & set(mapping.columns):
            raise ValueError("usage needs the column day or occurred_at")
