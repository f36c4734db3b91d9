"""Reading over HTTP with the official client: pages, limits, failures, crashes, what is read again and what is not."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import engine
from pipelines.config import Config
from pipelines.errors import ChurnError, SourceUnavailable
from pipelines.sources.stripe import sync as module
from pipelines.sources.stripe.client import Client
from pipelines.sources.stripe.kinds import Kind, needed
from pipelines.sources.stripe.store import Cursor, Store
from pipelines.sources.stripe.sync import Sync

DAY = 86_400


@pytest.fixture
def run() -> Callable[..., Cursor]:
    """Reads until everything known at ``moment`` is on file; without one, whatever is known now."""

    def run(config: Config, moment: float | None = None, **given: Any) -> Cursor:
        source: Any = config.sources["billing"]
        waited = given.pop("waited", [])
        kinds = given.pop("kinds", needed(source.gives))
        with engine.connection(config) as con:
            client = Client(source, pause=waited.append)
            reading = Sync(client, Store.of(source, config), kinds, con, **given)
            return reading.until(int(time.time()) if moment is None else moment)

    return run


def _kept(config: Config, kind: str, latest: bool = False) -> list[dict[str, Any]]:
    store = Store.of(config.sources["billing"], config)  # type: ignore[arg-type]
    cursor = store.cursor()
    with engine.connection(config) as con:
        rows = store.latest(kind, cursor) if latest else store.rows(kind, cursor)
        return [json.loads(row[0]) for row in con.execute(f"SELECT CAST(object AS VARCHAR) FROM ({rows})").fetchall()]


def _fill(stripe: Any, customers: int, bills: int = 1) -> None:
    stripe.price("basic", 2900)
    for number in range(customers):
        stripe.customer(f"cus_{number}", 100)
        stripe.subscribe(f"sub_{number}", [stripe.item("basic")], 100)
        for bill in range(bills):
            stripe.bill(f"sub_{number}", [stripe.line("basic", 1, 100 - 30 * bill, 70 - 30 * bill)], 100 - 30 * bill)


def test_everything_is_read_once_in_pages(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 230)
    config = configured()
    run(config)
    for kind in ("customers", "subscriptions", "invoices", "invoice_payments", "charges", "payment_intents"):
        assert sorted(each["id"] for each in _kept(config, kind)) == sorted(stripe.objects[kind]), kind
    pages = [params.get("starting_after") for path, params in stripe.requests if path == "/v1/customers"]
    assert len(pages) == 3
    assert pages[0] is None
    assert all(params.get("limit") == "100" for path, params in stripe.requests if path.count("/") == 2)


def test_the_next_read_asks_only_for_what_is_new(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 120)
    config = configured()
    run(config)
    old = stripe.objects["subscriptions"]["sub_7"]
    stripe.change("customer.subscription.updated", old, -0.2, cancel_at_period_end=True)
    stripe.change("customer.updated", stripe.objects["customers"]["cus_3"], -0.2, name="New Name")
    stripe.objects["customers"]["cus_4"]["deleted"] = True
    stripe.tell("customer.deleted", stripe.objects["customers"]["cus_4"], -0.2)
    for event in stripe.objects["events"].values():
        event["created"] = int(time.time())
    stripe.customer("cus_new", 0)["created"] = int(time.time())
    stripe.requests.clear()
    began = int(time.time()) + 1
    time.sleep(began - time.time() + 0.05)
    run(config, began)
    listed = [params for path, params in stripe.requests if path == "/v1/customers"]
    assert len(listed) == 1
    assert int(listed[0]["created"]["gte"]) <= time.time() - 3600 + 60
    single = sorted(path for path, _ in stripe.requests if path.count("/") == 3)
    # once each, and once more a customer on file by which the account is known again
    assert single.count("/v1/subscriptions/sub_7") == single.count("/v1/customers/cus_3") == 1
    assert set(single) == {
        "/v1/subscriptions/sub_7",
        "/v1/customers/cus_3",
        "/v1/customers/cus_4",
        "/v1/customers/cus_0",
    }
    latest = {each["id"]: each for each in _kept(config, "customers", latest=True)}
    assert latest["cus_3"]["name"] == "New Name"
    # deleted there, known here
    assert latest["cus_4"]["name"] == "Cus_4"
    assert set(latest) == set(stripe.objects["customers"])
    stripe.requests.clear()
    run(config, began)
    assert stripe.requests == []


def test_refunds_and_disputes_tell_of_their_charges(stripe: Any, configured: Any, run: Any) -> None:
    """A charge that was refunded or disputed after it was read is read again, and so is none that was not."""
    _fill(stripe, 4)
    config = configured()
    run(config)
    refunded, disputed, failed = (stripe.objects["charges"][f"ch_0000{n}"] for n in range(3))
    now = int(time.time())
    stripe.change("charge.refunded", refunded, -0.2, refunded=True)
    disputed["disputed"] = True
    dispute = {"id": "dp_1", "object": "dispute", "charge": disputed["id"], "payment_intent": "pi_00003"}
    stripe.tell("charge.dispute.created", dispute, -0.2)
    failed["amount_refunded"] = 5
    stripe.tell("charge.refund.updated", {"id": "re_1", "object": "refund", "charge": failed["id"]}, -0.2)
    for event in stripe.objects["events"].values():
        event["created"] = now
    stripe.requests.clear()
    time.sleep(now + 1.05 - time.time())
    run(config, now + 1)
    single = sorted(path for path, _ in stripe.requests if path.startswith(("/v1/charges/", "/v1/payment_intents/")))
    assert single == ["/v1/charges/ch_00000", "/v1/charges/ch_00001", "/v1/charges/ch_00002"]
    latest = {each["id"]: each for each in _kept(config, "charges", latest=True)}
    assert (latest["ch_00000"]["refunded"], latest["ch_00001"]["disputed"]) == (True, True)
    assert latest["ch_00002"]["amount_refunded"] == 5
    assert "disputed" not in latest["ch_00003"]


def test_long_lists_within_objects_are_completed(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 1)
    stripe.subscribe("sub_wide", [stripe.item("basic") | {"id": f"si_{at}"} for at in range(15)], 50, customer="cus_0")
    stripe.bill("sub_wide", [stripe.line("basic", 1, 50, 20) | {"id": f"il_{at}"} for at in range(25)], 50)
    config = configured()
    run(config)
    (wide,) = [each for each in _kept(config, "subscriptions") if each["id"] == "sub_wide"]
    assert [each["id"] for each in wide["items"]["data"]] == [f"si_{at}" for at in range(15)]
    assert [len(each["lines"]["data"]) for each in _kept(config, "invoices")] == [25, 1]


def test_limits_and_failures_are_waited_out(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 150)
    stripe.fault_rate = 0.3
    config, waited = configured(), []
    run(config, waited=waited)
    assert sorted(each["id"] for each in _kept(config, "customers")) == sorted(stripe.objects["customers"])
    # as long as the server asked for
    assert 0.01 in waited
    assert max(waited) <= 60


def test_a_limit_that_does_not_end_is_said(stripe: Any, configured: Any, run: Any) -> None:
    stripe.faults[:] = ["429"] * 50
    config, waited = configured(), []
    with pytest.raises(SourceUnavailable, match=r"cannot be read from http://127\.0\.0\.1"):
        run(config, waited=waited)
    assert waited == [0.01] * 7


@pytest.mark.parametrize("kind", ["429", "500", "drop", "truncate"])
def test_one_fault_of_each_kind(stripe: Any, configured: Any, run: Any, kind: str) -> None:
    _fill(stripe, 3)
    stripe.faults[:] = ["", "", kind]
    config = configured()
    run(config)
    assert len(_kept(config, "customers")) == 3


def test_a_key_that_is_not_accepted(configured: Any, run: Any) -> None:
    config = configured(key="rk_test_wrongsecret")
    with pytest.raises(ChurnError, match=r"does not accept the API key \(test mode\).*api_key refers to") as said:
        run(config)
    assert "wrongsecret" not in str(said.value)
    assert "wrongsecret" not in str(said.value.__cause__ and said.value.message)
    assert "wrongsecret" not in repr(config)


def test_a_permission_that_is_missing_is_named(stripe: Any, configured: Any, run: Any) -> None:
    stripe.keys["rk_test_narrow"] = {*stripe.objects} - {"charges"}
    with pytest.raises(
        ChurnError, match=r"may not read Stripe's charges.*permission Charges and Refunds: Read"
    ) as said:
        run(configured(key="rk_test_narrow"))
    assert "rk_test_narrow" not in str(said.value)
    # without the table that needs it all is well
    run(configured(key="rk_test_narrow", tables=["accounts", "subscriptions", "subscription_changes", "invoices"]))


def test_an_address_where_nobody_answers(configured: Any, run: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    config = configured()
    source = config.sources["billing"].model_copy(update={"api_base": address})
    config = config.model_copy(update={"sources": {"billing": source}})
    with pytest.raises(SourceUnavailable, match=r"cannot be read from http://127.0.0.1:\d+: .*it goes on where it was"):
        run(config)


def test_a_wrong_address_is_said(configured: Any, run: Any, stripe: Any) -> None:
    config = configured()
    source = config.sources["billing"]
    other = source.model_copy(update={"api_base": source.api_base + "/proxy"})
    with pytest.raises(ChurnError, match=r"refuses to give .*Unrecognized request URL|.*check sources.*api_base"):
        run(config.model_copy(update={"sources": {"billing": other}}))


def test_objects_of_two_accounts_are_never_mixed(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 2)
    config = configured()
    run(config)
    for kind in stripe.objects:
        stripe.objects[kind] = {}
    stripe.customer("cus_of_another_account", 5)
    with pytest.raises(ChurnError, match=r"another Stripe account.*remove that folder"):
        run(config)
    # live and test objects are kept apart
    live = "sk_live_0"
    stripe.keys[live] = {*stripe.objects, "subscription_items"}
    other = configured(key=live)
    run(other)
    assert [each["id"] for each in _kept(other, "customers")] == ["cus_of_another_account"]


def test_nothing_secret_is_kept_and_nothing_reported(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 2)
    config = configured()
    run(config)
    files = [path for path in config.path(config.state).rglob("*") if path.is_file()]
    assert len(files) > 5
    assert Store.of(config.sources["billing"], config).root.stat().st_mode & 0o077 == 0
    assert all("client_secret" not in each for each in _kept(config, "payment_intents"))
    assert not any(b"readonly" in path.read_bytes() for path in files)
    told = " ".join(f"{name}: {value}" for headers in stripe.headers for name, value in headers.items())
    assert "Telemetry" not in told
    assert "telemetry" not in told
    assert "platform" not in told


def test_after_more_days_than_events_are_kept_everything_is_read_again(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 3)
    config = configured()
    now = time.time()
    run(config, now - 45 * DAY, clock=lambda: now - 40 * DAY)
    stripe.objects["customers"]["cus_1"]["name"] = "Changed, and no event tells"
    said: list[str] = []
    cursor = run(config, say=said.append)
    assert "the last read was 40 days ago and events are kept for 30" in said[0]
    assert "customers (list) read, step" in " ".join(said)
    assert {each["name"] for each in _kept(config, "customers", latest=True)} >= {"Changed, and no event tells"}
    # between the two stretches bills have to tell
    assert len(cursor.covered) == 2
    assert cursor.covered[0][1] < cursor.covered[1][0]


def test_a_table_more_is_read_from_its_beginning(stripe: Any, configured: Any, run: Any) -> None:
    _fill(stripe, 3)
    config = configured()
    run(config, kinds=needed(["accounts"]))
    assert _kept(config, "invoices") == []
    run(config)
    assert len(_kept(config, "invoices")) == 3


def test_a_list_goes_on_when_the_object_it_stopped_at_is_gone(
    stripe: Any, configured: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(stripe, 250)
    monkeypatch.setattr(module, "_PAGES", 1)
    config = configured()
    page = Client.page

    def stop(self: Client, kind: Kind, params: Any, after: str | None) -> Any:
        if kind.name == "customers" and after:
            raise KeyboardInterrupt(after)
        return page(self, kind, params, after)

    with monkeypatch.context() as patch:
        patch.setattr(Client, "page", stop)
        with pytest.raises(KeyboardInterrupt) as stopped:
            run(config)
    del stripe.objects["customers"][str(stopped.value)]
    run(config)
    assert {each["id"] for each in _kept(config, "customers")} >= set(stripe.objects["customers"])


# killed

_PARENT = """
import os, sys

import duckdb, pyarrow.parquet, stripe

from pipelines import config as configuration, engine
from pipelines.sources.stripe import sync
from pipelines.sources.stripe.client import Client
from pipelines.sources.stripe.kinds import needed
from pipelines.sources.stripe.store import Store

sync._PAGES, sync._TOGETHER = 1, 3
config = configuration.load(sys.argv[1])
source = config.sources["billing"]
while moment := sys.stdin.readline():
    child = os.fork()
    if child == 0:
        with engine.connection(config) as con:
            sync.Sync(Client(source), Store.of(source, config), needed(source.gives), con).until(float(moment))
        os._exit(0)
    sys.stdin.readline()
    os.kill(child, 9)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A process that has all libraries loaded; for each line it is given it makes one that reads, killed at the next."""


def _until_done(stripe: Any, config: Config, moment: float, chance: random.Random) -> int:
    """Read in processes that are killed at random until one is done; how many were killed."""
    command = [sys.executable, "-c", _PARENT, str(config.file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        for killed in range(400):
            asked = len(stripe.requests)
            parent.stdin.write(f"{moment}\n")
            parent.stdin.flush()
            patience = time.monotonic() + 3
            # a life is counted in requests, as machines differ, and ends somewhere in the work on one of them
            last = asked + chance.randint(1, 12)
            while len(stripe.requests) < last and time.monotonic() < patience:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.04))
            parent.stdin.write("kill\n")
            parent.stdin.flush()
            code = int(parent.stdout.readline())
            if code == 0:
                parent.stdin.close()
                return killed
            assert code == -signal.SIGKILL
    raise AssertionError("it never comes to an end")


@pytest.mark.process
def test_a_killed_read_goes_on_without_loss_or_doubling(
    stripe: Any, configured: Any, run: Any, landed: Any, tmp_path: Path
) -> None:
    chance = random.Random(1)
    _fill(stripe, 205)
    stripe.delay = 0.005
    config = configured()
    killed = _until_done(stripe, config, time.time() - 1, chance)
    assert killed >= 3
    for kind in ("customers", "subscriptions", "invoices", "invoice_payments", "charges", "payment_intents"):
        assert sorted(each["id"] for each in _kept(config, kind)) == sorted(stripe.objects[kind]), kind
    # the same for what changes later
    for number in range(0, 205, 25):
        value = stripe.objects["subscriptions"][f"sub_{number}"]
        stripe.change("customer.subscription.updated", value, 0, cancel_at_period_end=True)
        stripe.customer(f"cus_late_{number}", 0)
    now = int(time.time())
    for each in (*stripe.objects["events"].values(), *stripe.objects["customers"].values()):
        each["created"] = now if each["id"].startswith(("evt", "cus_late")) else each["created"]
    killed = _until_done(stripe, config, time.time(), chance)
    assert killed >= 1
    stripe.delay = 0
    latest = {each["id"]: each for each in _kept(config, "subscriptions", latest=True)}
    assert len(latest) == 205
    assert sum(each["cancel_at_period_end"] for each in latest.values()) == 9
    assert len(_kept(config, "customers", latest=True)) == 214
    # an account that was read in one go gives the same tables
    names = ("subscriptions", "payments")
    tables = {table: landed(config, table, tmp_path / "killed" / table) for table in names}
    shutil.rmtree(config.path(config.state))
    places = ("_file", "_row")
    for table, rows in tables.items():
        whole = landed(config, table, tmp_path / "whole" / table)
        assert [{name: value for name, value in row.items() if name not in places} for row in rows] == [
            {name: value for name, value in row.items() if name not in places} for row in whole
        ], table


# localstripe


@pytest.fixture
def localstripe(tmp_path: Path) -> Iterator[str]:
    """The address of localstripe, an independent stand-in for Stripe with an older layout, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, "localstripe ended at once"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.process
def test_against_localstripe(
    localstripe: str, config_of: Any, run: Any, landed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import stripe as library

    client = library.StripeClient("sk_test_12345", base_addresses={"api": localstripe})
    made = client.v1
    product = made.products.create({"name": "Basic"})
    plan = made.plans.create({"amount": 2900, "currency": "eur", "interval": "month", "product": product.id})
    for number in range(12):
        customer = made.customers.create({"name": f"Customer {number}", "email": f"{number}@example.com"})
        # the card whose charges fail
        card = {"number": "4000000000000341" if number == 11 else "4242424242424242", "exp_month": 12, "exp_year": 2040,
                "cvc": "123"}  # fmt: skip
        method = made.payment_methods.create({"type": "card", "card": card})
        made.payment_methods.attach(method.id, {"customer": customer.id})
        made.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
        bought = {"customer": customer.id, "items": [{"plan": plan.id, "quantity": 2}]}
        sub = json.loads(client.raw_request("post", "/v1/subscriptions", **bought).body)
    assert sub["status"] == "incomplete"
    made.subscriptions.cancel(next(each.id for each in made.subscriptions.list() if each.status == "active"))
    config = config_of(tmp_path, localstripe, key="sk_test_12345")
    # it has neither prices nor payments of invoices, and cannot expand
    has = ("customers", "products", "subscriptions", "invoices", "charges", "payment_intents")
    kinds = [replace(kind, expand=()) for kind in needed(config.sources["billing"].gives) if kind.name in has]
    run(config, kinds=kinds)
    monkeypatch.setattr(Sync, "until", lambda self, moment: self.store.cursor())
    tables = {name: landed(config, name, tmp_path / name, today=True) for name in config.sources["billing"].gives}
    ids = [sorted(each["id"] for each in _kept(config, kind.name)) for kind in kinds]
    assert [len(found) for found in ids] == [12, 1, 12, 12, 12, 12]
    assert len(tables["accounts"]) == len({row["account_id"] for row in tables["accounts"]}) == 12
    # plans and prices of the older layout: 2 x 29.00 a month; the one whose first charge failed never began
    begun = tables["subscriptions"]
    assert [(row["mrr"], row["billing_interval"], row["quantity"]) for row in begun] == [(5800, "month", 2)] * 11
    assert sum(row["ended_at"] is not None for row in begun) == 1
    assert sorted(row["amount"] for row in tables["invoices"]) == [5800] * 12
    assert sorted(row["succeeded"] for row in tables["payments"]) == [False] + [True] * 11
    assert not any(row["_unreadable"] for rows in tables.values() for row in rows)
