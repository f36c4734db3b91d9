"""The naive reference computes the whole catalogue as the statement does, and the benchmark would notice if it did
not."""

from __future__ import annotations

import ast
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import feature_steps, naive
from churn_features.catalogue import BY_NAME
from pipelines import features
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


@pytest.fixture(scope="module")
def computed(small: tuple[Config, date]) -> None:
    features.compute(*small)


def test_every_value_is_that_of_the_statement(small: tuple[Config, date], written: Path) -> None:
    told = feature_steps.one_date(*small, written)
    assert told["rows"] == len(pd.read_parquet(written)) > 100
    assert feature_steps.agreement(*small, written) == {"columns": len(BY_NAME) + 1, "differing": []}


def test_it_leaves_no_feature_out(reference: pd.DataFrame) -> None:
    assert set(reference.columns) == {"account_id", *BY_NAME}


@pytest.mark.parametrize("module", sorted(Path(naive.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_it_shares_no_code_with_the_product(module: Path) -> None:
    found = [
        node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = {getattr(node, "module", None) or node.names[0].name for node in found}
    own = {name for name in names if name == "benchmarks.naive" or name.startswith("benchmarks.naive.")}
    assert names - own <= {"pandas", *sys.stdlib_module_names}


@pytest.mark.usefixtures("computed")
@pytest.mark.parametrize(
    ("column", "value"), [("logins_28d", 1e6), ("activity_change_28d", None), ("plan", "other"), ("nps_last", 0.5)]
)
def test_a_value_that_differs_is_found(
    small: tuple[Config, date], reference: pd.DataFrame, tmp_path: Path, column: str, value: float | str | None
) -> None:
    file = tmp_path / "naive.parquet"
    row = reference[column].first_valid_index()
    _store(reference.assign(**{column: reference[column].where(reference.index != row, value)}), file)
    assert feature_steps.agreement(*small, file)["differing"] == [column]


@pytest.mark.usefixtures("computed")
def test_an_account_that_is_missing_is_found(
    small: tuple[Config, date], reference: pd.DataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "naive.parquet"
    _store(reference.iloc[1:], file)
    assert "account_id" in feature_steps.agreement(*small, file)["differing"]


def _store(rows: pd.DataFrame, file: Path) -> Path:
    rows.to_parquet(file, index=False)
    return file
