"""The two engines held to each other: the same statements over the same rows, in DuckDB and on Spark.

Companies written by hand, random ones, the demo company and the simulated network. One Spark for all of it.
"""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml

from churn_features.clock import cutoff, period
from churn_features.outcomes import OUTCOME_TABLES, Outcome, outcomes
from churn_features.rates import rates
from churn_features.statement import features
from pipelines import config as configuration
from pipelines import features as product
from pipelines import ingest, spark, tables
from pipelines.config import Config
from pipelines.config.engine import SPARK_FIXED, EngineKeys
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.sources import source_of

TESTS = Path(__file__).parents[1]
SMALL = {"spark.sql.shuffle.partitions": 2, "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
"""What makes Spark quicker where there is little to do."""


def _module(file: str) -> ModuleType:
    """Another module of the tests: what it has written down is needed here too."""
    spec = importlib.util.spec_from_file_location(f"spark_{Path(file).stem}", TESTS / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


written = _module("churn_features/conftest.py")
drawn = _module("churn_features/test_point_in_time.py")
real = _module("pipelines/test_real_data.py")
everything, data = written.everything, real.data  # fixtures

Answer = Sequence[Mapping[str, Any]]
process = pytest.mark.process


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The section ``engine`` of a configuration under which Spark runs; it ends with the module."""
    missing = None
    if importlib.util.find_spec("pyspark") is None:
        missing = "pyspark is needed to run the statements on Spark: make spark"
    elif not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        missing = "Java is needed to run the statements on Spark: apt-get install openjdk-17-jre-headless"
    if missing:
        if os.environ.get("CHURN_REQUIRE_SYSTEM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    yield {"kind": "spark", "spark": SMALL}
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway, running = SparkContext._gateway, SparkSession.getActiveSession()
    if running is not None:
        running.stop()
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = None


def shop_config(folder: Path, **engine: Any) -> Config:
    """The repository's own configuration, in a folder of its own, with another engine."""
    keys = yaml.safe_load((TESTS.parent / "churn.yaml").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "churn.yaml").write_text(yaml.safe_dump({**keys, "engine": engine}), "utf-8")
    return configuration.load(folder / "churn.yaml")


def same(duck: Answer, on_spark: Answer, key: str = "account_id") -> None:
    """Missing where the other is missing, floats to 1e-9, all else exact; names every column that differs."""
    assert [row[key] for row in duck] == [row[key] for row in on_spark]
    assert duck, "nothing was compared"
    differing: dict[str, list[Any]] = {}
    for one, other in zip(duck, on_spark, strict=True):
        assert list(one) == list(other)
        for name, value in one.items():
            found = other[name]
            close = isinstance(value, float) and isinstance(found, float) and math.isclose(value, found, rel_tol=1e-9)
            if not close and (value != found or type(value) is not type(found)):
                differing.setdefault(name, []).append({one[key]: {"duckdb": value, "spark": found}})
    assert not differing, {name: values[:3] for name, values in differing.items()}


def answer(con: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> Answer:
    found = con.execute(sql, parameters)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


class Pair:
    """A company in DuckDB and the same rows as files for Spark."""

    def __init__(self, folder: Path, config: Config, zone: str, roles: Mapping[str, str], content: Any) -> None:
        self.company = written.Company(zone=zone, roles=roles, **content)
        self.config, self.zone = config, zone
        self.files = {name: [folder / f"{name}.parquet"] for name in self.company.present}
        folder.mkdir(parents=True)
        for name, (file,) in self.files.items():
            self.company.con.execute(f"COPY {name} TO '{file}' (FORMAT parquet)")

    def both(self, query: Any, parameters: Mapping[str, Any], key: str = "account_id") -> tuple[Answer, Answer]:
        """The rows of a statement by either engine, with the types that DuckDB gives them."""
        con = self.company.con
        con.execute(f"CREATE OR REPLACE TEMP TABLE found AS {query.sql('duckdb')}", parameters)
        duck = answer(con, "SELECT * FROM found")
        with spark.result(self.config, query.sql("spark"), self.files, parameters) as parts:
            con.execute("DELETE FROM found")
            con.execute("INSERT INTO found BY NAME SELECT * FROM read_parquet(?)", [[str(part) for part in parts]])
        return duck, answer(con, f"SELECT * FROM found ORDER BY {key}")

    def features(self, day: date) -> tuple[Answer, Answer]:
        moment = {"as_of": day, "cutoff": cutoff(day, self.zone), "usage_from": date(2000, 1, 1)}
        return self.both(features(self.company.present, dict(self.company.roles)), moment)

    def outcomes(self, day: date, outcome: Outcome) -> tuple[Answer, Answer]:
        start, end = outcome.window(day, self.zone)
        observed = day + timedelta(days=60)
        return self.both(
            outcomes(self.company.present & set(OUTCOME_TABLES), outcome),
            {
                "as_of": day, "cutoff": cutoff(day, self.zone), "window_start": start, "window_end": end,
                "observed_on": observed, "observed": cutoff(observed, self.zone),
            },
        )  # fmt: skip

    def rates(self, first: date, last: date) -> tuple[Answer, Answer]:
        start, end = period(first, last, self.zone)
        observed = last + timedelta(days=60)
        moment = {"observed_on": observed, "observed": cutoff(observed, self.zone)}
        query = rates(self.company.present)
        return self.both(query, {**moment, "period_start": start, "period_end": end}, "period_start")


@process
def test_a_company_written_by_hand(engine: dict[str, Any], everything: Any, tmp_path: Path) -> None:
    config = shop_config(tmp_path, **engine)
    pair = Pair(tmp_path / "files", config, "Europe/Berlin", written.ROLES, everything)
    same(*pair.features(written.AS_OF))
    same(*pair.outcomes(written.AS_OF - timedelta(days=60), written.STANDARD))
    same(*pair.rates(date(2024, 1, 1), date(2024, 6, 30)), "period_start")
    assert list(config.path(config.state / "spill").glob("spark-result-*")) == [], "scratch space is given back"


@process
def test_random_companies(engine: dict[str, Any], tmp_path: Path) -> None:
    """All of them in one statement, for Spark takes seconds to begin."""
    together = drawn.many(80)
    config = shop_config(tmp_path, **engine)
    roles = {**written.ROLES, "something_else": "training"}
    pair = Pair(tmp_path / "files", config, drawn.ZONE, roles, together)
    duck, on_spark = pair.features(drawn.AS_OF)
    assert len(duck) >= 60
    same(duck, on_spark)
    same(*pair.outcomes(drawn.AS_OF, Outcome(lead_days=3, window_days=28, grace_days=7)))


def with_engine(config: Config, **engine: Any) -> Config:
    """The same company by another engine."""
    keys = yaml.safe_load(config.file.read_text("utf-8"))
    config.file.write_text(yaml.safe_dump({**keys, "engine": engine}), "utf-8")
    return configuration.load(config.file)


def by_both(config: Config, engine: dict[str, Any], file: Path, work: Callable[[Config], int]) -> None:
    """Hold the file that ``work`` writes to the same rows and types whichever engine is configured."""
    results = []
    for keys in ({}, engine):
        rows = work(with_engine(config, **keys))
        with duckdb.connect() as con:
            types = con.execute("SELECT name, type, logical_type FROM parquet_schema(?)", [str(file)]).fetchall()
            results.append((rows, types, answer(con, "SELECT * FROM read_parquet(?)", [str(file)])))
        file.unlink()
    (rows, types, duck), (spark_rows, spark_types, on_spark) = results
    assert (rows, types) == (spark_rows, spark_types)
    assert rows == len(duck)
    same(duck, on_spark)


@process
def test_the_demo_company(engine: dict[str, Any], tmp_path: Path) -> None:
    """Through the lake's own functions: the day's features, and a panel with outcomes."""
    config = shop_config(tmp_path / "it's [a] {shop}, 50% #1*")
    keys = yaml.safe_load(config.file.read_text("utf-8"))
    keys["sources"]["demo"] |= {"accounts": 250, "months": 8}
    keys["training"] = {"every_days": 365}  # one date
    config.file.write_text(yaml.safe_dump(keys), "utf-8")
    config = configuration.load(config.file)
    assert "," not in spark.settings(config)["spark.local.dir"], "Spark would take it for two folders"
    day = config.last_day()
    for table in source_of(config):
        ingest.land(config, day, table)
        tables.check(config, day, table)
    lake = Lake(config.path(config.lake))
    by_both(config, engine, lake.features(day), lambda chosen: product.compute(chosen, day))
    by_both(config, engine, lake.panel(day), lambda chosen: product.compute_panel(chosen, day))


@process
def test_the_simulated_network(engine: dict[str, Any], data: Path, tmp_path: Path) -> None:
    as_of = date(2020, 5, 1)
    config = real.example("fightchurn", data, tmp_path)
    real.land_and_check(config, as_of)
    file = Lake(config.path(config.lake)).features(as_of)
    by_both(config, engine, file, lambda chosen: product.compute(chosen, as_of))


@process
def test_no_row_is_an_answer_too(engine: dict[str, Any], everything: Any, tmp_path: Path) -> None:
    config = shop_config(tmp_path, **engine)
    pair = Pair(tmp_path / "files", config, "UTC", {}, {"accounts": everything["accounts"]})
    nobody = "SELECT account_id, created_at FROM accounts WHERE created_at > CAST(:cutoff AS TIMESTAMP_NTZ)"
    for moment, rows in ((datetime(2024, 5, 20, 23, 59, 59, 999999), 1), (datetime(2024, 5, 21), 0)):
        with spark.result(config, nobody, pair.files, {"cutoff": moment}) as parts, duckdb.connect() as con:
            found = con.execute("SELECT * FROM read_parquet(?)", [[str(part) for part in parts]])
            assert [column[1] for column in found.description] == ["VARCHAR", "TIMESTAMP"]
            assert len(found.fetchall()) == rows


# the session


@process
def test_the_session_is_quiet_small_and_for_this_machine_only(engine: dict[str, Any], tmp_path: Path) -> None:
    running = spark.session(shop_config(tmp_path, **engine))
    assert running.sparkContext.uiWebUrl is None
    assert running.sparkContext.getConf().get("spark.driver.bindAddress") == "127.0.0.1"
    assert {name: running.conf.get(name) for name in SPARK_FIXED} == SPARK_FIXED
    most = running.sparkContext._jvm.java.lang.Runtime.getRuntime().maxMemory()
    assert most == pytest.approx(1e9, rel=0.01), "the limit of 1GB is the heap's"
    assert spark.session(shop_config(tmp_path, **engine)) is running


def test_limits_and_settings_are_those_of_the_configuration(tmp_path: Path) -> None:
    config = shop_config(
        tmp_path, kind="spark", memory_limit="2GiB", temp_directory="big", threads=3,
        spark={"spark.ui.enabled": True, "spark.executor.cores": 2, "spark.driver.extraJavaOptions": "-Dmine=1"},
    )  # fmt: skip
    chosen = spark.settings(config)
    assert chosen["spark.master"] == "local[3]"
    assert chosen["spark.driver.memory"] == "2048m"
    assert chosen["spark.local.dir"] == str(tmp_path / "big")
    assert chosen["spark.ui.enabled"] == "true"
    assert chosen["spark.executor.cores"] == "2"
    assert chosen["spark.driver.extraJavaOptions"].endswith(" -Dmine=1")
    assert chosen["spark.sql.session.timeZone"] == "UTC"
    cluster = spark.settings(shop_config(tmp_path, kind="spark", spark_master="spark://host:7077", threads=3))
    assert cluster["spark.master"] == "spark://host:7077"
    assert "spark.driver.bindAddress" not in cluster, "the cluster's machines must reach the driver"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"kind": "spark", "memory_limit": "256MB"}, "Spark needs a memory_limit of 512MiB or more, not 256MB"),
        ({"spark": {"spark.sql.ansi.enabled": False}}, "spark.sql.ansi.enabled is true, or features would"),
        ({"spark": {"spark.driver.memory": "4g"}}, "spark.driver.memory is set by engine.memory_limit"),
        ({"spark": {"executor.memory": "4g"}}, "executor.memory is no setting of Spark"),
        ({"kind": "flink"}, "'duckdb' or 'spark'"),
    ],
)
def test_settings_that_cannot_be_are_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        EngineKeys(**keys)
    assert EngineKeys(memory_limit="256MB").kind == "duckdb"


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is needed: make spark")
    monkeypatch.setattr(sql.SparkSession, "getActiveSession", lambda: None)


def test_without_pyspark_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ChurnError, match="pyspark is not installed") as told:
        spark.session(shop_config(tmp_path, kind="spark"))
    assert 'pip install "churn-pipeline[spark]"' in told.value.remedy


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("home", [None, "/nowhere"])
def test_without_java_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", home) if home else monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ChurnError, match=r"there is no Java (in JAVA_HOME, /nowhere|on the path)") as told:
        spark.session(shop_config(tmp_path, kind="spark"))
    assert "apt-get install openjdk-17-jre-headless" in told.value.remedy


@pytest.mark.usefixtures("nothing_runs")
def test_a_session_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    def fail(_: Any) -> None:
        raise RuntimeError("All masters are unresponsive! Giving up.\nat org.apache.spark")

    monkeypatch.setattr(spark, "_require_java", lambda: None)
    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", fail)
    config = shop_config(tmp_path, kind="spark", spark_master="spark://nowhere:7077")
    with pytest.raises(ChurnError, match=r"master spark://nowhere:7077: All masters are unresponsive!") as told:
        spark.session(config)
    assert "engine.spark_master" in told.value.remedy
