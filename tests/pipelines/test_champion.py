"""The champion on disk."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines import champion
from pipelines.champion import Champion
from pipelines.errors import ChurnError
from pipelines.lake import write_json


def path(config: Any) -> Any:
    return config.path(config.state) / "champion.json"


def test_what_is_installed_is_found(shop: Any, stand_in: Champion) -> None:
    config = shop.config()
    assert champion.find(config) is None
    champion.install(config, stand_in)
    found = champion.require(config)
    assert found.version == "1"
    assert found.model.card == stand_in.model.card
    assert found.model.text == stand_in.model.text


@pytest.mark.parametrize("kind", ["health", "logistic", "lightgbm"])
def test_a_champion_of_any_kind_is_restored(shop: Any, other_kinds: dict[str, Champion], kind: str) -> None:
    config = shop.config()
    champion.install(config, other_kinds[kind])
    found = champion.require(config)
    assert type(found.model) is type(other_kinds[kind].model)
    assert found.model.card == other_kinds[kind].model.card


def test_a_new_champion_takes_the_place_of_the_old(shop: Any, stand_in: Champion) -> None:
    config = shop.config()
    for version in ("1", "2"):
        champion.install(config, Champion(stand_in.model, version))
    assert champion.require(config).version == "2"


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "keys"])
def test_a_damaged_file_is_refused(shop: Any, stand_in: Champion, damage: str) -> None:
    config = shop.config()
    champion.install(config, stand_in)
    text = path(config).read_text("utf-8")
    stored = json.loads(text)
    stored["card"]["calibration"]["slope"] = 2.0
    path(config).write_text(
        {"cut": text[: len(text) // 2], "changed": json.dumps(stored), "empty": "", "keys": "{}"}[damage], "utf-8"
    )
    with pytest.raises(ChurnError, match=r"champion\.json is damaged") as error:
        champion.find(config)
    assert "churn train" in error.value.remedy


def test_without_a_champion_the_error_says_why(shop: Any) -> None:
    config = shop.config()
    with pytest.raises(ChurnError, match="no model was trained yet") as error:
        champion.require(config)
    assert "churn train" in error.value.remedy
    write_json(config.path(config.state) / "last_training.json", {"verdict": "no usable signal"})
    with pytest.raises(ChurnError, match="no usable signal"):
        champion.require(config)
