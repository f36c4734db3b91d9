"""Which play is chosen: by trigger, by the weightiest reason, by segment, in time before a renewal."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.conditions import read
from pipelines.lists import NAMES
from pipelines.plays import Play, choose

BASE = Play(
    name="general", title="", who="csm", channel="call", attention="human", lead_days=0, contact_cost=15.0,
    incentive_share=0.0, chance_to_save=0.3, lists=("at_risk", "triggers"), triggers=(), features=(), themes=(),
    when=(), steps=("do",), subject="s", body="b",
)  # fmt: skip
TRAIN = replace(BASE, name="train", features=("key_actions_28d",), themes=("adoption",), lead_days=5)
BILL = replace(BASE, name="bill", themes=("payment",), triggers=("card",))
LARGE = replace(BASE, name="large", themes=("usage",), when=read({"mrr": ">= 500"}, "k", "EUR"))
PLAYS = (TRAIN, BILL, LARGE, BASE)
USAGE = {"theme": "usage", "feature": "logins_28d"}
KEY_ACTIONS = {"theme": "usage", "feature": "key_actions_28d"}
PAYMENT = {"theme": "payment", "feature": "past_due"}
OTHER = {"theme": "contract", "feature": "seats"}


@pytest.mark.parametrize(
    ("reasons", "trigger", "row", "name"),
    [
        ([], None, {}, "general"),
        ([OTHER], None, {}, "general"),
        ([PAYMENT, KEY_ACTIONS], None, {}, "bill"),
        ([KEY_ACTIONS, PAYMENT], None, {}, "train"),
        ([OTHER, PAYMENT], None, {}, "bill"),
        ([KEY_ACTIONS], "card", {}, "bill"),
        ([KEY_ACTIONS], "another", {}, "train"),
        ([KEY_ACTIONS], None, {"days_to_renewal": 5.0}, "train"),
        ([KEY_ACTIONS], None, {"days_to_renewal": 4.0}, "general"),
        ([KEY_ACTIONS], None, {"days_to_renewal": math.nan}, "train"),
        ([KEY_ACTIONS, PAYMENT], None, {"days_to_renewal": 4.0}, "bill"),
        ([USAGE], None, {"mrr": 60_000.0}, "large"),
        ([USAGE], None, {"mrr": 40_000.0}, "general"),
        ([USAGE], None, {}, "general"),
    ],
)
def test_the_first_that_answers_is_chosen(
    reasons: list[dict[str, str]], trigger: str | None, row: dict[str, Any], name: str
) -> None:
    found = choose(PLAYS, "triggers", "human", reasons, trigger, row)
    assert found is not None
    assert found.name == name


def test_lists_and_attention_have_their_own() -> None:
    assert choose(PLAYS, "save", "human", [PAYMENT], None, {}) is None
    assert choose(PLAYS, "at_risk", "automated", [PAYMENT], None, {}) is None
    only_trigger = replace(BASE, name="reminder", triggers=("card",))
    assert choose((only_trigger,), "triggers", "human", [], "other", {}) is None, "it is for one trigger"
    found = choose((only_trigger,), "at_risk", "human", [], None, {})
    assert found == only_trigger, "where no row has a trigger it is for anyone"


def test_a_general_play_may_come_late() -> None:
    slow = replace(BASE, lead_days=30)
    assert choose((slow,), "at_risk", "human", [], None, {"days_to_renewal": 3.0}) == slow


reason = st.sampled_from([USAGE, KEY_ACTIONS, PAYMENT, OTHER])
known = st.fixed_dictionaries(
    {}, optional={"days_to_renewal": st.sampled_from([math.nan, 1.0, 9.0]), "mrr": st.sampled_from([None, 1.0, 1e6])}
)


@given(
    available=st.permutations(PLAYS),
    name=st.sampled_from(NAMES),
    reasons=st.lists(reason, max_size=4),
    trigger=st.sampled_from([None, "card", "other"]),
    row=known,
)
def test_what_is_chosen_is_for_the_list_and_what_answers_goes_before_the_general(
    available: list[Play], name: str, reasons: list[dict[str, str]], trigger: str | None, row: dict[str, Any]
) -> None:
    found = choose(available, name, "human", reasons, trigger, row)
    if name not in BASE.lists:
        assert found is None
        return
    assert found is not None
    assert name in found.lists
    if trigger == "card":
        assert found == BILL
    elif found.general_on(name):
        assert not any(each == PAYMENT for each in reasons), "that would have been answered"
