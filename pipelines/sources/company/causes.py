"""Why accounts leave: the planted causes, the hazard they add, and the usage they cost.

Belongs here: when a cause begins, how it runs, its effects on hazard and visits. Does not belong here: who leaves in
the end and when (``fates``), and how a cause shows in the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.company.days import IntArray, Matrix, look
from pipelines.sources.company.parameters import (
    CHUNK,
    DECLINE,
    FAILING,
    NEVER,
    NONE,
    PRICE,
    RECOVERY,
    RETRIES,
    STALLED,
    Company,
)
from pipelines.sources.company.traits import Traits


@dataclass(frozen=True)
class Course:
    """The planted cause of each account: when it starts to show and how it runs."""

    cause: IntArray
    since: IntArray
    ramp: IntArray  # days until its effect on usage is full
    length: IntArray  # days during which it raises the hazard
    strength: np.ndarray  # total hazard it adds
    dip: np.ndarray  # share of usage that is lost at its worst
    rise: np.ndarray  # price_rise: how much dearer it got
    recovered: IntArray  # failing_payment: index in RETRIES of the success, len(RETRIES) = none


def plant_causes(company: Company, traits: Traits, upcoming: IntArray, rng: np.random.Generator) -> Course:
    """Plant at most one cause in each paying account; ``upcoming`` = next billing day on or after each day."""
    n = CHUNK
    fresh = traits.started >= 0
    cause = np.where(rng.random(n) < 0.58, rng.choice([1, 2, 3, 4], n, p=[0.40, 0.20, 0.20, 0.20]), NONE)
    cause = np.where(fresh & (rng.random(n) < 0.17), STALLED, cause)
    cause[~traits.paying] = NONE
    first = np.clip(traits.paid_from + 25, -75, company.days)  # some causes are under way when the simulation starts
    since = first + (rng.random(n) * (company.days - first + 1)).astype(int)
    # an annual account can act on a cause only at its renewal, so most of its causes come before one
    renewal = look(upcoming, np.maximum(since, 0))
    ahead = (traits.months == 12) & (renewal < NEVER) & (rng.random(n) < 0.8)
    since = np.where(ahead, np.maximum(renewal - rng.integers(35, 85, n), first), since)
    at_billing = (cause == FAILING) | ((cause == PRICE) & (traits.months < 12))
    since = np.where(at_billing & (since >= 0), look(upcoming, since), since)
    cause[(cause == FAILING) & (since < 0)] = NONE
    since = np.where(cause == STALLED, traits.started + 7, since)
    since[cause == NONE] = NEVER
    ramp = np.select([cause == DECLINE, cause == STALLED], [rng.integers(28, 71, n), 1], 40)
    length = np.select([cause == DECLINE, cause == STALLED], [ramp + 35, 83], 80)
    strength = rng.uniform(0.1, 1.9, n) * np.array([0, 1.25, 0, 1.0, 1.1, 1.15])[cause]
    strength *= np.array([1.2, 1.0, 0.85, 0.7, 1.0])[traits.plan] * np.where(traits.months == 12, 1.3, 1.0)
    rise = rng.uniform(0.15, 0.40, n)
    strength *= np.where(cause == PRICE, rise / 0.27, 1.0)
    worst = np.array([0, 0.95, 0.1, 0.2, 0.3, 0.85])[cause]
    recovered = np.minimum(rng.geometric(RECOVERY, n), len(RETRIES))
    return Course(cause, since, ramp, length, strength, worst * rng.uniform(0.7, 1.0, n), rise, recovered)


def added_hazard(course: Course, age: Matrix) -> Matrix:
    """Daily hazard that the cause adds ``age`` days after it began; integrates to its strength."""
    share = age / course.length[:, None]
    cause = course.cause[:, None]
    shape = np.select(
        [cause == DECLINE, cause == PRICE], [2 * share, 2 * (1 - share)], 6 * share * (1 - share)
    )  # rising with the decline, fading after a price rise, a hump otherwise
    inside = (share >= 0) & (share < 1)
    return np.where(inside, shape * (course.strength / course.length)[:, None], 0.0)


def expected_visits(company: Company, traits: Traits, course: Course, age: Matrix, rng: np.random.Generator) -> Matrix:
    """Expected visits of each account and day: habit x season x drift x weekly noise x holidays x the cause's dip."""
    width = age.shape[1]
    day = np.arange(width)
    weekday = (day + company.start.weekday()) % 7
    noise = np.repeat(rng.normal(0, 0.25, (CHUNK, width // 7 + 1)), 7, axis=1)[:, :width]
    log = traits.intensity[:, None] + rng.normal(0, 0.2, CHUNK)[:, None] * day / 365 + noise
    visits = np.exp(log) * np.array([1.05, 1.1, 1.1, 1.05, 0.9, 0.12, 0.1])[weekday]
    for share, longest, level in ((1.0, 16, 0.05), (1.0, 16, 0.05), (0.5, 55, 0.3)):  # holidays; a quiet season
        begin = rng.integers(0, width, CHUNK)
        until = begin + np.where(rng.random(CHUNK) < share, rng.integers(6, longest, CHUNK), 0)
        visits *= np.where((day >= begin[:, None]) & (day < until[:, None]), level, 1.0)
    ebb = np.clip((age + 1) / course.ramp[:, None], 0, 1)
    flow = np.clip((age - course.length[:, None]) / 28, 0, 1)  # those who stay come back
    return visits * (1 - course.dip[:, None] * ebb * (1 - 0.85 * flow))
