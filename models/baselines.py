"""Simple rules that a model has to be held against. Scores rank accounts; they are no probabilities.

Belongs here: rules that anyone could apply without a model. Does not belong here: anything fitted.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SILENCE = "days_since_activity"


def recency_rule(frame: pd.DataFrame) -> np.ndarray:
    """Days of silence per row: who has not been seen for longer is nearer to leaving.

    An account without any known activity counts as one day more silent than the most silent one. Without the column,
    as when no usage is supplied, all rows score alike and the rule ranks nobody.
    """
    if SILENCE not in frame.columns:
        return np.zeros(len(frame))
    days = frame[SILENCE].to_numpy(dtype=np.float64, na_value=np.nan)
    seen = days[np.isfinite(days)]
    return np.where(np.isfinite(days), days, seen.max() + 1.0 if len(seen) else 0.0)
