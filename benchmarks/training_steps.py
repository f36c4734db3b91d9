"""The processes that ``training`` measures: ``python -m benchmarks.training_steps STEP churn.yaml``.

All of them call what the product calls, for the day before the company's last one, and print what they did as JSON.
Models and the registry are kept in a state folder of their own. Belongs here: one function for each process. Does not
belong here: measuring processes.
"""

from __future__ import annotations

import argparse
import json
import resource
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measure import least_cpu, peak_bytes
from pipelines.config import Config, load, with_training


def features(config: Config, as_of: date, times: int) -> dict[str, Any]:
    """The features of the day."""
    from pipelines import features

    return {"scored": features.compute(config, as_of)}


def panel(config: Config, as_of: date, times: int) -> dict[str, Any]:
    """The training panel of the day."""
    from pipelines import features

    return {"rows": features.compute_panel(config, as_of)}


def train(config: Config, as_of: date, times: int) -> dict[str, Any]:
    """From the panel to the registry, with one fold of the backtest instead of three: another one takes no more memory.
    Tells the most memory beyond what the process took before, when all libraries were there and the registry open. What
    is refused is made champion all the same: it costs what a better one would."""
    for library in ("lightgbm", "matplotlib.pyplot", "mlflow.pyfunc", "pyarrow.parquet", "sklearn.linear_model"):
        import_module(library)

    from pipelines import champion, training
    from pipelines.tracking import Tracking

    tracking = Tracking.connect(config)
    (config.path(config.state) / "champion.json").unlink(missing_ok=True)
    before = peak_bytes(resource.getrusage(resource.RUSAGE_SELF))
    trained = training.fit_and_judge(with_training(config, backtest_folds=1), as_of, {})
    peak = peak_bytes(resource.getrusage(resource.RUSAGE_SELF))
    if champion.find(config) is None:
        champion.install(config, champion.Champion(tracking.load(trained.version), trained.version))
    return {"bytes": peak - before, "kind": trained.card["kind"], "inputs": len(training.inputs())}


def fit(config: Config, as_of: date, times: int) -> dict[str, Any]:
    """CPU seconds of reading the panel, of LightGBM's Dataset from it, and of LightGBM's fit, that one included."""
    from models import churn_model
    from models.boosting import dataset
    from models.evidence import gather
    from models.inputs import categories_of, matrix
    from models.split import split_dates
    from pipelines import training
    from pipelines.features import outcome_of

    inputs, seed, threads = training.inputs(), config.training.seed, config.engine.threads or 2
    frame = training.read_panel(config, as_of)
    split = split_dates(sorted(set(frame["as_of"])), outcome_of(config).horizon_days)
    model = churn_model.fit(frame, inputs, split, seed, threads)

    def make() -> None:
        known = gather(frame, inputs, split, seed, churn_model.MOST_ROWS)
        categories = categories_of(frame, inputs, known.rows)
        x = matrix(frame, known.names, categories, known.rows)
        dataset(x, known.churned, known.weight, known.names, list(categories), model.card["parameters"])

    loading, making, fitting = least_cpu(
        lambda: training.read_panel(config, as_of),
        make,
        lambda: churn_model.fit(frame, inputs, split, seed, threads),
        times=times,
    )
    return {"load_cpu": loading, "dataset_cpu": making, "fit_cpu": fitting, "trees": model.card["trees"]}


def score(config: Config, as_of: date, times: int) -> dict[str, Any]:
    """Scores and the list of the day."""
    from pipelines import scoring
    from pipelines.lists import AT_RISK
    from pipelines.lists.choice import choose
    from pipelines.lists.day import Day

    rows = scoring.score(config, as_of)
    return {"rows": rows, "listed": len(choose(Day(config, as_of), AT_RISK).rows)}


def compared(config: Config, as_of: date, times: int) -> dict[str, Any]:
    """CPU seconds of the same, with the files read and written and the reasons of the listed accounts, and of the
    champion's ``predict`` of the same rows, which are in memory as it reads them."""
    from pipelines import champion, frames, scoring
    from pipelines.lists import AT_RISK
    from pipelines.lists.choice import choose
    from pipelines.lists.day import Day

    model = champion.require(config).model
    rows = frames.narrowed(scoring.features_file(config, as_of), [each.name for each in model.inputs])
    model.predict(rows)

    def work() -> None:
        scoring.score(config, as_of)
        choose(Day(config, as_of), AT_RISK)

    work()
    working, predicting = least_cpu(work, lambda: model.predict(rows), times=times)
    return {"score_cpu": working, "predict_cpu": predicting}


STEPS = {step.__name__: step for step in (features, panel, train, fit, score, compared)}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_steps")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("config", type=Path)
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    config = load(chosen.config)
    config = config.model_copy(update={"state": config.path(config.state) / "training"})
    print(json.dumps(STEPS[chosen.step](config, config.last_day() - timedelta(days=1), chosen.times)))


if __name__ == "__main__":
    main()
