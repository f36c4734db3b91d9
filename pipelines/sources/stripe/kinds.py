"""What is read from Stripe: kinds of objects, how each is listed, which events tell of changes to it.

Belongs here: names and parameters of the API, as plain values. Does not belong here: asking (``client``), the order of
reading (``sync``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

EVENTS_DAYS = 30
"""For how many days Stripe keeps events."""


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    ``name`` is that of the client's service and of the folder; ``object`` what the API calls one; ``permission`` how
    the page of restricted keys calls the right to read it; ``expand`` lists fields of one object that come whole;
    ``dated``: its list can be limited by ``created``; ``changed_by`` are events that tell that an older one changed,
    of itself or of an object that names it, as a dispute names its charge; ``kept`` are the events that are kept for
    what they say of the past.
    """

    name: str
    object: str
    permission: str
    expand: tuple[str, ...] = ()
    dated: bool = True
    changed_by: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.kept, *self.changed_by)))


_SUBSCRIPTION = "customer.subscription."
_DISCOUNT = "customer.discount."

KINDS: tuple[Kind, ...] = (
    Kind("customers", "customer", "Customers", changed_by=("customer.updated", "customer.deleted")),
    Kind("products", "product", "Products", changed_by=("product.updated", "product.deleted")),
    Kind("prices", "price", "Prices", ("tiers", "currency_options"), changed_by=("price.updated", "price.deleted")),
    Kind("coupons", "coupon", "Coupons", expand=("applies_to",), changed_by=("coupon.updated",)),
    Kind(
        "subscriptions",
        "subscription",
        "Subscriptions",
        expand=("discounts", "items.data.discounts"),
        # without it the list leaves out those that have ended
        params={"status": "all"},
        kept=(
            *(_SUBSCRIPTION + what for what in ("created", "updated", "deleted", "paused", "resumed")),
            *(_DISCOUNT + what for what in ("created", "updated", "deleted")),
        ),
    ),
    Kind(
        "invoices",
        "invoice",
        "Invoices",
        expand=("discounts", "lines.data.discounts", "total_discount_amounts.discount"),
        changed_by=(
            "invoice.updated", "invoice.finalized", "invoice.paid", "invoice.payment_failed", "invoice.voided",
            "invoice.marked_uncollectible",
        ),
    ),
    Kind("invoice_payments", "invoice_payment", "Invoices"),
    Kind(
        "charges",
        "charge",
        "Charges and Refunds",
        changed_by=(
            "charge.succeeded", "charge.failed", "charge.updated", "charge.expired", "charge.refunded",
            "charge.refund.updated",
            *("charge.dispute." + what for what in (
                "created", "updated", "closed", "funds_withdrawn", "funds_reinstated",
            )),
        ),
    ),
    Kind(
        "payment_intents",
        "payment_intent",
        "PaymentIntents",
        kept=("payment_intent.payment_failed",),
        changed_by=("payment_intent.succeeded", "payment_intent.canceled"),
    ),
    Kind(
        "payment_methods",
        "payment_method",
        "PaymentMethods",
        dated=False,
        kept=("payment_method.attached", "payment_method.updated", "payment_method.automatically_updated",
              "payment_method.detached"),
    ),
)  # fmt: skip

EVENTS = Kind("events", "event", "Events")

_REVENUE = ("customers", "products", "prices", "coupons", "subscriptions", "invoices")

NEEDED: Mapping[str, tuple[str, ...]] = {
    # customers that were deleted are known by their subscriptions
    "accounts": ("customers", "subscriptions"),
    "subscriptions": _REVENUE,
    "subscription_changes": _REVENUE,
    "invoices": ("customers", "invoices"),
    "payments": ("customers", "invoices", "invoice_payments", "charges", "payment_intents"),
    "payment_methods": ("customers", "payment_methods"),
}
"""Contract table -> kinds of objects that it is made of."""


def needed(tables: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds that these contract tables are made of, in the order in which they are read."""
    names = {name for table in tables for name in NEEDED[table]}
    return tuple(kind for kind in KINDS if kind.name in names)
