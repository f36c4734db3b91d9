"""Monthly recurring revenue, each case worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.stripe.revenue import Discount, Item, Price, in_minor_units, revenue


def price(unit: float | None = 1000, interval: str = "month", count: int = 1, **fields: Any) -> Price:
    recurring = {"interval": interval, "interval_count": count, "usage_type": fields.pop("usage_type", "licensed")}
    made = Price.of(
        {"id": "p", "product": "prod", "currency": "eur", "recurring": recurring,
         "unit_amount_decimal": None if unit is None else str(unit), **fields}
    )  # fmt: skip
    assert made is not None
    return made


def item(quantity: int = 1, discounts: tuple[Discount, ...] = (), **fields: Any) -> Item:
    return Item(price(**fields), Decimal(quantity), discounts)


def off(percent: float | None = None, amount: int | None = None, forever: bool = True, **more: Any) -> Discount:
    exact = None if percent is None else Decimal(str(percent))
    return Discount("d", forever, exact, None if amount is None else Decimal(amount), **more)


def worth(*items: Item, discounts: tuple[Discount, ...] = (), currency: str = "eur") -> int:
    found = revenue(items, discounts, currency)
    assert found is not None
    return found.mrr


@pytest.mark.parametrize(
    ("interval", "count", "mrr", "name"),
    [
        ("day", 1, 30417, "day"),  # 10.00 x 365 / 12 = 304.1666...
        ("week", 1, 4333, "week"),  # 10.00 x 52 / 12 = 43.333...
        ("week", 2, 2167, "week"),
        ("month", 1, 1000, "month"),
        ("month", 2, 500, "month"),
        ("month", 3, 333, "quarter"),
        ("month", 6, 167, "half_year"),
        ("month", 12, 83, "year"),
        ("year", 1, 83, "year"),
        ("year", 3, 28, "year"),
    ],
)
def test_intervals_are_spread_over_months(interval: str, count: int, mrr: int, name: str) -> None:
    assert worth(item(interval=interval, count=count)) == mrr
    assert price(1000, interval, count).interval == name


def test_quantities_items_and_what_does_not_count() -> None:
    assert worth(item(5), item(2, unit=250)) == 5500
    assert worth(item(5), item(9, usage_type="metered")) == 5000
    assert worth(item(9, usage_type="metered")) == 0
    # 0.5 cents a unit; rounding is done once, over all items
    assert worth(item(1, unit=0.5), item(1, unit=0.5)) == 1
    assert worth(item(3, unit=33.3)) == 100
    assert revenue([item()], (), "usd") is None
    assert revenue([], (), "eur") is None


def test_coupons() -> None:
    assert worth(item(unit=9900), discounts=(off(25),)) == 7425
    assert worth(item(unit=9900), discounts=(off(amount=1000),)) == 8900
    # ten euros off a bill of a year are 0.83 a month
    assert worth(item(unit=120000, interval="year"), discounts=(off(amount=1000),)) == 9917
    assert worth(item(unit=500), discounts=(off(amount=1000),)) == 0
    # one after the other: 100.00 less 10 % less 10.00; less 10.00 less 10 %
    assert worth(item(unit=10000), discounts=(off(10), off(amount=1000))) == 8000
    assert worth(item(unit=10000), discounts=(off(amount=1000), off(10))) == 8100
    # on one of two items; on the products that the coupon is for
    assert worth(item(unit=1000, discounts=(off(50),)), item(unit=1000)) == 1500
    assert (
        worth(item(unit=1000, product="a"), item(unit=3000, product="b"), discounts=(off(50, products=("b",)),)) == 2500
    )
    for finite in (off(50, forever=False), off(amount=400, forever=False)):
        assert worth(item(), discounts=(finite,)) == 1000


def test_a_coupon_that_runs_out_is_a_share_taken_off() -> None:
    found = revenue([item(unit=9900)], (off(25), off(20, forever=False, end=99)), "eur")
    assert found is not None
    assert (found.mrr, found.discount_share, found.discount_end) == (7425, 0.2, 99)
    found = revenue([item(unit=10000), item(unit=10000, discounts=(off(50, forever=False),))], (), "eur")
    assert found is not None
    assert (found.discount_share, found.discount_end) == (0.25, None)
    assert revenue([item()], (off(20),), "eur").discount_share == 0.0  # type: ignore[union-attr]


def test_tiers_and_packages() -> None:
    tiers = [{"up_to": 5, "unit_amount": 1000, "flat_amount": 200}, {"up_to": 10, "unit_amount": 800},
             {"up_to": None, "unit_amount": 500, "flat_amount": 50}]  # fmt: skip

    def tiered(quantity: int, mode: str) -> int:
        return worth(item(quantity, unit=None, billing_scheme="tiered", tiers=tiers, tiers_mode=mode))

    assert tiered(4, "graduated") == 4200
    assert tiered(8, "graduated") == 5200 + 3 * 800
    assert tiered(12, "graduated") == 5200 + 4000 + 2 * 500 + 50
    assert tiered(0, "graduated") == 200
    assert tiered(4, "volume") == 4200
    assert tiered(8, "volume") == 6400
    assert tiered(12, "volume") == 6050
    package = {"divide_by": 10, "round": "up"}
    assert worth(item(21, transform_quantity=package)) == 3000
    assert worth(item(21, transform_quantity=package | {"round": "down"})) == 2000


@pytest.mark.parametrize(("currency", "share"), [("jpy", 1), ("eur", 1), ("kwd", 1), ("isk", Decimal("0.01"))])
def test_currencies_without_minor_units(currency: str, share: Any) -> None:
    # 500 yen a month are 500; Stripe gives krónur, which have none either, in hundredths
    assert in_minor_units(currency) == share
    assert worth(item(unit=500, currency=currency), currency=currency) == 500


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 50), st.sampled_from(["day", "week", "month", "year"])),
             min_size=1, max_size=5),
    st.lists(st.integers(0, 100), max_size=3),
)  # fmt: skip
def test_revenue_is_never_negative_and_finite_coupons_never_change_it(
    items: list[tuple[int, int, str]], percents: list[int]
) -> None:
    made = [item(quantity, unit=unit, interval=interval) for unit, quantity, interval in items]
    plain, lasting = worth(*made), worth(*made, discounts=tuple(off(each) for each in percents))
    assert 0 <= lasting <= plain
    finite = revenue(made, tuple(off(each, forever=False) for each in percents), "eur")
    assert finite is not None
    assert finite.mrr == plain
    assert 0 <= finite.discount_share <= 1
