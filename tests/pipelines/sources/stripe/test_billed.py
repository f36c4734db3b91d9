"""What invoice lines say of the past."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.stripe.billed import Line, course
from pipelines.sources.stripe.revenue import Price

MONTH = 30
PRICES = {
    name: Price(name, name, "eur", Decimal(1), False, Decimal(unit))
    for name, unit in {"basic": 2900, "pro": 9900, "max": 19900}.items()
}


def line(
    price: str, quantity: int, start: int, end: int, amount: int | None = None, proration: bool = False,
    invoice: tuple[bool, int, str] = (True, 0, "in"),
) -> Line:  # fmt: skip
    unit = PRICES[price].unit or Decimal(0)
    charged = unit * quantity if amount is None else Decimal(amount)
    return Line(PRICES[price], Decimal(quantity), charged, start, end, proration, charged < 0, (), invoice)


def told(lines: list[Line]) -> list[tuple[int, int]]:
    return [(at, worth.mrr) for at, worth in course(lines, "eur")]


def test_months_of_the_same_price_are_of_one_worth() -> None:
    assert told([line("basic", 1, at, at + 30) for at in (0, 30, 60)]) == [(0, 2900), (30, 2900), (60, 2900)]


def test_a_proration_changes_at_its_instant_not_at_its_bill() -> None:
    lines = [line("basic", 1, 0, 30), line("basic", 1, 12, 30, -1740, True), line("pro", 1, 12, 30, 5940, True),
             line("pro", 1, 30, 60, invoice=(True, 30, "in_2"))]  # fmt: skip
    assert told(lines) == [(0, 2900), (12, 9900), (30, 9900)]


def test_another_quantity_of_the_same_price() -> None:
    lines = [line("basic", 5, 0, 30), line("basic", 5, 12, 30, -1, True), line("basic", 8, 12, 30, 2, True)]
    assert told(lines) == [(0, 14500), (12, 23200)]


def test_an_item_that_is_billed_no_more_is_gone_with_its_period() -> None:
    assert told([line("basic", 1, 0, 30), line("pro", 1, 0, 60)]) == [(0, 12800), (30, 9900)]


def test_a_credit_without_a_successor_says_nothing_of_what_comes() -> None:
    # what is refunded on a cancellation: the end is the subscription's to tell
    assert told([line("basic", 1, 0, 30), line("basic", 1, 12, 30, -1740, True)]) == [(0, 2900)]


def test_of_two_bills_for_a_period_the_one_that_stands_counts() -> None:
    void, good = (False, 5, "in_9"), (True, 2, "in_1")
    assert told([line("basic", 2, 0, 30, invoice=void), line("basic", 1, 0, 30, invoice=good)]) == [(0, 2900)]
    # while collection is paused all are void, and the price is what it was
    assert told([line("basic", 2, 0, 30, invoice=void)]) == [(0, 5800)]


_CHANGE = st.tuples(st.integers(1, 300), st.sampled_from(sorted(PRICES)), st.integers(1, 9))


@given(st.lists(_CHANGE, max_size=8, unique_by=lambda each: each[0]), st.randoms())
def test_prorated_bills_tell_the_whole_course(changes: list[tuple[int, str, int]], order: object) -> None:
    steps = sorted([(0, "basic", 1), *((at, name, many) for at, name, many in changes if at % MONTH)])
    lines: list[Line] = []
    for begin in range(0, 330, MONTH):
        _, name, many = [step for step in steps if step[0] <= begin][-1]
        lines.append(line(name, many, begin, begin + MONTH, invoice=(True, begin, f"in_{begin:03}")))
        for at, new, quantity in steps:
            if begin < at < begin + MONTH:
                left, bill = begin + MONTH - at, (True, begin + MONTH, f"in_{begin + MONTH:03}")
                lines.append(line(name, many, at, begin + MONTH, -left, True, bill))
                lines.append(line(new, quantity, at, begin + MONTH, left, True, bill))
                name, many = new, quantity
    order.shuffle(lines)  # type: ignore[attr-defined]
    found = told(lines)
    for day in range(330):
        _, name, many = [step for step in steps if step[0] <= day][-1]
        assert [mrr for at, mrr in found if at <= day][-1] == int(PRICES[name].unit or 0) * many, day
