"""Scores: the champion's probability for every paying account of a day.

Belongs here: holding features and champion together and refusing where they do not fit. Does not belong here: who is
listed (``lists``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import champion, frames, tables
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake, digest, replacing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def features_file(config: Config, as_of: date) -> Path:
    """The features of a day; ChurnError if they were not computed."""
    return _there(Lake(config.path(config.lake)).features(as_of), "features", as_of, "churn features")


def scores_file(config: Config, as_of: date) -> Path:
    """The scores of a day (account_id, announced, mrr_now, probability, its parts voluntary and involuntary, which are
    missing where the champion does not tell them apart, and model_version); ChurnError without."""
    return _there(Lake(config.path(config.lake)).scores(as_of), "scores", as_of, "churn score")


def _there(path: Path, what: str, as_of: date, command: str) -> Path:
    if not path.exists():
        raise ChurnError(f"there are no {what} for {as_of}", f"run: {command} --as-of {as_of}")
    return path


def read_features(config: Config, as_of: date, account_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """The features of a day as a frame: of all accounts, or of these in their order, without those that have none."""
    file = features_file(config, as_of)
    return _read(file) if account_ids is None else frames.of_accounts(config, file, account_ids)


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

    from models.inputs import ModelError

    present = champion.require(config)
    check_fit(config, present, as_of)
    file = features_file(config, as_of)
    # piece by piece: the frame of a million accounts takes 2 GiB to make
    try:
        table = pa.concat_tables(_scored(present, frame) for frame in frames.pieces(file)).combine_chunks()
    except ModelError as error:
        raise ChurnError(
            f"champion {present.version} cannot score the features of {as_of}: {error.message}",
            f"run: churn features --as-of {as_of}",
        ) from error
    table = table.replace_schema_metadata({"features": digest(file)})
    lake = Lake(config.path(config.lake))
    with lake.writing(), replacing(lake.scores(as_of)) as fresh:
        pq.write_table(table, fresh, compression="zstd")
    return len(table)


def _scored(present: champion.Champion, frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    from models.kinds import by_kind

    probability = present.model.predict(frame)
    parts = by_kind(present.model.card, frame, probability)
    return pa.table(
        {
            "account_id": pa.array(frame["account_id"], pa.string()),
            "announced": pa.array(frame["announced"], pa.bool_()),
            "mrr_now": pa.array(frame["mrr_now"], pa.int64()),
            "probability": pa.array(probability, pa.float64()),
            **{kind: pa.array(part, pa.float64(), from_pandas=True) for kind, part in parts.items()},
            "model_version": pa.array([present.version] * len(frame), pa.string()),
        }
    )
