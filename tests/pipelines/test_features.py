"""The feature table of a day and the training panel: the same statement for both."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from churn_features.catalogue import FEATURES
from pipelines import engine, features, scoring, tables, training
from pipelines.errors import ChurnError
from pipelines.lake import Lake

DAY = date(2025, 3, 10)


def read(config: Any, as_of: date = DAY) -> Any:
    return pq.read_table(Lake(config.path(config.lake)).features(as_of), partitioning=None).to_pandas()


def test_one_row_per_paying_account_with_every_feature(shop: Any) -> None:
    config = shop.accept()
    assert features.compute(config, DAY) == 26
    frame = read(config)
    assert list(frame["account_id"]) == sorted(frame["account_id"])
    assert frame["account_id"].is_unique
    assert {feature.name for feature in FEATURES} <= set(frame.columns)
    assert {"a03", "a10", "a17", "a24"} & set(frame["account_id"]) == set()


def test_a_day_without_paying_accounts_says_what_to_look_at(shop: Any) -> None:
    shop.write("subscriptions.csv", [{**row, "price": 0} for row in shop.read("subscriptions.csv")])
    config = shop.accept()
    with pytest.raises(ChurnError, match="no account has a paid, started, not ended subscription") as error:
        features.compute(config, DAY)
    assert "mrr" in error.value.remedy


def test_a_missing_optional_table_leaves_its_features_empty(shop: Any) -> None:
    del shop.tables["usage"]
    config = shop.accept()
    features.compute(config, DAY)
    frame = read(config)
    assert frame["days_since_activity"].isna().all()
    assert frame["mrr"].notna().all()


def test_computing_again_gives_the_same_bytes(shop: Any) -> None:
    config = shop.accept()
    file = Lake(config.path(config.lake)).features(DAY)
    features.compute(config, DAY)
    before = file.read_bytes()
    features.compute(config, DAY)
    assert file.read_bytes() == before


@pytest.mark.parametrize(("keys", "threads"), [({"memory_limit": "700MiB"}, 1), ({"threads": 3}, 3)])
def test_features_take_one_thread_unless_told_otherwise_and_the_configured_memory(
    shop: Any, keys: dict[str, Any], threads: int
) -> None:
    shop.keys["engine"] = keys
    config = shop.accept()
    with engine.connection(config) as con:
        before = con.execute("SELECT current_setting('memory_limit')").fetchone()
        features.bind(con, config, tables.present(config, DAY), DAY)
        found = con.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()
    assert found == (*before, threads)


def test_a_day_that_memory_does_not_suffice_for_is_spilled_with_the_same_bytes(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = shop.accept()
    file = Lake(config.path(config.lake)).features(DAY)
    features.compute(config, DAY)
    before = file.read_bytes()
    run, failed = engine._run, []

    def short(con: Any, sql: str, parameters: Any) -> Any:
        if not con.execute("SELECT current_setting('temp_directory')").fetchone()[0]:
            failed.append(sql)
            raise duckdb.OutOfMemoryException("Out of Memory Error")
        yield from run(con, sql, parameters)

    monkeypatch.setattr(engine, "_run", short)
    features.compute(config, DAY)
    assert failed
    assert file.read_bytes() == before


def test_panel_dates_are_matured_evenly_spaced_and_not_before_the_warm_up(shop: Any) -> None:
    config = shop.accept()
    dates = features.panel_dates(config, DAY)
    assert dates[-1] == DAY - timedelta(days=37)
    assert dates[0] >= date(2024, 11, 1) + timedelta(days=14)
    assert {(later - earlier).days for earlier, later in pairwise(dates)} == {7}
    shop.keys["training"] = {"most_dates": 3, "every_days": 2}
    assert features.panel_dates(shop.config(), DAY) == [DAY - timedelta(days=days) for days in (41, 39, 37)]


def test_too_short_a_history_is_told_with_its_dates(shop: Any) -> None:
    shop.keys["training"] = {"warm_up_days": 100}
    config = shop.accept()
    with pytest.raises(ChurnError, match="no matured as-of date: records begin on 2024-11-01") as error:
        features.compute_panel(config, DAY)
    assert "at least 137 days of history" in error.value.remedy


def test_the_panel_holds_the_features_of_each_day_and_matured_outcomes(shop: Any) -> None:
    shop.keys["training"] = {"most_dates": 3}
    config = shop.accept()
    told: list[str] = []
    rows = features.compute_panel(config, DAY, told.append)
    panel = pq.read_table(Lake(config.path(config.lake)).panel(DAY), partitioning=None).to_pandas()
    assert len(panel) == rows
    assert len(told) == 3
    left = panel[panel["churned"]]
    # a03 left on 2025-02-12, a10 on 2025-02-19, a17 on 2025-02-26
    assert set(left["account_id"]) == {"a03", "a10", "a17"}
    counts = training.outcome_counts(config, DAY)
    assert [row[0] for row in counts] == features.panel_dates(config, DAY)
    assert sum(int(str(row[1])) for row in counts) == rows
    assert sum(int(str(row[2])) for row in counts) == len(left)
    for as_of in features.panel_dates(config, DAY):
        shop.accept(as_of)
        features.compute(config, as_of)
        alone = read(config, as_of)
        of_panel = panel[panel["as_of"] == as_of][list(alone.columns)]
        assert of_panel.reset_index(drop=True).equals(alone.reset_index(drop=True)), as_of


def test_whole_accounts_are_sampled_above_the_limit(shop: Any) -> None:
    shop.keys["training"] = {"most_dates": 3}
    config = shop.accept()
    features.compute_panel(config, DAY)
    full = training.read_panel(config, DAY)
    few = config.training.model_copy(update={"most_rows": 45})
    file, told = Lake(config.path(config.lake)).panel(DAY), []
    assert scoring.note(file, features.SHARE_NOTE) == "1.0"
    features.compute_panel(config.model_copy(update={"training": few}), DAY, told.append)
    panel = training.read_panel(config, DAY)
    # 30 accounts on three dates may have 90 rows, twice as many as are wanted
    assert told[0] == "a sample of 50.00% of the accounts, as training.most_rows is 45"
    assert scoring.note(file, features.SHARE_NOTE) == "0.5"
    kept = full[full["account_id"].isin(set(panel["account_id"]))].reset_index(drop=True)
    assert 0 < len(panel) < len(full)
    assert panel.equals(kept)


def test_a_failed_panel_leaves_the_old_one_and_no_parts(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.keys["training"] = {"most_dates": 3}
    config = shop.accept()
    features.compute_panel(config, DAY)
    file = Lake(config.path(config.lake)).panel(DAY)
    before = file.read_bytes()

    def stop(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt):
        features.compute_panel(config, DAY, stop)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
