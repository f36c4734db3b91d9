"""What a list should hold: how many of the accounts on it will leave.

Belongs here: the promise of a list. Does not belong here: who is on it (``allocation``), what a contact is worth
(``value``).
"""

from __future__ import annotations

import numpy as np

from models.metrics import Interval

EXACT_UP_TO = 2_000
LEVELS = 21
"""Levels at which the exact interval is computed."""


def expected_leavers(p: np.ndarray, level_error: float = 0.0) -> Interval:
    """How many of the accounts with probabilities ``p`` will leave, with a 95 % interval.

    It holds chance, and the error of the level of all probabilities together, a normal one of ``level_error`` log-odds
    (``calibration.level_error``); that of single accounts among each other averages out. At any level the count of
    independent leavers with unequal probabilities is Poisson-binomial. Its quantiles over all levels are exact, but for
    their number (Gauss-Hermite), up to 2,000 accounts, beyond by the normal approximation.
    """
    p = np.asarray(p, dtype=np.float64)
    mean, spread = float(p.sum()), float((p * (1.0 - p)).sum())
    if len(p) > EXACT_UP_TO:
        reach = 1.96 * float(np.sqrt(spread + (spread * level_error) ** 2))
        return Interval(mean, max(0.0, mean - reach), min(float(len(p)), mean + reach))
    nodes, weights = np.polynomial.hermite_e.hermegauss(LEVELS if level_error else 1)
    odds = np.exp(nodes * level_error)[:, None] * p
    at_levels = odds / (odds + 1.0 - p)
    # cases by level and number of leavers, one account after the other
    chance = np.zeros((len(nodes), len(p) + 1))
    chance[:, 0] = weights / weights.sum()
    for number, each in enumerate(at_levels.T, start=1):
        leaves = chance[:, :number] * each[:, None]
        chance[:, :number] -= leaves
        chance[:, 1 : number + 1] += leaves
    low, high = np.searchsorted(np.cumsum(chance.sum(axis=0)), [0.025, 0.975])
    return Interval(mean, float(low), float(min(high, len(p))))
