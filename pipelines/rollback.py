"""Back to an earlier champion.

Belongs here: which version that is, whether it fits, and the order of the steps. Does not belong here: the registry
(``tracking``), the file that scores (``champion``).
"""

from __future__ import annotations

from pipelines import champion
from pipelines.champion import Champion
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import locked
from pipelines.tracking import Tracking


def roll_back(config: Config, to: str | None = None) -> Champion:
    """Make the version ``to`` champion again, by default the last one promoted before the present champion and not
    given up since. Without ``to`` the present one is given up: it is skipped from then on, unless it is named.

    Raises ChurnError, with everything as it was, where no such version was ever champion or it does not fit the present
    catalogue, outcome and roles of events.
    """
    with locked(config.path(config.state) / "training.lock"):
        tracking = Tracking.connect(config)
        promoted = tracking.promoted()
        present = champion.find(config) if to is None else None
        version = _before(present, promoted) if to is None else _one_of(to, promoted)
        earlier = Champion(tracking.load(version), version)
        different = champion.difference(config, earlier)
        if different:
            raise ChurnError(
                f"version {version} {different}: it could not score",
                f"choose another by --to ({_told(promoted)}), or run: churn train",
            )
        # The file is what scores and what "present" means. Written last, a run that is cut short before it leaves the
        # champion that was there, and the same command again does the same.
        if present:
            tracking.withdraw(present.version)
        tracking.promote(version)
        champion.install(config, earlier)
    return earlier


def _before(present: Champion | None, promoted: dict[str, bool]) -> str:
    if present is None:
        raise ChurnError(
            f"there is no champion to go back from ({_told(promoted)})",
            "name the version: churn champion rollback --to VERSION, or run: churn train",
        )
    earlier = [version for version, stands in promoted.items() if stands and int(version) < int(present.version)]
    if not earlier:
        raise ChurnError(
            f"no champion came before version {present.version} ({_told(promoted)})",
            "name a version by --to, or run: churn train",
        )
    return earlier[-1]


def _one_of(version: str, promoted: dict[str, bool]) -> str:
    if version not in promoted:
        raise ChurnError(
            f"version {version} was never champion ({_told(promoted)})", "name one that was, or run: churn train"
        )
    return version


def _told(promoted: dict[str, bool]) -> str:
    named = [version if stands else f"{version} (given up)" for version, stands in promoted.items()]
    return f"promoted were {', '.join(named)}" if named else "none was ever promoted"
