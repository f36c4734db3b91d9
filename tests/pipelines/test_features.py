"""The feature table of a day and the training panel: nothing from the future, the same statement for both."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.catalogue import FEATURES
from churn_features.clock import cutoff
from churn_features.tables import CONTRACT, Column, Table
from pipelines import features, training
from pipelines.errors import ChurnError
from pipelines.lake import Lake, write_json

DAY = date(2025, 3, 10)
EARLIER = date(2026, 2, 22)
"""A day of the demo company whose features are computed from what was on file four months later."""


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
    panel = training.read_panel(config, DAY)
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
    features.compute_panel(config.model_copy(update={"training": few}), DAY)
    panel = training.read_panel(config, DAY)
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


# ------------------------------------------------------------------------------------- nothing from the future


class Scrambler:
    """Rewrites accepted tables of the demo company so that they say something else about everything after a cutoff."""

    def __init__(self, company: Any, as_of: date, seed: int, delete: int, append: int) -> None:
        self.lake = Lake(company.config.path(company.config.lake))
        self.as_of, self.seed, self.delete, self.append = as_of, seed, delete, append
        self.cutoff = cutoff(as_of, company.config.time_zone)

    def dice(self, salt: str) -> str:
        """An integer below 100 for each row, other for every seed and salt."""
        return f"(hash(_n, {self.seed}, '{salt}') % 100)"

    def run(self) -> None:
        for table in CONTRACT:
            if table.name == "usage":
                for file in sorted(self.lake.usage.glob("month=*.parquet")):
                    self.rewrite(table, file)
            else:
                self.rewrite(table, self.lake.table(table.name, self.as_of))

    def rewrite(self, table: Table, file: Path) -> None:
        with duckdb.connect() as con:
            con.execute(f"CREATE TABLE t AS SELECT *, row_number() OVER () AS _n FROM read_parquet('{file}')")
            names = [row[0] for row in con.execute("DESCRIBE t").fetchall() if row[0] != "_n"]
            late = (
                f"day > DATE '{self.as_of}'" if table.name == "usage" else
                f"({table.occurred} >= TIMESTAMP '{self.cutoff}' OR recorded_at >= TIMESTAMP '{self.cutoff}')"
            )  # fmt: skip
            told = "*" if table.name == "usage" else f"* REPLACE ({', '.join(self.later_facts(table))})"
            parts = [
                f"SELECT {told} FROM t WHERE NOT coalesce({late}, false)",
                f"SELECT {told} FROM t WHERE {late} AND {self.dice('delete')} >= {self.delete}",
                f"SELECT * REPLACE ({', '.join(self.later_row(table))}) FROM t "
                f"WHERE {self.dice('append')} < {self.append}",
            ]
            union = " UNION ALL ".join(parts)
            order = ", ".join((*table.key, self.dice("order")))
            con.execute(
                f"COPY (SELECT {', '.join(names)} FROM ({union}) ORDER BY {order}) TO '{file}' (FORMAT parquet)"
            )

    def later_facts(self, table: Table) -> list[str]:
        """What was filled in after the cutoff, or not yet, is filled in otherwise; snapshots are overwritten."""
        new = []
        for column in table.columns:
            value = self.another(column)
            if column.kind == "snapshot":
                new.append(f"{value} AS {column.name}")
            if column.kind == "event":
                known = f"coalesce({column.known_from} < TIMESTAMP '{self.cutoff}', false)"
                day = f"{self.dice(str(column.known_from))} * INTERVAL 1 DAY"
                if column.known_from == column.name:
                    # a later instant, or none: never an earlier one
                    filled = (
                        f"CASE WHEN {self.dice('fill ' + column.name)} < 60 THEN TIMESTAMP '{self.cutoff}' + {day} END"
                    )
                    new.append(f"CASE WHEN {known} THEN {column.name} ELSE {filled} END AS {column.name}")
                    new.append(
                        f"CASE WHEN {known} THEN {column.day} ELSE CAST({filled} AS DATE) + 1 END AS {column.day}"
                    )
                else:
                    new.append(f"CASE WHEN {known} THEN {column.name} ELSE {value} END AS {column.name}")
                    if column.day:
                        new.append(
                            f"CASE WHEN {known} THEN {column.day} ELSE CAST({value} AS DATE) END AS {column.day}"
                        )
        return new or [f"{table.key[0]} AS {table.key[0]}"]

    def another(self, column: Column) -> str:
        """Some value of the column's type, or none."""
        dice = self.dice(column.name)
        if column.choices:
            options = ", ".join(f"'{each}'" for each in column.choices)
            return f"[{options}, NULL][1 + {dice}::BIGINT % {len(column.choices) + 1}]"
        return {
            "text": f"'text ' || {dice}",
            "instant": f"TIMESTAMP '2025-05-05' + {dice} * INTERVAL 9 DAY",
            "day": f"DATE '2025-05-05' + {dice}::INTEGER",
            "number": f"{dice} / 7.0",
            "flag": f"{dice} < 50",
        }.get(column.type, f"{dice}::BIGINT * 1000")

    def later_row(self, table: Table) -> list[str]:
        """A row that happened, or was recorded, only after the cutoff, with other content."""
        other = f"'acc-' || lpad(({self.dice('account')} * 17)::VARCHAR, 7, '0')"
        if table.name == "usage":
            return [f"DATE '{self.as_of}' + 1 + {self.dice('day')}::INTEGER % 40 AS day", f"{other} AS account_id",
                    "quantity * 1000 AS quantity"]  # fmt: skip
        new = [f"TIMESTAMP '{self.cutoff}' + {self.dice('recorded')} * INTERVAL 1 HOUR AS recorded_at",
               f"DATE '{self.as_of}' + 1 + {self.dice('recorded')}::INTEGER // 20 AS recorded_on"]  # fmt: skip
        key = table.key[0]
        if key in ("account_id", "subscription_id") and len(table.key) > 1:
            pass  # another row of the same account or subscription
        else:
            new.append(f"{key} || '-later' AS {key}")
        if "account_id" in table.names and key != "account_id":
            new.append(f"{other} AS account_id")
        if "mrr" in table.names:
            new.append("mrr * 7 AS mrr")
        return new


@dataclass(frozen=True)
class Looking:
    """The demo company looking back: its last tables serve as those of EARLIER."""

    company: Any
    pristine: Path
    features: bytes

    @property
    def lake(self) -> Lake:
        return Lake(self.company.config.path(self.company.config.lake))

    def restored(self) -> Path:
        """The accepted tables as they were."""
        tables = self.lake.root / "tables"
        shutil.rmtree(tables)
        shutil.copytree(self.pristine, tables)
        return tables


@pytest.fixture(scope="module")
def back(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Looking:
    company = demo.copied(tmp_path_factory.mktemp("back") / "demo")
    lake = Lake(company.config.path(company.config.lake))
    for table in CONTRACT:
        if table.name != "usage":
            lake.table(table.name, company.day).rename(lake.table(table.name, EARLIER))
    write_json(lake.usage_windows, {str(EARLIER): ""})
    features.compute(company.config, EARLIER)
    shutil.copytree(lake.root / "tables", company.root / "pristine")
    return Looking(company, company.root / "pristine", lake.features(EARLIER).read_bytes())


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from([0, 30, 100]), st.sampled_from([0, 20, 60]))
def test_what_happens_after_a_day_does_not_change_its_features(
    back: Looking, seed: int, delete: int, append: int
) -> None:
    tables = back.restored()
    accepted = {path: path.read_bytes() for path in tables.rglob("*.parquet")}
    Scrambler(back.company, EARLIER, seed, delete, append).run()
    changed = {path.parent.name for path, content in accepted.items() if path.read_bytes() != content}
    assert changed == {table.name for table in CONTRACT}
    features.compute(back.company.config, EARLIER)
    assert back.lake.features(EARLIER).read_bytes() == back.features


def test_what_happened_before_a_day_does_change_its_features(back: Looking) -> None:
    """The proof above would also hold for features that look at nothing."""
    back.restored()
    config = back.company.config
    features.compute(config, EARLIER)
    before = read(config, EARLIER)
    scrambler = Scrambler(back.company, EARLIER, 1, 50, 50)
    scrambler.cutoff = cutoff(EARLIER - timedelta(days=30), config.time_zone)
    scrambler.run()
    features.compute(config, EARLIER)
    both = before.merge(read(config, EARLIER), on="account_id", suffixes=("", "_after"))
    others = [name for name in before.columns if name != "account_id"]
    moved = {name for name in others if not both[name].equals(both[f"{name}_after"].rename(name))}
    assert {"tickets_28d", "failed_payments_91d", "nps_last"} <= moved
