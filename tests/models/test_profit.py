"""The closed form against numerical integration over every possible cutoff, and against the paper's special cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from models.inputs import ModelError
from models.profit import PAPER, Campaign, expected_maximum_profit

steps = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=12)
campaigns = st.builds(
    Campaign, clv=st.floats(50, 500), offer=st.floats(0, 40), contact=st.floats(0, 10), alpha=st.floats(1.5, 9),
    beta=st.floats(1.5, 16),
)  # fmt: skip


def brute_force(leavers: np.ndarray, stayers: np.ndarray, campaign: Campaign) -> float:
    """For each gamma the best of all cutoffs, weighed by the density of gamma."""
    found, bothered = np.append(0, np.cumsum(leavers)), np.append(0, np.cumsum(stayers))
    total = found[-1] + bothered[-1]

    # so fine that neither the kinks, where another cutoff becomes the best, nor the ends of the density show
    gamma = np.linspace(0, 1, 200_001)
    kept = gamma * (campaign.clv - campaign.offer) - campaign.contact
    lost = campaign.offer + campaign.contact
    profits = [reached * kept - wasted * lost for reached, wasted in zip(found, bothered, strict=True)]
    return float(np.trapezoid(np.max(profits, axis=0) * beta.pdf(gamma, campaign.alpha, campaign.beta), gamma)) / total


@settings(deadline=None, max_examples=40)
@given(steps, campaigns)
def test_closed_form_equals_brute_force(table: list[tuple[int, int]], campaign: Campaign) -> None:
    leavers, stayers = (np.array(column, dtype=float) for column in zip(*table, strict=True))
    if leavers.sum() + stayers.sum() == 0:
        return
    expected = brute_force(leavers, stayers, campaign)
    assert expected_maximum_profit(leavers, stayers, campaign) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_perfect_ranking_keeps_the_mean_share_of_the_leavers() -> None:
    # gamma is above the cost of contact (1 / 190) with near certainty, so the profit is that at the mean gamma of 0.3
    profit = expected_maximum_profit(np.array([10.0, 0.0]), np.array([0.0, 90.0]), PAPER)
    assert profit == pytest.approx(0.1 * (0.3 * 190 - 1), rel=1e-6)


def test_better_rankings_bring_more_and_none_brings_least() -> None:
    good = expected_maximum_profit(np.array([6.0, 3.0, 1.0]), np.array([10.0, 30.0, 50.0]), PAPER)
    fair = expected_maximum_profit(np.array([4.0, 3.0, 3.0]), np.array([20.0, 30.0, 40.0]), PAPER)
    none = expected_maximum_profit(np.array([10.0]), np.array([90.0]), PAPER)
    assert good > fair > none >= 0
    # what is worse than chance is cut off by the hull: it brings what contacting everyone or nobody does
    assert expected_maximum_profit(np.array([0.0, 10.0]), np.array([90.0, 0.0]), PAPER) == pytest.approx(none)


def test_nobody_leaving_brings_nothing() -> None:
    assert expected_maximum_profit(np.array([0.0]), np.array([50.0]), PAPER) == 0


@pytest.mark.parametrize("terms", [{"clv": 0.0}, {"offer": 200.0}, {"contact": -1.0}, {"alpha": 0.0}])
def test_impossible_terms_are_refused(terms: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="no campaign has these terms"):
        Campaign(**terms)
