"""Monthly recurring revenue as Stripe defines it.

Belongs here: prices, discounts and what a set of items is worth per month. Does not belong here: which items a
subscription had when (``history``). Stripe's definition: https://docs.stripe.com/billing/subscriptions/analytics and
https://support.stripe.com/questions/billing-analytics.

Metered items, taxes and other currencies do not count; what is billed per year, quarter or week is spread over months;
a forever coupon lowers the revenue, one that runs out does not, it is a share taken off for a time. Trials and states
are the business of whoever knows the subscription. Amounts are Stripe's: whole minor units, of yen whole yen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

_MONTHS = {
    "day": Decimal(12) / Decimal(365),
    "week": Decimal(12) / Decimal(52),
    "month": Decimal(1),
    "year": Decimal(12),
}

_INTERVALS = ((0.1, "day"), (0.6, "week"), (2, "month"), (4, "quarter"), (9, "half_year"))
"""Up to so many months a price is billed by the contract's interval that is nearest; longer ones by the year."""

_HUNDREDTHS = ("isk", "ugx")
"""Currencies without minor units whose amounts Stripe gives in hundredths."""

_NONE = Decimal(0)


@dataclass(frozen=True)
class Discount:
    """A coupon as it was applied: ``end`` in Unix seconds where it runs out on a day, ``forever`` if it never does;
    ``products`` limits it to some."""

    id: str
    forever: bool = False
    percent: Decimal | None = None
    amount: Decimal | None = None
    end: int | None = None
    products: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any], coupons: Mapping[str, Mapping[str, Any]]) -> Discount:
        """A discount as Stripe gives it, with its coupon within it or by id among ``coupons``."""
        found = (value.get("source") or {}).get("coupon") or value.get("coupon") or {}
        coupon = (
            coupons.get(found, {"id": found})
            if isinstance(found, str)
            else {**found, **coupons.get(found.get("id", ""), {})}
        )
        return cls(
            value["id"],
            coupon.get("duration") == "forever",
            _decimal(coupon.get("percent_off")),
            _decimal(coupon.get("amount_off")),
            value.get("end"),
            tuple((coupon.get("applies_to") or {}).get("products") or ()),
        )


@dataclass(frozen=True)
class Price:
    """A recurring price: ``months`` between two bills, ``unit`` in minor units where it has one per unit."""

    id: str
    product: str
    currency: str
    months: Decimal
    metered: bool
    unit: Decimal | None
    tiers: tuple[Mapping[str, Any], ...] = ()
    volume: bool = False
    divide_by: int = 1
    round_up: bool = True

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Price | None:
        """A price, or a plan of Stripe's former API; None if it does not recur."""
        recurring = value.get("recurring") or (value if value.get("object") == "plan" else None)
        if not recurring or not recurring.get("interval"):
            return None
        product = value.get("product")
        package = value.get("transform_quantity") or value.get("transform_usage") or {}
        unit = value.get("unit_amount_decimal") or value.get("unit_amount")
        if unit is None:
            unit = value.get("amount_decimal") or value.get("amount")
        return cls(
            value["id"],
            product["id"] if isinstance(product, Mapping) else str(product or ""),
            value["currency"],
            _MONTHS[recurring["interval"]] * int(recurring.get("interval_count") or 1),
            recurring.get("usage_type") == "metered",
            None if value.get("billing_scheme") == "tiered" else _decimal(unit),
            tuple(value.get("tiers") or ()),
            value.get("tiers_mode") == "volume",
            int(package.get("divide_by") or 1),
            package.get("round") != "down",
        )

    @property
    def interval(self) -> str:
        """The contract's ``billing_interval``."""
        return next((name for most, name in _INTERVALS if self.months <= most), "year")

    def amount(self, quantity: Decimal) -> Decimal | None:
        """What one bill charges for so many units, None if the price does not tell."""
        if self.divide_by > 1:
            rounding = ROUND_CEILING if self.round_up else ROUND_FLOOR
            quantity = (quantity / self.divide_by).to_integral_value(rounding)
        if self.unit is not None:
            return self.unit * quantity
        return self._tiered(quantity) if self.tiers else None

    def _tiered(self, quantity: Decimal) -> Decimal:
        total, below = _NONE, _NONE
        for number, tier in enumerate(self.tiers):
            top = _decimal(tier.get("up_to"))
            unit = _decimal(tier.get("unit_amount_decimal") or tier.get("unit_amount")) or _NONE
            flat = _decimal(tier.get("flat_amount_decimal") or tier.get("flat_amount")) or _NONE
            last = top is None or quantity <= top
            if self.volume:
                if last:
                    return quantity * unit + flat
                continue
            if quantity > below or number == 0:
                total += ((quantity if last else top or _NONE) - below) * unit + flat
            if last:
                break
            below = top or _NONE
        return total


@dataclass(frozen=True)
class Item:
    """One item of a subscription. ``amount`` is what a bill charged for it where the price does not tell."""

    price: Price
    quantity: Decimal
    discounts: tuple[Discount, ...] = ()
    amount: Decimal | None = None

    @property
    def monthly(self) -> Decimal:
        """Worth per month before discounts; 0 for metered items."""
        charged = self.price.amount(self.quantity) if self.amount is None else self.amount
        return _NONE if self.price.metered or charged is None else charged / self.price.months


@dataclass(frozen=True)
class Revenue:
    """What a subscription is worth: ``mrr`` in minor units, the share that finite coupons take off, the day on which
    the last of them ends (Unix seconds, None if not known), and the item that is worth most."""

    mrr: int
    discount_share: float
    discount_end: int | None
    main: Item


def revenue(items: Sequence[Item], discounts: Sequence[Discount], currency: str) -> Revenue | None:
    """Of the items of a subscription with the discounts on all of it; None without any item.

    Discounts are taken off in the order given, those of an item first. Items in another currency than ``currency``
    (three small letters, the subscription's own) do not count.
    """
    counted = [item for item in items if item.price.currency == currency]
    if not counted:
        return None
    main = max(counted, key=lambda item: (not item.price.metered, item.monthly))
    lasting = _discounted(counted, discounts, forever=True)
    total = sum(lasting, _NONE)
    finite = [each for each in (*discounts, *(one for item in counted for one in item.discounts)) if not each.forever]
    left = sum(_discounted(counted, discounts, forever=False, worth=lasting), _NONE)
    share = float(round(1 - left / total, 6)) if total > 0 and finite else 0.0
    ends = [each.end for each in finite]
    end = max((each for each in ends if each), default=None) if share and all(ends) else None
    return Revenue(int(total.quantize(Decimal(1), ROUND_HALF_UP)), share, end, main)


def _discounted(
    items: Sequence[Item], discounts: Sequence[Discount], forever: bool, worth: Sequence[Decimal] | None = None
) -> list[Decimal]:
    """What the items are worth per month after those discounts that last forever, or those that do not."""
    left = [item.monthly for item in items] if worth is None else list(worth)
    for at, item in enumerate(items):
        for discount in item.discounts:
            if discount.forever == forever:
                _take_off(left, discount, [at], items)
    for discount in discounts:
        if discount.forever == forever:
            chosen = [
                at for at, item in enumerate(items) if not discount.products or item.price.product in discount.products
            ]
            _take_off(left, discount, chosen, items)
    return left


def _take_off(left: list[Decimal], discount: Discount, chosen: Sequence[int], items: Sequence[Item]) -> None:
    total = sum((left[at] for at in chosen), _NONE)
    if total <= 0:
        return
    share = (discount.percent or _NONE) / 100
    if discount.amount:
        # taken off every bill, of which there is one per shortest interval
        share = discount.amount / min(items[at].price.months for at in chosen) / total
    for at in chosen:
        left[at] -= left[at] * min(share, Decimal(1))


def in_minor_units(currency: str) -> Decimal:
    """By what to multiply Stripe's amounts of a currency to get its minor units."""
    return Decimal("0.01") if currency in _HUNDREDTHS else Decimal(1)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
