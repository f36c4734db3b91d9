"""The naive reference computes what the statement computes, and the benchmark would notice if it did not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import feature_steps, naive
from churn_features.catalogue import BY_NAME, MEASURES
from churn_features.tables import TABLES
from pipelines.config import Config


@pytest.fixture(scope="module")
def reference(small: tuple[Config, date]) -> pd.DataFrame:
    config, as_of = small
    tables = naive.load(config.path(config.lake))
    return naive.features(tables, pd.Timestamp(as_of), config.time_zone, dict(config.event_roles))


@pytest.fixture(scope="module")
def written(reference: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("naive") / "naive.parquet"
    reference.to_parquet(file, index=False)
    return file


def test_every_value_is_that_of_the_statement(small: tuple[Config, date], written: Path) -> None:
    told = feature_steps.part(*small, written)
    assert told["rows"] == len(pd.read_parquet(written)) > 100
    assert feature_steps.agreement(*small, written) == {"columns": told["features"] + 1, "differing": []}


def test_its_features_are_of_the_catalogue_and_read_all_tables(reference: pd.DataFrame) -> None:
    names = set(reference.columns) - {"account_id"}
    assert names <= set(BY_NAME)
    assert len(names) >= 40
    assert set().union(*(_tables(name) for name in names)) == set(TABLES)


def test_its_features_say_something(reference: pd.DataFrame) -> None:
    always_one = {"subscriptions_active"}
    assert {name for name in reference.columns if reference[name].dropna().nunique() < 2} == always_one


@pytest.mark.parametrize(
    ("column", "value"), [("logins_28d", 1e6), ("activity_change_28d", None), ("plan", "other"), ("nps_last", 0.5)]
)
def test_a_value_that_differs_is_found(
    small: tuple[Config, date], reference: pd.DataFrame, tmp_path: Path, column: str, value: float | str | None
) -> None:
    file = tmp_path / "naive.parquet"
    feature_steps.part(*small, _store(reference, file))
    row = reference[column].first_valid_index()
    _store(reference.assign(**{column: reference[column].where(reference.index != row, value)}), file)
    assert feature_steps.agreement(*small, file)["differing"] == [column]


def test_an_account_that_is_missing_is_found(
    small: tuple[Config, date], reference: pd.DataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "naive.parquet"
    feature_steps.part(*small, _store(reference, file))
    _store(reference.iloc[1:], file)
    assert "account_id" in feature_steps.agreement(*small, file)["differing"]


def _store(rows: pd.DataFrame, file: Path) -> Path:
    rows.to_parquet(file, index=False)
    return file


def _tables(name: str) -> set[str]:
    unit = BY_NAME.get(name) or MEASURES.get(name)
    return {table for need in unit.needs for table in ({need} if need in TABLES else _tables(need))} if unit else set()
