"""What a contact is worth, against sums done by hand and the campaign's profit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.value import expected_value

shares = st.floats(0, 1)


def test_by_hand() -> None:
    # V = 12 * 100 = 1200, d = 60: 0.2 * 0.3 * 1140 - 0.8 * 60 - 15
    assert expected_value([0.2], [100], 12, 0.3, 0.05, 15)[0] == pytest.approx(68.4 - 48 - 15)
    # without an incentive only those who would leave matter: 0.2 * 0.3 * 1200 - 15
    assert expected_value(0.2, 100, 12, 0.3, 0.0, 15) == pytest.approx(57.0)


def test_what_is_not_known_is_worth_nothing_known() -> None:
    found = expected_value([np.nan, 0.1, 0.1], [100, np.nan, 100], 12, 0.3, 0.0, 1)
    assert np.isnan(found).tolist() == [True, True, False]


@given(shares, shares, shares, st.floats(0, 0.9), st.floats(0, 100))
def test_it_is_the_mean_over_leavers_and_stayers(
    p: float, other: float, chance: float, incentive: float, cost: float
) -> None:
    """It is that of a certain leaver and of a certain stayer, weighted: linear in p, and more risk is worth more."""

    def worth(at_stake: float) -> float:
        return float(expected_value(at_stake, 50.0, 10, chance, incentive, cost))

    assert worth(p) == pytest.approx(p * worth(1.0) + (1 - p) * worth(0.0), abs=1e-6)
    assert worth(0.0) == pytest.approx(-incentive * 500 - cost, abs=1e-6)
    assert (worth(p) - worth(other)) * (p - other) >= -1e-9
