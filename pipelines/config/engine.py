"""The keys of the engines: which one runs a statement, and the limits of each.

Belongs here: what can be configured of them. Does not belong here: starting one (``pipelines.engine``,
``pipelines.spark``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, field_validator, model_validator

SPARK_FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
}
"""What Spark's results rest on: instants are naive UTC, and what cannot be computed is an error."""

_OWN_KEYS = {
    "spark.master": "spark_master",
    "spark.driver.memory": "memory_limit",
    "spark.local.dir": "temp_directory",
}

_SPARK_LEAST = 512
_UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}


def mebibytes(size: str) -> int:
    """A size such as ``1.5GB`` in whole mebibytes."""
    unit = next(unit for unit in ("MiB", "GiB", "MB", "GB") if size.endswith(unit))
    return int(float(size.removesuffix(unit)) * _UNITS[unit] / 2**20)


class EngineKeys(BaseModel, extra="forbid", frozen=True):
    """Which engine computes features and outcomes, and its limits. DuckDB does everything else in any case."""

    kind: Literal["duckdb", "spark"] = Field(
        "duckdb", description="spark needs `churn-pipeline[spark]` and Java 17; the results are the same"
    )
    memory_limit: str = Field(
        "1GB",
        pattern=r"^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$",
        description="above it, work spills to temp_directory; for Spark the heap of the driver, 512MiB or more",
    )
    threads: int | None = Field(
        None,
        ge=1,
        description="default: as many as the machine has cores, and one for features, which several threads would make "
        "dearer; for Spark with the master `local[*]` too",
    )
    temp_directory: Path | None = Field(
        None, description="where it spills; default: in the state folder. A Spark cluster must see it, and the lake"
    )
    spark_master: str = Field(
        "local[*]", description="`local[*]` is this process; `spark://host:7077`, `yarn`, `k8s://…`"
    )
    spark: dict[str, str | bool | int | float] = Field(
        default_factory=dict, description="further settings of Spark by their own names, such as spark.executor.memory"
    )

    @field_validator("spark")
    @classmethod
    def _ours_stay(cls, settings: dict[str, str | bool | int | float]) -> dict[str, str | bool | int | float]:
        for name in settings:
            if not name.startswith("spark."):
                raise ValueError(f"{name} is no setting of Spark: their names begin with spark.")
            if name in SPARK_FIXED:
                raise ValueError(f"{name} is {SPARK_FIXED[name]}, or features would come out differently: leave it out")
            if name in _OWN_KEYS:
                raise ValueError(f"{name} is set by engine.{_OWN_KEYS[name]}")
        return settings

    @model_validator(mode="after")
    def _enough_for_spark(self) -> EngineKeys:
        if self.kind == "spark" and mebibytes(self.memory_limit) < _SPARK_LEAST:
            raise ValueError(f"Spark needs a memory_limit of {_SPARK_LEAST}MiB or more, not {self.memory_limit}")
        return self
