"""The at-risk list: accounts that the model finds likely to leave, for those who look after them.

Belongs here: who is at risk, and why by the model. Does not belong here: order, capacity, holdout (``choice``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import champion
from pipelines.lists.candidates import Candidates, Reasons, Told
from pipelines.lists.day import Day, FeatureRows, of_outcome
from pipelines.lists.reasons import explained

if TYPE_CHECKING:
    import pandas as pd


def candidates(day: Day) -> Candidates:
    """Accounts whose probability is at least ``lists.least_lift`` times the average of all that have not announced to
    leave, without those that have. Raises ChurnError without a champion."""
    keys, present = day.config.lists, champion.require(day.config)
    assert day.scores is not None  # noqa: S101
    scores = of_outcome(day.config, present, day.scores, day.as_of)
    staying = scores[~scores["announced"]]
    raised = staying[staying["probability"] >= keys.least_lift * staying["probability"].mean()]
    frame = raised[["account_id", "mrr_now", "probability"]].rename(columns={"mrr_now": "mrr"})

    def reasons(chosen: pd.DataFrame, features: FeatureRows, told: Told) -> list[Reasons]:
        return explained(day.config, present, features.frame, keys.reasons, told)

    return Candidates(frame.assign(loss=frame["probability"]), reasons, probability_of=keys.outcome)
