"""What invoices say of the past: which prices a subscription paid for, from line to line.

Belongs here: reading invoice lines as a course of prices and quantities. Does not belong here: what these are worth
(``revenue``), what events say (``history``).

A line bills a price for a period and holds until the period is over, until a credit for the same price (the first half
of a proration) cuts it short, or until another line bills the same price. Amounts of prorations are parts of a price:
the price counts and not the amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pipelines.sources.stripe.catalogue import Catalogue
from pipelines.sources.stripe.revenue import Discount, Item, Price, Revenue, revenue


@dataclass(frozen=True)
class Line:
    """An invoice line for a recurring price; instants in Unix seconds."""

    price: Price
    quantity: Decimal
    amount: Decimal
    start: int
    end: int
    proration: bool
    credit: bool
    discounts: tuple[Discount, ...]
    invoice: tuple[bool, int, str]
    """Whether it stands, when it was made, its id: of two invoices for the same period the greater one counts."""


def line(value: Mapping[str, Any], invoice: tuple[bool, int, str], catalogue: Catalogue) -> Line | None:
    """An invoice line in any layout of the API, None if it bills nothing that recurs."""
    pricing = (value.get("pricing") or {}).get("price_details") or {}
    price = catalogue.price(pricing.get("price") or value.get("price") or value.get("plan"), value["currency"])
    if price is None or price.metered:
        return None
    parent = value.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or value
    proration = bool(details.get("proration"))
    credited = (details.get("proration_details") or {}).get("credited_items")
    amounts = value.get("discount_amounts") or ()
    applied = tuple(
        catalogue.discount(each["discount"])
        for each in amounts
        # none was left to take it off, or it does not apply to what the line bills
        if each["amount"] or not value["amount"]
    )
    period = value["period"]
    quantity = Decimal(str(value.get("quantity_decimal") or value.get("quantity") or 0))
    return Line(
        price, quantity, Decimal(value["amount"]), period["start"], period["end"], proration,
        proration and (value["amount"] < 0 or bool(credited)),
        tuple(replace(each, end=each.end or (None if each.forever else period["end"])) for each in applied), invoice,
    )  # fmt: skip


@dataclass
class _Span:
    """What one or more lines of an invoice billed of one price from one instant on."""

    lines: list[Line]
    end: int

    @property
    def start(self) -> int:
        return self.lines[0].start

    def item(self) -> Item:
        first = self.lines[0]
        amount = sum((each.amount for each in self.lines), Decimal(0))
        told = first.price.unit is not None or first.proration or not amount
        percent = tuple(each for each in first.discounts if each.percent is not None)
        quantity = sum((each.quantity for each in self.lines), Decimal(0))
        return Item(first.price, quantity, percent, None if told else amount)


def course(lines: Iterable[Line], currency: str) -> list[tuple[int, Revenue]]:
    """What a subscription was worth, from each instant (Unix seconds) at which its lines say so."""
    spans = _spans(_standing(lines))
    starts = {span.start for span in spans} | {span.end for span in spans}
    found = []
    for at in sorted(starts):
        alive = [span for span in spans if span.start <= at < span.end]
        fixed = {
            each.id: each for span in alive for one in span.lines for each in one.discounts if each.percent is None
        }
        worth = revenue([span.item() for span in alive], list(fixed.values()), currency)
        # after the last period nothing is said: what was paid for goes on until another source tells
        if worth is not None:
            found.append((at, worth))
    return found


def _standing(lines: Iterable[Line]) -> list[Line]:
    """Of several invoices for the same period of the same price, the lines of the one that stands."""
    best: dict[tuple[str, int, bool], tuple[bool, int, str]] = {}
    given = list(lines)
    for each in given:
        key = (each.price.id, each.start, each.credit)
        best[key] = max(best.get(key, each.invoice), each.invoice)
    return [each for each in given if best[each.price.id, each.start, each.credit] == each.invoice]


def _spans(lines: Sequence[Line]) -> list[_Span]:
    spans: list[_Span] = []
    latest: dict[str, _Span] = {}
    for each in sorted(lines, key=lambda one: (one.start, not one.credit, one.invoice)):
        before = latest.get(each.price.id)
        if each.credit:
            if before and each.start < before.end:
                before.end = each.start
        elif before and before.start == each.start:
            before.lines.append(each)
        else:
            if before and each.start < before.end:
                before.end = each.start
            latest[each.price.id] = _Span([each], each.end)
            spans.append(latest[each.price.id])
    return [span for span in spans if span.start < span.end]
