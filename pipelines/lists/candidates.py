"""Who may be on a list, before anybody is left out for want of capacity.

Belongs here: what a list says of its candidates, and what lists have in common that name grounds in features. Does not
belong here: any one list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.lists.day import Day, FeatureRows

if TYPE_CHECKING:
    import pandas as pd

Reasons = list[dict[str, str]]
"""What an account's row tells, the weightiest first: ``theme``, ``feature`` and ``text``."""

Told = Mapping[str, Sequence[tuple[str, str]]]
"""Of each account what the list before told, as (theme, feature)."""


@dataclass(frozen=True)
class Candidates:
    """``frame`` has one row per candidate: account_id, mrr (minor units), ``probability`` (of leaving; missing on lists
    that promise nothing), ``loss`` (the chance of losing the account if nobody acts, by which a contact is worth
    something; missing if unknown) and on the list of triggers ``trigger``.

    ``reasons`` gives those of chosen candidates: rows of ``frame``, their feature rows (none for an account that pays
    no more) and what was told before. ``resting`` are those whom the list leaves alone for a while by a rule of its
    own, with ``rests_until``, the last day of it. ``probability_of`` says which departures the probability is of, and
    ``leaves_healthy_alone`` which candidates need no contact by this list if they are in good health.
    """

    frame: pd.DataFrame
    reasons: Callable[[pd.DataFrame, FeatureRows, Told], list[Reasons]]
    probability_of: str | None = None
    leaves_healthy_alone: bool | pd.Series = False
    resting: pd.DataFrame | None = None


@dataclass(frozen=True)
class Ground:
    """Why an account is on a list: SQL on features, and the feature whose sentence tells of it."""

    feature: str
    holds: str


def with_grounds(day: Day, grounds: Sequence[Ground], also: str = "true") -> pd.DataFrame:
    """Paying accounts of which a ground holds, and ``also`` (SQL on features) besides, with the columns of
    ``Day.paying`` and a column ``grounds``: which of them hold, a list of bools."""
    held = ", ".join(f"coalesce({ground.holds}, false)" for ground in grounds)
    found = day.features(f"[{held}] AS grounds", f"({also}) AND list_contains([{held}], true)")
    return day.paying.merge(found, on="account_id")


def told_by_grounds(day: Day, grounds: Sequence[Ground], chosen: pd.DataFrame, features: FeatureRows) -> list[Reasons]:
    """The sentences of the grounds that hold, in their order, for each of the ``chosen``."""
    return [
        tell(
            day,
            [ground.feature for ground, holds in zip(grounds, held, strict=True) if holds],
            features.by_account[account],
        )
        for account, held in zip(chosen["account_id"], chosen["grounds"], strict=True)
    ]


def tell(day: Day, names: Sequence[str], row: Mapping[str, Any]) -> Reasons:
    """The sentences of these features with an account's own numbers; those that have nothing to tell are left out."""
    from churn_features.catalogue import BY_NAME
    from churn_features.sentences import say

    units = {name: feature.unit for name, feature in BY_NAME.items()}
    texts = ((BY_NAME[name], say(BY_NAME[name], row, units, day.config.currency)) for name in names)
    return [{"theme": each.theme, "feature": each.name, "text": text} for each, text in texts if text is not None]


def months(days: float) -> str:
    """A time in whole months, as people read it."""
    count = int(days / 30.4375)
    return f"{count} month{'' if count == 1 else 's'}"
