"""What a company sells: prices, products, coupons and discounts by id, whichever layout of the API they came in.

Belongs here: looking up what subscriptions and invoices name. Does not belong here: what they are worth (``revenue``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.sources.stripe.revenue import Discount, Price
from pipelines.sources.stripe.store import Cursor, Store

if TYPE_CHECKING:
    import duckdb

_DISCOUNTS = (
    ("customers", "$.discount"),
    ("subscriptions", "$.discount"), ("subscriptions", "$.discounts[*]"),
    ("subscriptions", "$.items.data[*].discounts[*]"),
    ("invoices", "$.discount"), ("invoices", "$.discounts[*]"), ("invoices", "$.lines.data[*].discounts[*]"),
    ("invoices", "$.total_discount_amounts[*].discount"),
    ("events", "$.data.object"), ("events", "$.data.object.discount"), ("events", "$.data.object.discounts[*]"),
)  # fmt: skip
"""Where discounts are found with their coupon, and not as mere ids."""


@dataclass
class Catalogue:
    """Raw objects by id. ``plan``: the configured field that names a plan."""

    plan: str
    prices: dict[str, Mapping[str, Any]]
    products: dict[str, Mapping[str, Any]]
    coupons: dict[str, Mapping[str, Any]]
    discounts: dict[str, Mapping[str, Any]]
    of_customer: dict[str, Mapping[str, Any]]
    """Customer -> the discount on all it buys."""
    _known: dict[tuple[str, str], Price | None] = field(default_factory=dict)

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, store: Store, cursor: Cursor, plan: str) -> Catalogue:
        def by_id(kind: str) -> dict[str, Mapping[str, Any]]:
            rows = con.execute(f"SELECT id, CAST(object AS VARCHAR) FROM ({store.latest(kind, cursor)})")
            return {id_: json.loads(text) for id_, text in rows.fetchall()}

        discounts: dict[str, Mapping[str, Any]] = {found["id"]: found for found in _discounts(con, store, cursor)}
        on_all = con.execute(
            f"SELECT id, CAST(object->'$.discount' AS VARCHAR) FROM ({store.latest('customers', cursor)}) "
            f"WHERE json_type(object->'$.discount') = 'OBJECT'"
        )
        own = {id_: json.loads(text) for id_, text in on_all.fetchall()}
        return cls(plan, by_id("prices"), by_id("products"), by_id("coupons"), discounts, own)

    def price(self, value: Mapping[str, Any] | str | None, currency: str) -> Price | None:
        """The recurring price that is named, as billed in ``currency``; None if it is unknown or charged once.

        Both the object that came with its item and the one in the list of prices are used: only the latter has tiers.
        """
        if not value:
            return None
        id_ = value if isinstance(value, str) else value["id"]
        if (id_, currency) not in self._known:
            whole = {**({} if isinstance(value, str) else value), **self.prices.get(id_, {})}
            self.prices[id_] = whole
            other = (whole.get("currency_options") or {}).get(currency)
            if other and whole.get("currency") != currency:
                whole = {**whole, **other, "currency": currency}
            self._known[id_, currency] = Price.of(whole) if whole.get("id") else None
        return self._known[id_, currency]

    def plan_name(self, price: Price) -> str:
        """What the plan of a price is called: the configured field, else the best name that Stripe has."""
        raw = self.prices.get(price.id, {})
        given = raw.get("product")
        product = self.products.get(price.product) or (given if isinstance(given, Mapping) else {})
        of, _, path = self.plan.partition(".")
        found: Any = product if of == "product" else raw
        for name in path.split(".", 1):
            found = found.get(name) if isinstance(found, Mapping) else None
        best = found, raw.get("nickname"), product.get("name"), price.id
        return next(str(name) for name in best if name)

    def discount(self, value: Mapping[str, Any] | str) -> Discount:
        """The discount that is named; of an unknown one nothing is known but its id."""
        id_ = value if isinstance(value, str) else value["id"]
        return Discount.of(
            self.discounts.get(id_) or (value if isinstance(value, Mapping) else {"id": id_}), self.coupons
        )

    def discounts_of(self, customer: str | None, at: int) -> tuple[Discount, ...]:
        """The discount that a customer has on everything at an instant."""
        found = self.of_customer.get(customer or "")
        if not found or found.get("start", 0) > at or (found.get("end") or at + 1) <= at:
            return ()
        return (self.discount(found),)


def _discounts(con: duckdb.DuckDBPyConnection, store: Store, cursor: Cursor) -> Iterator[dict[str, Any]]:
    for kind, path in _DISCOUNTS:
        found = f"json_extract(object, '{path}')"
        found = f"unnest({found})" if "[*]" in path else found
        sql = (
            f"SELECT DISTINCT CAST(d AS VARCHAR) AS d FROM (SELECT {found} AS d FROM ({store.rows(kind, cursor)})) "
            f"WHERE json_type(d) = 'OBJECT' AND d->>'$.object' = 'discount' ORDER BY d"
        )
        for (text,) in con.execute(sql).fetchall():
            yield json.loads(text)
