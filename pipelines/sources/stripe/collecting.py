"""From Stripe's objects to the rows of contract tables, as SQL: attempts to collect, and ways to pay.

Belongs here: payments and payment methods. Does not belong here: what was billed (``mapping``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelines.config import StripeSource
from pipelines.sources.stripe.evidence import PAID_BY, attempts
from pipelines.sources.stripe.fields import PLACE, at, instant, money, number, text
from pipelines.sources.stripe.mapping import accounts, invoices, owned
from pipelines.sources.stripe.store import Cursor, Store


def payments(source: StripeSource, store: Store, cursor: Cursor, currency: str) -> str:
    """One row per attempt to collect an invoice: charges, once it is known what became of them, and payment intents
    that failed before there was a charge."""
    code = text("failure_code")
    charges = (
        f"SELECT id AS payment_id, invoice AS invoice_id, {instant('made_at')} AS attempted_at, "
        f"{money('amount', currency)} AS amount, status = 'succeeded' AS succeeded, CASE WHEN {code} = 'card_declined' "
        f"THEN coalesce({text('outcome.reason')}, {code}) ELSE {code} END AS failure_code, _file, _row "
        f"FROM ({attempts(store, cursor)}) WHERE invoice IS NOT NULL AND status IN ('succeeded', 'failed')"
    )
    # read with an overlap, an event may be on file twice
    failed = (
        f"SELECT id, any_value(object->'$.data.object') AS object, min({number('created')}) AS made_at, "
        f"min({PLACE}) AS place FROM ({store.rows('events', cursor)}) "
        f"WHERE {text('type')} = 'payment_intent.payment_failed' "
        f"AND {text('data.object.last_payment_error.charge')} IS NULL GROUP BY id"
    )
    paid_by = PAID_BY.format(store.latest("invoice_payments", cursor))
    intents = (
        f"SELECT e.id AS payment_id, coalesce(p.invoice, {text('invoice')}) AS invoice_id, "
        f"{instant('made_at')} AS attempted_at, {money('amount', currency)} AS amount, false AS succeeded, "
        f"coalesce({text('last_payment_error.decline_code')}, {text('last_payment_error.code')}) AS failure_code, "
        f"place._file AS _file, place._row AS _row FROM ({failed}) e "
        f"LEFT JOIN ({paid_by}) p ON p.payment = {text('id')} WHERE coalesce(p.invoice, {text('invoice')}) IS NOT NULL"
    )
    billed = f"SELECT id AS invoice_id, {text('customer')} AS customer FROM ({store.latest('invoices', cursor)})"
    rows = f"SELECT * FROM (({charges}) UNION ALL BY NAME ({intents})) LEFT JOIN ({billed}) USING (invoice_id)"
    return owned(source, store, cursor, rows)


def payment_methods(source: StripeSource, store: Store, cursor: Cursor, currency: str) -> str:
    """One row per way to pay that a customer has or had, as it was before any event told of another expiry, and one per
    such event."""
    events, before = store.rows("events", cursor), "object->'$.data.previous_attributes.card'"
    told = f"{text('data.object.id')} AS id, {number('created')} AS made_at"
    detached = (
        f"SELECT id, max(made_at) AS removed_at, max(customer) AS customer FROM (SELECT {told}, "
        f"{text('data.previous_attributes.customer')} AS customer FROM ({events}) "
        f"WHERE {text('type')} = 'payment_method.detached') GROUP BY id"
    )
    after = "object->'$.data.object.card'"
    renewed = (
        f"SELECT {told}, {_expiry(after, after)} AS expires_on, {_expiry(before, after)} AS expired_on, "
        f"min({PLACE}) AS place FROM ({events}) "
        f"WHERE {text('type')} IN ('payment_method.updated', 'payment_method.automatically_updated') "
        f"AND coalesce({text('exp_month', before)}, {text('exp_year', before)}) IS NOT NULL GROUP BY ALL"
    )
    first = f"SELECT id, arg_min(expired_on, made_at) AS expired_on FROM ({renewed}) GROUP BY id"
    card, customer = "m.object->'$.card'", text("customer", "m.object")
    now = (
        f"SELECT m.id, coalesce({customer}, d.customer) AS customer, {at('created', of='m.object')} AS added_at, "
        f"CASE WHEN {customer} IS NULL THEN {instant('d.removed_at')} END AS removed_at, "
        f"{text('type', 'm.object')} AS kind, coalesce(f.expired_on, {_expiry(card, card)}) AS expires_on, "
        f"CAST(NULL AS TIMESTAMPTZ) AS recorded_at, _file, _row FROM ({store.latest('payment_methods', cursor)}) m "
        f"LEFT JOIN ({detached}) d ON d.id = m.id LEFT JOIN ({first}) f ON f.id = m.id "
        f"WHERE coalesce({customer}, d.customer) IS NOT NULL"
    )
    later = (
        f"SELECT n.* REPLACE (r.expires_on AS expires_on, {instant('r.made_at')} AS recorded_at, "
        f"r.place._file AS _file, r.place._row AS _row) FROM ({now}) n JOIN ({renewed}) r ON r.id = n.id"
    )
    rows = owned(source, store, cursor, f"({now}) UNION ALL BY NAME ({later})")
    return f"SELECT * RENAME (id AS payment_method_id) FROM ({rows})"


def _expiry(card: str, otherwise: str) -> str:
    """SQL for the last day of the month in which a card expires; what ``card`` does not tell ``otherwise`` does."""
    year, month = (
        f"CAST(coalesce({text(name, card)}, {text(name, otherwise)}) AS BIGINT)" for name in ("exp_year", "exp_month")
    )
    return f"last_day(make_date({year}, {month}, 1))"


QUERIES: Mapping[str, Callable[[StripeSource, Store, Cursor, str], str]] = {
    "accounts": accounts,
    "invoices": invoices,
    "payments": payments,
    "payment_methods": payment_methods,
}
"""Contract table -> its query, given the source, what is on file and the company's currency."""
