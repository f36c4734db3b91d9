"""The keys of the configuration file: their meaning, defaults and checks.

Belongs here: what can be configured. Does not belong here: where data come from (``sources``), reading the file
(``reading``), acting on it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from churn_features.tables import ROLES, TABLES
from pipelines.config.destinations import Destination, FolderDestination, Name
from pipelines.config.engine import EngineKeys
from pipelines.config.lists import ListKeys
from pipelines.config.mapping import Keys, known_zone
from pipelines.config.outreach import PlayKeys, TriggerKeys
from pipelines.config.sources import DemoSource, Source, demo_end
from pipelines.config.storage import StorageKeys


class OutcomeKeys(Keys):
    """When a departure counts as churn."""

    lead_days: int = Field(0, ge=0, le=90, description="days between the as-of date and the first that counts")
    window_days: int = Field(30, ge=1, le=365, description="days in which a departure counts")
    grace_days: int = Field(7, ge=0, le=90, description="a return within these days undoes the departure")


class TrainingKeys(Keys):
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


class TrackingKeys(Keys):
    """Where models and their quality are recorded."""

    uri: str | None = Field(None, description="MLflow tracking server; default: a SQLite file in the state folder")
    experiment: str | None = Field(None, description="default: the company's name")
    timeout_seconds: int = Field(20, ge=1, description="for a request to a tracking server")


class ContractKeys(Keys):
    """How strict the contracts are."""

    max_bad_share: float = Field(0.05, ge=0, le=1, description="a table with more bad rows than this is withheld")


class ScheduleKeys(Keys):
    """Cron expressions in the company's zone."""

    nightly: str = Field("0 2 * * *", description="when the list of the day before is made")
    training: str = Field("0 5 * * 0", description="when a challenger is trained")
    alert_hour: int = Field(
        8,
        ge=0,
        le=23,
        description="from this hour on the lists of the day before count as absent if they are not there",
    )

    @field_validator("nightly", "training")
    @classmethod
    def _cron(cls, cron: str) -> str:
        if not re.fullmatch(r"([\d*/,-]+|[A-Za-z,-]{3,})( ([\d*/,-]+|[A-Za-z,-]{3,})){4}", cron):
            raise ValueError(f"{cron!r} is no cron expression of five fields such as 0 2 * * *")
        return cron


class Config(Keys):
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
    destinations: dict[Name, Destination] = Field(
        default_factory=dict, description="name -> system that gets the lists once they are published"
    )
    triggers: dict[str, TriggerKeys | None] = Field(
        default_factory=dict, description="name -> what is to be different from the [catalogue](triggers.md), or null"
    )
    plays: dict[str, PlayKeys | None] = Field(
        default_factory=dict, description="name -> what is to be different from the [catalogue](plays.md), or null"
    )
    contracts: ContractKeys = ContractKeys()
    tracking: TrackingKeys = TrackingKeys()
    engine: EngineKeys = EngineKeys()
    storage: StorageKeys = StorageKeys()
    schedules: ScheduleKeys = ScheduleKeys()
    lake: Path = Field(Path("var/lake"), description="landed and accepted tables, features, scores")
    exports: Path = Field(Path("var/exports"), description="published lists")
    state: Path = Field(Path("var/state"), description="MLflow's files, champion, demo data, scratch space")
    file: Path = Field(exclude=True, description="set by the reader: the file this was read from")

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        return known_zone(name)

    @model_validator(mode="after")
    def _each_table_once(self) -> Config:
        owners: dict[str, str] = {}
        for name, source in self.sources.items():
            for table in source.gives:
                if table in owners:
                    raise ValueError(f"table {table} comes from two sources, {owners[table]} and {name}")
                owners[table] = name
        missing = [table.name for table in TABLES.values() if table.required and table.name not in owners]
        if missing:
            raise ValueError(f"no source gives the required table {missing[0]}")
        return self

    @model_validator(mode="after")
    def _folders_apart(self) -> Config:
        """Two that publish into one folder would take each other's files away."""
        taken = {self.path(self.exports): "exports"}
        for name, keys in self.destinations.items():
            if isinstance(keys, FolderDestination):
                other = taken.setdefault(self.path(keys.path), f"destination {name}")
                if other != f"destination {name}":
                    raise ValueError(f"destination {name} takes the folder of {other}")
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
