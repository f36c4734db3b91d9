"""The division of accounts never changes and its purposes are independent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.accounts import CALIBRATE, FOLD, SAMPLE, position

IDS = pd.Series([f"acc-{at}" for at in range(20_000)])


def test_a_position_is_fixed_for_ever() -> None:
    # a change of these figures would move accounts between training and calibration of existing models
    np.testing.assert_allclose(
        position(pd.Series(["acc-1", "acc-2"]), CALIBRATE), [0.226477475144, 0.922869864794], atol=1e-11
    )


def test_order_and_type_of_ids_do_not_matter() -> None:
    np.testing.assert_array_equal(position(IDS[::-1], FOLD), position(IDS, FOLD)[::-1])
    np.testing.assert_array_equal(position(pd.Series([5, 6]), FOLD), position(pd.Series(["5", "6"]), FOLD))


def test_positions_are_even_and_purposes_and_seeds_independent() -> None:
    places = [position(IDS, purpose) for purpose in (CALIBRATE, FOLD, SAMPLE)] + [position(IDS, FOLD, seed=1)]
    for place in places:
        assert place.min() >= 0
        assert place.max() < 1
        assert np.abs(np.histogram(place, bins=10, range=(0, 1))[0] - 2000).max() < 200
    assert np.abs(np.corrcoef(places) - np.eye(4)).max() < 0.03
