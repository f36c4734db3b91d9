"""What the triggers were worth on the company's own history.

Belongs here: the rows on which they held, and the figures by name. Does not belong here: the figures as such
(``models``), their words (``told``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import conditions, engine
from pipelines.config import Config
from pipelines.engine import identifier, scan
from pipelines.errors import ChurnError
from pipelines.lake import Lake, write_json
from pipelines.triggers.catalogue import triggers
from pipelines.triggers.fired import columns, require_columns

if TYPE_CHECKING:
    from models.trigger_quality import TriggerQuality


@dataclass(frozen=True)
class Measured:
    """The figures of each trigger by name, on the panel of ``panel_of``: ``dates`` as-of dates with ``rows`` rows, of
    which ``leavers`` left, all without those that had announced to leave."""

    panel_of: date
    dates: tuple[date, ...]
    rows: int
    leavers: int
    of: dict[str, TriggerQuality]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "panel_of": str(self.panel_of),
            "dates": [str(day) for day in self.dates],
            "rows": self.rows,
            "leavers": self.leavers,
            "triggers": {name: quality.as_dict() for name, quality in self.of.items()},
        }


def measured(config: Config, as_of: date) -> Measured | None:
    """The quality of all triggers on the newest training panel that knows nothing after ``as_of``; None without one.

    Rows of accounts that had announced to leave are left out, as in the headline figures of models: a trigger does not
    fire for them, and that they leave is no merit of it.
    """
    from models.trigger_quality import trigger_quality

    panel_of = newest_panel(config, as_of)
    if panel_of is None:
        return None
    known, file = triggers(config), Lake(config.path(config.lake)).panel(panel_of)
    require_columns(file, known, f"the training panel of {panel_of}", f"run: churn train --as-of {panel_of}")
    held = "".join(f", {conditions.sql(trigger.when)} AS held_{place:d}" for place, trigger in enumerate(known))
    read = ", ".join(map(identifier, dict.fromkeys(("account_id", "as_of", "churned", "churned_at", *columns(known)))))
    with engine.connection(config) as con:
        rows = con.execute(
            f"SELECT account_id, as_of, churned, churned_at{held} FROM (SELECT {read} FROM {scan([file])} "
            "WHERE NOT announced) ORDER BY as_of, account_id"
        ).df()
    # the day of a departure is one of the company's zone
    left = rows["churned_at"].dt.tz_localize("UTC").dt.tz_convert(config.time_zone).dt.tz_localize(None).dt.normalize()
    frame = rows[["account_id", "as_of", "churned"]].assign(left_on=left)
    masks = {trigger.name: rows[f"held_{place:d}"].to_numpy(dtype=bool) for place, trigger in enumerate(known)}
    days = tuple(sorted(day.date() for day in rows["as_of"].unique()))
    return Measured(panel_of, days, len(rows), int(rows["churned"].sum()), trigger_quality(frame, masks))


def require_measured(config: Config, as_of: date) -> Measured:
    """``measured``; ChurnError where there is no panel."""
    found = measured(config, as_of)
    if found is None:
        raise ChurnError(
            f"there is no training panel of {as_of} or an earlier day", f"run: churn train --as-of {as_of}"
        )
    return found


def newest_panel(config: Config, as_of: date) -> date | None:
    """The day of the newest training panel on file that is not after ``as_of``."""
    lake = Lake(config.path(config.lake))
    days = (date.fromisoformat(path.stem.removeprefix("as_of=")) for path in lake.panel(as_of).parent.glob("as_of=*"))
    return max((day for day in days if day <= as_of), default=None)


def write_quality(config: Config, as_of: date, found: Measured) -> Path:
    """Keep the figures as JSON in the lake, for those who read them later."""
    file = Lake(config.path(config.lake)).trigger_quality(as_of)
    write_json(file, found.as_dict())
    return file
