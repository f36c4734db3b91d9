"""Which list sees to an account that belongs on several: the most urgent of those that have room for it.

Belongs here: the candidates of a list, who of them is left in peace, who is another list's, who is seen to. Does not
belong here: the order of lists (``lists.URGENCY``), what is made of those that are seen to (``choice``).

A list does not look at what others have published: it works out from the day's data whom the more urgent ones see to,
as they do themselves. So lists may be made in any order, or alone, and a day that is made again comes out the same. A
holdout counts as seen to: whom one list holds out gets nothing from a less urgent one either, else its two arms would
differ by the contacts of the other too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.lists import (
    AT_RISK,
    NAMES,
    at_risk,
    more_urgent,
    onboarding,
    payment_recovery,
    rewards,
    save,
    triggered,
    win_back,
)
from pipelines.lists.day import Day
from pipelines.lists.planning import allocated
from pipelines.lists.suppression import BELOW_COST, COOLING_DOWN, on, told, without

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.lists.candidates import Candidates

CANDIDATES: Mapping[str, Callable[[Day], Candidates]] = dict(
    zip(
        NAMES,
        (
            at_risk.candidates, payment_recovery.candidates, save.candidates, onboarding.candidates,
            win_back.candidates, rewards.candidates, triggered.candidates,
        ),
        strict=True,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Allotted:
    """Whom a list sees to on a day: ``seen``, rows of ``models.allocation.allocate``, with the holdout (``held``).

    ``candidates`` are all accounts that belong on it, ``suppressed`` those of them that are left in peace, with the
    reason, ``held_elsewhere`` those that a more urgent list holds out, of which nothing is told.
    """

    found: Candidates
    candidates: list[str]
    seen: pd.DataFrame
    suppressed: list[dict[str, Any]]
    held_elsewhere: set[str]


def allotted(day: Day, name: str) -> Allotted:
    """Whom a list sees to. Raises ChurnError as the lists do that go before it."""
    seen_by: dict[str, str] = {}
    held: set[str] = set()
    for other in more_urgent(day.config, name):
        if other == AT_RISK and day.champion is None:
            continue  # there is no such list tonight
        seen = _once(day, other, seen_by, held).seen
        seen_by |= dict.fromkeys(seen["account_id"], other)
        held |= set(seen.loc[seen["held"], "account_id"])
    return _once(day, name, seen_by, held)


def _once(day: Day, name: str, seen_by: Mapping[str, str], held: set[str]) -> Allotted:
    """What was worked out for another list of the ``day`` is not worked out again: what goes before a list is always
    the same."""
    if name not in day.allotted:
        day.allotted[name] = _allotted(day, name, seen_by, held)
    return day.allotted[name]


def _allotted(day: Day, name: str, seen_by: Mapping[str, str], held: set[str]) -> Allotted:
    """``seen_by`` says of accounts which more urgent list sees to them, ``held`` whom of them it holds out."""
    import pandas as pd

    found = CANDIDATES[name](day)
    frame = found.frame.merge(day.accounts, on="account_id", how="left")
    free, suppressed = without(day, frame, found.leaves_healthy_alone)
    if found.resting is not None:
        resting, in_peace = without(day, found.resting)
        suppressed += in_peace + told(resting.assign(reason=COOLING_DOWN, until=resting["rests_until"]))
    elsewhere = free["account_id"].isin(list(seen_by))
    listed = free[elsewhere & ~free["account_id"].isin(list(held))]
    reasons = [on(seen_by[account]) for account in listed["account_id"]]
    suppressed += told(listed.assign(reason=reasons, until=pd.Timestamp(day.as_of)))
    seen, below = allocated(day, name, free[~elsewhere].reset_index(drop=True))
    suppressed += told(below.assign(reason=BELOW_COST, until=None))
    return Allotted(found, frame["account_id"].tolist(), seen, suppressed, held & set(free["account_id"]))
