"""From the panel to a verdict: the champion moves only to a better model, and everything is kept of what led there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churn_features.catalogue import FEATURES, fingerprint
from models.evidence import gather
from models.inputs import Input, ModelError
from models.split import split_dates
from pipelines import champion, training
from pipelines.champion import Champion
from pipelines.config import with_training
from pipelines.errors import ChurnError
from pipelines.lake import read_json

DAY = date(2025, 3, 10)


def test_inputs_are_the_catalogue_in_its_order() -> None:
    assert [each.name for each in training.inputs()] == [feature.name for feature in FEATURES]
    for each, feature in zip(training.inputs(), FEATURES, strict=True):
        assert each.actionable == (feature.sentence is not None)
        assert (each.categorical, each.direction) == (feature.categorical, feature.direction)
    assert {each.direction for each in training.inputs()} == {-1, 0, 1}


def test_the_health_score_knows_the_catalogue() -> None:
    from models.health import COMPONENTS

    features = {feature.name: feature for feature in FEATURES}
    for part in COMPONENTS:
        for each in part.measures:
            feature = features[each.feature]
            assert not feature.categorical
            falls = each.health[-1] < each.health[0]
            assert feature.direction == 0 or (feature.direction > 0) == falls, each.feature
            assert each.silent is None or each.silent in features


def test_every_rung_that_is_carried_met_in_the_duel(demo: Any) -> None:
    verdict, card = demo.trained.verdict, demo.trained.card
    assert card["kind"] == verdict.chosen
    assert card["grade"] == verdict.grade
    assert card["ladder"]["rung"] == list(verdict.rivals)[-1]
    assert list(verdict.rivals) in (["recency", "health", "logistic"], ["recency", "health", "logistic", "lightgbm"])
    assert verdict.rivals[verdict.chosen] == verdict.challenger
    assert card["ladder"]["why"].startswith("Up to the ")


def test_the_first_model_with_signal_becomes_champion(demo: Any) -> None:
    trained, config = demo.trained, demo.config
    assert trained.verdict.promote, trained.verdict.reason
    present = champion.require(config)
    assert present.version == trained.version == "1"
    assert present.model.card == trained.card
    summary = read_json(config.path(config.state) / "last_training.json")
    assert summary == {
        "as_of": str(demo.day), "promoted": True, "run_id": trained.run_id, "verdict": trained.verdict.reason,
        "version": "1",
    }  # fmt: skip


def test_the_card_says_what_the_model_rests_on(demo: Any) -> None:
    import hashlib

    card, panel = demo.trained.card, demo.config.path(demo.config.lake) / "panels" / f"as_of={demo.day}.parquet"
    assert card["fingerprint"] == fingerprint()
    assert card["panel_sha256"] == hashlib.sha256(panel.read_bytes()).hexdigest()
    assert card["outcome"] == {"lead_days": 0, "window_days": 30, "grace_days": 7}
    assert len(card["tables"]) == 10
    assert card["as_of"] == str(demo.day)
    parts = [card["split"][name] for name in ("train", "calibrate", "test")]
    assert max(parts[0]) < min(parts[1])
    assert max(parts[1]) < min(parts[2])
    assert card["quality"]["auc_low"] > 0.6


def injected(
    monkeypatch: pytest.MonkeyPatch, trained: Any, slope: float, promote: bool | None = None
) -> list[tuple[Any, ...]]:
    """Makes fitting give the known model with its log-odds multiplied by ``slope``, and recording remember its calls;
    with ``promote`` the duel says so."""
    from pipelines.tracking import Tracking

    calls: list[tuple[Any, ...]] = []
    present = trained["model"]
    calibration = present.card["calibration"]
    scaled = {**calibration, "slope": calibration["slope"] * slope, "intercept": calibration["intercept"] * slope}
    model = replace(present, card={**present.card, "calibration": scaled})
    monkeypatch.setattr("models.churn_model.fit", lambda *_, **__: model)

    class Recorder:
        note = Path("/nothing/is/under/way")

        def record(self, model: Any, rivals: Any, verdict: Any, plots: Any, tags: Any) -> tuple[str, str]:
            calls.append(("record", verdict.promote))
            return "2", "run"

        def promote(self, version: str) -> None:
            calls.append(("promote", version))

    monkeypatch.setattr(Tracking, "connect", classmethod(lambda _, config: Recorder()))
    if promote is not None:
        import models.duel

        real = models.duel.duel
        monkeypatch.setattr(
            "models.duel.duel", lambda *a, **k: replace(real(*a, **k), promote=promote, reason="as told")
        )
    return calls


@pytest.fixture
def company(demo: Any, tmp_path: Any) -> Any:
    copied = demo.copied(tmp_path / "demo")
    return replace(copied, config=with_training(copied.config, backtest_folds=0))


def test_a_worse_challenger_is_recorded_and_changes_nothing(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = company.config
    file = config.path(config.state) / "champion.json"
    before = file.read_bytes()
    calls = injected(monkeypatch, {"model": champion.require(config).model}, slope=0.3)
    trained = training.fit_and_judge(config, company.day, {})
    assert not trained.verdict.promote
    assert "champion" in trained.verdict.reason or "base rate" in trained.verdict.reason
    assert calls == [("record", False)]
    assert file.read_bytes() == before
    assert read_json(config.path(config.state) / "last_training.json")["promoted"] is False


def test_a_challenger_that_is_only_as_good_changes_nothing(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = company.config
    calls = injected(monkeypatch, {"model": champion.require(config).model}, slope=1.0)
    trained = training.fit_and_judge(config, company.day, {})
    assert trained.verdict.champion is not None
    assert calls == [("record", False)]
    assert champion.require(config).version == "1"
    assert trained.card["backtest"]["notes"] == ["there was no backtest: training.backtest_folds is 0"]
    assert trained.card["backtest"]["pooled"] == {}


def test_a_better_verdict_moves_the_champion(company: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = company.config
    calls = injected(monkeypatch, {"model": champion.require(config).model}, slope=1.0, promote=True)
    trained = training.fit_and_judge(config, company.day, {})
    assert calls == [("record", True), ("promote", "2")]
    assert champion.require(config).version == trained.version == "2"


def test_a_champion_that_cannot_be_compared_is_named_in_the_verdict(
    company: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, present = company.config, champion.require(company.config)
    injected(monkeypatch, {"model": present.model}, slope=1.0, promote=True)
    split = {**present.model.card["split"], "calibrate": [str(company.day)]}
    ahead = replace(present.model, card={**present.model.card, "split": split})
    champion.install(config, Champion(ahead, "7"))
    trained = training.fit_and_judge(config, company.day, {})
    assert trained.verdict.reason.startswith("champion 7 stays: it has learned from dates that it would be tested on")
    assert not trained.verdict.promote
    assert champion.require(config).version == "7"


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("fingerprint", "?", "was trained on feature catalogue ?"),
        ("outcome", {"lead_days": 0, "window_days": 60, "grace_days": 7}, "was trained for another outcome"),
        ("event_roles", {}, "was trained with other event_roles"),
    ],
)
def test_a_champion_of_another_kind_is_no_rival(shop: Any, stand_in: Any, key: str, value: Any, why: str) -> None:
    config = shop.config()
    split = {"train": ["2025-01-01"], "calibrate": ["2025-01-08"]}
    same = Champion(replace(stand_in.model, card={**stand_in.model.card, "split": split}), "3")
    assert training._comparable(config, same, DAY) == (same, "")
    assert training._comparable(config, None, DAY) == (None, "")
    other = Champion(replace(stand_in.model, card={**same.model.card, key: value}), "3")
    rival, said = training._comparable(config, other, DAY)
    assert rival is None
    assert said.startswith(f"champion 3 {why}")
    assert said.endswith("and cannot be compared")


def made_up(accounts: int = 300, dates: int = 12) -> pd.DataFrame:
    """Silence is what makes accounts leave."""
    rng, rows = np.random.default_rng(3), accounts * dates
    silence = rng.exponential(10, rows)
    return pd.DataFrame(
        {
            "account_id": np.tile([f"a{at}" for at in range(accounts)], dates),
            "as_of": np.repeat([date(2024, 1, 7) + timedelta(days=14 * at) for at in range(dates)], accounts),
            "announced": False,
            "churned": rng.random(rows) < 1 / (1 + np.exp(3 - 0.1 * silence)),
            "days_since_activity": silence,
        }
    )


def test_a_rung_that_cannot_be_fitted_leaves_the_lower_ones(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise ModelError("the trees do not stand", "plant others")

    monkeypatch.setattr(training, "inputs", lambda: (Input("days_since_activity", "usage"),))
    monkeypatch.setattr("models.churn_model.fit", refuses)
    panel, said = made_up(), []
    split, kinds = split_dates(sorted(set(panel["as_of"])), 37), ("health", "logistic", "lightgbm")
    models = training._fitted(shop.config(), panel, split, kinds, said.append)
    assert list(models) == ["health", "logistic"]
    assert said[-1] == "no LightGBM: the trees do not stand"
    with pytest.raises(ModelError, match="none of the 1 inputs varies"):
        training._fitted(shop.config(), panel.assign(days_since_activity=1.0), split, kinds[:2], said.append)


def test_a_sample_is_told(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "inputs", lambda: (Input("days_since_activity", "usage"),))
    monkeypatch.setattr("models.logistic.gather", lambda *given: gather(*given[:4], 600))
    panel, said = made_up(), []
    split = split_dates(sorted(set(panel["as_of"])), 37)
    models = training._fitted(shop.config(), panel, split, ("health", "logistic"), said.append)
    sample = models["logistic"].card["sample"]
    assert 300 < sample["rows"] < 900
    assert said[-1] == f"it has learned from a sample of {sample['share']:.2%} of the accounts, {sample['rows']:,} rows"
    assert len(said) == 3


def test_too_few_leavers_is_an_error_with_a_remedy(shop: Any) -> None:
    config = shop.accept()
    with pytest.raises(ChurnError, match="no model can be trained for 2025-03-10") as error:
        training.train(config, DAY)
    assert error.value.remedy
    assert champion.find(config) is None


def test_without_a_panel_the_command_is_named(shop: Any) -> None:
    with pytest.raises(ChurnError, match="no training panel for 2025-03-10") as error:
        training.read_panel(shop.config(), DAY)
    assert error.value.remedy == "run: churn train --as-of 2025-03-10"
