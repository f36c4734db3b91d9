"""Whether the lists that people read in the morning are there.

Belongs here: comparing the newest list with the day it should be of. Does not belong here: when that is looked at and
who is told (``jobs``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.config import Config
from pipelines.exports import MANIFEST, home


@dataclass(frozen=True)
class Freshness:
    """``newest`` is the as-of date in the manifest of the newest list, None without one; ``due`` the one that should be
    there. When files were written does not matter: a list of an old day that was written again is old."""

    name: str
    newest: date | None
    due: date

    @property
    def fresh(self) -> bool:
        return self.newest is not None and self.newest >= self.due

    def __str__(self) -> str:
        there = f"the newest is of {self.newest}" if self.newest else "there is none"
        return f"the list {self.name} of {self.due} is not published: {there}"


def due(config: Config, now: datetime) -> date:
    """The day whose lists should be published at an instant: the last one that is over in the company's zone, before
    ``schedules.alert_hour`` there the one before it; never one after the end of a demo company's records."""
    local = now.astimezone(config.zone)
    over = local.date() - timedelta(days=1 if local.hour >= config.schedules.alert_hour else 2)
    return min(over, config.last_day())


def freshness(config: Config, name: str, now: datetime) -> Freshness:
    """How fresh a list is."""
    manifest = home(config, name) / "latest" / MANIFEST
    newest = date.fromisoformat(json.loads(manifest.read_text("utf-8"))["as_of"]) if manifest.exists() else None
    return Freshness(name, newest, due(config, now))
