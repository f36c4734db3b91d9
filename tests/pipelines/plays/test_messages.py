"""Messages: what is known stands in them, what is not leaves no gap, and data stay data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.plays import message, plays
from pipelines.plays.messages import MOST, PLACEHOLDERS

ROW = {
    "account_id": "a1", "name": "Nordwind AG", "owner": "kim", "as_of": "2025-03-10", "days_to_renewal": 21.0,
    "reasons": [{"theme": "payment", "feature": "past_due", "text": "A payment is overdue"}],
}  # fmt: skip


def play(shop: Any, name: str) -> Any:
    return next(each for each in plays(shop.config()) if each.name == name)


def test_placeholders_are_filled(shop: Any) -> None:
    card = message(play(shop, "update_card_call"), ROW, shop.config())
    assert card["subject"] == "Your next payment to Shop"
    assert card["body"].splitlines()[0] == "Hello Nordwind AG,"
    assert "Your next payment is due on 2025-03-31." in card["body"]
    assert card["body"].endswith("\nkim\nShop")
    assert (
        "What we see on our side: A payment is overdue."
        in message(play(shop, "billing_call"), ROW, shop.config())["body"]
    )


def test_a_line_without_its_value_is_left_out(shop: Any) -> None:
    config = shop.config()
    for each in plays(config):
        bare = message(each, {"account_id": "a1"}, config)
        assert "{" not in bare["subject"] + bare["body"], each.name
        assert "a1" in bare["body"].splitlines()[0]
        assert len(bare["body"].splitlines()) >= 2, each.name
    assert "due on" not in message(play(shop, "update_card"), {"account_id": "a1"}, config)["body"]
    assert "due on" not in message(play(shop, "update_card"), {**ROW, "days_to_renewal": float("nan")}, config)["body"]


def test_what_a_value_contains_is_never_replaced_or_run(shop: Any) -> None:
    hostile = "{owner} {name.__class__} {0} %s ${HOME}"
    found = message(play(shop, "check_in"), {**ROW, "name": hostile}, shop.config())
    assert found["body"].splitlines()[0] == f"Hello {hostile},"


def test_names_cannot_add_lines_or_turn_the_text(shop: Any) -> None:
    name = "A\r\nBcc: all@example.org\u2028x\u202e\x00\x07y"
    body = replace(play(shop, "reward"), body="Hello {name},\nbye")
    found = message(body, {"name": name}, shop.config())
    assert found["subject"] == "Thank you, A Bcc: all@example.org xy"
    assert found["body"] == "Hello A Bcc: all@example.org xy,\nbye"


def test_a_long_name_is_cut(shop: Any) -> None:
    found = message(play(shop, "reward"), {"name": "n" * 10_000}, shop.config())
    assert found["subject"] == f"Thank you, {'n' * (MOST - 1)}…"


@settings(deadline=None, max_examples=60, suppress_health_check=[])
@given(values=st.lists(st.text(max_size=300), min_size=3, max_size=3))
def test_any_text_stays_on_its_line(values: list[str]) -> None:
    from types import SimpleNamespace

    text = "\n".join(f"{name}: {{{name}}}" for name in PLACEHOLDERS)
    made = SimpleNamespace(subject="{name}", body=f"{text}\nend")
    row = {"name": values[0], "account_id": "a1", "owner": values[1], "reasons": [{"text": values[2]}]}
    found = message(made, row, SimpleNamespace(company="C"))  # type: ignore[arg-type]
    lines = found["body"].splitlines()
    assert lines[-1] == "end"
    assert len(lines) <= len(PLACEHOLDERS) + 1
    assert [line.split(":")[0] for line in lines[:-1]] == [n for n in PLACEHOLDERS if f"{n}: " in found["body"]]
    assert len(found["subject"].splitlines()) <= 1
