"""What the data carries, told before any training: the same rung and the same rows that a training then has."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from models.inputs import ModelError
from models.split import split_dates
from pipelines import features, training
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.readiness.ladder import readiness

DAY = date(2025, 3, 10)


def test_it_foretells_what_the_training_found(demo: Any) -> None:
    found, card = readiness(demo.config, demo.day), demo.trained.card
    assert {"rung": found.ladder.rung, "why": found.ladder.why, "ahead": found.ladder.ahead} == card["ladder"]
    assert found.note == card["split"]["note"]
    assert found.share_of_accounts == 1
    assert found.outreach
    for part in found.parts:
        days = card["split"][part.name]
        assert (str(part.first), str(part.last), part.dates) == (days[0], days[-1], len(days))
        assert {"rows": part.rows, "leavers": part.leavers, "leaving_accounts": part.leaving_accounts}.items() <= card[
            "parts"
        ][part.name].items()
    counts = {row[0]: row for row in training.outcome_counts(demo.config, demo.day)}
    test = [counts[date.fromisoformat(day)] for day in card["split"]["test"]]
    assert found.parts[-1].announced == sum(row[3] for row in test)
    assert found.parts[-1].contacted == round(card["outreach"]["share"] * found.parts[-1].rows)
    assert set(found.kinds) <= {"voluntary", "involuntary", "unknown"}
    assert sum(found.kinds.values()) >= max(part.leaving_accounts for part in found.parts)


def test_too_few_leavers_carry_triggers_only(shop: Any) -> None:
    config = shop.accept()
    found = readiness(config, DAY)
    assert found.ladder.rung == "triggers"
    assert found.ladder.why.startswith("Triggers only: ")
    assert "The health score needs at least" in found.ladder.ahead
    assert not found.outreach
    assert not Lake(config.path(config.lake)).panel(DAY).exists(), "nothing is computed for a training"
    with pytest.raises(ChurnError) as error:
        training.train(config, DAY)
    assert found.ladder.why.rstrip(".") in error.value.message
    assert error.value.remedy.startswith(found.ladder.ahead.rstrip("."))
    assert "churn ready" in error.value.remedy


def carries_a_score(dates: list[date]) -> bool:
    try:
        split_dates(dates, 37)
    except ModelError:
        return False
    return len(dates) >= 3 and (dates[-1] - dates[0]).days >= 37


@pytest.mark.parametrize("warm_up", [100, 80])
def test_it_says_when_there_are_dates_enough(shop: Any, warm_up: int) -> None:
    shop.keys["training"] = {"warm_up_days": warm_up}
    config = shop.accept()
    found = readiness(config, DAY)
    assert found.records_begin == date(2024, 11, 1)
    assert not found.ladder.carried
    enough = found.enough_dates_on
    assert enough is not None
    assert enough > DAY
    by_day = [features.matured_dates(config, found.records_begin, enough - timedelta(days=days)) for days in (0, 1)]
    assert [carries_a_score(dates) for dates in by_day] == [True, False]
    assert (found.parts == ()) == (warm_up == 100)


def test_dates_that_are_never_enough_are_not_promised(shop: Any) -> None:
    shop.keys["training"] = {"every_days": 1, "most_dates": 10}
    assert readiness(shop.accept(), DAY).enough_dates_on is None


def test_without_tables_the_remedy_is_told(shop: Any) -> None:
    with pytest.raises(ChurnError, match="table accounts is not there for 2025-03-10"):
        readiness(shop.config(), DAY)
