"""The catalogue of triggers is whole, and the configuration changes it as it says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from churn_features.catalogue import BY_NAME
from pipelines.errors import ChurnError
from pipelines.triggers import triggers
from pipelines.triggers.catalogue import COOL_DOWN_DAYS, FILE
from pipelines.triggers.fired import reason

ROWS = (32, 62, 65, 68, 71, 103, 104, 106, 107, 109)
"""Rows of the list of signals that ask for a trigger of an account."""

OWN = {"title": "Few seats", "when": {"seats": "<= 2", "mrr": ">= 100"}, "tells": "seats"}


def test_every_trigger_that_the_signals_ask_for_is_there() -> None:
    asked = {int(row) for line in re.findall(r"^\w+:  # ([\d, ]+)", FILE.read_text("utf-8"), re.M)
             for row in line.split(",") if row.strip()}  # fmt: skip
    assert set(ROWS) <= asked


def test_what_is_near_the_departure_or_good_news_is_marked(shop: Any) -> None:
    found = triggers(shop.config())
    assert [each.name for each in found if each.near_label] == ["cancel_page_seen"]
    assert [each.name for each in found if each.positive] == ["returned_after_pause"]
    assert all(each.cool_down_days > 0 for each in found)


def test_every_trigger_has_a_reason(shop: Any) -> None:
    config = shop.config()
    for trigger in triggers(config):
        value = 1.0 if BY_NAME[trigger.tells].unit == "yes/no" else 3.0
        told = reason(trigger, {"days_to_renewal": 9.0, "exports_7d": 4.0, trigger.tells: value}, config)
        assert told["theme"] == BY_NAME[trigger.tells].theme
        assert told["feature"] == trigger.tells
        assert len(told["text"]) > 10
        assert "{" not in told["text"]


def test_a_reason_has_the_accounts_own_numbers_with_unit_and_currency(shop: Any) -> None:
    config = shop.config()
    found = {each.name: each for each in triggers(config)}
    silent = reason(found["silent_30_days"], {"days_since_login": 41.0, "active_weeks_56d": 2.0}, config)
    assert silent == {
        "theme": "usage", "feature": "days_since_login",
        "text": "Days since the last sign-in: 41, active in 2 of the last 8 weeks",
    }  # fmt: skip
    near = reason(found["renewal_near"], {"days_to_renewal": 12.0}, config)
    assert near["text"] == "A long contract renews within 30 days (days to renewal: 12)", "the feature has no sentence"
    shop.keys["triggers"] = {"small": {"title": "Pays little", "when": {"mrr": "<= 20"}, "tells": "mrr"}}
    config = shop.config()
    assert reason(triggers(config)[0], {"mrr": 1234.0}, config)["text"] == "Pays little (mrr: 12.34 EUR)"


def test_keys_change_a_trigger_and_leave_the_rest_as_it_is(shop: Any) -> None:
    before = {each.name: each for each in triggers(shop.config())}
    shop.keys["triggers"] = {
        "silent_30_days": {"when": {"days_since_login": ">= 20"}, "cool_down_days": 5},
        "low_nps": None,
        "low_csat": {"enabled": False},
        "few_seats": OWN,
    }
    after = triggers(shop.config())
    changed = {each.name: each for each in after}
    assert after[0].name == "few_seats", "a company's own goes first"
    assert [each.name for each in after[1:]] == [name for name in before if name not in ("low_nps", "low_csat")]
    assert (changed["few_seats"].cool_down_days, changed["few_seats"].theme) == (COOL_DOWN_DAYS, "contract")
    assert [str(each) for each in changed["silent_30_days"].when] == ["days_since_login >= 20"]
    assert changed["silent_30_days"].cool_down_days == 5
    assert changed["silent_30_days"].title == before["silent_30_days"].title
    assert changed["card_expiring"] == before["card_expiring"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"silent": {"cool_down_days": 3}}, "triggers.silent is not in the catalogue and lacks title, when, tells"),
        ({"low_npz": None}, "did you mean low_nps?"),
        ({"low_npz": {"enabled": False}}, "did you mean low_nps?"),
        ({"low_nps": {"when": {"nps": "<= 5"}}}, "triggers.low_nps.when names 'nps'"),
        ({"low_nps": {"when": {"nps_last": "no"}}}, "triggers.low_nps.when says 'no' of nps_last"),
        ({"low_nps": {"tells": "nps"}}, "triggers.low_nps.tells names 'nps'"),
        ({"Low NPS": OWN}, "triggers.Low NPS is no name"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(shop: Any, keys: dict[str, Any], says: str) -> None:
    shop.keys["triggers"] = keys
    with pytest.raises(ChurnError) as error:
        triggers(shop.config())
    assert says in f"{error.value.message} {error.value.remedy}"


@pytest.mark.parametrize("keys", [{"low_nps": {"wen": {}}}, {"low_nps": {"when": {}}}, {"x": {"cool_down_days": -1}}])
def test_keys_that_are_none_are_refused_when_the_file_is_read(shop: Any, keys: dict[str, Any]) -> None:
    shop.keys["triggers"] = keys
    with pytest.raises(ChurnError, match=r"triggers\."):
        shop.config()
