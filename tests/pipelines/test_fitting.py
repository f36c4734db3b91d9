"""A fit hears of the configured seed, threads and tuning, and of when its own time is up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines import fitting
from pipelines.config import Config, with_training


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the last fit was called with, with ``now`` for the clock."""
    heard: dict[str, Any] = {"now": 1000.0}

    def fit(*given: Any) -> str:
        heard["given"], heard["search"] = given[:-1], given[-1]
        return "model"

    monkeypatch.setattr("models.model.fit", fit)
    monkeypatch.setattr(fitting, "monotonic", lambda: heard["now"])
    return heard


def fitted(config: Config, said: list[str]) -> None:
    assert fitting.fit(config, "lightgbm", "panel", ("inputs",), date(2025, 1, 1), said.append) == "model"  # type: ignore[arg-type, comparison-overlap]


def test_nothing_is_searched_unless_configured(shop: Any, heard: dict[str, Any]) -> None:
    fitted(with_training(shop.config(), seed=11), [])
    assert heard["given"] == ("lightgbm", "panel", ("inputs",), date(2025, 1, 1), 11, 1)
    assert heard["search"].trials == 0


def test_every_search_has_the_configured_time_from_its_own_beginning(shop: Any, heard: dict[str, Any]) -> None:
    shop.keys["training"] = {"tuning_trials": 20, "tuning_seconds": 30}
    said: list[str] = []
    for start in (1000.0, 5000.0):
        heard["now"] = start
        fitted(shop.config(), said)
        search = heard["search"]
        assert search.trials == 20
        assert not search.late()
        heard["now"] = start + 29.9
        assert not search.late()
        heard["now"] = start + 30
        assert search.late()
    heard["search"].say("found")
    assert said == ["found"]
