"""The keys of the configuration file: their meaning, defaults and checks.

Belongs here: what can be configured. Does not belong here: reading the file (``reading``), acting on it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from churn_features.tables import ROLES, TABLES
from pipelines.config.engine import EngineKeys


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no IANA time zone such as Europe/Berlin")
    return name


class ColumnMapping(_Keys):
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


class TableMapping(_Keys):
    """How one contract table is read from files."""

    files: str = Field(description="path or glob below the source's root; .csv, .jsonl, .ndjson or .parquet")
    format: Literal["csv", "jsonl", "parquet"] | None = Field(None, description="where the ending does not tell")
    columns: dict[str, ColumnMapping | str] = Field(
        description="contract column -> origin; a bare text is the name of the source's column"
    )
    join: str | None = Field(
        None,
        description="SQL join to other files of the source, each named under ``lookups``; the table's own rows are "
        "called ``source``; every row must find at most one partner",
    )
    lookups: dict[str, str] = Field(default_factory=dict, description="name -> file that ``join`` may read")
    where: str | None = Field(None, description="DuckDB condition over the source's columns; other rows are left out")
    time_zone: str | None = Field(None, description="zone of times without an offset; default: the company's")
    delimiter: str = Field(",", min_length=1, max_length=1, description="CSV only")
    encoding: str = Field("utf-8", description="CSV only: utf-8, utf-16 or latin-1")

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str | None) -> str | None:
        return name if name is None else _known_zone(name)

    @field_validator("files")
    @classmethod
    def _below_root(cls, pattern: str) -> str:
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError("give a path or glob below the source's root")
        return pattern

    @property
    def mapped(self) -> dict[str, ColumnMapping]:
        return {
            name: ColumnMapping(column=origin) if isinstance(origin, str) else origin
            for name, origin in self.columns.items()
        }


class FileSource(_Keys):
    """A folder of CSV, JSON lines or Parquet files."""

    kind: Literal["files"]
    root: Path = Field(description="folder of the files")
    tables: dict[str, TableMapping] = Field(description="contract table -> mapping")

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
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
        return tables


class DemoSource(_Keys):
    """The generated demo company."""

    kind: Literal["demo"]
    accounts: int = Field(2000, ge=50, description="accounts that ever sign up")
    start: date = Field(date(2025, 1, 1), description="first day of the company's records")
    months: int = Field(18, ge=6, le=60, description="length of the records")
    seed: int = Field(7, description="another seed makes another company")


Source = Annotated[FileSource | DemoSource, Field(discriminator="kind")]


class OutcomeKeys(_Keys):
    """When a departure counts as churn."""

    lead_days: int = Field(0, ge=0, le=90, description="days between the as-of date and the first that counts")
    window_days: int = Field(30, ge=1, le=365, description="days in which a departure counts")
    grace_days: int = Field(7, ge=0, le=90, description="a return within these days undoes the departure")


class TrainingKeys(_Keys):
    """How the model is trained."""

    every_days: int = Field(
        7,
        ge=1,
        description="distance of the as-of dates in the training panel; 7 keeps "
        "weekdays aligned, and dates do not all fall at one point of the billing cycle",
    )
    most_dates: int = Field(60, ge=3, description="the latest so many dates are used")
    most_rows: int = Field(1_000_000, ge=1000, description="above this, whole accounts are sampled")
    warm_up_days: int = Field(14, ge=0, description="days of usage history before the first date")
    backtest_folds: int = Field(
        3,
        ge=0,
        description="how often in the past the training is repeated and judged on what came then; 0 leaves it out",
    )
    tuning_trials: int = Field(
        0,
        ge=0,
        description="how many sets of parameters LightGBM tries on the train dates, first the usual ones; 0: no search",
    )
    tuning_seconds: int = Field(
        600,
        ge=1,
        description="a search ends after so long even if trials are left, and another one may then find other "
        "parameters; every fold of the backtest searches for itself",
    )
    seed: int = Field(7, description="seed of all random choices")


class ListKeys(_Keys):
    """The at-risk list."""

    capacity: int = Field(50, ge=1, description="rows on the list: what the team can contact")
    per_owner: int | None = Field(None, ge=1, description="most rows for one owner")
    outcome: Literal["churn", "voluntary", "involuntary"] = Field(
        "churn",
        description="which departures the list is for, by its probability and its order: all, those that customers "
        "choose, or those for payments that fail",
    )
    rank_by: Literal["expected_loss", "probability", "mrr"] = Field(
        "expected_loss", description="expected_loss is probability times recurring revenue"
    )
    least_lift: float = Field(
        2.0, ge=0, description="only accounts whose probability is at least so many times the day's average are at risk"
    )
    reasons: int = Field(3, ge=1, le=5, description="most reasons per account")


class TrackingKeys(_Keys):
    """Where models and their quality are recorded."""

    uri: str | None = Field(None, description="MLflow tracking server; default: a SQLite file in the state folder")
    experiment: str | None = Field(None, description="default: the company's name")
    timeout_seconds: int = Field(20, ge=1, description="for a request to a tracking server")


class ContractKeys(_Keys):
    """How strict the contracts are."""

    max_bad_share: float = Field(0.05, ge=0, le=1, description="a table with more bad rows than this is withheld")


class ScheduleKeys(_Keys):
    """Cron expressions in the company's zone."""

    nightly: str = Field("0 2 * * *", description="when the list of the day before is made")
    training: str = Field("0 5 * * 0", description="when a challenger is trained")

    @field_validator("nightly", "training")
    @classmethod
    def _cron(cls, cron: str) -> str:
        if not re.fullmatch(r"([\d*/,-]+|[A-Za-z,-]{3,})( ([\d*/,-]+|[A-Za-z,-]{3,})){4}", cron):
            raise ValueError(f"{cron!r} is no cron expression of five fields such as 0 2 * * *")
        return cron


class Config(_Keys):
    """Everything that can be configured."""

    company: str = Field(min_length=1, description="shown on lists and reports")
    time_zone: str = Field("UTC", description="the zone in which the company's days begin and end")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="of all money, ISO 4217")
    history_start: date = Field(description="first day that can be run, the first partition in Dagster")
    sources: dict[str, Source] = Field(min_length=1, description="name -> source; each table comes from one of them")
    event_roles: dict[str, Literal[ROLES]] = Field(  # type: ignore[valid-type]
        default_factory=dict, description="the product's event names -> their roles"
    )
    outcome: OutcomeKeys = OutcomeKeys()
    training: TrainingKeys = TrainingKeys()
    lists: ListKeys = ListKeys()
    contracts: ContractKeys = ContractKeys()
    tracking: TrackingKeys = TrackingKeys()
    engine: EngineKeys = EngineKeys()
    schedules: ScheduleKeys = ScheduleKeys()
    lake: Path = Field(Path("var/lake"), description="landed and accepted tables, features, scores")
    exports: Path = Field(Path("var/exports"), description="published lists")
    state: Path = Field(Path("var/state"), description="MLflow's files, champion, demo data, scratch space")
    file: Path = Field(exclude=True, description="set by the reader: the file this was read from")

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        return _known_zone(name)

    @model_validator(mode="after")
    def _each_table_once(self) -> Config:
        owners: dict[str, str] = {}
        for name, source in self.sources.items():
            tables = source.tables if isinstance(source, FileSource) else TABLES
            for table in tables:
                if table in owners:
                    raise ValueError(f"table {table} comes from two sources, {owners[table]} and {name}")
                owners[table] = name
        missing = [table.name for table in TABLES.values() if table.required and table.name not in owners]
        if missing:
            raise ValueError(f"no source gives the required table {missing[0]}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def path(self, path: Path) -> Path:
        """A configured path, relative ones below the configuration file's folder."""
        return path if path.is_absolute() else (self.file.parent / path).resolve()

    def yesterday(self) -> date:
        """The last day that is over in the company's zone."""
        return datetime.now(self.zone).date() - timedelta(days=1)

    def last_day(self) -> date:
        """The last day worth running: yesterday, or the end of the demo company's records if that is earlier."""
        ends = [demo_end(source) for source in self.sources.values() if isinstance(source, DemoSource)]
        return min([self.yesterday(), *ends])


def demo_end(source: DemoSource) -> date:
    """Last day of the demo company's records."""
    month = source.start.year * 12 + source.start.month - 1 + source.months
    return date(month // 12, month % 12 + 1, 1) + timedelta(days=source.start.day - 2)
