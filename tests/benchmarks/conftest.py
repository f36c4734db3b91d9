"""A small company with a landed and checked lake, made once for all tests of the benchmarks."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.config import Config, load

# they are not installed with the product
sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks import company, steps

ACCOUNTS, MONTHS = 300, 13


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where benchmarks find it."""
    kept = tmp_path_factory.mktemp("benchmark")
    file = company.configure(company.home(kept, ACCOUNTS, MONTHS) / "churn.yaml", ACCOUNTS, MONTHS, "1GB")
    config = load(file)
    for step in (steps.generate, steps.land, steps.check):
        step(config, config.last_day() - timedelta(days=1))
    return kept


@pytest.fixture(scope="session")
def small(folder: Path) -> tuple[Config, date]:
    """Its configuration, and the day of its lake."""
    config = load(company.home(folder, ACCOUNTS, MONTHS) / "churn.yaml")
    return config, config.last_day() - timedelta(days=1)
