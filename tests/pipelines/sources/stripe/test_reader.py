"""The contract tables of a company that was written down by hand, each amount worked out beside it.

Instants are days before the last midnight (UTC). Events are kept for 30 days: what changed longer ago is known by
invoices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from pipelines.lake import Lake
from pipelines.sources.conformance import Given, conform

Rows = list[dict[str, Any]]


def _prices(stripe: Any) -> None:
    stripe.price("basic", 2900)
    stripe.price("pro", 9900)
    stripe.price("year", 99000, "year")
    stripe.price("quarter", 4000, "month", 3)
    stripe.price("week", 700, "week")
    stripe.price("seat", 1500)
    stripe.price("api", 2, usage_type="metered")
    stripe.price("free", 0)
    graduated = [{"up_to": 5, "unit_amount": 1000}, {"up_to": None, "unit_amount": 800, "flat_amount": 500}]
    stripe.price("tiers", None, billing_scheme="tiered", tiers_mode="graduated", tiers=graduated)
    stripe.price("packs", 1000, transform_quantity={"divide_by": 10, "round": "up"})
    stripe.price("dollar", 5000, currency="usd", currency_options={"eur": {"unit_amount": 4500,
                 "unit_amount_decimal": "4500"}})  # fmt: skip
    stripe.coupon("quarter_off", "forever", percent_off=25)
    stripe.coupon("half_once", "once", percent_off=50)
    stripe.coupon("fifth", "repeating", percent_off=20, duration_in_months=3)
    stripe.coupon("ten_euros", "forever", amount_off=1000, currency="eur")


def _prices_and_quantities(stripe: Any) -> None:
    for name, items in {
        "basic": {"basic": 1}, "year": {"year": 1}, "quarter": {"quarter": 2}, "week": {"week": 1},
        "several": {"pro": 1, "seat": 3}, "free": {"free": 1}, "packs": {"packs": 25}, "dollar": {"dollar": 1},
    }.items():  # fmt: skip
        stripe.customer(f"cus_{name}", 200)
        stripe.subscribe(f"sub_{name}", [stripe.item(price, many) for price, many in items.items()], 200)
        days = {"year": 365, "quarter": 90, "week": 7}.get(name, 30)
        lines = {"packs": {"packs": 25}}.get(name, items)
        stripe.months(f"sub_{name}", lines, 200, days=days)
    # metered use beside seats, and alone: it does not count
    stripe.customer("cus_metered", 200)
    stripe.subscribe("sub_metered", [stripe.item("seat", 2), stripe.item("api", None)], 200)
    stripe.months("sub_metered", {"seat": 2, "api": 700}, 200)
    stripe.customer("cus_used", 200)
    stripe.subscribe("sub_used", [stripe.item("api", None)], 200)
    # a graduated price is billed in a line per tier: 5 for 10.00, 3 for 8.00, and 5.00 flat
    stripe.customer("cus_tiers", 200)
    stripe.subscribe("sub_tiers", [stripe.item("tiers", 8)], 200)
    for start in range(200, 0, -30):
        lines = [stripe.line("tiers", 5, start, start - 30, 5000), stripe.line("tiers", 3, start, start - 30, 2900)]
        stripe.bill("sub_tiers", lines, start)
    # another currency than the company's
    stripe.customer("cus_foreign", 200)
    stripe.subscribe("sub_foreign", [stripe.item("dollar")], 200, currency="usd")
    foreign = stripe.line("dollar", 1, 200, 170) | {"currency": "usd"}
    stripe.bill("sub_foreign", [foreign], 200, currency="usd")


def _changes(stripe: Any) -> None:
    # basic to pro 65 days ago with proration: a credit for half a month, and half a month of pro, billed on day 50
    stripe.customer("cus_upgrade", 200)
    stripe.subscribe("sub_upgrade", [stripe.item("pro")], 200)
    stripe.months("sub_upgrade", {"basic": 1}, 200, 80)
    proration = [
        stripe.line("basic", 1, 65, 50, -1450, True),
        stripe.line("pro", 1, 65, 50, 4950, True),
        stripe.line("pro", 1, 50, 20),
    ]
    stripe.bill("sub_upgrade", proration, 50)
    stripe.months("sub_upgrade", {"pro": 1}, 20, 0)
    # the same without proration between two bills: the bill of day 50 tells
    stripe.customer("cus_silent", 200)
    stripe.subscribe("sub_silent", [stripe.item("pro")], 200)
    stripe.months("sub_silent", {"basic": 1}, 200, 50)
    stripe.months("sub_silent", {"pro": 1}, 50, 0)
    # seats 5 to 8 ten days ago, to be billed next time: an event tells; two months before 3 to 5, by bills
    stripe.customer("cus_seats", 130)
    stripe.months("sub_seats", {"seat": 3}, 130, 70)
    stripe.months("sub_seats", {"seat": 5}, 70, 10)
    seats = stripe.subscribe("sub_seats", [stripe.item("seat", 5)], 130)
    stripe.change("customer.subscription.updated", seats, 10,
                  items={"object": "list", "data": [stripe.item("seat", 8)], "has_more": False})  # fmt: skip
    # changed 20 days ago and changed back 5 days ago: the present state shows nothing of it
    back = stripe.subscribe("sub_back", [stripe.item("pro")], 200)
    stripe.customer("cus_back", 200)
    stripe.months("sub_back", {"pro": 1}, 200, 0)
    for when, price in ((20, "basic"), (5, "pro")):
        stripe.change("customer.subscription.updated", back, when,
                      items={"object": "list", "data": [stripe.item(price)], "has_more": False})  # fmt: skip
    # an item less from day 80 on: only the bills say so
    stripe.customer("cus_fewer", 200)
    stripe.subscribe("sub_fewer", [stripe.item("pro")], 200)
    stripe.months("sub_fewer", {"pro": 1, "seat": 2}, 200, 80)
    stripe.months("sub_fewer", {"pro": 1}, 80, 0)


def _discounts(stripe: Any) -> None:
    for name, coupon, off in (("forever", "quarter_off", 2475), ("amount", "ten_euros", 1000)):
        stripe.customer(f"cus_{name}", 100)
        given = stripe.discount(f"di_{name}", coupon, 100)
        stripe.subscribe(f"sub_{name}", [stripe.item("pro")], 100, discounts=[given])
        for start in (100, 70, 40, 10):
            line = stripe.line("pro", 1, start, start - 30, discounts=[(given, off)])
            stripe.bill(f"sub_{name}", [line], start)
    stripe.customer("cus_once", 100)
    stripe.subscribe("sub_once", [stripe.item("pro")], 100)
    once = stripe.discount("di_once", "half_once", 100)
    stripe.bill("sub_once", [stripe.line("pro", 1, 100, 70, discounts=[(once, 4950)])], 100)
    stripe.months("sub_once", {"pro": 1}, 70, 0)
    stripe.customer("cus_repeating", 100)
    repeating = stripe.discount("di_repeating", "fifth", 70, end=-20)
    stripe.subscribe("sub_repeating", [stripe.item("pro")], 100, discounts=[repeating])
    stripe.bill("sub_repeating", [stripe.line("pro", 1, 100, 70)], 100)
    for start in (70, 40, 10):
        stripe.bill("sub_repeating", [stripe.line("pro", 1, start, start - 30, discounts=[(repeating, 1980)])], start)
    # a coupon on the customer is one on all it buys
    whole = stripe.discount("di_customer", "quarter_off", 100)
    stripe.customer("cus_whole", 100, discount=whole)
    stripe.subscribe("sub_whole", [stripe.item("pro")], 100)
    for start in (100, 70, 40, 10):
        stripe.bill("sub_whole", [stripe.line("pro", 1, start, start - 30, discounts=[(whole, 2475)])], start)


def _states(stripe: Any) -> None:
    def begin(name: str, days: float, bills: int = 9, **fields: Any) -> Any:
        stripe.customer(f"cus_{name}", days)
        found = stripe.subscribe(f"sub_{name}", [stripe.item("basic")], days, **fields)
        for nth in range(bills):
            start = days - 30 * nth
            if start > 0 and (not fields.get("ended_at") or stripe.at(start) < fields["ended_at"]):
                stripe.bill(f"sub_{name}", [stripe.line("basic", 1, start, start - 30)], start)
        return found

    def over(ended: float, asked: float | None, reason: str, **details: Any) -> dict[str, Any]:
        return {
            "status": "canceled", "ended_at": stripe.at(ended), "cancellation_details": {"reason": reason, **details},
            "canceled_at": stripe.at(ended if asked is None else asked),
        }  # fmt: skip

    begin("asked", 150, **over(60, 75, "cancellation_requested", feedback="too_expensive"))
    begin("failed", 150, **over(60, None, "payment_failed", feedback=None))
    begin("disputed", 150, **over(60, None, "payment_disputed"))
    begin("odd", 150, **over(60, 61, "cancellation_requested", feedback="a_new_word"))
    leaving = begin("leaving", 100)
    stripe.change("customer.subscription.updated", leaving, 4, cancel_at_period_end=True, canceled_at=stripe.at(4))
    ended = begin("ended", 100)
    stripe.change("customer.subscription.updated", ended, 12, canceled_at=stripe.at(12))
    ended |= over(6, 12, "cancellation_requested")
    stripe.tell("customer.subscription.deleted", ended, 6)
    # a failed renewal 10 days ago, and all tries failed 70 to 61 days ago
    late = begin("late", 70, bills=2)
    bill = stripe.bill("sub_late", [stripe.line("basic", 1, 10, -20)], 10, [("failed", 10, "insufficient_funds")])
    stripe.change("customer.subscription.updated", late, 10, status="past_due")
    begin("unpaid", 130, bills=2, status="unpaid")
    tries = [("failed", 70, "card_declined"), ("failed", 66, "card_declined"), ("failed", 61, "lost_card")]
    stripe.bill("sub_unpaid", [stripe.line("basic", 1, 70, 40)], 70, tries)
    paid_late = begin("recovered", 70, bills=2)
    stripe.change("customer.subscription.updated", paid_late, 10, status="past_due")
    stripe.change("customer.subscription.updated", paid_late, 7, status="active")
    stripe.bill("sub_recovered", [stripe.line("basic", 1, 10, -20)], 10,
                [("failed", 10, "expired_card"), ("succeeded", 7, None)])  # fmt: skip
    pausing = begin("pausing", 100)
    stripe.change("customer.subscription.updated", pausing, 15,
                  pause_collection={"behavior": "void", "resumes_at": stripe.at(-25)})  # fmt: skip
    begin("incomplete", 2, bills=0, status="incomplete")
    begin("expired", 50, bills=0, status="incomplete_expired")
    # trials: running, lapsed, gone over into paying, ended without a way to pay
    begin("trial", 10, bills=0, status="trialing", trial_end=stripe.at(-4))
    begin("lapsed", 80, bills=0, trial_end=stripe.at(66), **over(66, None, "payment_failed"))
    begin("paying", 80, bills=0, trial_end=stripe.at(66))
    stripe.bill("sub_paying", [stripe.line("basic", 1, 80, 66, 0)], 80)
    for start in (66, 36, 6):
        stripe.bill("sub_paying", [stripe.line("basic", 1, start, start - 30)], start)
    stopped = begin("stopped", 20, bills=0, status="trialing", trial_end=stripe.at(6))
    stripe.change("customer.subscription.paused", stopped, 5.99, status="paused")
    # dated back by 40 days; a customer who was deleted; one who came back
    begin("backdated", 60, bills=0, started=100)
    stripe.bill("sub_backdated", [stripe.line("basic", 1, 100, 30)], 60)
    begin("deleted", 150, **over(90, 95, "cancellation_requested"))
    stripe.objects["customers"]["cus_deleted"]["deleted"] = True
    begin("twice", 180, **over(120, 125, "cancellation_requested"))
    again = stripe.subscribe("sub_twice_again", [stripe.item("pro")], 100, customer="cus_twice")
    stripe.months(again["id"], {"pro": 1}, 100, 0)
    bill["attempt_count"] = 1


def _ways_to_pay(stripe: Any) -> None:
    def card(id_: str, days: float, month: int, year: int, **fields: Any) -> Any:
        plain = {
            "customer": "cus_basic",
            "type": "card",
            "card": {"brand": "visa", "exp_month": month, "exp_year": year},
        }
        return stripe.add("payment_methods", id_, days, **{**plain, **fields})

    card("pm_card", 200, 2, 2028)
    stripe.add("payment_methods", "pm_debit", 90, customer="cus_basic", type="sepa_debit", sepa_debit={"last4": "1"})
    renewed = card("pm_renewed", 100, 1, 2031)
    old = {"card": {"exp_month": 11, "exp_year": 2026}}
    stripe.tell("payment_method.automatically_updated", renewed, 8, old)
    gone = card("pm_gone", 25, 6, 2029)
    stripe.tell("payment_method.attached", gone, 25)
    stripe.change("payment_method.detached", gone, 3, customer=None)
    # an invoice that was written off, one that was void, a draft, one due later, one that needs the customer to confirm
    for name, status, key in (("off", "uncollectible", "marked_uncollectible_at"), ("void", "void", "voided_at")):
        bill = stripe.bill("sub_basic", [stripe.line("basic", 1, 45, 15)], 45, None, id=f"in_{name}", status=status)
        bill["status_transitions"][key] = stripe.at(40)
        stripe.objects["invoices"][f"in_{name}"] = bill
    stripe.bill("sub_basic", [stripe.line("basic", 1, 5, -25)], 5, None, status="draft")
    stripe.bill(
        "cus_basic", [stripe.line("basic", 1, 44, 14)], 44, None, id="in_later", due_date=stripe.at(14), parent=None
    )
    confirm = stripe.bill("sub_basic", [stripe.line("basic", 1, 9, -21)], 9, None)
    payment = {"type": "payment_intent", "payment_intent": "pi_confirm"}
    stripe.add("invoice_payments", "inpay_confirm", 9, invoice=confirm["id"], payment=payment)
    error = {"code": "authentication_required", "charge": None}
    intent = stripe.add("payment_intents", "pi_confirm", 9, amount=2900, currency="eur", last_payment_error=error,
                        status="requires_payment_method", client_secret="pi_secret")  # fmt: skip
    stripe.tell("payment_intent.payment_failed", intent, 9)
    # one that is still on its way, and one that no invoice was made for
    way = stripe.bill("sub_basic", [stripe.line("basic", 1, 1, -29)], 1, [("pending", 1, None)])
    assert way["status"] == "open"
    stripe.add("charges", "ch_alone", 9, amount=100, currency="eur", status="succeeded", payment_intent=None,
               failure_code=None, outcome=None)  # fmt: skip


@pytest.fixture(scope="module")
def company(
    server: Any, config_of: Callable[..., Any], landed: Callable[..., Rows], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Rows]]:
    """All tables of the company, by name."""
    with server() as (stripe, address):
        for write in (_prices, _prices_and_quantities, _changes, _discounts, _states, _ways_to_pay):
            write(stripe)
        folder = tmp_path_factory.mktemp("stripe")
        config = config_of(folder, address)
        found = {table: landed(config, table, folder / table) for table in config.sources["billing"].gives}
        asked = len(stripe.requests)
        again = landed(config, "invoices", folder / "again")
        # what was read after the day was over is not read again
        assert len(stripe.requests) == asked
        assert again == found["invoices"]
        yield found


def _row(rows: Rows, key: str, id_: str) -> dict[str, Any]:
    (row,) = [row for row in rows if row[key] == id_]
    return row


def _changes_of(company: dict[str, Rows], sub: str) -> list[tuple[float, dict[str, Any]]]:
    """Day and stated values of each change of a subscription."""
    told = ("mrr", "plan", "quantity", "discount_share", "status", "until")
    rows = [row for row in company["subscription_changes"] if row["subscription_id"] == f"sub_{sub}"]
    found = [(row["changed_at"], {name: row[name] for name in told if row[name] is not None}) for row in rows]
    return sorted(found, key=lambda each: -each[0])


@pytest.mark.parametrize(
    ("name", "mrr", "interval", "plan", "quantity"),
    [
        ("basic", 2900, "month", "Basic", 1),
        ("year", 8250, "year", "Year", 1),  # 990.00 / 12
        ("quarter", 2667, "quarter", "Quarter", 2),  # 2 x 40.00 / 3 = 26.67
        ("week", 3033, "week", "Week", 1),  # 7.00 x 52 / 12 = 30.33
        ("several", 14400, "month", "Pro", 1),  # 99.00 + 3 x 15.00
        ("free", 0, "month", "Free", 1),
        ("packs", 3000, "month", "Packs", 25),  # 25 in packs of 10, rounded up: 3 x 10.00
        ("dollar", 4500, "month", "Dollar", 1),  # a price in dollars with one in euros beside it
        ("metered", 3000, "month", "Seat", 2),  # 2 x 15.00
        ("used", 0, "month", "Api", None),
        ("tiers", 7900, "month", "Tiers", 8),  # 5 x 10.00 + 3 x 8.00 + 5.00
        ("forever", 7425, "month", "Pro", 1),  # 99.00 less 25 %
        ("amount", 8900, "month", "Pro", 1),  # 99.00 less 10.00
        ("whole", 7425, "month", "Pro", 1),
        ("once", 9900, "month", "Pro", 1),
        ("repeating", 9900, "month", "Pro", 1),
        ("trial", 2900, "month", "Basic", 1),
        ("paying", 2900, "month", "Basic", 1),
        ("lapsed", 2900, "month", "Basic", 1),
        ("backdated", 2900, "month", "Basic", 1),
        ("upgrade", 2900, "month", "Basic", 1),
    ],
)
def test_recurring_revenue_at_the_start(
    company: dict[str, Rows], name: str, mrr: int, interval: str, plan: str, quantity: int | None
) -> None:
    row = _row(company["subscriptions"], "subscription_id", f"sub_{name}")
    assert (row["mrr"], row["billing_interval"], row["plan"], row["quantity"]) == (mrr, interval, plan, quantity)
    assert row["_unreadable"] is None


@pytest.mark.parametrize(
    "name",
    ["basic", "year", "quarter", "week", "several", "free", "packs", "dollar", "metered", "used", "tiers", "forever",
     "amount", "whole", "trial", "paying", "asked", "failed", "backdated", "deleted", "twice", "twice_again", "lapsed"],
)  # fmt: skip
def test_what_did_not_change_has_no_changes(company: dict[str, Rows], name: str) -> None:
    assert _changes_of(company, name) == []


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("upgrade", [(65, {"mrr": 9900, "plan": "Pro"})]),
        ("silent", [(50, {"mrr": 9900, "plan": "Pro"})]),
        ("seats", [(70, {"mrr": 7500, "quantity": 5}), (10, {"mrr": 12000, "quantity": 8})]),
        ("back", [(20, {"mrr": 2900, "plan": "Basic"}), (5, {"mrr": 9900, "plan": "Pro"})]),
        ("fewer", [(80, {"mrr": 9900})]),
        # one bill for half, then the full price; a fifth off for three bills, the last of which ends in 20 days
        ("once", [(100, {"discount_share": 0.5, "until": 70}), (70, {"discount_share": 0.0})]),
        ("repeating", [(70, {"discount_share": 0.2, "until": -20})]),
        ("late", [(10, {"status": "past_due"})]),
        ("recovered", [(10, {"status": "past_due"}), (7, {"status": "active"})]),
        # dated by the last attempt that failed, as no event tells of it any more
        ("unpaid", [(61, {"status": "unpaid"})]),
        ("pausing", [(15, {"status": "paused", "until": -25})]),
        # never paid for: what it is worth is nothing from the end of its trial on
        ("stopped", [(6, {"mrr": 0, "status": "paused"})]),
        ("leaving", []),
        ("ended", []),
    ],
)
def test_changes_come_from_bills_and_events(company: dict[str, Rows], name: str, changes: list[Any]) -> None:
    assert _changes_of(company, name) == changes


def test_changes_that_events_tell_say_when_they_were_recorded(company: dict[str, Rows]) -> None:
    told = {row["changed_at"]: row["recorded_at"] for row in company["subscription_changes"]
            if row["subscription_id"] == "sub_seats"}  # fmt: skip
    assert told == {70: None, 10: 10}
    assert _row(company["subscriptions"], "subscription_id", "sub_backdated")["recorded_at"] == 60


@pytest.mark.parametrize(
    ("name", "asked", "ends", "ended", "reason", "feedback", "renews"),
    [
        ("asked", 75, None, 60, "requested", "too_expensive", False),
        ("failed", 60, None, 60, "payment_failed", None, False),
        ("disputed", 60, None, 60, "disputed", None, False),
        ("odd", 61, None, 60, "requested", "other", False),
        ("leaving", 4, -10, None, None, None, False),
        ("ended", 12, None, 6, "requested", None, False),
        ("late", None, None, None, None, None, True),
        ("unpaid", None, None, None, None, None, True),
    ],
)
def test_ends(
    company: dict[str, Rows], name: str, asked: Any, ends: Any, ended: Any, reason: Any, feedback: Any, renews: bool
) -> None:
    row = _row(company["subscriptions"], "subscription_id", f"sub_{name}")
    found = (row["cancel_requested_at"], row["ends_at"], row["ended_at"], row["end_reason"], row["feedback"])
    assert found == (asked, ends, ended, reason, feedback)
    assert (row["auto_renew"], row["ended"]) == (renews, ended is not None)


def test_what_never_began_is_left_out(company: dict[str, Rows]) -> None:
    ids = {row["subscription_id"] for row in company["subscriptions"]}
    assert not {"sub_incomplete", "sub_expired"} & ids
    assert _row(company["subscriptions"], "subscription_id", "sub_trial")["trial_ends_at"] == -4
    lapsed = _row(company["subscriptions"], "subscription_id", "sub_lapsed")
    assert (lapsed["trial_ends_at"], lapsed["ended_at"]) == (66, 66)


def test_another_currency_is_set_aside_with_the_reason(company: dict[str, Rows]) -> None:
    row = _row(company["subscriptions"], "subscription_id", "sub_foreign")
    assert row["_unreadable"] == "mrr: '5000 in USD' is not a whole number of minor units"
    (bill,) = [row for row in company["invoices"] if row["account_id"] == "cus_foreign"]
    assert bill["_unreadable"] == "amount: '5000 in USD' is not a whole number of minor units"
    foreign = {"cus_foreign"}
    for table in ("subscriptions", "invoices", "payments"):
        assert {row["account_id"] for row in company[table] if row["_unreadable"]} == foreign


def test_accounts(company: dict[str, Rows]) -> None:
    basic = _row(company["accounts"], "account_id", "cus_basic")
    assert (basic["created_at"], basic["name"], basic["country"]) == (200, "Cus_Basic", "DE")
    # older than its customer, as its subscription is dated back
    dated = _row(company["accounts"], "account_id", "cus_backdated")
    assert (dated["created_at"], dated["recorded_at"]) == (100, 60)
    # deleted before the first read: its subscription still tells of it
    deleted = _row(company["accounts"], "account_id", "cus_deleted")
    assert (deleted["created_at"], deleted["name"]) == (150, None)
    assert _row(company["subscriptions"], "subscription_id", "sub_deleted")["account_id"] == "cus_deleted"


def test_invoices(company: dict[str, Rows]) -> None:
    off = _row(company["invoices"], "invoice_id", "in_off")
    assert (off["closed_at"], off["closed_as"], off["paid"]) == (40, "uncollectible", False)
    void = _row(company["invoices"], "invoice_id", "in_void")
    assert (void["closed_at"], void["closed_as"]) == (40, "void")
    later = _row(company["invoices"], "invoice_id", "in_later")
    assert (later["issued_at"], later["due_at"], later["subscription_id"]) == (44, 14, None)
    drafts = [row for row in company["invoices"] if row["account_id"] == "cus_basic" and row["issued_at"] == 5]
    assert drafts == []
    (late,) = [row for row in company["invoices"] if row["account_id"] == "cus_recovered" and row["issued_at"] == 10]
    assert (late["paid_at"], late["amount"], late["paid"]) == (7, 2900, True)


def test_payments(company: dict[str, Rows]) -> None:
    def tries(account: str, since: float) -> list[tuple[Any, ...]]:
        rows = [row for row in company["payments"] if row["account_id"] == account and row["attempted_at"] <= since]
        found = [(row["attempted_at"], row["succeeded"], row["failure_code"]) for row in rows]
        return sorted(found, reverse=True)

    assert tries("cus_recovered", 10) == [(10, False, "expired_card"), (7, True, None)]
    assert tries("cus_unpaid", 70) == [
        (70, False, "card_declined"), (66, False, "card_declined"), (61, False, "lost_card"),
    ]  # fmt: skip
    # not confirmed by the customer, so that there is no charge; pending ones are not known yet
    assert tries("cus_basic", 9) == [(9, False, "authentication_required")]
    assert "ch_alone" not in {row["payment_id"] for row in company["payments"]}


def test_payment_methods(company: dict[str, Rows]) -> None:
    rows = company["payment_methods"]
    card = _row(rows, "payment_method_id", "pm_card")
    assert (card["added_at"], card["kind"], str(card["expires_on"])) == (200, "card", "2028-02-29")
    assert _row(rows, "payment_method_id", "pm_debit")["expires_on"] is None
    gone = _row(rows, "payment_method_id", "pm_gone")
    assert (gone["account_id"], gone["removed_at"]) == ("cus_basic", 3)
    renewed = [row for row in rows if row["payment_method_id"] == "pm_renewed"]
    assert [(row["recorded_at"], str(row["expires_on"])) for row in renewed] == [
        (None, "2026-11-30"), (8, "2031-01-31"),
    ]  # fmt: skip
    assert len({(row["_file"], row["_row"]) for row in rows}) == len(rows)


def test_the_whole_way_to_features(
    server: Any, config_of: Callable[..., Any], churn: Callable[..., Any], tmp_path: Path
) -> None:
    """From the API and a file of usage to the features of yesterday."""
    with server() as (stripe, address):
        for write in (_prices, _prices_and_quantities, _changes, _discounts, _states, _ways_to_pay):
            write(stripe)
        config = config_of(tmp_path, address)
        day = config.yesterday()
        usage = [f"cus_{name},{day - timedelta(days=back)},login" for name in ("basic", "upgrade") for back in range(9)]
        (tmp_path / "usage.csv").write_text("\n".join(["account,day,event", *usage]), "utf-8")
        raw = yaml.safe_load((tmp_path / "churn.yaml").read_text("utf-8"))
        columns = {"account_id": "account", "day": "day", "event": "event"}
        tables = {"usage": {"files": "usage.csv", "columns": columns}}
        raw["sources"]["product"] = {"kind": "files", "root": ".", "tables": tables}
        raw["event_roles"] = {"login": "login"}
        (tmp_path / "churn.yaml").write_text(yaml.safe_dump(raw), "utf-8")
        for command in ("ingest", "validate", "features"):
            ran = churn(tmp_path / "churn.yaml", command, "--as-of", str(day))
            assert ran.code == 0, ran.out + ran.err
    lake = Lake(tmp_path / "var" / "lake")
    found = pq.read_table(lake.features(day)).to_pylist()
    rows = {row["account_id"]: row for row in found}
    assert rows["cus_basic"]["mrr_now"] == 2900
    assert rows["cus_upgrade"]["mrr_now"] == 9900
    assert rows["cus_seats"]["mrr_now"] == 12000
    assert rows["cus_forever"]["mrr_now"] == 7425
    assert rows["cus_basic"]["logins_28d"] == 9
    # in the base: late, paused, leaving; not in it: trials, free plans, those who have left or never paid
    assert {"cus_late", "cus_pausing", "cus_leaving", "cus_twice"} <= set(rows)
    gone = {"trial", "free", "asked", "failed", "unpaid", "incomplete", "lapsed", "stopped", "used", "foreign", "ended"}
    assert not {f"cus_{name}" for name in gone} & set(rows)
    assert rows["cus_leaving"]["announced"] is True
    aside = pq.read_table(lake.quarantine("subscriptions", day)).to_pylist()
    assert [row["reason"] for row in aside] == ["mrr: '5000 in USD' is not a whole number of minor units"]


def test_it_keeps_what_every_source_promises(server: Any, config_of: Callable[..., Any], tmp_path: Path) -> None:
    with server() as (stripe, address):
        _prices(stripe)
        names = ("NULL", 'Müller, "Söhne"', "=1+1", "נועה 👩‍🚀", None)
        day = datetime.now(UTC).date() - timedelta(days=3)
        customers, methods = [], []
        for number, name in enumerate(names):
            made = stripe.customer(f"cus_{number}", 2 * number, name=name)
            at = datetime.fromtimestamp(made["created"], UTC).replace(tzinfo=None)
            customers.append({"account_id": made["id"], "created_at": at, "name": name, "country": "DE"})
            card = {"exp_month": 2, "exp_year": 2027 + number}
            stripe.add("payment_methods", f"pm_{number}", 2 * number, customer=made["id"], type="card", card=card)
            expires = date(2027 + number, 2, 29 if number == 1 else 28)
            method = {"payment_method_id": f"pm_{number}", "account_id": made["id"], "added_at": at, "kind": "card"}
            methods.append({**method, "expires_on": expires})
        now = datetime.now(UTC).replace(tzinfo=None)
        rows = {"accounts": customers, "payment_methods": methods}
        conform(Given(config_of(tmp_path, address), day, rows, now))
