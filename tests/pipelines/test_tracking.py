"""MLflow: what a training leaves there, and what happens when it cannot be reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from churn_features.catalogue import fingerprint
from pipelines import champion, training
from pipelines.card import page
from pipelines.errors import ChurnError
from pipelines.recorded import metrics
from pipelines.scoring import read_features
from pipelines.tracking import Tracking, default_uri


@pytest.fixture(scope="module")
def tracking(demo: Any) -> Tracking:
    return Tracking.connect(demo.config)


@pytest.fixture(scope="module")
def run(tracking: Tracking, demo: Any) -> Any:
    return tracking.client.get_run(demo.trained.run_id)


def test_the_run_has_parameters_metrics_and_tags(run: Any, demo: Any) -> None:
    assert run.info.status == "FINISHED"
    parameters, figures, tags = run.data.params, run.data.metrics, run.data.tags
    assert parameters["window_days"] == "30"
    assert parameters["kind"] == demo.trained.card["kind"]
    assert parameters["trees"] == str(demo.trained.card.get("trees", 0))
    assert {"train_dates", "calibrate_dates", "test_dates", "seed", "inputs"} <= set(parameters)
    for name, figure in metrics(demo.trained.verdict).items():
        assert figures[name] == pytest.approx(figure), name
    assert {"auc", "auc_low", "auc_high", "lift_10", "baseline_auc"} <= set(figures)
    assert figures["contacted_share"] == pytest.approx(demo.trained.card["outreach"]["share"])
    for kind, told in demo.trained.card["kinds"]["quality"].items():
        assert figures[f"{kind}_auc"] == pytest.approx(told["auc"])
        assert figures[f"{kind}_leaves_auc"] == pytest.approx(told["leaves_auc"])
        assert figures[f"{kind}_expected_leavers"] == pytest.approx(told["expected_leavers"])
    assert {"voluntary_auc_low", "involuntary_calibration_slope"} <= set(figures)
    assert tags["fingerprint"] == fingerprint()
    assert tags["as_of"] == str(demo.day)
    assert tags["panel_sha256"] == demo.trained.card["panel_sha256"]
    assert tags["promoted"] == "true"
    assert tags["verdict"] == demo.trained.verdict.reason


def test_a_search_for_parameters_is_kept_with_what_it_came_to() -> None:
    from pipelines.recorded import tuning

    assert tuning({"parameters": {}}) == {}
    found = {"asked": 9, "finished": 3, "log_loss": [0.31, 0.29, 0.3], "best": 1}
    assert tuning({"tuning": found}) == {
        "tuning_trials": 3,
        "tuning_trials_asked": 9,
        "tuning_best": 2,
        "tuning_log_loss": 0.29,
        "tuning_log_loss_usual": 0.31,
    }


def test_every_rival_has_a_nested_run_with_its_figures(tracking: Tracking, run: Any, demo: Any) -> None:
    experiment = tracking.client.get_experiment_by_name(tracking.name).experiment_id
    nested = tracking.client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
    rivals = {each.info.run_name: each for each in nested}
    assert set(rivals) == set(demo.trained.verdict.rivals)
    for name, quality in demo.trained.verdict.rivals.items():
        assert rivals[name].data.metrics["auc"] == pytest.approx(quality.auc.value)
        assert "auc_by_date" in rivals[name].data.metrics
        tested = demo.trained.card["backtest"]["pooled"][name]
        assert rivals[name].data.metrics["backtest_auc"] == pytest.approx(tested["auc"])
        assert rivals[name].data.metrics["backtest_lift_at_capacity"] == pytest.approx(tested["lift_at_capacity"])
        steps = tracking.client.get_metric_history(rivals[name].info.run_id, "backtest_auc_by_date")
        assert len(steps) == len(demo.trained.card["backtest"]["by_date"][name])
        assert rivals[name].data.tags["chosen"] == str(name == demo.trained.verdict.chosen).lower()
    assert not {"log_loss", "backtest_log_loss"} & set(rivals["recency"].data.metrics)
    assert rivals["logistic"].data.params["kind"] == "logistic"
    assert "C" in rivals["logistic"].data.params


def test_the_metric_of_each_test_date_is_kept(tracking: Tracking, run: Any, demo: Any) -> None:
    history = tracking.client.get_metric_history(run.info.run_id, "auc_by_date")
    assert [str(each.step) for each in sorted(history, key=lambda each: each.step)] == [
        day.replace("-", "") for day in demo.trained.card["split"]["test"]
    ]


def test_the_run_has_the_plots_and_the_card(tracking: Tracking, run: Any, demo: Any, tmp_path: Path) -> None:
    names = {each.path for each in tracking.client.list_artifacts(run.info.run_id, "plots")}
    assert names == {f"plots/{name}.png" for name in demo.trained.plots}
    assert len(names) == 6
    card = Path(tracking.client.download_artifacts(run.info.run_id, "card.md", str(tmp_path))).read_text("utf-8")
    assert card == page(demo.trained.card, demo.trained.verdict)
    assert "**Verdict: promoted.**" in card
    assert f"**Grade:** {demo.trained.verdict.grade}." in card
    assert "| health score |" in card
    assert "(chosen) |" in card
    assert "## The backtest" in card


def test_the_registry_knows_the_champion(tracking: Tracking, demo: Any) -> None:
    for alias in ("champion", "challenger"):
        version = tracking.client.get_model_version_by_alias(tracking.name, alias)
        assert str(version.version) == demo.trained.version
    assert version.tags["promoted"] == "true"


def test_nothing_is_pickled(demo: Any) -> None:
    folder = demo.config.path(demo.config.state) / "mlartifacts"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"card.json", "bundle.py", "MLmodel"} <= {path.name for path in files}
    for path in files:
        assert path.suffix not in (".pkl", ".pickle", ".cloudpickle", ".joblib", ".skops"), path
        assert not path.read_bytes().startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")), path


def test_the_registered_model_gives_the_champions_probabilities(demo: Any) -> None:
    import mlflow

    mlflow.set_tracking_uri(default_uri(demo.config))
    mlflow.set_registry_uri(default_uri(demo.config))
    loaded = mlflow.pyfunc.load_model(f"models:/{demo.config.company}@champion")
    model, frame = champion.require(demo.config).model, read_features(demo.config, demo.day)
    columns = frame[[each.name for each in model.inputs]].copy()
    for each in model.inputs:
        if not each.categorical:
            columns[each.name] = columns[each.name].astype("float64")
    np.testing.assert_allclose(loaded.predict(columns), model.predict(frame), rtol=1e-12)


@pytest.mark.process
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_mlflow_predicts_on_a_feature_frame_in_a_process_of_its_own(demo: Any, tmp_path: Path, kind: str) -> None:
    """As docs/models.md says; also where nothing is known of a category, and all numbers of an input are whole."""
    model, frame = champion.require(demo.config).model, read_features(demo.config, demo.day).head(200)
    unknown = next(each.name for each in model.inputs if each.categorical)
    frame = frame.assign(**{unknown: None}, tenure_days=frame["tenure_days"].astype("int64"))[
        ["account_id", *(each.name for each in model.inputs)]
    ]
    asked, told = tmp_path / f"frame.{kind}", tmp_path / "probabilities.json"
    if kind == "csv":
        frame.to_csv(asked, index=False)
    else:
        rows = frame.to_json(orient="split", index=False, double_precision=15)
        asked.write_text(f'{{"dataframe_split": {rows}}}', "utf-8")
    command = ["models", "predict", "-m", f"models:/{demo.config.company}@champion", "--env-manager", "local",
               "-t", kind, "-i", str(asked), "-o", str(told)]  # fmt: skip
    uri = default_uri(demo.config)
    done = subprocess.run(
        [sys.executable, "-m", "mlflow", *command], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": uri},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(told.read_text("utf-8"))["predictions"]
    np.testing.assert_allclose(found, model.predict(frame), rtol=1e-9)


def test_the_registered_model_says_what_it_reads(tracking: Tracking, demo: Any) -> None:
    import mlflow

    mlflow.set_tracking_uri(default_uri(demo.config))
    told = mlflow.models.get_model_info(f"models:/{tracking.name}@champion").metadata["inputs"]
    assert told == {each.name: "text" if each.categorical else "number" for each in training.inputs()}


def test_the_registered_card_is_the_installed_one(demo: Any) -> None:
    folder = demo.config.path(demo.config.state) / "mlartifacts"
    (card,) = folder.rglob("card.json")
    assert json.loads(card.read_text("utf-8")) == champion.require(demo.config).model.card


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1",
        "http://me:secret@127.0.0.1:1",
        "sqlite:////dev/null/mlflow.db",
        "postgresql://me:secret@127.0.0.1:1/x",
        "what://",
    ],
)
def test_an_unreachable_store_stops_training_and_touches_nothing(
    demo: Any, tmp_path: Path, digests: Any, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    company = demo.copied(tmp_path / "demo")
    before = {part: digests(company.root / "var" / part) for part in ("exports", "lake", "state")}
    keys = company.config.tracking.model_copy(update={"uri": uri, "timeout_seconds": 1})
    with pytest.raises(ChurnError) as error:
        training.fit_and_judge(company.config.model_copy(update={"tracking": keys}), company.day, {})
    assert error.value.message.startswith("MLflow at ")
    assert "secret" not in str(error.value)
    assert "tracking.uri" in error.value.remedy
    after = {part: digests(company.root / "var" / part) for part in ("exports", "lake", "state")}
    after["state"] = {name: digest for name, digest in after["state"].items() if not name.endswith(".lock")}
    before["state"] = {name: digest for name, digest in before["state"].items() if not name.endswith(".lock")}
    assert after == before


def test_a_company_of_any_name_has_an_experiment(shop: Any) -> None:
    shop.keys["company"] = 'A/B: "C" & D\'s, ünïted'
    tracking = Tracking.connect(shop.config())
    assert tracking.client.get_experiment_by_name(tracking.name) is not None
    assert "/" not in tracking.name
    assert ":" not in tracking.name
    assert Tracking.connect(shop.config()).name == tracking.name
