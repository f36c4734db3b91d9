"""The model as Dagster runs it: the duel as a check, and what the launchpad may set for one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines import training
from pipelines.lake import Lake, read_json


def run(company: Any, only: tuple[str, ...], raise_on_error: bool = True, **ops: dict[str, Any]) -> Any:
    """The training job on these of its assets, with run configuration as the launchpad gives it."""
    from pipelines.definitions import definitions

    with dg.DagsterInstance.ephemeral() as instance:
        return (
            definitions(company.config)
            .resolve_job_def("training")
            .execute_in_process(
                instance=instance,
                partition_key=str(company.day),
                asset_selection=[dg.AssetKey(name) for name in only],
                raise_on_error=raise_on_error,
                run_config={"ops": {name: {"config": keys} for name, keys in ops.items()}},
            )
        )


@pytest.fixture(autouse=True)
def default_configuration(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_CONFIG", str(demo.config.file))  # read when the module is first imported


def test_the_launchpad_sets_keys_for_one_run(demo: Any, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    company = demo.copied(tmp_path / "demo")
    done = run(
        company,
        ("training_set", "churn_model"),
        training_set={"most_dates": 16, "most_rows": 12_000},
        churn_model={"seed": 11, "backtest_folds": 1},
    )
    panel = pq.read_table(Lake(company.config.path(company.config.lake)).panel(company.day)).to_pandas()
    assert panel["as_of"].nunique() == 16
    assert panel["account_id"].nunique() < 12_000 / 16
    (shown,) = done.asset_materializations_for_node("churn_model")
    page = shown.metadata["card"].value
    assert ", seed 11." in page
    assert page.split("Trained again as on earlier days")[1].split(". Leavers")[0].count(" to ") == 1
    (check,) = done.get_asset_check_evaluations()
    assert check.description == shown.metadata["verdict"].value
    last = read_json(company.config.path(company.config.state) / "last_training.json")
    assert last["verdict"] == check.description
    assert {name for name in shown.metadata if name.startswith("plot: ")} == {
        f"plot: {name}" for name in demo.trained.plots
    }


@pytest.mark.parametrize(
    ("ops", "says"),
    [
        ({"training_set": {"most_dates": 1}}, "this run's training keys are not valid: most_dates: "),
        ({"churn_model": {"backtest_folds": -1}}, "this run's training keys are not valid: backtest_folds: "),
        ({"churn_model": {"tuning_trials": -1}}, "this run's training keys are not valid: tuning_trials: "),
    ],
)
def test_keys_that_are_not_valid_stop_the_run(demo: Any, ops: dict[str, Any], says: str) -> None:
    done = run(demo, tuple(ops), raise_on_error=False, **ops)
    (failed,) = [event for event in done.all_events if event.is_step_failure]
    error = failed.step_failure_data.error
    assert says in (error.cause.message if error.cause else error.message)


@pytest.mark.parametrize(
    ("promote", "usable", "passed"), [(True, True, True), (False, True, True), (False, False, False)]
)
def test_the_check_fails_only_where_a_model_is_refused(
    demo: Any, monkeypatch: pytest.MonkeyPatch, promote: bool, usable: bool, passed: bool
) -> None:
    verdict = replace(demo.trained.verdict, promote=promote, usable=usable, reason="because of this")
    trained = replace(demo.trained, verdict=verdict)
    monkeypatch.setattr(training, "fit_and_judge", lambda *_: trained)
    done = run(demo, ("churn_model",))
    (check,) = done.get_asset_check_evaluations()
    assert check.check_name == "duel"
    assert check.passed is passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.description == "because of this"
    assert {name: value.value for name, value in check.metadata.items()} == {
        "verdict": "because of this",
        "promoted": promote,
        "grade": verdict.grade,
        "model": verdict.chosen,
    }
