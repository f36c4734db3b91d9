"""The two real sets end to end, by their configurations alone, and CSV files that are hard to read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import champion, config, exports, ingest, nightly, tables, training
from pipelines.config import Config, TableMapping
from pipelines.lists import AT_RISK
from pipelines.sources import source_of
from pipelines.sources.files import _rows

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CHURN_DATA") or ROOT.parent / "shared" / "data").resolve()


@pytest.fixture(scope="module")
def data() -> Path:
    if not DATA.is_dir():
        missing = f"the real data sets are not in {DATA}: set CHURN_DATA to their folder"
        if os.environ.get("CHURN_REQUIRE_SYSTEM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return DATA


def example(name: str, data: Path, folder: Path) -> Config:
    """An example's configuration, unchanged, in a place where it may write."""
    place = folder / "examples" / name
    place.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / name / "churn.yaml", place)
    os.environ["CHURN_DATA"] = str(data)
    return config.load(place / "churn.yaml")


def land_and_check(loaded: Config, as_of: date) -> dict[str, Any]:
    results = {}
    for table in source_of(loaded):
        ingest.land(loaded, as_of, table)
        results[table] = tables.check(loaded, as_of, table)
    return results


def test_a_set_without_signal_is_refused(data: Path, tmp_path: Path) -> None:
    """RavenStack's usage says nothing about churn, and its rows have known faults."""
    loaded, as_of = example("ravenstack", data, tmp_path), date(2024, 12, 31)
    results = land_and_check(loaded, as_of)
    rules = {rule.rule: rule for result in results.values() for rule in result.rules}
    assert all(result.passed for result in results.values())
    assert (rules["usage.repeated_id"].bad_rows, rules["usage.repeated_id"].level) == (21, "error")
    assert results["usage"].quarantined == 21
    assert rules["usage.before_start"].bad_rows > 18_000
    trained = training.train(loaded, as_of)
    assert not trained.verdict.promote
    assert "nothing predicts churn here" in trained.verdict.reason
    assert trained.verdict.challenger.auc.value <= 0.60
    assert champion.find(loaded) is None
    assert exports.published(loaded, AT_RISK, as_of) is None


def test_a_set_with_weak_signal_is_published_honestly(data: Path, tmp_path: Path) -> None:
    """The simulated network: about 0.64 is what an honest model reaches, far above means a leak."""
    loaded, as_of = example("fightchurn", data, tmp_path), date(2020, 5, 1)
    land_and_check(loaded, as_of)
    trained = training.train(loaded, as_of)
    auc = trained.verdict.challenger.auc
    assert auc.low < auc.value < auc.high
    assert auc.value < 0.80
    assert trained.verdict.promote, trained.verdict.reason
    done = nightly.run_stages(loaded, as_of)[AT_RISK]
    assert done.manifest["rows"] > 0
    assert done.manifest["model"]["version"] == trained.version


def test_stripe_s_tables_are_read_as_its_connector_delivers_them(
    data: Path, tmp_path: Path, churn: Callable[..., Any]
) -> None:
    """Made-up rows that do not belong together: all of them are read, and what is orphaned is said to be."""
    loaded, day = example("stripe-fivetran", data, tmp_path), ("--as-of", "2021-03-31")
    landed = churn(loaded, "ingest", *day)
    assert landed.code == 0, landed.err
    rows = {"accounts": 12, "subscriptions": 1, "subscription_changes": 2, "invoices": 1, "payments": 0,
            "payment_methods": 10}  # fmt: skip
    assert landed.out.splitlines() == [f"{table}: {count} rows from stripe" for table, count in rows.items()]
    checked = churn(loaded, "validate", *day)
    assert checked.code == 1
    assert "accounts: published, 12 landed = 12 accepted + 0 quarantined" in checked.out
    assert "subscriptions: withheld, 1 landed = 0 accepted + 1 quarantined" in checked.out
    assert "subscription_history_data.csv row 1: plan is empty; billing_interval is empty; mrr is empty" in checked.out
    assert "payment_method_data.csv row 2: account_id 'cus_IITpWhRKEpP8oQ' is not among the accounts" in checked.out


FILES = sorted(path.stem for path in (DATA / "csv-spectrum").glob("*.csv"))


@pytest.mark.parametrize("name", FILES or ["none"])
def test_csv_files_that_are_hard_to_read(data: Path, name: str) -> None:
    folder = data / "csv-spectrum"
    expected = json.loads((folder / "json" / f"{name}.json").read_text("utf-8"))
    if name == "location_coordinates":  # this one's JSON is a lone object, and gives another number than its CSV
        expected = [{**expected, "Contact Phone Number": "2095257564"}]
    mapping = TableMapping(files="*.csv", columns={})
    with duckdb.connect() as con:
        found = con.execute(_rows(con, folder / f"{name}.csv", mapping))
        names = [each[0] for each in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert [row.pop("_row") for row in rows] == list(range(1, len(expected) + 1))
    assert {row.pop("_file") for row in rows} <= {f"{name}.csv"}
    # a text file cannot tell an empty value from a missing one
    assert [{key: value or "" for key, value in row.items()} for row in rows] == expected
