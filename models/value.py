"""What contacting an account is worth: the money that it is expected to keep, less what it costs.

Belongs here: arithmetic on arrays. Does not belong here: the profit of a whole campaign (``profit``), the terms of a
play and the order of a list.

Source: the profit of contacting one account in Verbraken, Verbeke & Baesens (2013), IEEE Transactions on Knowledge and
Data Engineering 25(5), 961-973, with a value of each account's own, as for subscriptions between companies.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def expected_value(
    p: npt.ArrayLike, mrr: npt.ArrayLike, months: float, chance: float, incentive_share: float, cost: float
) -> np.ndarray:
    """p * chance * (V - d) - (1 - p) * d - cost, in the unit of ``mrr`` and ``cost``, NaN where p or mrr is unknown.

    V = mrr * months is what the account pays if it is kept and d = incentive_share * V what the incentive costs. Of
    those who would leave (``p``) a share ``chance`` takes the incentive and stays; whoever would have stayed takes it
    too. The contact costs ``cost``, whatever comes of it.
    """
    at_stake = np.asarray(p, dtype=np.float64)
    value = np.asarray(mrr, dtype=np.float64) * months
    incentive = incentive_share * value
    return at_stake * chance * (value - incentive) - (1.0 - at_stake) * incentive - cost
