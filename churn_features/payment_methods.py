"""How the account pays, and until when its card is good.

Belongs here: features over ``payment_methods``. Does not belong here: whether charges succeed (``payments``).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from churn_features.feature import feature

_HALF_YEAR = 182
_NO_EXPIRY = -(10**6)
"""Days that no card is ever away from its end: those of a way to pay that does not expire."""


def _order_of_adding(payment_methods: ir.Table) -> ir.Value:
    # the id decides between methods that were added at the same instant, else the order of rows would
    return ibis.struct({
        "added_at": payment_methods.added_at, "payment_method_id": payment_methods.payment_method_id,
    })  # fmt: skip


@feature(unit="category", theme="payment")
def payment_method(payment_methods: ir.Table) -> ir.Value:
    """Kind of the newest way to pay that is not removed; missing without one.

    >>> cards = [{"added_at": 99, "kind": "card"}, {"added_at": 9, "kind": "sepa_debit"}]
    >>> known("payment_method", payment_methods=cards)
    'sepa_debit'
    """
    return payment_methods.kind.argmax(_order_of_adding(payment_methods), where=payment_methods.removed_at.isnull())


@feature(unit="yes/no", theme="payment", empty=1, sentence="There is no card or other way to pay on file")
def no_payment_method(payment_methods: ir.Table) -> ir.Value:
    """1 if the account has no way to pay that is not removed, expired ones included, else 0.

    >>> known("no_payment_method", payment_methods=[{"added_at": 99, "removed_at": 3}])
    1.0
    """
    return (~payment_methods.removed_at.isnull().any()).cast("int8")


@feature(
    unit="count",
    theme="payment",
    empty=0,
    sentence="Changes of the way to pay in the last 182 days: {payment_method_changes_182d}",
)
def payment_method_changes_182d(payment_methods: ir.Table) -> ir.Value:
    """Ways to pay added in the last 182 days, the account's very first one left out.

    >>> known("payment_method_changes_182d", payment_methods=[{"added_at": d} for d in (100, 50, 5)])
    2.0
    """
    recent = payment_methods.days_ago < _HALF_YEAR
    return payment_methods.count(where=recent) - (payment_methods.days_ago.max() < _HALF_YEAR).cast("int64")


@feature(
    unit="days", theme="payment", sentence="Days since a way to pay was last added: {days_since_payment_method_added}"
)
def days_since_payment_method_added(payment_methods: ir.Table) -> ir.Value:
    """Days since a way to pay was last added, removed since or not; missing if there never was one.

    >>> known("days_since_payment_method_added", payment_methods=[{"added_at": 400}, {"added_at": 12}])
    12.0
    """
    return payment_methods.days_ago.min()


@feature(
    unit="days", theme="payment", sentence="Days until the card expires, negative once it has: {days_to_card_expiry}"
)
def days_to_card_expiry(payment_methods: ir.Table) -> ir.Value:
    """Days until the card expires, negative if it has: of the newest way to pay that is not removed
    (``payment_method``); missing where that is no card or there is none.

    >>> known("days_to_card_expiry", payment_methods=[{"added_at": 500, "expires_on": -31}])
    31.0
    """
    # never empty: engines differ in whether argmax skips an empty value, and with it the newest way to pay
    expired = payment_methods.expires_days_ago.coalesce(_NO_EXPIRY)
    newest = expired.argmax(_order_of_adding(payment_methods), where=payment_methods.removed_at.isnull())
    return -newest.nullif(_NO_EXPIRY)


@feature(
    unit="yes/no",
    theme="payment",
    direction=1,
    sentence="The card will not be valid for the next charge in {days_to_renewal} days",
)
def card_expires_before_renewal(days_to_card_expiry: ir.Value, days_to_renewal: ir.Value) -> ir.Value:
    """1 if the card (``days_to_card_expiry``) expires before the next billing date or has expired, else 0; missing
    where the newest way to pay is no card, and without a billing date.

    >>> known("card_expires_before_renewal", payment_methods=[{"added_at": 500, "expires_on": 0}])  # renewal: tomorrow
    1.0
    """
    return (days_to_card_expiry < days_to_renewal).cast("float64")
