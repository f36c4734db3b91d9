"""Spark as the engine of a statement: one session per process, Parquet files in, Parquet files out.

Belongs here: starting Spark as configured, naming files as its tables, running a text. Does not belong here: which
statements run here (``statements``), and what they say. Results are those of DuckDB, so the session's zone, its kind
of timestamp and its strictness are not for the configuration to choose.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines import engine
from pipelines.config import Config
from pipelines.config.engine import SPARK_FIXED, mebibytes
from pipelines.errors import ChurnError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOGGING = Path(__file__).with_name("spark.log4j2.properties")

_TYPES = {
    "string": "STRING", "timestamp": "TIMESTAMP_NTZ", "date": "DATE", "int64": "BIGINT", "float64": "DOUBLE",
    "boolean": "BOOLEAN",
}  # fmt: skip


def settings(config: Config) -> dict[str, str]:
    """Spark's settings as configured. With a local master the driver does all the work, so the memory limit is that of
    its heap; on a cluster the executors have limits of their own."""
    keys, spill = config.engine, engine.spill(config)
    master = f"local[{keys.threads}]" if keys.threads and keys.spark_master == "local[*]" else keys.spark_master
    java = f'-Dlog4j2.configurationFile="{LOGGING.as_uri()}"'
    chosen = {
        "spark.app.name": "churn-pipeline",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": f"{mebibytes(keys.memory_limit)}m",
        # Spark divides it at commas
        "spark.local.dir": tempfile.gettempdir() if "," in str(spill) else str(spill),
        "spark.sql.warehouse.dir": str(spill / "warehouse"),
    }
    if master.startswith("local"):
        chosen |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    chosen |= {name: str(value).lower() if value in (True, False) else str(value) for name, value in keys.spark.items()}
    chosen["spark.driver.extraJavaOptions"] = " ".join([java, chosen.get("spark.driver.extraJavaOptions", "")]).strip()
    return {**chosen, "spark.master": master, **SPARK_FIXED}


def session(config: Config) -> SparkSession:
    """This process's session, started if there is none. Raises ChurnError where Spark or Java is missing."""
    try:
        from pyspark.logger import PySparkLogger
        from pyspark.sql import SparkSession
    except ImportError:
        raise ChurnError(
            "engine.kind is spark, and pyspark is not installed",
            'pip install "churn-pipeline[spark]", or set engine.kind: duckdb',
        ) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    _require_java()
    # what goes wrong in a statement is raised; it would also be printed, as one line with all of Java's stack
    PySparkLogger.getLogger("SQLQueryContextLogger").setLevel("CRITICAL")
    # the workers of a Python function would take the system's Python, and a host name may lead out of the machine
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    wanted = settings(config)
    if wanted["spark.master"].startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder
    for name, value in wanted.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # py4j and pyspark raise classes of their own for whatever Java said
        raise ChurnError(
            f"Spark does not start with the master {wanted['spark.master']}: {str(error).strip().splitlines()[0]}",
            "see what it printed; check engine.spark_master, engine.spark and `java -version`: 17 or later",
        ) from error


@contextmanager
def result(
    config: Config, sql: str, tables: Mapping[str, Iterable[Path]], parameters: Mapping[str, date | datetime]
) -> Iterator[list[Path]]:
    """Run a statement over tables given by their files; the Parquet files of its result, gone when the block ends."""
    spark = session(config).newSession()
    for name, value in SPARK_FIXED.items():  # the session may be one that was there before
        spark.conf.set(name, value)
    for name, files in tables.items():
        _define(spark, name, files)
    bound: dict[str, Any] = {name: value.isoformat() for name, value in parameters.items()}
    with TemporaryDirectory(prefix="spark-result-", dir=engine.spill(config)) as scratch:
        target = Path(scratch) / "rows"
        spark.sql(sql, args=bound).write.parquet(f"file://{target}")
        yield sorted(target.glob("*.parquet"))


def _define(spark: SparkSession, name: str, files: Iterable[Path]) -> None:
    """Name files as a table with the stored schema, by which Spark need not look into them first."""
    from churn_features.clock import stored_schema
    from churn_features.tables import TABLES

    columns = ", ".join(f"`{column}` {_TYPES[type_]}" for column, type_ in stored_schema(TABLES[name]).items())
    reader = spark.read.schema(columns).option("recursiveFileLookup", "true")
    reader.parquet(*(_literally(file) for file in files)).createOrReplaceTempView(name)


def _literally(file: Path) -> str:
    """A local file's address in which Spark finds no pattern."""
    return "file://" + "".join(f"\\{each}" if each in "\\{}[]*?" else each for each in str(file))


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").exists() if home else shutil.which("java")):
        raise ChurnError(
            f"engine.kind is spark, and there is no Java in JAVA_HOME, {home}" if home else
            "engine.kind is spark, and there is no Java on the path",
            "apt-get install openjdk-17-jre-headless, or set JAVA_HOME to a Java 17 or later",
        )  # fmt: skip
