"""Subscriptions one after the other, each with all that is on file of it.

Belongs here: bringing objects, events and invoice lines of a subscription together, in bounded memory. Does not belong
here: what follows from them (``history``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pipelines.sources.stripe.billed import line
from pipelines.sources.stripe.catalogue import Catalogue
from pipelines.sources.stripe.history import Event, Evidence
from pipelines.sources.stripe.store import Cursor, Store

if TYPE_CHECKING:
    import duckdb

SUBSCRIPTION_OF_INVOICE = "coalesce(object->>'$.parent.subscription_details.subscription', object->>'$.subscription')"

_LINE_OF = (
    "coalesce(line->>'$.parent.subscription_item_details.subscription', "
    "line->>'$.parent.invoice_item_details.subscription', line->>'$.subscription', subscription)"
)

PAID_BY = (
    "SELECT coalesce(object->>'$.payment.payment_intent', object->>'$.payment.charge') AS payment, "
    "min(object->>'$.invoice') AS invoice FROM ({}) GROUP BY 1"
)
"""SQL for which payment intent or charge pays which invoice, over invoice payments."""

_ORDER = {"created": 0, "deleted": 2}
"""Of several events in one second, the first and the last kind."""


def evidence(
    con: duckdb.DuckDBPyConnection, store: Store, cursor: Cursor, catalogue: Catalogue
) -> Iterator[tuple[Evidence, str, int]]:
    """Everything of each subscription, by id, with the file and the row where its last version is kept."""
    failed = {row[0]: (int(row[1]), int(row[2])) for row in con.execute(_failed(store, cursor)).fetchall()}
    # one sorted stream, which the engine spills: a customer of many years has hundreds of lines
    pieces = f"{_versions(store, cursor)} UNION ALL {_events(store, cursor)} UNION ALL {_lines(store, cursor)}"
    con.execute(f"SELECT * FROM ({pieces}) WHERE id IS NOT NULL ORDER BY id, piece, made_at, _file, _row, nth")
    for id_, group in groupby(_fetched(con), key=lambda row: row[0]):
        found: dict[str, list[tuple[Any, ...]]] = {"event": [], "line": [], "version": []}
        for row in group:
            found[row[1]].append(row[2:])
        if not found["version"]:
            continue  # no reading of it is kept
        versions = [(row[0], json.loads(row[1])) for row in found["version"]]
        events = [_event(at, json.loads(text)) for at, text, *_ in found["event"]]
        billed = [
            line(json.loads(text), (stands, at, file), catalogue) for at, text, file, _, _, stands in found["line"]
        ]
        yield (
            Evidence(
                versions[-1][1],
                versions,
                sorted(events, key=lambda each: (each.at, _ORDER.get(each.type.split(".")[-1], 1))),
                [each for each in billed if each],
                failed.get(id_),
            ),
            *found["version"][-1][2:4],
        )


def _fetched(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := con.fetchmany(2000):
        yield from rows


def _event(at: int, value: dict[str, Any]) -> Event:
    return Event(at, value["type"], value["data"]["object"], value["data"].get("previous_attributes") or {})


def _versions(store: Store, cursor: Cursor) -> str:
    return (
        f"SELECT id, 'version' AS piece, fetched_at AS made_at, CAST(object AS VARCHAR) AS text, _file, _row, "
        f"0 AS nth, true AS stands FROM ({store.rows('subscriptions', cursor)}) "
        f"WHERE object->>'$.deleted' IS DISTINCT FROM 'true'"
    )


def _events(store: Store, cursor: Cursor) -> str:
    # read with an overlap, an event may be on file twice
    return (
        f"SELECT object->>'$.data.object.id', 'event', CAST(object->>'$.created' AS BIGINT), any_value("
        f"CAST(object AS VARCHAR)), id, 0, 0, true FROM ({store.rows('events', cursor)}) "
        f"WHERE object->>'$.data.object.object' = 'subscription' GROUP BY ALL"
    )


def _lines(store: Store, cursor: Cursor) -> str:
    invoices = (
        f"SELECT id AS invoice, CAST(object->>'$.created' AS BIGINT) AS made_at, "
        f"{SUBSCRIPTION_OF_INVOICE} AS subscription, coalesce(object->>'$.status', '') <> 'void' AS stands, "
        f"unnest(json_extract(object, '$.lines.data[*]')) AS line, "
        f"generate_subscripts(json_extract(object, '$.lines.data[*]'), 1) AS nth "
        f"FROM ({store.latest('invoices', cursor)})"
    )
    return f"SELECT {_LINE_OF}, 'line', made_at, CAST(line AS VARCHAR), invoice, 0, nth, stands FROM ({invoices})"


def _failed(store: Store, cursor: Cursor) -> str:
    """SQL for the first and the last failed attempt on open bills of each subscription that has some."""
    open_bills = (
        f"SELECT id, {SUBSCRIPTION_OF_INVOICE} AS subscription FROM ({store.latest('invoices', cursor)}) "
        f"WHERE object->>'$.status' IN ('open', 'uncollectible')"
    )
    return (
        f"SELECT subscription, min(made_at), max(made_at) FROM ({attempts(store, cursor)}) a "
        f"JOIN ({open_bills}) b ON b.id = a.invoice WHERE status = 'failed' AND subscription IS NOT NULL "
        f"GROUP BY subscription"
    )


def attempts(store: Store, cursor: Cursor) -> str:
    """SQL for charges of invoices: ``id``, ``invoice``, ``made_at`` (Unix seconds), ``status``, object and place.

    Newer layouts of the API name an invoice's payments in objects of their own, older ones in the charge.
    """
    paid_by = PAID_BY.format(store.latest("invoice_payments", cursor))
    intents = f"SELECT id AS intent, object->>'$.invoice' AS of_intent FROM ({store.latest('payment_intents', cursor)})"
    return (
        f"SELECT c.id, coalesce(c.object->>'$.invoice', p.invoice, q.invoice, of_intent) AS invoice, "
        f"CAST(c.object->>'$.created' AS BIGINT) AS made_at, c.object->>'$.status' AS status, c.object, c._file, "
        f"c._row FROM ({store.latest('charges', cursor)}) c "
        f"LEFT JOIN ({paid_by}) p ON p.payment = (c.object->>'$.payment_intent') LEFT JOIN ({paid_by}) q "
        f"ON q.payment = c.id LEFT JOIN ({intents}) i ON i.intent = (c.object->>'$.payment_intent')"
    )
