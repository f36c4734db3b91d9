"""The recency rule, with gaps in the data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.baselines import recency_rule


def test_longer_silence_scores_higher_and_never_seen_highest() -> None:
    frame = pd.DataFrame({"days_since_activity": pd.array([3, None, 40], dtype="Int64")})
    np.testing.assert_array_equal(recency_rule(frame), [3, 41, 40])


def test_without_usage_nobody_is_ranked() -> None:
    assert np.ptp(recency_rule(pd.DataFrame({"mrr": [1, 2]}))) == 0
    assert np.ptp(recency_rule(pd.DataFrame({"days_since_activity": [np.nan, np.nan]}))) == 0
