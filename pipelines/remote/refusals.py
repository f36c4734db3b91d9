"""What keeps two machines from undoing each other's work, in words.

Belongs here: the errors of diverged states, with their remedies. Does not belong here: finding out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipelines.errors import ChurnError


def came_between(url: str, here: int, latest: int, put_at: datetime | None) -> ChurnError:
    """Another machine has pushed ``latest`` since this one had generation ``here``."""
    at = f" at {put_at:%Y-%m-%d %H:%M} UTC" if put_at else ""
    return ChurnError(
        f"generation {latest} of {url} was pushed{at} by another machine, and this one has {_had(here)}: nothing was "
        "overwritten",
        "run: churn lake pull; where it says that files of this machine differ, churn lake pull --discard-local gives "
        "them up; then run the days again that this machine had run",
    )


def lost(url: str, here: int, latest: int) -> ChurnError:
    """The home has forgotten generations that this machine had."""
    there = f"generation {latest} as its latest" if latest else "no generation"
    return ChurnError(
        f"{url} has {there}, and this machine has generation {here}: later ones were lost there",
        "put back what was there; or, if what this machine has is to be the truth, set storage.remote to another "
        "prefix and run: churn lake push",
    )


def differ(url: str, here: int, wanted: int, latest: int, paths: Sequence[str]) -> ChurnError:
    """Files of this machine that nobody pushed would be lost by a pull."""
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    push = "push it first: churn lake push; or " if here == latest else ""
    return ChurnError(
        f"there is work on this machine that was never pushed, and generation {wanted} of {url} would take its place: "
        f"{paths[0]}{more}; this machine has {_had(here)}",
        f"{push}give it up: churn lake pull --discard-local, and run the days again that made it",
    )


def _had(here: int) -> str:
    return f"generation {here}" if here else "none"
