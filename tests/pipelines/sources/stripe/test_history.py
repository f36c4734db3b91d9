"""The course of a subscription by what is on file of it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.stripe.catalogue import Catalogue
from pipelines.sources.stripe.history import Event, Evidence, rows

PRICES = {
    name: {"id": name, "object": "price", "product": name, "currency": "eur", "unit_amount": unit,
           "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"}}
    for name, unit in {"basic": 2900, "pro": 9900, "max": 19900}.items()
}  # fmt: skip


def subscription(price: str, quantity: int = 1, status: str = "active", **fields: Any) -> dict[str, Any]:
    items = {"data": [{"price": PRICES[price], "quantity": quantity}]}
    return {"id": "sub", "object": "subscription", "customer": "cus", "currency": "eur", "status": status, "created": 0,
            "start_date": 0, "items": items, "discounts": []} | fields  # fmt: skip


def told(
    value: dict[str, Any], events: Sequence[Event] = (), covered: Sequence[Sequence[int]] = ((0, 1000),), **more: Any
) -> tuple[dict[str, Any], list[tuple[int, dict[str, Any]]]]:
    catalogue = Catalogue("product.name", copy.deepcopy(PRICES), {}, {}, {}, {})
    evidence = Evidence(value, more.pop("versions", [(1000, value)]), list(events), [], **more)
    found = rows(evidence, covered, catalogue, "eur")
    assert found is not None
    plain = ("subscription_id", "changed_at", "recorded_at")
    changes = [
        (row["changed_at"], {k: v for k, v in row.items() if k not in plain and v is not None}) for row in found[1]
    ]
    return found[0], changes


def updated(at: int, value: dict[str, Any], **before: Any) -> Event:
    return Event(at, "customer.subscription.updated", value, before)


def test_the_first_event_on_file_tells_what_was_before_it() -> None:
    event = updated(500, subscription("max"), items=subscription("pro")["items"])
    start, changes = told(subscription("max"), [event], [[100, 1000]])
    # the object is of now, and was never true before the event
    assert start["mrr"] == "9900"
    assert changes == [(500, {"mrr": 19900, "plan": "max"})]


def test_two_stretches_of_events_with_a_gap() -> None:
    first = updated(150, subscription("pro"), items=subscription("basic")["items"])
    then = updated(900, subscription("max", 2), items=subscription("max")["items"])
    _, changes = told(subscription("max", 2), [first, then], [[100, 200], [800, 1000]])
    # what changed in the gap is known from its end on
    assert changes == [
        (150, {"mrr": 9900, "plan": "pro"}), (800, {"mrr": 19900, "plan": "max"}), (900, {"mrr": 39800, "quantity": 2}),
    ]  # fmt: skip


def test_the_object_stands_for_a_stretch_in_which_nothing_changed() -> None:
    older, newer = subscription("basic"), subscription("pro")
    event = updated(900, newer, items=older["items"])
    _, changes = told(newer, [event], [[100, 200], [800, 1000]], versions=[(200, older), (1000, newer)])
    assert changes == [(900, {"mrr": 9900, "plan": "pro"})]


@pytest.mark.parametrize(("status", "at"), [("past_due", 40), ("unpaid", 90)])
def test_a_state_without_its_event_is_dated_by_failed_attempts(status: str, at: int) -> None:
    value = subscription("basic", status=status)
    assert told(value, covered=[[100, 1000]], failed=(40, 90))[1] == [(at, {"status": status})]
    assert told(value, covered=[[100, 1000]])[1] == [(100, {"status": status})]


def test_an_end_is_no_change() -> None:
    value = subscription("basic", status="canceled", ended_at=600, canceled_at=500)
    deleted = Event(600, "customer.subscription.deleted", value, {})
    late = updated(610, value)
    assert told(value, [deleted, late], [[100, 1000]]) == (told(value, [deleted], [[100, 1000]])[0], [])


def test_a_trial_that_goes_over_without_a_way_to_pay_was_never_paid() -> None:
    trial = subscription("basic", status="trialing", trial_end=300)
    paused = {**trial, "status": "paused"}
    events = [Event(0, "customer.subscription.created", trial, {}),
              Event(303, "customer.subscription.paused", paused, {"status": "trialing"})]  # fmt: skip
    start, changes = told(paused, events)
    assert (start["mrr"], start["trial_ends_at"]) == ("2900", 300)
    assert changes == [(300, {"mrr": 0, "status": "paused"})]
    back = Event(400, "customer.subscription.resumed", {**trial, "status": "active"}, {"status": "paused"})
    assert told(back.value, [*events, back])[1][1:] == [(400, {"mrr": 2900, "status": "active"})]


_STEP = st.tuples(
    st.integers(1, 900),
    st.sampled_from(sorted(PRICES)),
    st.integers(1, 5),
    st.sampled_from(["active", "past_due", "unpaid"]),
)


@given(st.lists(_STEP, max_size=8, unique_by=lambda each: each[0]), st.integers(0, 950))
def test_events_tell_the_whole_course(steps: list[tuple[int, str, int, str]], begins: int) -> None:
    course = [(0, "basic", 1, "active"), *sorted(steps)]
    events = []
    for before, (at, price, many, status) in itertools.pairwise(course):
        old = subscription(*before[1:])
        events.append(updated(at, subscription(price, many, status), items=old["items"], status=old["status"]))
    kept = [event for event in events if event.at >= begins]
    last = subscription(*course[-1][1:])
    start, changes = told(last, kept, [[begins, 1000]])
    for moment in range(begins, 1000, 7):
        _, price, many, status = [step for step in course if step[0] <= moment][-1]
        now = {"mrr": int(start["mrr"]), "plan": start["plan"], "quantity": start["quantity"], "status": "active"}
        for at, change in changes:
            now |= change if at <= moment else {}
        unit: Any = PRICES[price]["unit_amount"]
        assert now == {"mrr": unit * many, "plan": price, "quantity": many, "status": status}, moment
