"""What a retention campaign along a ranking would bring: the expected maximum profit.

Belongs here: the campaign's terms and the profit from a curve. Does not belong here: the curve (``metrics``).

Source: Verbraken, Verbeke & Baesens (2013), A Novel Profit Maximizing Metric for Measuring Classification Performance
of Customer Churn Prediction Models, IEEE Transactions on Knowledge and Data Engineering 25(5), 961-973.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc
from sklearn.isotonic import isotonic_regression

from models.inputs import ModelError


@dataclass(frozen=True)
class Campaign:
    """The terms of a campaign, by default those of the paper (in EUR there; any one unit will do).

    ``clv`` is the lifetime value of an account that is kept, ``offer`` what the incentive costs if it is taken
    (delta = offer / clv) and ``contact`` what reaching an account costs (phi = contact / clv). Of the leavers who get
    the offer a share gamma takes it and stays; it is not known and follows a beta distribution of ``alpha`` and
    ``beta``: 6 and 14 mean 30 % on average, mostly between 20 and 40 %. Whoever would have stayed takes it too.
    """

    clv: float = 200.0
    offer: float = 10.0
    contact: float = 1.0
    alpha: float = 6.0
    beta: float = 14.0

    def __post_init__(self) -> None:
        positive = min(self.clv, self.alpha, self.beta) > 0
        if not (positive and self.offer >= 0 and self.contact >= 0 and self.offer < self.clv):
            raise ModelError(
                f"no campaign has these terms: {self}",
                "state a positive clv, alpha and beta, costs of at least 0 and an offer that costs less than the clv",
            )


PAPER = Campaign()


def expected_maximum_profit(leavers: np.ndarray, stayers: np.ndarray, campaign: Campaign) -> float:
    """Profit per account, in the unit of ``clv``, if the best share of the accounts is contacted, whatever gamma is.

    ``leavers`` (above 0) and ``stayers`` (at least 0) are counted from step to step down the ranking, each step ending
    at equal scores; stayers below the last leaver make the last step's rest and may be given with any leavers of 0.

    For a given gamma the campaign earns clv * (gamma * (1 - delta) - phi) with each leaver that it contacts and loses
    clv * (delta + phi) with each stayer. The best it can do ends at a corner of the convex hull of the ROC curve. With
    r stayers per leaver along the hull's edge on which a leaver lies, contacting that leaver and his r stayers pays
    from gamma = c = (phi + (delta + phi) * r) / (1 - delta) on. Summing over leavers instead of over thresholds, the
    paper's integral becomes clv * (1 - delta) / accounts * sum of E[max(gamma - c, 0)] over the leavers, where
    E[max(gamma - c, 0)] = m * (1 - I(c; alpha + 1, beta)) - c * (1 - I(c; alpha, beta)), m = alpha / (alpha + beta) and
    I is the regularised incomplete beta function. The edges are an isotonic regression of stayers per leaver (Fawcett
    & Niculescu-Mizil 2007, Machine Learning 68(1)).
    """
    total = float(leavers.sum() + stayers.sum())
    there = leavers > 0
    if not there.any():
        return 0.0
    # stayers of a step without leavers come before the leavers of the next step that has some
    ends = np.flatnonzero(there)
    before = np.diff(np.cumsum(stayers)[ends], prepend=0.0)
    here = leavers[ends]
    edge = isotonic_regression(before / here, sample_weight=here)
    delta, phi = campaign.offer / campaign.clv, campaign.contact / campaign.clv
    first = np.flatnonzero(np.diff(edge, prepend=-1.0))
    least = np.minimum((phi + (delta + phi) * edge[first]) / (1.0 - delta), 1.0)
    a, b = campaign.alpha, campaign.beta
    gain = a / (a + b) * (1.0 - betainc(a + 1.0, b, least)) - least * (1.0 - betainc(a, b, least))
    return float(campaign.clv * (1.0 - delta) / total * np.sum(np.add.reduceat(here, first) * gain))
