"""A demo company whose accounts answer contacts, played week by week on its true risks.

Belongs here: its fates under given contacts, and what a model would know of them. Does not belong here: which accounts
are contacted (``effects``).

A list is made by what a model might say: the true risk with noise in its log-odds. Accounts are on their own: one that
was never contacted fares as it would in a company without contacts. So while each is contacted once at most, its risk
up to then is known from the beginning, and the company need not be written again week by week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from pipelines.sources.company import CHUNK, Company
from pipelines.sources.company.fates import Fates, simulate
from pipelines.sources.company.treatment import Treatment

Contact = tuple[int, int, str, int]
"""Number of the account from 0, day of the contact, play, day of the list."""


def contact_table(company: Company, contacts: Iterable[Contact]) -> pa.Table:
    """Contacts as ``company.treatment`` takes them."""
    rows = sorted(contacts)

    def days(numbers: Iterable[int]) -> pa.Array:
        return pa.array([company.start + timedelta(days=int(day)) for day in numbers], pa.date32())

    return pa.table(
        {
            "account_id": pa.array([account_id(row[0]) for row in rows], pa.string()),
            "contacted_on": days(row[1] for row in rows),
            "play": pa.array([row[2] for row in rows], pa.string()),
            "list_as_of": days(row[3] for row in rows),
        }
    )


def account_id(number: int) -> str:
    """As in the company's tables."""
    return f"acc-{number + 1:07d}"


@dataclass(frozen=True)
class World:
    """What befalls a company, for all accounts in their order: day of the announcement and of the end of the first stay
    (far off if it never comes), MRR in minor units, and the true risk ``p`` by account and day, which is known on
    Sundays (else NaN)."""

    decided: np.ndarray
    ended: np.ndarray
    mrr: np.ndarray
    p: np.ndarray

    def left(self, who: np.ndarray, after: np.ndarray, days: int) -> np.ndarray:
        """Whether accounts leave within ``days`` days after the end of a day."""
        return (self.ended[who] > after) & (self.ended[who] <= after + days)


class Responding:
    """The company ``company``, whose accounts answer contacts; its fates without any are simulated once."""

    def __init__(self, company: Company, effects: Mapping[str, float], days: int) -> None:
        self.company, self.effects, self.days = company, effects, days
        self.chunks = range(-(-company.accounts // CHUNK))
        self._untouched = [simulate(company, chunk) for chunk in self.chunks]
        self.sundays = np.arange(6 - company.start.weekday(), company.days, 7)
        self.untouched = self.world()

    def world(self, contacts: Iterable[Contact] = ()) -> World:
        """The fates of all accounts under these contacts."""
        by_chunk: dict[int, list[Contact]] = {chunk: [] for chunk in self.chunks}
        for contact in contacts:
            by_chunk[contact[0] // CHUNK].append(contact)
        fates = [self._fates(chunk, tuple(sorted(rows))) for chunk, rows in by_chunk.items()]
        p = np.full((len(fates) * CHUNK, self.company.days), np.nan)
        for chunk, each in enumerate(fates):
            p[each.risk.who + chunk * CHUNK, each.risk.day] = each.risk.chance
        size = self.company.accounts
        parts = [np.concatenate([getattr(each, name) for each in fates])[:size] for name in ("decided", "ended")]
        mrr = np.concatenate([each.traits.mrr for each in fates])[:size]
        return World(*parts, mrr, p[:size])

    def _fates(self, chunk: int, contacts: tuple[Contact, ...]) -> Fates:
        if not contacts:
            return self._untouched[chunk]
        treatment = Treatment(contact_table(self.company, contacts), self.effects, self.days)
        return simulate(self.company, chunk, treatment.chunks(self.company)[chunk], self._untouched[chunk])

    def day(self, number: int) -> date:
        """The date of a day of the company."""
        return self.company.start + timedelta(days=int(number))


def guessed(p: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """What a model might say of accounts whose true risk is ``p``: normal noise in the log-odds."""
    kept = np.clip(p, 1e-6, 1 - 1e-6)
    return 1 / (1 + np.exp(-(np.log(kept / (1 - kept)) + rng.normal(0, noise, len(p)))))


def free(world: World, day: int) -> np.ndarray:
    """Accounts that pay on a day and have not announced to leave."""
    return np.flatnonzero(np.isfinite(world.p[:, day]) & (world.decided > day) & (world.ended > day))
