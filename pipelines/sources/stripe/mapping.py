"""From Stripe's objects to the rows of contract tables, as SQL: accounts and invoices.

Belongs here: those two, and to which account a customer belongs. Does not belong here: what was collected
(``collecting``), and subscriptions, whose course takes more than their objects (``history``).

Every query gives the contract's columns and ``_file`` and ``_row``, where the object is kept.
"""

from __future__ import annotations

from pipelines.config import StripeSource
from pipelines.engine import identifier
from pipelines.sources.stripe.evidence import SUBSCRIPTION_OF_INVOICE
from pipelines.sources.stripe.fields import PLACE, at, instant, money, named, number, text
from pipelines.sources.stripe.store import Cursor, Store


def owned(source: StripeSource, store: Store, cursor: Cursor, rows: str) -> str:
    """SQL for rows with the ``account_id`` of their ``customer`` in its place.

    A customer that was deleted before the first read is its own account where accounts are named by the customer's id.
    """
    customers = store.latest("customers", cursor)
    owners = f"SELECT id AS customer, {named(source.account_id)} AS account_id FROM ({customers})"
    unknown = "rows.customer" if source.account_id == "id" else "CAST(NULL AS VARCHAR)"
    return (
        f"SELECT rows.* EXCLUDE (customer), CASE WHEN o.customer IS NULL THEN {unknown} ELSE o.account_id END "
        f"AS account_id FROM ({rows}) rows LEFT JOIN ({owners}) o ON o.customer = rows.customer"
    )


def accounts(source: StripeSource, store: Store, cursor: Cursor, currency: str) -> str:
    """One row per account, of several customers of one account by the first. It began with its customer, or with a
    subscription that was dated back."""
    began = (
        f"SELECT {text('customer')} AS customer, min({number('start_date')}) AS began_at, "
        f"min({number('created')}) AS made_at, min({PLACE}) AS place FROM ({store.latest('subscriptions', cursor)}) "
        f"WHERE {text('status')} NOT IN ('incomplete', 'incomplete_expired') GROUP BY 1"
    )
    columns = "".join(f", {named(field)} AS {identifier(column)}" for column, field in source.accounts.items())
    customers = (
        f"SELECT id AS customer, {named(source.account_id)} AS account_id, {number('created')} AS made_at{columns}, "
        f"_file, _row FROM ({store.latest('customers', cursor)})"
    )
    rows = (
        f"SELECT c.* EXCLUDE (made_at), {instant('least(c.made_at, s.began_at)')} AS created_at, "
        f"{instant('c.made_at')} AS recorded_at FROM ({customers}) c LEFT JOIN ({began}) s USING (customer)"
    )
    if source.account_id == "id":
        missing = (
            f"SELECT s.customer, s.customer AS account_id, place._file AS _file, place._row AS _row, "
            f"{instant('least(s.began_at, s.made_at)')} AS created_at, {instant('s.made_at')} AS recorded_at "
            f"FROM ({began}) s ANTI JOIN ({customers}) c ON c.customer = s.customer"
        )
        rows = f"({rows}) UNION ALL BY NAME ({missing})"
    once = "row_number() OVER (PARTITION BY account_id ORDER BY created_at, customer) = 1 OR account_id IS NULL"
    return f"SELECT * EXCLUDE (customer) FROM ({rows}) QUALIFY {once}"


def invoices(source: StripeSource, store: Store, cursor: Cursor, currency: str) -> str:
    """One row per invoice that was issued; drafts are not."""
    issued, status = ("status_transitions.finalized_at", "created"), text("status")
    closed = (
        f"CASE {status} WHEN 'void' THEN {at('status_transitions.voided_at')} "
        f"WHEN 'uncollectible' THEN {at('status_transitions.marked_uncollectible_at')} END"
    )
    rows = (
        f"SELECT id AS invoice_id, {text('customer')} AS customer, {SUBSCRIPTION_OF_INVOICE} AS subscription_id, "
        f"{at(*issued)} AS issued_at, {at('due_date', *issued)} AS due_at, {money('total', currency)} AS amount, "
        f"{at('status_transitions.paid_at')} AS paid_at, {closed} AS closed_at, "
        f"CASE WHEN {status} IN ('void', 'uncollectible') THEN {status} END AS closed_as, {status} = 'paid' AS paid, "
        f"_file, _row FROM ({store.latest('invoices', cursor)}) WHERE coalesce({status}, 'draft') <> 'draft'"
    )
    return owned(source, store, cursor, rows)
