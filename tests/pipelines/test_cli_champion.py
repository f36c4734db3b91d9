"""``churn champion``: what it shows, and the way back to an earlier one, which never leaves none that works."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from pipelines import champion
from pipelines.champion import Champion
from pipelines.config import Config
from pipelines.tracking import Tracking

AS_OF = ("--as-of", "2025-03-10")


@dataclass(frozen=True)
class Company:
    """A shop whose versions 1, 2 and 3 were promoted one after the other, and 4 was not."""

    config: Config

    @property
    def file(self) -> Path:
        return self.config.path(self.config.state) / "champion.json"

    @property
    def now(self) -> tuple[str, str]:
        """The version that scores and the one that the registry calls champion."""
        tracking = Tracking.connect(self.config)
        there = tracking.client.get_model_version_by_alias(tracking.name, "champion")
        return champion.require(self.config).version, str(there.version)


def _recorded(config: Config, champions: dict[str, Champion]) -> None:
    from models.duel import duel

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"account_id": np.arange(400), "as_of": "2025-02-01", "churned": rng.random(400) < 0.2})
    noise = rng.random(400)
    verdict = duel(frame, {"health": noise}, None, noise, 0.2)
    tracking = Tracking.connect(config)
    nothing: dict[str, Any] = {"pooled": {}, "uncontacted": {}, "by_date": {}, "segments": [], "folds": [], "notes": []}
    for kind, promote in (("health", True), ("logistic", True), ("lightgbm", True), ("health", False)):
        model = champions[kind].model
        more = {
            "company": config.company, "panel_sha256": "", "panel_share": 1.0, "ladder": {"why": "", "ahead": ""},
            "backtest": nothing, "importance": {"rows": 0, "inputs": {}, "themes": {}},
            "kinds": {"share": None, "why": "too few left", "ahead": "wait", "quality": {}},
            "outreach": {"known": False, "share": 0.0, "segments": []},
        }  # fmt: skip
        model = type(model).from_parts(model.text, {**model.card, **more})  # type: ignore[attr-defined]
        version, _ = tracking.record(model, {}, verdict, {}, {})
        if promote:
            tracking.promote(version)
            champion.install(config, Champion(model, version))


@pytest.fixture(scope="module")
def recorded(published_shop: Path, other_kinds: dict[str, Champion], tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pipelines import config as configuration

    root = tmp_path_factory.mktemp("recorded") / "shop"
    shutil.copytree(published_shop, root, symlinks=True)
    _recorded(configuration.load(root / "churn.yaml"), other_kinds)
    return root


@pytest.fixture
def company(recorded: Path, tmp_path: Path) -> Company:
    """To be changed: the copied registry still reads the models where they were recorded."""
    from pipelines import config as configuration

    shutil.copytree(recorded, tmp_path / "shop", symlinks=True)
    return Company(configuration.load(tmp_path / "shop" / "churn.yaml"))


def test_the_champion_is_shown(churn: Any, company: Company) -> None:
    done = churn(company.config, "champion", "show")
    assert done.code == 0
    assert [line.split(":")[0] for line in done.out.splitlines()] == [
        "version",
        "model",
        "trained on",
        "AUC",
        "verdict",
    ]
    auc = "0.7 (95 % 0.6 to 0.8), on 30 rows of 1 later dates"
    for words in ("3", "LightGBM", "data to the end of 2025-03-01", auc, "it stands in for a model"):
        assert f" {words}\n" in done.out


def test_a_champion_that_cannot_score_is_shown_as_such(churn: Any, company: Company) -> None:
    done = churn(changed(company), "champion", "show")
    assert "cannot score: it was trained with other event_roles" in done.out


def changed(company: Company) -> Config:
    """The configuration with roles of events that no version was trained with."""
    from pipelines import config as configuration

    file = company.config.file
    keys = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump({**keys, "event_roles": {"made": "export"}}), "utf-8")
    return configuration.load(file)


def test_back_step_by_step_and_forth_by_name(churn: Any, company: Company) -> None:
    config = company.config
    assert company.now == ("3", "3")
    done = churn(config, "champion", "rollback")
    assert done.code == 0, done.err
    assert done.out == "version 2, trained on data to the end of 2025-03-01, is champion again\n"
    assert company.now == ("2", "2")
    assert "logistic regression" in churn(config, "champion", "show").out
    assert churn(config, "score", *AS_OF).code == 0
    from datetime import date

    from pipelines.scoring import read_scores

    assert set(read_scores(config, date(2025, 3, 10))["model_version"]) == {"2"}
    assert churn(config, "champion", "rollback").code == 0
    assert company.now == ("1", "1")
    done = churn(config, "champion", "rollback")
    assert done.code == 1
    assert "no champion came before version 1 (promoted were 1, 2 (given up), 3 (given up))" in done.err
    assert "--to" in done.err
    assert churn(config, "champion", "rollback", "--to", "3").code == 0
    assert company.now == ("3", "3")


def test_one_that_was_given_up_is_not_come_back_to(churn: Any, company: Company) -> None:
    tracking = Tracking.connect(company.config)
    assert churn(company.config, "champion", "rollback").code == 0  # 3 is bad, back to 2
    tracking.promote("4")
    champion.install(company.config, Champion(tracking.load("4"), "4"))
    assert churn(company.config, "champion", "rollback").code == 0
    assert company.now == ("2", "2")
    assert tracking.promoted() == {"1": True, "2": True, "3": False, "4": False}
    assert churn(company.config, "champion", "rollback", "--to", "3").code == 0
    assert tracking.promoted()["3"]


def test_what_comes_back_is_what_was_there(
    churn: Any, company: Company, other_kinds: dict[str, Champion], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = company.file.read_bytes()
    for version in ("2", "3"):
        assert churn(company.config, "champion", "rollback", "--to", version).code == 0
    assert company.file.read_bytes() == before


def never_promoted(company: Company) -> Config:
    return company.config


@pytest.mark.parametrize(
    ("spoil", "arguments", "says"),
    [
        (never_promoted, ("--to", "4"), "version 4 was never champion (promoted were 1, 2, 3)"),
        (never_promoted, ("--to", "no"), "version no was never champion"),
        (changed, (), "version 2 was trained with other event_roles: it could not score"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    churn: Any, company: Company, spoil: Callable[[Company], Config], arguments: tuple[str, ...], says: str
) -> None:
    config, before = spoil(company), company.file.read_bytes()
    done = churn(config, "champion", "rollback", *arguments)
    assert done.code == 1
    assert says in done.err
    assert "churn train" in done.err
    assert company.file.read_bytes() == before
    assert company.now == ("3", "3")


def test_a_run_cut_short_leaves_a_champion_and_can_be_repeated(
    churn: Any, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    from pipelines.rollback import roll_back

    with monkeypatch.context() as patched:
        patched.setattr(champion, "install", killed)
        with pytest.raises(KeyboardInterrupt):
            roll_back(company.config)
    assert company.now == ("3", "2")
    assert churn(company.config, "score", *AS_OF).code == 0
    assert churn(company.config, "champion", "rollback").code == 0
    assert company.now == ("2", "2")


def test_a_damaged_file_is_repaired_by_name(churn: Any, company: Company) -> None:
    company.file.write_text("{", "utf-8")
    done = churn(company.config, "champion", "rollback")
    assert done.code == 1
    assert "champion.json is damaged" in done.err
    company.file.unlink()
    done = churn(company.config, "champion", "rollback")
    assert done.code == 1
    assert "there is no champion to go back from (promoted were 1, 2, 3)" in done.err
    company.file.write_text("{", "utf-8")
    assert churn(company.config, "champion", "rollback", "--to", "3").code == 0
    assert company.now == ("3", "3")


def test_without_mlflow_nothing_changes(churn: Any, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    file, before = company.config.file, company.file.read_bytes()
    keys = yaml.safe_load(file.read_text("utf-8"))
    keys["tracking"] = {"uri": "http://127.0.0.1:1", "timeout_seconds": 1}
    file.write_text(yaml.safe_dump(keys), "utf-8")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = churn(file, "champion", "rollback")
    assert done.code == 1
    assert "MLflow at http://127.0.0.1:1 cannot be used" in done.err
    assert company.file.read_bytes() == before


def test_before_any_training_the_remedy_is_told(churn: Any, shop: Any) -> None:
    config = shop.config()
    for command in ("show", "rollback"):
        done = churn(config, "champion", command)
        assert done.code == 1
        assert "there is no champion" in done.err
        assert "churn train" in done.err
