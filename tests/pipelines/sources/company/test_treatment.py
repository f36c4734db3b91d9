"""Contacts multiply the hazard of those contacted, for so many days after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from pipelines.errors import ChurnError
from pipelines.sources.company import CHUNK, Company
from pipelines.sources.company.treatment import Contacts, Treatment

COMPANY = Company(accounts=CHUNK + 10, months=6)


def contacts_of(*rows: tuple[int, int, str], effects: dict[str, float], days: int) -> Contacts:
    who, day, play = zip(*rows, strict=True)
    listed = np.array(day)
    return Contacts(np.array(who), np.array(day), np.array(play, dtype=object), listed, effects, days)


def test_the_factor_holds_for_the_days_after_the_contact_and_no_others() -> None:
    found = contacts_of((1, 3, "call"), (1, 5, "call"), (2, 4, "gift"), (2, 5, "call"), (4, 1, "mail"),
                        effects={"call": 0.5, "gift": 3.0}, days=3)  # fmt: skip
    factor = found.factor(np.array([1, 2, 3, 4]), 11)
    assert factor[0].tolist() == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1], "a repeated play lasts longer, not more"
    assert factor[1].tolist() == [1, 1, 1, 1, 1, 3, 1.5, 1.5, 0.5, 1, 1], "different plays multiply each other"
    assert (factor[2:] == 1).all(), "no contact, or a play without an effect"
    assert found.factor(np.array([1, 2]), 11, seen=4).tolist() == [
        [1, 1, 1, 1, 0.5, 0.5, 0.5, 1, 1, 1, 1], [1, 1, 1, 1, 1, 3, 3, 3, 1, 1, 1]
    ], "later contacts are not known"  # fmt: skip
    assert found.reaching(8, 4).tolist() == []
    assert found.reaching(7, 4).tolist() == [2]
    assert found.reaching(7, 5).tolist() == [1, 2]
    assert found.first[:5].tolist() == [30_000, 3, 4, 30_000, 30_000]


def test_contacts_are_divided_among_chunks(contact_table: Callable[..., pa.Table]) -> None:
    rows = [(CHUNK + 2, 9, "call"), (1, 30, "call"), (1, 2, "call")]
    found = Treatment(contact_table(COMPANY, rows)).chunks(COMPANY)
    assert {chunk: (each.who.tolist(), each.day.tolist(), each.listed.tolist()) for chunk, each in found.items()} == {
        0: ([0, 0], [2, 30], [1, 29]), 1: ([1], [9], [8]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(1, 2, "call"), (CHUNK + 11, 5, "call")], r"acc-0001011 on 2025-01-06 \(call\) is of no account"),
        ([(1, 181, "call")], r"on 2025-07-01 \(call\) is not between 2025-01-01 and 2025-06-30"),
        ([(1, -1, "call")], "is not between"),
        ([(1, 2, "call"), (1, 2, "mail"), (1, 2, "call")], r"acc-0000001 on 2025-01-03 \(call\) is there twice"),
    ],
)
def test_contacts_that_cannot_have_been_are_refused(
    contact_table: Callable[..., pa.Table], rows: list[tuple[int, int, str]], said: str
) -> None:
    with pytest.raises(ChurnError, match=said):
        Treatment(contact_table(COMPANY, rows)).chunks(COMPANY)


@pytest.mark.parametrize("account", ["a1", "acc-12", "acc-00000x1", "", "0000001"])
def test_a_foreign_account_is_refused(account: str) -> None:
    day = date(2025, 1, 1) + timedelta(days=5)
    rows = [{"account_id": account, "contacted_on": day, "play": "call", "list_as_of": day}]
    with pytest.raises(ChurnError, match="is of no account"):
        Treatment(pa.Table.from_pylist(rows)).chunks(COMPANY)
