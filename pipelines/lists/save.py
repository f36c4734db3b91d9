"""The list of accounts that have announced to leave and still pay: the last chance to keep them.

Belongs here: who has asked to cancel, when it ends and what they said. Does not belong here: who may leave
(``at_risk``) and who has left (``win_back``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.lists.candidates import Candidates, Reasons, tell
from pipelines.lists.day import Day, FeatureRows
from pipelines.lists.stated import stated_reasons

if TYPE_CHECKING:
    import pandas as pd


def candidates(day: Day) -> Candidates:
    """Paying accounts that have asked to cancel all they pay for. That they leave counts as certain, so no probability
    is told."""
    frame = day.paying[day.paying["announced"].astype(bool)]
    frame = frame.assign(probability=float("nan"), loss=1.0)

    def reasons(chosen: pd.DataFrame, features: FeatureRows, told: object) -> list[Reasons]:
        said = stated_reasons(day, chosen["account_id"].tolist())
        return [
            [
                *said.get(account, []),
                *tell(day, ["days_to_announced_end", "cancel_requested_share"], features.by_account[account]),
            ]
            for account in chosen["account_id"]
        ]

    return Candidates(frame, reasons)
