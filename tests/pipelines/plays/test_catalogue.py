"""The catalogue of plays is whole, and the configuration changes it as it says."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import ChurnError
from pipelines.lists import NAMES
from pipelines.plays import Play, answering, choose, plays
from pipelines.triggers import triggers

ROWS = (16, 19, 22, 24, 27, 32, 42, 46, 47, 55, 61, 65, 70, 72, 73, 81, 82, 84, 98, 101, 104, 105, 109, 110)
"""Rows of the list of signals that ask for a play."""

OWN = {
    "title": "Send cake", "who": "csm", "channel": "mail", "attention": "human", "lists": ["rewards"],
    "steps": ["Bake it."], "subject": "Cake, {name}", "body": "Enjoy.\n{owner}",
}  # fmt: skip


def test_every_play_that_the_signals_ask_for_is_there() -> None:
    import re

    from pipelines.plays.catalogue import FILE

    asked = {int(row) for line in re.findall(r"^\w+:  # ([\d, ]+)", FILE.read_text("utf-8"), re.M)
             for row in line.split(",") if row.strip()}  # fmt: skip
    assert set(ROWS) <= asked


@pytest.mark.parametrize("attention", ["human", "automated"])
@pytest.mark.parametrize("name", NAMES)
def test_every_list_has_a_general_play_for_people_and_machines(shop: Any, name: str, attention: str) -> None:
    play = choose(plays(shop.config()), name, attention, [], None, {})
    assert play is not None
    assert play.general_on(name)
    assert not play.when, "it must be there for any account"


def test_every_trigger_is_answered(shop: Any) -> None:
    available = plays(shop.config())
    for trigger in triggers(shop.config()):
        assert [play for play in answering(available, trigger.name) if "triggers" in play.lists], trigger.name


def test_costs_and_chances_are_the_documented_ones_unless_stated(shop: Any) -> None:
    for play in plays(shop.config()):
        human = play.attention == "human"
        cost = 0.0 if play.name in ("update_card", "payment_reminder") else 15.0 if human else 1.0
        assert (play.contact_cost, play.chance_to_save) == (cost, 0.3 if human else 0.15), play.name
        assert play.incentive_share == (0.05 if play.name in ("discount_offer", "win_back_offer") else 0.0)
        assert play.steps
        assert (play.channel == "call") <= human


def test_keys_change_a_play_and_leave_the_rest_as_it_is(shop: Any) -> None:
    before = {play.name: play for play in plays(shop.config())}
    shop.keys["plays"] = {"check_in": {"contact_cost": 40, "when": {"mrr": ">= 500"}}, "reward": None,
                          "exit_talk": {"enabled": False}, "send_cake": OWN}  # fmt: skip
    after = plays(shop.config())
    assert after[0].name == "send_cake", "a company's own goes first"
    assert [play.name for play in after[1:]] == [name for name in before if name not in ("reward", "exit_talk")]
    changed = {play.name: play for play in after}
    assert changed["check_in"].contact_cost == 40
    assert [(each.feature, each.number) for each in changed["check_in"].when] == [("mrr", 50_000)]
    assert changed["check_in"].steps == before["check_in"].steps
    assert {n: p for n, p in changed.items() if n not in ("check_in", "send_cake")} == {
        n: p for n, p in before.items() if n in changed and n != "check_in"
    }
    assert choose(after, "rewards", "human", [], None, {}) == changed["send_cake"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"send_cake": {"title": "Send cake"}}, "plays.send_cake is not in the catalogue and lacks who"),
        ({"chek_in": None}, "plays.chek_in is not in the catalogue"),
        ({"check_in": {"themes": ["usge"]}}, "plays.check_in.themes names 'usge'"),
        ({"check_in": {"triggers": ["silent"]}}, "plays.check_in.triggers names 'silent'"),
        ({"check_in": {"features": ["logins"]}}, "plays.check_in.features names 'logins'"),
        ({"check_in": {"when": {"mrr": "much"}}}, "plays.check_in.when says 'much' of mrr"),
        ({"check_in": {"body": "Dear {name.__class__}"}}, "plays.check_in.body holds {name.__class__}"),
        ({"check_in": {"subject": "{reason}"}}, "plays.check_in.subject holds {reason}"),
        ({"check_in": {"body": "a { b"}}, "plays.check_in.body holds a single brace"),
        ({"../x": OWN}, "plays.../x is no name"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(shop: Any, keys: dict[str, Any], says: str) -> None:
    shop.keys["plays"] = keys
    with pytest.raises(ChurnError) as error:
        plays(shop.config())
    assert says in error.value.message


@pytest.mark.parametrize(
    "keys", [{"check_in": {"lists": ["at_rsk"]}}, {"check_in": {"who": "me"}}, {"check_in": {"titel": "x"}},
             {"check_in": {"incentive_share": 1}}]
)  # fmt: skip
def test_keys_that_are_none_are_refused_when_the_file_is_read(shop: Any, keys: dict[str, Any]) -> None:
    shop.keys["plays"] = keys
    with pytest.raises(ChurnError, match=r"plays\.check_in"):
        shop.config()


def test_an_own_trigger_can_be_answered(shop: Any) -> None:
    shop.keys["triggers"] = {"few_seats": {"title": "Few seats", "when": {"seats": "<= 2"}, "tells": "seats"}}
    shop.keys["plays"] = {"check_in": {"triggers": ["few_seats"]}}
    found = {play.name: play for play in plays(shop.config())}
    assert isinstance(found["check_in"], Play)
    assert choose(tuple(found.values()), "triggers", "human", [], "few_seats", {}) == found["check_in"]
