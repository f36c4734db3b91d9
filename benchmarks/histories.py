"""Companies with a history, trained and judged by the product as any other company is.

Belongs here: their configurations, and what stands beside the rungs on the same later rows. Does not belong here: what
is promised of them (``quality``).
"""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.judged_set import JudgedSet
from benchmarks.measure import HOUSE
from models.duel import Verdict
from models.quality import Interval, evaluate
from models.split import split_dates
from pipelines import ingest, tables, training
from pipelines.config import Config, DemoSource, load
from pipelines.features import outcome_of
from pipelines.sources import source_of
from pipelines.sources.demo import DemoReader

PLAIN, CEILING = "plain recency and frequency", "ceiling"
RECENCY_AND_FREQUENCY = ["days_since_activity", "active_days_28d"]


def fightchurn(data: Path, folder: Path) -> JudgedSet:
    """The simulated social network, known up to its simulation's end."""
    config = example("fightchurn", data, folder)
    verdict, panel = trained(config, date(2020, 6, 1))
    beside = {PLAIN: plain(config, panel)}
    return JudgedSet("fightchurn-b2c-seed7", _tested(verdict), verdict, beside)


def ravenstack(data: Path, folder: Path) -> JudgedSet:
    """The software company whose usage says nothing."""
    verdict, _ = trained(example("ravenstack", data, folder), date(2024, 12, 31))
    return JudgedSet("ravenstack", _tested(verdict), verdict)


def demo(folder: Path, seed: int) -> JudgedSet:
    """The demo company as the product comes with it, or one of another ``seed``. Its generator knows how likely each
    departure was: the ceiling ranks by that."""
    file = _emptied(folder / f"demo-{seed}") / "churn.yaml"
    shutil.copy(HOUSE / "churn.yaml", file)
    config = load(file)
    ((name, source),) = config.sources.items()
    assert isinstance(source, DemoSource)
    config = config.model_copy(update={"sources": {name: source.model_copy(update={"seed": seed})}})
    verdict, panel = trained(config, config.last_day())
    beside = {CEILING: ceiling(config, later_rows(config, panel))}
    return JudgedSet(f"demo company, seed {seed}", _tested(verdict), verdict, beside)


def example(name: str, data: Path, folder: Path) -> Config:
    """An example's configuration, unchanged, reading ``data``, in a place below ``folder`` where it may write."""
    place = _emptied(folder / name) / "examples" / name
    place.mkdir(parents=True)
    shutil.copy(HOUSE / "examples" / name / "churn.yaml", place)
    os.environ["CHURN_DATA"] = str(data)
    return load(place / "churn.yaml")


def trained(config: Config, as_of: date) -> tuple[Verdict, pd.DataFrame]:
    """Land, check and train a day in an empty lake; the verdict and the panel it rests on."""
    for table in source_of(config):
        ingest.land(config, as_of, table)
        tables.check(config, as_of, table)
    verdict = training.train(config, as_of).verdict
    return verdict, training.read_panel(config, as_of)


def later_rows(config: Config, panel: pd.DataFrame) -> pd.DataFrame:
    """The rows that the training's verdict rests on."""
    split = split_dates(sorted(set(panel["as_of"])), outcome_of(config).horizon_days)
    return panel[panel["as_of"].isin(split.test) & ~panel["announced"]].reset_index(drop=True)


def plain(config: Config, panel: pd.DataFrame) -> Interval:
    """AUC of scikit-learn's logistic regression on two plain features, fitted on the dates the rungs learn from."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    split = split_dates(sorted(set(panel["as_of"])), outcome_of(config).horizon_days)
    learned = panel[panel["as_of"].isin(split.train + split.calibrate) & ~panel["announced"]]
    # who was never active has not been for longer than anybody else
    silent = float(learned[RECENCY_AND_FREQUENCY[0]].max()) + 1.0

    def columns(rows: pd.DataFrame) -> np.ndarray:
        filled = rows[RECENCY_AND_FREQUENCY].fillna(dict(zip(RECENCY_AND_FREQUENCY, (silent, 0.0), strict=True)))
        return filled.to_numpy(dtype=np.float64)

    line = make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression())
    line.fit(columns(learned), learned["churned"].to_numpy(dtype=bool))
    test = later_rows(config, panel)
    return evaluate(test, line.predict_proba(columns(test))[:, 1]).auc


def ceiling(config: Config, rows: pd.DataFrame) -> Interval:
    """AUC of the generator's true probabilities on ``rows`` (account_id, as_of, churned)."""
    return evaluate(rows, true_risk(config, rows), probability=False).auc


def true_risk(config: Config, rows: pd.DataFrame) -> np.ndarray:
    """The generator's probability of leaving within the window of each row; ValueError where it states none."""
    known = true_risks(config).set_index(["account_id", "as_of"])["p_30d"]
    found = known.reindex(pd.MultiIndex.from_frame(rows[["account_id", "as_of"]])).to_numpy(dtype=np.float64)
    if np.isnan(found).any():
        raise ValueError(f"the generator states no risk for {np.isnan(found).sum()} of {len(rows)} rows")
    return found


def true_risks(config: Config) -> pd.DataFrame:
    """account_id, as_of and p_30d, for the Sundays of a generated company."""
    (source,) = config.sources.values()
    assert isinstance(source, DemoSource)
    return pq.read_table(DemoReader(source, config).folder / "truth_risk.parquet").to_pandas()


def _tested(verdict: Verdict) -> str:
    dates = verdict.challenger.dates
    return f"{len(dates)} later dates, {dates[0]} to {dates[-1]}"


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
