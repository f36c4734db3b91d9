"""One chunk while its tables are made: what several tables must agree on.

Belongs here: facts and draws with more than one reader among the tables, identifiers, choices as text. Does not belong
here: who leaves and why (``fates``), and the columns of any one table.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.company.fates import Fates
from pipelines.sources.company.parameters import CHUNK, FAILING, NEVER, PRICE, RETRIES, Company
from pipelines.sources.company.traits import SEAT_PRICE
from pipelines.sources.company.writing import Clock

Columns = dict[str, "np.ndarray | pa.Array"]
"""Rows of a table, column by column; ``who`` is the account's place in its chunk."""


class Scene:
    """One chunk while its tables are made: fates, clock, dice, and what several tables must agree on."""

    def __init__(self, company: Company, clock: Clock, chunk: int, fates: Fates) -> None:
        self.company, self.clock, self.chunk, self.fates = company, clock, chunk, fates
        self.rng = rng = np.random.default_rng([company.seed, chunk, 1])
        self.traits, self.course = fates.traits, fates.course
        self.count = min(CHUNK, company.accounts - chunk * CHUNK)
        self.ids = pa.array([f"acc-{chunk * CHUNK + i:07d}" for i in range(1, CHUNK + 1)])
        self.opening = rng.integers(8 * 3600, 12 * 3600, CHUNK)  # second of the day of all billing of the account
        cause, plan = self.course.cause, self.traits.plan
        fixed = self.within(np.arange(CHUNK), fates.resized) & (fates.resized > self.traits.paid_from)
        self.resized = np.where(fixed, fates.resized, NEVER)
        self.moved = (fates.resize > 1.35) & (plan < 3)  # the upgrade is to the next plan
        self.gains = fates.resize * np.where(
            self.moved, SEAT_PRICE[np.minimum(plan + 1, 3)] / SEAT_PRICE[plan].clip(1), 1
        )
        self.rebate_ends = (cause == PRICE) & (rng.random(CHUNK) < 0.35)  # a price rise may be a discount's end
        standing = (rng.random(CHUNK) < 0.1) & (cause != PRICE) & (plan < 4)
        rise = self.course.rise
        self.rebate = np.where(self.rebate_ends, rise / (1 + rise), np.where(standing, rise / 2, 0.0)).round(3)
        self.pays_by = rng.choice(3, CHUNK, p=[0.76, 0.14, 0.10])  # card, sepa_debit, invoice
        self.pays_by = np.where((cause == FAILING) & (self.pays_by == 2), 0, self.pays_by)
        self.pays_by = np.where((plan == 3) & (cause != FAILING) & (rng.random(CHUNK) < 0.5), 2, self.pays_by)
        self._cards()

    def _cards(self) -> None:
        """Day on which each account's first card expires, and the day it is replaced."""
        since, rng, traits = self.course.since, self.rng, self.traits
        failing = self.course.cause == FAILING
        month = np.datetime64(self.company.start, "M")
        begun = (np.datetime64(self.company.start) + np.maximum(traits.started, 0)).astype("datetime64[M]")
        charged = (np.datetime64(self.company.start) + np.where(failing, np.minimum(since, 5000), 0)).astype(
            month.dtype
        )
        ordinary = begun + rng.integers(0, 36, CHUNK)
        expires = np.where(failing, np.where(rng.random(CHUNK) < 0.45, charged - 1, begun + 40), ordinary)
        self.expires = ((expires + 1).astype("datetime64[D]") - np.datetime64(self.company.start)).astype(int) - 1
        self.expires = np.where(self.expires > traits.started, self.expires, self.expires + 1500)
        self.expired = failing & (self.expires < since) & (self.pays_by == 0)
        in_time = np.maximum(self.expires - rng.integers(1, 26, CHUNK), traits.started + 1)
        saved = failing & (self.course.recovered < len(RETRIES)) & (since < NEVER)
        retry = since + np.array((*RETRIES, 0))[self.course.recovered]
        replaced = np.where(failing, np.where(saved, retry, NEVER), np.where(self.pays_by == 0, in_time, NEVER))
        self.replaced = np.where(self.within(np.arange(CHUNK), replaced), replaced, NEVER)

    def within(self, who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Whether the account may use the product on that day."""
        known = (day >= 0) & (day < self.company.days)
        return known & self.fates.active[who, np.where(known, day, 0)]

    def seats(self, who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Seats of each account on its day, after an upgrade or downgrade."""
        factor = np.where(day >= self.resized[who], self.fates.resize[who], 1.0)
        return np.maximum(self.traits.seats[who] * factor, 1).astype(int)

    def mrr(self, who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Monthly price before any discount, in minor units, of each account on its day."""
        dearer = (self.course.cause[who] == PRICE) & ~self.rebate_ends[who] & (day >= self.course.since[who])
        factor = np.where(day >= self.resized[who], self.gains[who], 1.0) * np.where(
            dearer, 1 + self.course.rise[who], 1
        )
        return np.rint(self.traits.mrr[who] * factor).astype(int)

    def plan(self, who: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Index in PLANS of each account on its day."""
        return self.traits.plan[who] + (self.moved[who] & (day >= self.resized[who]))

    def subscription(self, who: np.ndarray, day: np.ndarray) -> pa.Array:
        """Identifier of the subscription that each account has on its day."""
        return join("sub-", self.ids, who, 1 + (day >= self.fates.renewed[who]) + (day >= self.fates.returned[who]))

    def dice(self, what: str) -> np.random.Generator:
        """Dice of their own for ``what``: a throw changes nothing that others throw."""
        return np.random.default_rng([self.company.seed, self.chunk, 2, *what.encode()])

    def scatter(self, mean: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ordinary happenings, ``mean`` of them per account over the whole time: account, day, second; sorted."""
        who = np.repeat(np.arange(CHUNK), self.rng.poisson(mean, CHUNK))
        day = self.rng.integers(0, self.company.days, len(who))
        return self.settle(who, day)

    def settle(self, who: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Keep one happening per account and day, only while the account is active; add a second of the day."""
        keep = self.within(who, day)
        codes = np.unique(who[keep] * NEVER + day[keep])
        return codes // NEVER, codes % NEVER, self.rng.integers(8 * 3600, 16 * 3600, len(codes))


def join(prefix: str, ids: pa.Array, who: np.ndarray, number: np.ndarray) -> pa.Array:
    """Identifiers such as inv-acc-0000001-1."""
    numbers = pa.array(number).cast(pa.string())
    return pc.binary_join_element_wise(pc.binary_join_element_wise(prefix, ids.take(pa.array(who)), ""), numbers, "-")


def text(codes: np.ndarray, choices: tuple[str, ...] | list[str]) -> pa.Array:
    """The choice of each code; null where the code is negative."""
    return pa.array(choices).take(pa.array(codes, mask=codes < 0))


def running(who: np.ndarray) -> np.ndarray:
    """1, 2, 3, ... within each account, for rows sorted by account."""
    return np.arange(len(who)) - np.searchsorted(who, who) + 1
