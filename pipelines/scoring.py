"""Scores: the champion's probability for every paying account of a day.

Belongs here: holding features and champion together and refusing where they do not fit. Does not belong here: who is
listed (``lists``).
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import champion, tables
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake, replacing

if TYPE_CHECKING:
    import pandas as pd


def features_file(config: Config, as_of: date) -> Path:
    """The features of a day; ChurnError if they were not computed."""
    return _there(Lake(config.path(config.lake)).features(as_of), "features", as_of, "churn features")


def scores_file(config: Config, as_of: date) -> Path:
    """The scores of a day (account_id, announced, mrr_now, probability, model_version); ChurnError without."""
    return _there(Lake(config.path(config.lake)).scores(as_of), "scores", as_of, "churn score")


def _there(path: Path, what: str, as_of: date, command: str) -> Path:
    if not path.exists():
        raise ChurnError(f"there are no {what} for {as_of}", f"run: {command} --as-of {as_of}")
    return path


def read_features(config: Config, as_of: date) -> pd.DataFrame:
    """The features of a day as a frame."""
    return _read(features_file(config, as_of))


def read_scores(config: Config, as_of: date) -> pd.DataFrame:
    """The scores of a day as a frame."""
    return _read(scores_file(config, as_of))


def _read(file: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    return pq.read_table(file, partitioning=None).to_pandas()


def note(file: Path, key: str) -> str | None:
    """What was noted with a Parquet file when it was written."""
    import pyarrow.parquet as pq

    value = (pq.read_metadata(file).metadata or {}).get(key.encode())
    return value.decode() if value is not None else None


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def check_fit(config: Config, present: champion.Champion, as_of: date) -> None:
    """Raise ChurnError unless the champion's inputs are what this code, this day's tables and features give."""
    card = present.model.card
    different = champion.difference(config, present)
    if different:
        raise ChurnError(
            f"champion {present.version} {different}",
            "run: churn train, or go back to the code and configuration that it was trained with",
        )
    absent = [name for name in card["tables"] if name not in tables.present(config, as_of)]
    if absent:
        checked = tables.result(config, as_of, absent[0])
        why = f" ({checked.withheld_because})" if checked and checked.withheld_because else ""
        raise ChurnError(
            f"champion {present.version} was trained with table {', '.join(absent)}, which is not there for "
            f"{as_of}{why}; scores would be worthless",
            f"repair the source and run: churn run --as-of {as_of}",
        )
    if note(features_file(config, as_of), "fingerprint") != card["fingerprint"]:
        raise ChurnError(
            f"the features of {as_of} were computed with another feature catalogue than champion {present.version}",
            f"run: churn features --as-of {as_of}",
        )


def score(config: Config, as_of: date) -> int:
    """Score all paying accounts of a day into the lake; returns their number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    present = champion.require(config)
    check_fit(config, present, as_of)
    frame = read_features(config, as_of)
    table = pa.table(
        {
            "account_id": pa.array(frame["account_id"], pa.string()),
            "announced": pa.array(frame["announced"], pa.bool_()),
            "mrr_now": pa.array(frame["mrr_now"], pa.int64()),
            "probability": pa.array(present.model.predict(frame), pa.float64()),
            "model_version": pa.array([present.version] * len(frame), pa.string()),
        }
    )
    table = table.replace_schema_metadata({"features": digest(features_file(config, as_of))})
    lake = Lake(config.path(config.lake))
    with lake.writing(), replacing(lake.scores(as_of)) as fresh:
        pq.write_table(table, fresh, compression="zstd")
    return len(frame)
