"""The course of every subscription: how it started and each change since, from events and invoices.

Belongs here: what a subscription was at one moment, which source is believed when, rows of ``subscriptions`` and
``subscription_changes``. Does not belong here: reading invoice lines (``billed``), SQL (``mapping``).

Where events are on file they tell everything. Before that, price, plan and quantity come from invoice lines; states
such as *past_due* that came and went are not known then. The object as it is now says nothing of the past: it only
stands for a time in which no event changed it. Discounts for a time count from the bill on which they are seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from churn_features.tables import FEEDBACK_REASONS
from pipelines.sources.stripe.billed import Line, course
from pipelines.sources.stripe.catalogue import Catalogue
from pipelines.sources.stripe.revenue import Item, Revenue, in_minor_units, revenue

_DAY = 86_400

_NEVER_BEGUN = ("incomplete", "incomplete_expired")


@dataclass(frozen=True)
class Event:
    """A subscription as an event showed it; ``before`` are the fields as they were before it."""

    at: int
    type: str
    value: Mapping[str, Any]
    before: Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """All that is on file of one subscription.

    ``value`` is the object as last read, ``versions`` all readings with their times; ``failed`` the first and the last
    failed attempt on bills that are still open, where there are any. Instants in Unix seconds.
    """

    value: Mapping[str, Any]
    versions: Sequence[tuple[int, Mapping[str, Any]]]
    events: Sequence[Event]
    lines: Sequence[Line]
    failed: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Seen:
    """Something told of a subscription at an instant; what is not told is missing."""

    at: int
    recorded_at: int | None = None
    revenue: Revenue | None = None
    free: bool = False
    status: str | None = None
    until: int | None = None
    discount_share: float | None = None
    discount_end: int | None = None


Row = dict[str, Any]


def rows(
    evidence: Evidence, covered: Sequence[Sequence[int]], catalogue: Catalogue, currency: str
) -> tuple[Row, list[Row]] | None:
    """The row of ``subscriptions`` and those of ``subscription_changes``, without accounts; None if it never began.

    ``covered``: stretches of time (Unix seconds) of which all events are on file; ``currency``: the company's, in three
    small letters. Instants in Unix seconds.
    """
    value = evidence.value
    if value["status"] in _NEVER_BEGUN:
        return None
    seen = sorted(_seen(evidence, covered, catalogue), key=lambda each: each.at)
    # where neither a bill nor an event tells anything, as of a trial that lapsed long ago, the object is all there is
    first = next((each.revenue for each in seen if each.revenue), None) or _worth(value, value["start_date"], catalogue)
    at_start = [each for each in seen if each.at <= value["start_date"]]
    start = next((each.revenue for each in reversed(at_start) if each.revenue), first)
    row = _start(value, start, catalogue, currency)
    return row, list(_changes(row, seen, start, value, catalogue)) if currency_of(value) == currency else []


def _start(value: Mapping[str, Any], start: Revenue | None, catalogue: Catalogue, currency: str) -> Row:
    ended = value.get("ended_at")
    details = value.get("cancellation_details") or {}
    ends = value.get("cancel_at") or (period_end(value) if value.get("cancel_at_period_end") else None)
    reasons = {
        "payment_failed": "payment_failed",
        "payment_disputed": "disputed",
        "cancellation_requested": "requested",
    }
    mrr = _money(start.mrr if start else 0, currency_of(value))
    return {
        "subscription_id": value["id"],
        "customer": value["customer"] if isinstance(value["customer"], str) else value["customer"]["id"],
        "plan": catalogue.plan_name(start.main.price) if start else None,
        "billing_interval": start.main.price.interval if start else None,
        # amounts of another currency cannot be read as the company's, and say why
        "mrr": str(mrr) if currency_of(value) == currency else f"{mrr} in {currency_of(value).upper()}",
        "quantity": _quantity(start.main) if start else None,
        "started_at": value["start_date"],
        "trial_ends_at": value.get("trial_end"),
        "cancel_requested_at": value.get("canceled_at"),
        "ends_at": ends,
        "ended_at": ended,
        "end_reason": reasons.get(details.get("reason") or "") if ended else None,
        "feedback": _known(details.get("feedback")),
        "auto_renew": not (ends or ended),
        "ended": value["status"] == "canceled",
        "recorded_at": value["created"] if value["created"] > value["start_date"] else None,
    }


def _changes(
    row: Row, seen: Iterable[_Seen], start: Revenue | None, value: Mapping[str, Any], catalogue: Catalogue
) -> Iterator[Row]:
    """What differs from one moment to the next, of several at one instant the last."""
    now: dict[str, Any] = {"mrr": int(row["mrr"]), "plan": row["plan"], "quantity": row["quantity"]}
    now |= {"status": ("active", None), "discount_share": (0.0, None)}
    found: dict[int, Row] = {}
    for each in seen:
        if value.get("ended_at") and each.at >= value["ended_at"]:
            break
        told: dict[str, Any] = {}
        if each.revenue:
            told |= {"mrr": 0 if each.free else _money(each.revenue.mrr, currency_of(value))}
            told |= {"plan": catalogue.plan_name(each.revenue.main.price), "quantity": _quantity(each.revenue.main)}
        if each.status:
            told["status"] = (each.status, each.until)
        if each.discount_share is not None:
            told["discount_share"] = (each.discount_share, each.discount_end)
        new = {name: what for name, what in told.items() if what != now[name] and what is not None}
        if each.at <= row["started_at"]:
            # how it started is said by the row itself, but for what that has no column for
            new = {name: what for name, what in new.items() if name in ("status", "discount_share")}
        if not new:
            continue
        now |= new
        at = max(each.at, row["started_at"])
        change = found.setdefault(
            at, {"subscription_id": row["subscription_id"], "changed_at": at, "recorded_at": None}
        )
        for name, what in new.items():
            if name in ("status", "discount_share"):
                change[name], until = what
                # one column for two ends: that of a pause tells more
                change["until"] = until or change.get("until")
            else:
                change[name] = what
        change["recorded_at"] = each.recorded_at or change["recorded_at"]
    yield from found.values()


def _seen(evidence: Evidence, covered: Sequence[Sequence[int]], catalogue: Catalogue) -> Iterator[_Seen]:
    value = evidence.value
    windows = [(begins, ends) for begins, ends in covered]
    for at, worth in course(evidence.lines, currency_of(value)):
        if windows and at > windows[-1][1]:
            break  # billed in advance
        told = None if any(begins <= at <= ends for begins, ends in windows) else worth
        yield _Seen(at, revenue=told, discount_share=worth.discount_share, discount_end=worth.discount_end)
    for begins, ends in windows:
        inside = [each for each in evidence.events if begins <= each.at <= ends]
        yield from _boundary(evidence, begins, inside, catalogue)
    for event in evidence.events:
        yield _snapshot(event.value, event.at, catalogue, recorded_at=event.at)


def _boundary(evidence: Evidence, begins: int, inside: Sequence[Event], catalogue: Catalogue) -> Iterator[_Seen]:
    """What it was when the events on file begin: as it was before the first of them, or as it was read if none came."""
    began = max(begins, evidence.value["start_date"])
    if inside and inside[0].type.endswith(".created"):
        return
    if inside:
        value: Mapping[str, Any] = {**inside[0].value, **inside[0].before}
        if value["status"] == "canceled":
            # an event of an end does not say what was before it
            value = {**value, "status": "active"}
    else:
        later = [version for at, version in evidence.versions if at >= begins]
        if not later:
            return
        value = later[0]
    seen = _snapshot(value, began, catalogue)
    at = began
    if evidence.failed and seen.status in ("past_due", "unpaid"):
        # it began with a failed attempt on a bill that is still open, and ended with the last one
        at = min(began, max(evidence.failed[0 if seen.status == "past_due" else 1], evidence.value["start_date"]))
    yield _Seen(at, status=seen.status, until=seen.until)
    yield _Seen(began, revenue=seen.revenue, free=seen.free)


def _snapshot(value: Mapping[str, Any], at: int, catalogue: Catalogue, recorded_at: int | None = None) -> _Seen:
    """What a subscription object says of the instant ``at``."""
    if value["status"] in _NEVER_BEGUN or value["status"] == "canceled":
        return _Seen(at)
    paused = value.get("pause_collection")
    free = value["status"] == "paused"
    if free and value.get("trial_end") and 0 <= at - value["trial_end"] <= _DAY:
        # it was never paid for: its trial ended without a way to pay
        at = value["trial_end"]
    status = value["status"] if value["status"] in ("past_due", "unpaid") else "active"
    until = None
    if status == "active" and (free or paused):
        status, until = "paused", (paused or {}).get("resumes_at")
    return _Seen(at, recorded_at, _worth(value, at, catalogue), free, status, until)


def _worth(value: Mapping[str, Any], at: int, catalogue: Catalogue) -> Revenue | None:
    items = (value.get("items") or {}).get("data") or ([value] if value.get("plan") else [])
    found = []
    for each in items:
        price = catalogue.price(each.get("price") or each.get("plan"), currency_of(value))
        if price is not None:
            own = tuple(catalogue.discount(one) for one in each.get("discounts") or ())
            found.append(Item(price, _exact(each.get("quantity")), own))
    given = value.get("discounts") or ([value["discount"]] if value.get("discount") else ())
    customer = value["customer"] if isinstance(value["customer"], str) else value["customer"]["id"]
    discounts = tuple(catalogue.discount(one) for one in given) or catalogue.discounts_of(customer, at)
    return revenue(found, discounts, currency_of(value))


def currency_of(value: Mapping[str, Any]) -> str:
    """A subscription's currency in three small letters; in older layouts it is that of its items."""
    items = (value.get("items") or {}).get("data") or [value]
    price = items[0].get("price") or items[0].get("plan") or {}
    return str(value.get("currency") or price.get("currency", ""))


def period_end(value: Mapping[str, Any]) -> int | None:
    """When the running period ends: of the subscription, or of its items in the newer layout."""
    ends = [
        each["current_period_end"]
        for each in (value.get("items") or {}).get("data") or ()
        if "current_period_end" in each
    ]
    return value.get("current_period_end") or min(ends, default=None)


def _known(feedback: str | None) -> str | None:
    return feedback if feedback is None or feedback in FEEDBACK_REASONS else "other"


def _exact(quantity: Any) -> Decimal:
    return Decimal(str(1 if quantity is None else quantity))


def _quantity(item: Item) -> int | None:
    return None if item.price.metered else int(item.quantity)


def _money(amount: int, currency: str) -> int:
    return int(amount * in_minor_units(currency))
