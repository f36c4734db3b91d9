"""A Stripe-shaped server on this machine, and a way to write down what a company has in it.

Belongs here: the API's behaviour as far as it is read, with faults on request, and shorthand for its objects. Does not
belong here: any expectation. The layout of objects is that of the API version that the library pins.
"""

from __future__ import annotations

import copy
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from churn_features.clock import cutoff
from churn_features.tables import TABLES
from pipelines import config as configuration
from pipelines import engine
from pipelines.config import Config
from pipelines.sources import Window, reader

DAY = 86_400
KEY = "rk_test_readonly"
Value = dict[str, Any]
Rows = list[Value]

KINDS = {
    "customers": "customer", "products": "product", "prices": "price", "coupons": "coupon",
    "subscriptions": "subscription", "invoices": "invoice", "invoice_payments": "invoice_payment", "charges": "charge",
    "payment_intents": "payment_intent", "payment_methods": "payment_method", "events": "event",
}  # fmt: skip
PERMISSION = {"invoice_payments": "invoices", "subscription_items": "subscriptions"}
PARAMETERS = {"limit", "starting_after", "ending_before", "expand"}
OWN = {"subscriptions": {"status", "customer"}, "events": {"type"}, "payment_methods": {"customer", "type"}}
INCLUDED = {"prices": ("tiers", "currency_options"), "coupons": ("applies_to",)}
"""Fields that are left out unless asked for."""


@dataclass
class Stripe:
    """The objects of one account; ``now`` is the server's clock."""

    now: float = field(default_factory=time.time)
    objects: dict[str, dict[str, Value]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    keys: dict[str, set[str]] = field(default_factory=lambda: {KEY: {*KINDS, "subscription_items"}})
    faults: list[str] = field(default_factory=list)
    fault_rate: float = 0.0
    delay: float = 0.0
    requests: list[tuple[str, Value]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(5))

    def at(self, days_ago: float) -> int:
        """The instant so many days before the last midnight (UTC)."""
        return int(self.now // DAY * DAY - days_ago * DAY)

    def add(self, kind: str, id_: str, days_ago: float, **fields: Any) -> Value:
        value = {"id": id_, "object": KINDS[kind], "created": self.at(days_ago), "livemode": False, **fields}
        self.objects[kind][id_] = value
        return value

    def tell(self, type_: str, value: Value, days_ago: float, before: Value | None = None) -> None:
        """An event with the object as it is now."""
        shown = _unexpanded(copy.deepcopy(value))
        data = {"object": shown} | ({"previous_attributes": before} if before else {})
        self.add("events", f"evt_{len(self.objects['events']):05}", days_ago, type=type_, data=data)

    def change(self, type_: str, value: Value, days_ago: float, **fields: Any) -> None:
        """Change fields of an object and tell so."""
        before = {name: copy.deepcopy(value.get(name)) for name in fields}
        value.update(fields)
        self.tell(type_, value, days_ago, _unexpanded(before))

    # shorthand for what a company has

    def customer(self, id_: str, days_ago: float, **fields: Any) -> Value:
        plain = {"name": id_.title(), "address": {"country": "DE"}, "metadata": {}, "discount": None}
        return self.add("customers", id_, days_ago, **{**plain, **fields})

    def price(self, id_: str, unit: int | None, interval: str = "month", count: int = 1, **fields: Any) -> Value:
        product = self.add("products", f"prod_{id_}", 900, name=id_.title(), metadata={"tier": id_[:3]})
        recurring = {"interval": interval, "interval_count": count, "usage_type": fields.pop("usage_type", "licensed")}
        plain = {
            "currency": "eur", "product": product["id"], "unit_amount": unit, "billing_scheme": "per_unit",
            "unit_amount_decimal": None if unit is None else str(unit), "recurring": recurring, "type": "recurring",
            "nickname": None, "metadata": {}, "transform_quantity": None,
        }  # fmt: skip
        return self.add("prices", f"price_{id_}", 900, **{**plain, **fields})

    def coupon(self, id_: str, duration: str, **fields: Any) -> Value:
        plain = {"percent_off": None, "amount_off": None, "duration": duration}
        return self.add("coupons", id_, 900, **{**plain, **fields})

    def discount(self, id_: str, coupon: str, days_ago: float, end: float | None = None) -> Value:
        ends = None if end is None else self.at(end)
        return {
            "id": id_, "object": "discount", "start": self.at(days_ago), "end": ends,
            "source": {"type": "coupon", "coupon": coupon},
        }  # fmt: skip

    def item(self, price: str, quantity: int | None = 1, discounts: Sequence[Value] = ()) -> Value:
        whole = {key: value for key, value in self.objects["prices"][f"price_{price}"].items() if key != "tiers"}
        given = {} if quantity is None else {"quantity": quantity}
        return {
            "id": f"si_{price}", "object": "subscription_item", "price": whole, "discounts": list(discounts),
            "current_period_end": self.at(-10), **given,
        }  # fmt: skip

    def subscribe(self, id_: str, items: Sequence[Value], days_ago: float, **fields: Any) -> Value:
        """A subscription of the customer of the same name; it is told where events are still kept."""
        started = fields.pop("started", days_ago)
        plain = {
            "customer": id_.replace("sub_", "cus_", 1), "status": "active", "currency": "eur", "discounts": [],
            "start_date": self.at(started), "trial_end": None, "cancel_at": None, "cancel_at_period_end": False,
            "canceled_at": None, "ended_at": None, "pause_collection": None, "cancellation_details": None,
            "items": {"object": "list", "data": list(items), "has_more": False},
        }  # fmt: skip
        value = self.add("subscriptions", id_, days_ago, **{**plain, **fields})
        if days_ago < 30:
            self.tell("customer.subscription.created", value, days_ago)
        return value

    def line(
        self, price: str, quantity: int, start: float, end: float, amount: int | None = None, proration: bool = False,
        discounts: Sequence[tuple[Value, int]] = (),
    ) -> Value:  # fmt: skip
        unit = self.objects["prices"][f"price_{price}"]["unit_amount"]
        details = {"proration": proration, "invoice_item": None}
        return {
            "id": f"il_{price}_{start}_{amount}", "object": "line_item", "quantity": quantity, "currency": "eur",
            "amount": unit * quantity if amount is None else amount,
            "period": {"start": self.at(start), "end": self.at(end)},
            "pricing": {"type": "price_details", "price_details": {"price": f"price_{price}"}},
            "parent": {"type": "subscription_item_details", "subscription_item_details": details},
            "discounts": [found for found, _ in discounts],
            "discount_amounts": [{"discount": found["id"], "amount": taken} for found, taken in discounts],
        }  # fmt: skip

    def bill(self, sub: str, lines: Sequence[Value], days_ago: float, pay: Any = "succeeded", **fields: Any) -> Value:
        """An invoice. ``pay``: the status of its charge, or several as (status, days ago, failure code), or None."""
        number = len(self.objects["invoices"])
        tries = [(pay, days_ago, None)] if isinstance(pay, str) else list(pay or ())
        paid = next((when for status, when, _ in tries if status == "succeeded"), None)
        customer = self.objects["subscriptions"][sub]["customer"] if sub in self.objects["subscriptions"] else sub
        total = sum(each["amount"] for each in lines)
        total -= sum(off["amount"] for each in lines for off in each["discount_amounts"])
        moved = {"finalized_at": self.at(days_ago), "paid_at": None if paid is None else self.at(paid),
                 "voided_at": None, "marked_uncollectible_at": None}  # fmt: skip
        given = {each["id"]: each for one in lines for each in one["discounts"]}
        taken = {off["discount"]: off["amount"] for each in lines for off in each["discount_amounts"]}
        plain = {
            "customer": customer, "currency": "eur", "status": "open" if paid is None else "paid", "total": total,
            "due_date": None, "attempt_count": len(tries), "next_payment_attempt": None,
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": sub}},
            "lines": {"object": "list", "data": list(lines), "has_more": False}, "status_transitions": moved,
            "discounts": list(given.values()),
            "total_discount_amounts": [{"amount": taken[id_], "discount": each} for id_, each in given.items()],
        }  # fmt: skip
        value = self.add("invoices", f"in_{number:05}", days_ago, **{**plain, **fields})
        for nth, (status, when, code) in enumerate(tries):
            self.charge(value, f"{number:05}{nth or ''}", status, when, code)
        return value

    def charge(self, invoice: Value, number: str, status: str, days_ago: float, code: str | None = None) -> Value:
        intent = f"pi_{invoice['id'][3:]}"
        if intent not in self.objects["payment_intents"]:
            self.add("payment_intents", intent, days_ago, amount=invoice["total"], status=status, currency="eur",
                     last_payment_error=None, client_secret="pi_secret")  # fmt: skip
            payment = {"type": "payment_intent", "payment_intent": intent}
            self.add("invoice_payments", f"inpay_{number}", days_ago, invoice=invoice["id"], payment=payment)
        return self.add(
            "charges", f"ch_{number}", days_ago, amount=invoice["total"], currency=invoice["currency"], status=status,
            payment_intent=intent, failure_code="card_declined" if code else None, outcome={"reason": code},
        )  # fmt: skip

    def months(
        self, sub: str, items: Mapping[str, int], since: float, until: float = 0, days: int = 30, **more: Any
    ) -> None:
        """Paid invoices for whole periods."""
        start = since
        while start > until:
            lines = [self.line(price, quantity, start, start - days) for price, quantity in items.items()]
            self.bill(sub, lines, start, **more)
            start -= days


def _unexpanded(value: Value) -> Value:
    """An object as it comes without asking for more: discounts by id, lists of ten."""
    for name in ("discounts",):
        if isinstance(value.get(name), list):
            value[name] = [each if isinstance(each, str) else each["id"] for each in value[name]]
    for name in ("items", "lines"):
        for each in (value.get(name) or {}).get("data", ()):
            _unexpanded(each)
    if value.get("total_discount_amounts"):
        value["total_discount_amounts"] = [
            {**each, "discount": each["discount"]["id"]} for each in value["total_discount_amounts"]
        ]
    return value


class _Refusal(Exception):
    def __init__(self, status: int, message: str, **more: str) -> None:
        self.status, self.error = status, {"message": message, "type": "invalid_request_error", **more}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stripe: Stripe

    def log_message(self, *_: Any) -> None:
        """The server is silent."""

    def do_GET(self) -> None:
        stripe = self.stripe
        parts = urlsplit(self.path)
        params = _params(parse_qsl(parts.query))
        stripe.requests.append((parts.path, dict(params)))
        stripe.headers.append(dict(self.headers))
        time.sleep(stripe.delay)
        fault = stripe.faults.pop(0) if stripe.faults else ""
        if not fault and stripe.fault_rate and stripe.chance.random() < stripe.fault_rate:
            fault = stripe.chance.choice(["429", "500", "drop", "truncate"])
        if fault == "drop":
            self.close_connection = True
            self.connection.close()
            return
        try:
            if fault in ("429", "500"):
                kind = "rate_limit_error" if fault == "429" else "api_error"
                raise _Refusal(int(fault), "as asked by the test", type=kind)
            status, body = 200, self._answer(parts.path, params)
        except _Refusal as refusal:
            status, body = refusal.status, {"error": refusal.error}
        self._send(status, json.dumps(body).encode(), fault)

    def _send(self, status: int, body: bytes, fault: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", "req_1")
        if status == 429:
            self.send_header("Retry-After", "0.01")
        self.end_headers()
        if fault == "truncate":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _answer(self, path: str, params: Value) -> Value:
        _, version, kind, *rest = path.split("/")
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if key not in self.stripe.keys:
            raise _Refusal(401, f"Invalid API Key provided: {key}")
        if version != "v1" or kind not in (*KINDS, "subscription_items"):
            raise _Refusal(404, f"Unrecognized request URL (GET: {path})")
        if PERMISSION.get(kind, kind) not in self.stripe.keys[key]:
            raise _Refusal(403, f"The provided key '{key}' does not have the required permissions for this endpoint.")
        if kind == "subscription_items":
            rows = self.stripe.objects["subscriptions"][params.pop("subscription")]["items"]["data"]
            return _paged(rows, params, path)
        if not rest:
            return self._list(kind, params, path)
        found = self.stripe.objects[kind].get(rest[0])
        if found is None:
            raise _Refusal(404, f"No such {KINDS[kind]}: '{rest[0]}'", code="resource_missing", param="id")
        if rest[1:] == ["lines"]:
            return _paged(found["lines"]["data"], params, path)
        if found.get("deleted"):
            return {"id": found["id"], "object": KINDS[kind], "deleted": True}
        return _shown(kind, found, params.get("expand", []))

    def _list(self, kind: str, params: Value, path: str) -> Value:
        created = params.pop("created", None)
        allowed = PARAMETERS | OWN.get(kind, set())
        if (created is not None and kind == "payment_methods") or set(params) - allowed:
            raise _Refusal(400, f"Received unknown parameter: {', '.join({*params} - allowed) or 'created'}")
        rows = [row for row in self.stripe.objects[kind].values() if not row.get("deleted")]
        if kind == "subscriptions" and params.pop("status", None) != "all":
            rows = [row for row in rows if row["status"] != "canceled"]
        if kind == "payment_methods":
            rows = [row for row in rows if row["customer"]]
        if kind == "events":
            rows = [row for row in rows if row["created"] >= self.stripe.now - 30 * DAY]
            type_ = params.pop("type", None)
            rows = [row for row in rows if type_ in (None, row["type"])]
        tests: dict[str, Callable[[int, int], bool]] = {
            "gte": lambda a, b: a >= b, "gt": lambda a, b: a > b, "lte": lambda a, b: a <= b, "lt": lambda a, b: a < b,
        }  # fmt: skip
        for sign, bound in (created or {}).items():
            rows = [row for row in rows if tests[sign](row["created"], int(bound))]
        rows.sort(key=lambda row: (row["created"], row["id"]), reverse=True)
        expand = [each.removeprefix("data.") for each in params.pop("expand", [])]
        page = _paged(rows, params, path)
        return {**page, "data": [_shown(kind, row, expand) for row in page["data"]]}


def _params(pairs: Sequence[tuple[str, str]]) -> Value:
    found: Value = {}
    for name, value in pairs:
        if name.startswith("expand["):
            found.setdefault("expand", []).append(value)
        elif "[" in name:
            outer, _, inner = name.rstrip("]").partition("[")
            found.setdefault(outer, {})[inner] = value
        else:
            found[name] = value
    return found


def _paged(rows: Sequence[Value], params: Value, path: str) -> Value:
    limit, after = int(params.get("limit", 10)), params.get("starting_after")
    if not 1 <= limit <= 100:
        raise _Refusal(400, "This value must be at most 100", param="limit")
    ids = [row["id"] for row in rows]
    if after is not None and after not in ids:
        raise _Refusal(400, f"No such object: '{after}'", code="resource_missing", param="starting_after")
    begin = ids.index(after) + 1 if after else 0
    return {
        "object": "list",
        "url": path,
        "data": list(rows[begin : begin + limit]),
        "has_more": begin + limit < len(rows),
    }


def _shown(kind: str, value: Value, expand: Sequence[str]) -> Value:
    value = copy.deepcopy(value)
    for name in INCLUDED.get(kind, ()):
        if name not in expand:
            value.pop(name, None)
    if not any("discounts" in name for name in expand):
        value = _unexpanded(value)
    for name in ("items", "lines"):
        inner = value.get(name)
        if inner and len(inner["data"]) > 10:
            value[name] = {**inner, "data": inner["data"][:10], "has_more": True}
    return value


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Who asked may have been killed."""


@contextmanager
def serving() -> Iterator[tuple[Stripe, str]]:
    """An empty account and the address where it is served."""
    stripe = Stripe()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"stripe": stripe}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield stripe, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def configure(folder: Path, address: str, currency: str = "EUR", key: str = KEY, **keys: Any) -> Config:
    """A configuration with an account as its source; keywords are keys of the source."""
    source = {"kind": "stripe", "api_key": f"${{STRIPE_KEY:-{key}}}", "api_base": address, **keys}
    raw = {
        "company": "Acme", "time_zone": "UTC", "currency": currency, "history_start": "2020-01-01",
        "sources": {"billing": source}, "engine": {"threads": 1, "memory_limit": "512MB"},
        "contracts": {"max_bad_share": 0.5},
    }  # fmt: skip
    file = folder / "churn.yaml"
    file.write_text(yaml.safe_dump(raw, sort_keys=False), "utf-8")
    return configuration.load(file)


def land(config: Config, table: str, folder: Path, today: bool = False) -> Rows:
    """Rows of a table as landed for yesterday, or today as far as it is known, by its key, with instants as days before
    the last midnight."""
    as_of, now = config.yesterday() + timedelta(days=today), datetime.now(UTC).replace(tzinfo=None)
    midnight = datetime.combine(now.date(), datetime.min.time())
    folder.mkdir(parents=True, exist_ok=True)
    with engine.connection(config) as con:
        window = Window(as_of, cutoff(as_of, config.time_zone), now)
        reader(config.sources["billing"], config).land(con, TABLES[table], window, folder)
        parts = engine.scan(folder.glob("part-*.parquet"))
        found = con.execute(f"SELECT * FROM {parts} ORDER BY {', '.join(TABLES[table].key)}, recorded_at NULLS FIRST")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def plain(value: Any) -> Any:
        return (midnight - value) / timedelta(days=1) if isinstance(value, datetime) else value

    return [{name: plain(value) for name, value in row.items()} for row in rows]


@pytest.fixture(scope="session")
def server() -> Callable[[], AbstractContextManager[tuple[Stripe, str]]]:
    return serving


@pytest.fixture(scope="session")
def config_of() -> Callable[..., Config]:
    return configure


@pytest.fixture(scope="session")
def landed() -> Callable[..., Rows]:
    return land


@pytest.fixture
def served() -> Iterator[tuple[Stripe, str]]:
    with serving() as both:
        yield both


@pytest.fixture
def stripe(served: tuple[Stripe, str]) -> Stripe:
    """An empty account."""
    return served[0]


@pytest.fixture
def configured(served: tuple[Stripe, str], tmp_path: Path) -> Callable[..., Config]:
    """Configurations with the account as their source."""
    return lambda **keys: configure(tmp_path, served[1], **keys)
