"""What all lists have in common: plays within their terms, an order that people can follow, nights without a model."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandas as pd
import pytest

from models.value import expected_value
from pipelines import champion, exports, nightly
from pipelines.errors import ChurnError
from pipelines.lists import AT_RISK, NAMES, enabled
from pipelines.lists.choice import choose
from pipelines.lists.day import Day
from pipelines.plays import plays

DAY = date(2025, 3, 10)


def of(demo: Any, name: str) -> exports.Published:
    done = exports.published(demo.config, name, demo.day)
    assert done is not None
    return done


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_play_of_its_list_and_is_worth_it(demo: Any, name: str) -> None:
    known = {play.name: play for play in plays(demo.config)}
    rows = of(demo, name).rows()
    assert rows
    for row in rows:
        play = known[row["play"]]
        assert name in play.lists
        assert play.attention == row["attention"]
        if row["expected_value"] is not None and row["probability"] is not None:
            terms = 12, play.chance_to_save, play.incentive_share, play.contact_cost
            worth = expected_value(row["probability"], row["mrr"], *terms)
            assert row["expected_value"] == pytest.approx(float(worth), abs=0.02 + 1e-5 * row["mrr"] * 12)
    # those for people first, each in the order of what a contact is expected to bring
    attention = [row["attention"] for row in rows]
    assert attention == sorted(attention, reverse=True)
    for kind in ("human", "automated"):
        worth = [row["expected_value"] for row in rows if row["attention"] == kind]
        if None not in worth:
            assert worth == sorted(worth, reverse=True)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert attention.count("human") <= demo.config.lists.capacity
    assert len({row["account_id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_manifest_counts_what_is_there(demo: Any, name: str) -> None:
    done = of(demo, name)
    rows, manifest = done.rows(), done.manifest
    assert sum(manifest["attention"].values()) == sum(manifest["plays"].values()) == len(rows) == manifest["rows"]
    told = pd.Series([row["probability"] for row in rows], dtype=float)
    if told.notna().all():
        assert manifest["expected_leavers"]["value"] == pytest.approx(told.sum(), abs=0.01)
        assert manifest["probability_of"] in ("churn", "voluntary", "involuntary")
    else:
        assert manifest["expected_leavers"] is manifest["expected_monthly_loss"] is None
    aside = json.loads((done.folder / "suppressed.json").read_text("utf-8"))
    assert not {each["account_id"] for each in aside} & {row["account_id"] for row in rows}
    assert sum(manifest["suppressed"].values()) == len(aside)


def test_people_are_for_accounts_at_which_they_are_worth_more_than_a_message(demo: Any) -> None:
    rows = of(demo, AT_RISK).rows()
    loss = {kind: [r["expected_loss"] for r in rows if r["attention"] == kind] for kind in ("human", "automated")}
    assert min(loss["human"]) * 12 * 0.15 >= 14 - 0.1, "a person costs 14 more and keeps 0.15 more of those who leave"
    assert max(loss["automated"]) < min(loss["human"]) or len(loss["human"]) == demo.config.lists.capacity


def test_what_costs_more_than_it_brings_is_left_and_recorded(running_shop: Any) -> None:
    running_shop.keys["lists"] |= {"value_months": 0.001, "automated_capacity": 10}
    chosen = choose(Day(running_shop.config(), DAY), AT_RISK)
    assert chosen.rows == []
    assert {each["reason"] for each in chosen.suppressed} == {"below_cost"}
    assert len(chosen.suppressed) == 26
    assert chosen.expected_leavers == (0.0, 0.0, 0.0)
    assert exports.publish(running_shop.config(), chosen).manifest["rows"] == 0


def test_accounts_that_nobody_should_keep_are_left_alone(running_shop: Any) -> None:
    first = choose(Day(running_shop.config(), DAY), AT_RISK).rows[0]["account_id"]
    running_shop.keys["lists"]["do_not_save"] = [first, "nobody"]
    chosen = choose(Day(running_shop.config(), DAY), AT_RISK)
    assert first not in {row["account_id"] for row in chosen.rows}
    assert [(each["account_id"], each["reason"], each["until"]) for each in chosen.suppressed] == [
        (first, "do_not_save", None)
    ]


def test_a_night_without_a_champion_makes_the_lists_that_need_none(shop: Any) -> None:
    config = shop.config()
    done = nightly.run_stages(config, DAY)
    assert set(done) == set(NAMES) - {AT_RISK}
    assert exports.published(config, AT_RISK, DAY) is None
    assert "no model was trained yet" in str(nightly.publish_list(config, AT_RISK, DAY))
    for name, each in done.items():
        assert each.manifest["model"] is None, name
        for row in each.rows():
            assert row["probability"] is row["expected_loss"] is row["model_version"] is None
    assert done["win_back"].manifest["rows"] > 0
    with pytest.raises(ChurnError, match="there is no champion for Shop"):
        choose(Day(config, DAY), AT_RISK)


def test_lists_that_are_switched_off_are_not_made(running_shop: Any) -> None:
    running_shop.keys["lists"]["only"] = {"rewards": {"enabled": False}, "win_back": {"enabled": False}}
    config = running_shop.config()
    assert enabled(config) == [name for name in NAMES if name not in ("rewards", "win_back")]
    running_shop.keys["lists"]["only"] = {"luck": {"enabled": False}}
    with pytest.raises(ChurnError, match=r"lists\.only"):
        running_shop.config()


def test_a_list_s_own_capacity(running_shop: Any) -> None:
    running_shop.keys["lists"]["only"] = {"at_risk": {"capacity": 3}}
    assert len(choose(Day(running_shop.config(), DAY), AT_RISK).rows) == 3


def test_an_incentive_that_costs_more_than_it_saves_is_not_given(running_shop: Any) -> None:
    """A play that answers every theme and gives a tenth of the value away, where few would leave."""
    generous = {
        "title": "A gift", "who": "csm", "channel": "call", "attention": "human", "lists": ["at_risk"],
        "themes": ["usage", "adoption"], "incentive_share": 0.9, "steps": ["Call"], "subject": "Hello", "body": "Hello",
    }  # fmt: skip
    running_shop.keys["plays"] = {"gift": generous}
    assert "gift" not in {row["play"] for row in choose(Day(running_shop.config(), DAY), AT_RISK).rows}
    running_shop.keys["plays"]["gift"] = {**generous, "incentive_share": 0.0}
    assert "gift" in {row["play"] for row in choose(Day(running_shop.config(), DAY), AT_RISK).rows}


def test_scores_of_another_model_stop_every_list(running_shop: Any, stand_in: Any) -> None:
    config = running_shop.config()
    champion.install(config, champion.Champion(stand_in.model, "2"))
    with pytest.raises(ChurnError, match="the scores of 2025-03-10 are of model 1, the champion is 2"):
        choose(Day(config, DAY), "triggers")
