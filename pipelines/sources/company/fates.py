"""What befalls the accounts of one chunk: billing days, pauses, departures, returns.

Belongs here: who leaves when, and what happens along the way. Does not belong here: why (``causes``), how likely it
was (``risk``), and rows of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.company.causes import Course, added_hazard, expected_visits, plant_causes
from pipelines.sources.company.days import IntArray, Matrix, calendar, following, look
from pipelines.sources.company.parameters import (
    CHUNK,
    DUE_DAYS,
    FAILING,
    LAPSES,
    MARGIN,
    NEVER,
    NONE,
    RETRIES,
    TRIAL_DAYS,
    VISITOR,
    Company,
)
from pipelines.sources.company.risk import Risk, true_risk
from pipelines.sources.company.traits import Traits, draw_traits
from pipelines.sources.company.treatment import Contacts


@dataclass(frozen=True)
class Fates:
    """All that happened to one chunk of accounts; matrices are account x day."""

    traits: Traits
    course: Course
    decided: IntArray  # day the cancellation was asked for
    leaves_on: IntArray  # the announced end
    ended: IntArray
    involuntary: np.ndarray
    returned: IntArray
    decided_again: IntArray
    ended_again: IntArray
    paused: IntArray
    resumed: IntArray
    lapsed: IntArray  # end of a term that was renewed late, within a week
    renewed: IntArray
    resized: IntArray  # day of an upgrade or downgrade
    resize: np.ndarray  # its factor on seats
    billed: Matrix
    active: Matrix  # may use the product
    visits: Matrix  # expected visits
    pressure: Matrix  # the cause's daily hazard
    risk: Risk


def simulate(
    company: Company, chunk: int, contacts: Contacts | None = None, untouched: Fates | None = None, leaving: bool = True
) -> Fates:
    """Simulate accounts chunk * CHUNK up to (chunk + 1) * CHUNK, all of them, independently of other chunks.

    With ``contacts`` the hazard is as they leave it; every draw is as without them, so that an account fares otherwise
    only after a contact and only by leaving at another time. ``untouched``, the fates without contacts, decide on
    pauses and late renewals, as whether there is one must not hang on what comes later; whoever leaves at another time
    than there does not come back. Unless ``leaving``, nobody decides to leave; accounts are cut off nevertheless.
    """
    rng = np.random.default_rng([company.seed, chunk])
    n, width = CHUNK, company.days + MARGIN
    last = company.days - 1
    day = np.arange(width)
    traits = draw_traits(company, rng)
    dom, month = calendar(company, -1100, 1100 + width)
    known = np.minimum(traits.paid_from, last)
    anchor = np.minimum(dom[known + 1100], 28)
    grid = (dom[1100:] == anchor[:, None]) & (day > traits.paid_from[:, None])
    term = (month[1100:] - month[known + 1100][:, None]) % traits.months[:, None] == 0
    billing = (grid & term) | (day == traits.paid_from[:, None])
    upcoming = following(billing)
    course = plant_causes(company, traits, upcoming, rng)
    age = day - course.since[:, None]

    # what may happen along the way: a pause, a term renewed some days late, a change of size
    plain = traits.paying & (course.cause == NONE) & (traits.months == 1)
    moment = look(upcoming, rng.integers(0, company.days, n))
    dice = rng.random(n)
    paused = np.where(plain & (dice < 0.06), moment, NEVER)
    next_grid = following(grid)
    resumed = np.where(paused < NEVER, look(next_grid, moment + rng.choice([25, 55], n)), NEVER)
    paused = np.where(resumed < NEVER, paused, NEVER)
    lapsed = np.where(plain & (dice >= 0.06) & (dice < 0.13) & (moment > traits.paid_from), moment, NEVER)
    renewed = np.where(lapsed < NEVER, lapsed + rng.integers(1, 7, n), NEVER)

    # the daily hazard of deciding to leave
    early = np.where(day - traits.paid_from[:, None] < 90, 1.5, 1.0)
    due = following(billing[:, 1:])  # next billing day after each day, less one
    due = np.concatenate([due, np.full((n, 1), NEVER, np.int16)], axis=1) - day < DUE_DAYS
    yearly = traits.months[:, None] == 12
    base = np.where(yearly, due * 0.11 / DUE_DAYS, 0.012 / 30 * early)
    base *= np.array([1.3, 1.0, 0.8, 0.6, 0.0])[traits.plan][:, None] * (day >= traits.paid_from[:, None])
    base *= ~((day >= paused[:, None]) & (day < resumed[:, None]))
    pressure = added_hazard(course, age) * (day >= traits.paid_from[:, None]) * (due | ~yearly)
    hazard = (base + pressure) * leaving
    if contacts is not None:
        hazard *= contacts.factor(np.arange(n), width)
    decided = (np.cumsum(hazard, axis=1) < rng.exponential(1, n)[:, None]).sum(axis=1)
    if untouched is not None:
        paused, resumed, lapsed, renewed = untouched.paused, untouched.resumed, untouched.lapsed, untouched.renewed
        decided = np.where((decided >= lapsed) & (decided <= renewed) & (lapsed < NEVER), renewed + 1, decided)
    leaves_on = look(upcoming, decided + 1)
    decided = np.where(leaves_on < NEVER, np.where(traits.late, leaves_on, decided), NEVER)
    cut_off = np.where(
        (course.cause == FAILING) & (course.recovered == len(RETRIES)), course.since + RETRIES[-1], NEVER
    )
    ended = np.minimum(leaves_on, cut_off)
    gone = decided > ended
    decided, leaves_on = np.where(gone, NEVER, decided), np.where(gone, NEVER, leaves_on)
    lapsed = np.where((lapsed < NEVER) & (np.minimum(decided, ended) > renewed), lapsed, NEVER)
    renewed = np.where(lapsed < NEVER, renewed, NEVER)
    paused = np.where(ended > resumed, paused, NEVER)
    resumed = np.where(paused < NEVER, resumed, NEVER)

    # some come back, then billed by the month, and may leave once more
    back = (ended <= last) & (rng.random(n) < 0.12)
    if untouched is not None:
        back &= (decided == untouched.decided) & (ended == untouched.ended)
    returned = np.where(back, look(next_grid, ended + rng.integers(10, 100, n)), NEVER)
    again = 0.015 / 30
    decided_again = np.where(returned < NEVER, returned + (rng.exponential(1 / again, n)).astype(int), NEVER)
    ended_again = look(next_grid, decided_again + 1)
    decided_again = np.where(ended_again < NEVER, decided_again, NEVER)

    second = (day >= returned[:, None]) & (day < ended_again[:, None])
    first = (day >= traits.started[:, None]) & (day < ended[:, None])
    first &= ~((day >= lapsed[:, None]) & (day < renewed[:, None]))
    first &= (traits.kind[:, None] != VISITOR) & (
        (traits.kind[:, None] != LAPSES) | (day - traits.started[:, None] < TRIAL_DAYS)
    )
    idle = (day >= paused[:, None]) & (day < resumed[:, None])
    billing = np.where(day < returned[:, None], billing, grid | (day == returned[:, None]))
    billing |= day == renewed[:, None]
    base = np.where(day < returned[:, None], base, again)
    # what weighs on a contacted account must not tell when it leaves: another contact may change that
    open_ = day < (ended if contacts is None else np.where(contacts.first < NEVER, returned, ended))[:, None]
    pressure = np.where(open_, pressure, 0.0)
    live = (first | second) & (day >= traits.paid_from[:, None])
    stays = ((decided, ended), (decided_again, ended_again))
    risk = true_risk(
        company, traits, course, base + pressure, base, billing, live, *stays, contacts,
        untouched.risk if untouched else None,
    )  # fmt: skip
    resized = np.where(rng.random(n) < 0.45, rng.integers(0, company.days, n), NEVER)
    resize = np.where(rng.random(n) < 0.75, rng.uniform(1.15, 1.7, n), rng.uniform(0.5, 0.9, n))
    visits = expected_visits(company, traits, course, age, rng)
    span = slice(company.days)
    return Fates(
        traits, course, decided, leaves_on, ended, (ended == cut_off) & (cut_off < leaves_on), returned,
        decided_again, ended_again, paused, resumed, lapsed, renewed, resized, resize,
        (billing & live & ~idle)[:, span], ((first | second) & ~idle)[:, span], visits[:, span],
        pressure[:, span], risk,
    )  # fmt: skip
