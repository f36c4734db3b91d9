"""What the company's people did because of a list, and what it did to the hazard of leaving.

Belongs here: contacts and the effects planted in their plays. Does not belong here: ordinary contacts, which are blind
and do nothing (``contacts``), and what becomes of an account whose hazard changed (``answers``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import ChurnError
from pipelines.sources.company.days import IntArray, Matrix
from pipelines.sources.company.parameters import CHUNK, NEVER, Company


@dataclass(frozen=True)
class Treatment:
    """``contacts`` is a table of ``account_id``, ``contacted_on`` (date32), ``play`` and ``list_as_of`` (date32, may be
    null). For ``days`` days after a contact, from the next day on, the account's whole daily hazard is multiplied by
    what ``effects`` says of the play, by 1 where it says nothing. Different plays multiply each other; a play that is
    repeated within its days lasts longer and does no more."""

    contacts: pa.Table
    effects: Mapping[str, float] = field(default_factory=dict)
    days: int = 45

    def chunks(self, company: Company) -> dict[int, Contacts]:
        """The contacts by number of chunk. ChurnError names the first contact that the company cannot have had."""
        ids = self.contacts["account_id"].to_pylist()
        number = np.array([_number(each) for each in ids], dtype=int)
        first = np.datetime64(company.start, "D")
        day = (self.contacts["contacted_on"].to_numpy().astype("datetime64[D]") - first).astype(int)
        known = pc.is_valid(self.contacts["list_as_of"]).to_numpy()
        lists = (self.contacts["list_as_of"].to_numpy().astype("datetime64[D]") - first).astype(int)
        listed = np.where(known, lists, NEVER)
        play = np.array(self.contacts["play"].to_pylist(), dtype=object)
        for wrong, what in (
            ((number < 0) | (number >= company.accounts), "is of no account of the company"),
            ((day < 0) | (day >= company.days), f"is not between {company.start} and {company.end}"),
            (_repeated(number, day, play), "is there twice"),
        ):
            if wrong.any():
                at = int(np.flatnonzero(wrong)[0])
                raise ChurnError(
                    f"the contact with {ids[at]} on {first + day[at]} ({play[at]}) {what}",
                    "correct or remove the row: contacts are those that were made with accounts of this company",
                )
        order = np.lexsort([play.astype(str), day, number])
        number, day, play, listed = number[order], day[order], play[order], listed[order]
        return {
            int(chunk): Contacts(
                number[rows] - chunk * CHUNK, day[rows], play[rows], listed[rows], dict(self.effects), self.days
            )
            for chunk in np.unique(number // CHUNK)
            for rows in [np.flatnonzero(number // CHUNK == chunk)]
        }


def _number(account_id: str) -> int:
    digits = str(account_id).removeprefix("acc-")
    return (
        int(digits) - 1 if digits != account_id and len(digits) == 7 and digits.isascii() and digits.isdigit() else -1
    )


def _repeated(number: IntArray, day: IntArray, play: np.ndarray) -> np.ndarray:
    seen: set[tuple[int, int, str]] = set()
    result = np.zeros(len(number), bool)
    for at, key in enumerate(zip(number.tolist(), day.tolist(), play.tolist(), strict=True)):
        result[at] = key in seen
        seen.add(key)
    return result


@dataclass(frozen=True)
class Contacts:
    """Contacts with accounts of one chunk, in order of account, day and play; ``listed`` is the list's day or NEVER."""

    who: IntArray
    day: IntArray
    play: np.ndarray
    listed: IntArray
    effects: Mapping[str, float]
    days: int

    @cached_property
    def _felt(self) -> list[tuple[float, np.ndarray]]:
        """The multipliers that change something, each with the positions of its contacts."""
        return [
            (multiplier, np.flatnonzero(self.play == play))
            for play, multiplier in sorted(self.effects.items())
            if multiplier != 1
        ]

    @cached_property
    def first(self) -> IntArray:
        """The day of each account's first contact that changes something, NEVER without one."""
        days = np.full(CHUNK, NEVER)
        for _, rows in self._felt:
            np.minimum.at(days, self.who[rows], self.day[rows])
        return days

    def factor(self, who: IntArray, width: int, seen: int = NEVER) -> Matrix:
        """What the hazard of each account of ``who`` (ascending) is multiplied by on each of ``width`` days, by the
        contacts made up to the day ``seen``."""
        result = np.ones((len(who), width))
        for multiplier, rows in self._felt:
            chosen = rows[(self.day[rows] <= seen) & np.isin(self.who[rows], who)]
            at, begin = np.searchsorted(who, self.who[chosen]), self.day[chosen] + 1
            edges = np.zeros((len(who), width + 1), np.int16)
            np.add.at(edges, (at, np.minimum(begin, width)), 1)
            np.add.at(edges, (at, np.minimum(begin + self.days, width)), -1)
            result[np.cumsum(edges, axis=1)[:, :width] > 0] *= multiplier
        return result

    def reaching(self, first: int, seen: int) -> IntArray:
        """Accounts whose hazard on day ``first`` or later is changed by contacts made up to the day ``seen``."""
        rows = (self.day <= seen) & (self.day + self.days >= first)
        return np.unique(self.who[rows & np.isin(self.play, [play for play, x in self.effects.items() if x != 1])])
