"""How likely each departure was: the true probabilities against which predictions can be judged.

Belongs here: what follows from the hazards by which accounts leave. Does not belong here: dice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.company.causes import Course
from pipelines.sources.company.days import IntArray, Matrix
from pipelines.sources.company.parameters import FAILING, HORIZON, RECOVERY, RETRIES, Company
from pipelines.sources.company.traits import Traits
from pipelines.sources.company.treatment import Contacts


@dataclass(frozen=True)
class Risk:
    """``chance`` of leaving within HORIZON days, of an account ``who`` on a ``day``, one each per row; ``to_come`` is
    what causes that have not begun add to it on average, by group."""

    who: IntArray
    day: IntArray
    chance: np.ndarray
    to_come: np.ndarray


def _crossed(summed: Matrix, who: IntArray, cast: IntArray, bound: IntArray) -> np.ndarray:
    """Chance that dice still to be cast after day ``cast`` bring a decision before the billing day ``bound``."""
    before = np.where(cast >= 0, summed[who, np.maximum(cast, 0)], 0.0)
    return -np.expm1(np.minimum(before - summed[who, np.maximum(bound - 1, 0)], 0.0))


def true_risk(
    company: Company,
    traits: Traits,
    course: Course,
    hazard: Matrix,
    base: Matrix,
    billing: Matrix,
    live: Matrix,
    first: tuple[IntArray, IntArray],
    again: tuple[IntArray, IntArray],
    contacts: Contacts | None = None,
    untouched: Risk | None = None,
) -> Risk:
    """True probability of leaving within HORIZON days after each Sunday.

    A decision taken before a billing day takes effect there, so with H the summed hazard, B the last billing day of
    the window and K the last day whose dice are already cast, p = 1 - exp(-(H[B - 1] - H[K])). A failing payment adds
    the chance that every retry still to come fails. A cause that has not begun is not known yet: such accounts get
    the average that causes still to come add to their group (billing interval, new or not).
    ``first`` and ``again``: day of the announcement and of the end, of the first stay and of a second one. ``hazard``
    and ``base`` are those without ``contacts``, which count from the day on which they are made; before that day, and
    in what is still to come on average, the risk is that of ``untouched``, without any.
    """
    planned, usual = np.cumsum(hazard, axis=1), np.cumsum(base, axis=1)
    days = np.arange(billing.shape[1], dtype=np.int16)
    latest = np.maximum.accumulate(np.where(billing, days, np.int16(-1)), axis=1)
    out = []
    for now in range(6 - company.start.weekday(), company.days, 7):
        who = np.flatnonzero(live[:, now])
        bound = latest[who, now + HORIZON]
        stayed = now >= first[1][who]  # this is a second stay
        cast = np.where(traits.late[who] & ~stayed, latest[who, now] - 1, now)

        age = now - course.since[who]
        tried = (age[:, None] >= np.array(RETRIES)).sum(axis=1)
        open_ = (course.cause[who] == FAILING) & (course.recovered[who] >= tried) & (age < RETRIES[-1])
        open_ &= age + HORIZON >= RETRIES[-1]
        cut = np.where(open_, (1 - RECOVERY) ** (len(RETRIES) - np.maximum(tried, 1)), 0.0)
        plan, blind = (np.where(bound > now, _crossed(summed, who, cast, bound), 0.0) for summed in (planned, usual))
        eased = np.ones(len(who))
        if contacts is not None:
            at = np.flatnonzero(np.isin(who, contacts.reaching(int(cast.min(initial=now)), now)) & ~stayed)
            weight, rows = contacts.factor(who[at], hazard.shape[1], now), np.arange(len(at))
            for chance, daily in ((plan, hazard), (blind, base)):
                summed = np.cumsum(daily[who[at]] * weight, axis=1)
                chance[at] = np.where(bound[at] > now, _crossed(summed, rows, cast[at], bound[at]), 0.0)
            eased[at] = weight[:, now : now + HORIZON].mean(axis=1)
        plan = 1 - (1 - plan) * (1 - cut)
        decided, ends = (np.where(stayed, again[i][who], first[i][who]) for i in (0, 1))
        announced = decided <= now
        plan = np.where(announced, np.where(ends <= now + HORIZON, 1.0, 0.0), plan)
        group = np.searchsorted([1, 3, 12], traits.months[who]) * 2 + (now - traits.paid_from[who] < 60)
        group = np.where(announced | (age >= 0), -1, group)  # -1: nothing is averaged
        out.append((who, np.full(len(who), now), plan, blind, group, eased))
    who, day, plan, blind, group, eased = (np.concatenate(parts) for parts in zip(*out, strict=True))
    to_come = np.zeros(6)
    for one in range(6):
        rows = group == one
        if rows.any():
            to_come[one] = (plan[rows] - blind[rows]).mean() if untouched is None else untouched.to_come[one]
            plan[rows] = np.minimum(blind[rows] + to_come[one] * eased[rows], 1.0)
    if contacts is not None and untouched is not None:
        before = np.zeros((len(contacts.first), company.days))
        before[untouched.who, untouched.day] = untouched.chance
        plan = np.where(day < contacts.first[who], before[who, day], plan)
    return Risk(who, day, plan, to_come)
