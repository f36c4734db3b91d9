"""Who gets the attention of people, who that of a machine, and in which order.

Belongs here: spending a team's capacity on candidates. Does not belong here: what a contact is worth (``value``), what
a list should hold (``ranking``), plays and files (``pipelines``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.inputs import ModelError, require

HUMAN, AUTOMATED = "human", "automated"


@dataclass(frozen=True)
class Capacity:
    """How many accounts a team can see to (``human``, of those of one owner at most ``per_owner``) and how many get an
    automated message."""

    human: int
    automated: int = 0
    per_owner: int | None = None

    def __post_init__(self) -> None:
        if min(self.human, self.automated, 1 if self.per_owner is None else self.per_owner - 1) < 0:
            raise ModelError(f"no team has this capacity: {self}", "state at least 0 accounts, and 1 for an owner")


def allocate(frame: pd.DataFrame, capacity: Capacity) -> pd.DataFrame:
    """Those rows of ``frame`` that are seen to, with ``attention``, those for people first, each in their order.

    ``frame`` has account_id, owner, ``order`` (highest first; rows without one come last, by ``mrr``, then account),
    ``held`` (in the holdout) and the worth of a contact of either sort, ``worth_human`` and ``worth_automated`` (NaN
    where nothing is known of it). People see to an account if their contact is worth no less than a message and more
    than nothing; what does not fit gets a message if that is worth more than nothing. Where the worth is not known,
    people come first too. A row that is held takes nobody's time: it is there if it would have been, had it not been
    held. Raises ModelError naming accounts that appear twice.
    """
    require(frame, ("account_id", "owner", "order", "mrr", "held", "worth_human", "worth_automated"), "the frame")
    twice = frame["account_id"].duplicated()
    if twice.any():
        first = ", ".join(map(str, frame.loc[twice, "account_id"].head(3)))
        raise ModelError(f"{int(twice.sum())} accounts appear twice, such as {first}", "allocate each account once")
    rows = frame.sort_values(["order", "mrr", "account_id"], ascending=[False, False, True], kind="stable")
    human, automated = rows["worth_human"], rows["worth_automated"]
    wanted = human.isna() | ((human > 0) & ~(human < automated))
    people = rows[wanted]
    if capacity.per_owner is not None:
        people = people[people["owner"].isna() | (_ahead(people, "owner") < capacity.per_owner)]
    people = people[_ahead(people) < capacity.human]
    rest = rows[~rows["account_id"].isin(people["account_id"]) & ~(automated <= 0)]
    rest = rest[_ahead(rest) < capacity.automated]
    seen = pd.concat([people, rest]).reset_index(drop=True)
    seen["attention"] = np.where(np.arange(len(seen)) < len(people), HUMAN, AUTOMATED)
    return seen


def _ahead(rows: pd.DataFrame, within: str | None = None) -> pd.Series:
    """How many rows that are not held come before each, of all or of the same value of a column."""
    free = (~rows["held"]).astype("int64")
    counted = free.groupby(rows[within], dropna=False).cumsum() if within else free.cumsum()
    return counted - free
