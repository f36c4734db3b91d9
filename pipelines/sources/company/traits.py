"""What an account is from the day it signs up: how it came, its plan, size, price and habits.

Belongs here: what is drawn once and does not depend on what happens later. Does not belong here: ``causes``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.company.days import IntArray
from pipelines.sources.company.parameters import CHUNK, CONVERTS, FREE, NEVER, PAID, TRIAL_DAYS, Company

SEAT_PRICE = np.array([1900, 2900, 4500, 6900, 0])  # minor units per seat and month


@dataclass(frozen=True)
class Traits:
    """What an account is: one value per account of the chunk."""

    kind: IntArray
    plan: IntArray
    months: IntArray  # billing interval
    seats: IntArray
    mrr: IntArray
    started: IntArray
    paid_from: IntArray
    late: IntArray  # decides on the last day only
    intensity: np.ndarray  # log of the usual number of visits a weekday

    @property
    def paying(self) -> np.ndarray:
        return self.kind <= CONVERTS


def draw_traits(company: Company, rng: np.random.Generator) -> Traits:
    """Draw the traits of CHUNK accounts, about half of them older than the company's first day."""
    n = CHUNK
    old = rng.random(n) < 0.5
    started = np.where(old, -30 - (1065 * rng.beta(1, 1.6, n)).astype(int), rng.integers(0, company.days, n))
    ways = np.where(old[:, None], [0.93, 0.0, 0.0, 0.06, 0.01], [0.42, 0.30, 0.15, 0.10, 0.03])
    kind = (rng.random((n, 1)) > np.cumsum(ways, axis=1)[:, :-1]).sum(axis=1)
    plan = np.where(kind == FREE, 4, rng.choice(4, n, p=[0.34, 0.36, 0.21, 0.09]))
    seats = 1 + (np.array([3, 12, 45, 220, 2])[plan] * rng.lognormal(0, 0.5, n)).astype(int)
    yearly = np.array([0.15, 0.28, 0.42, 0.75, 0])[plan]
    draw = rng.random(n)
    months = np.where(draw < yearly, 12, np.where(draw < yearly + 0.07, 3, 1))
    paid_from = np.where(kind == CONVERTS, started + TRIAL_DAYS, np.where(kind == PAID, started, NEVER))
    return Traits(
        kind, plan, months, seats, (SEAT_PRICE[plan] * seats * rng.choice([1.0, 0.9], n, p=[0.7, 0.3])).astype(int),
        started, paid_from, rng.random(n) < 0.4, np.log(0.35) + 0.12 * np.log(seats) + rng.normal(0, 0.75, n),
    )  # fmt: skip
