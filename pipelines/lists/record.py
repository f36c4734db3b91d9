"""The private record of a list: everybody it would have named, with the arm that chance put them in.

Belongs here: the holdout's draw, who has been on the list since when, the file in the lake. Does not belong here:
anything that is exported, and what came of the arms (``effects``).

A holdout is the control group of a randomised experiment. Each account's arm depends on nothing but the seed, the list
and its id: it stays in it on every day, whatever happens to it, and no choice of ours can reach it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.config import Config
from pipelines.lake import Lake, replacing

if TYPE_CHECKING:
    import pandas as pd

LISTED, HOLDOUT = "listed", "holdout"

_DRAW = b"draw"


@dataclass(frozen=True)
class Draw:
    """What a holdout is drawn by. Arms of two draws are no one experiment."""

    seed: int
    share: float


def draw(config: Config, name: str) -> Draw:
    """By what a list's holdout is drawn now."""
    return Draw(config.lists.holdout_seed, config.lists.of(name).holdout_share or 0.0)


def held_out(config: Config, name: str, account_ids: Iterable[str]) -> list[bool]:
    """Which accounts are in a list's holdout: those whose hash falls below ``lists.holdout_share``."""
    now = draw(config, name)
    limit = now.share * 2.0**64
    return [_hashed(f"{now.seed}/{name}/{account}") < limit for account in account_ids]


def _hashed(what: str) -> int:
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big")


def since(config: Config, name: str, as_of: date, account_ids: Iterable[str]) -> list[date]:
    """The day on which each account entered the list or its holdout, if it has been there on all its days since."""
    earlier = _earlier(config, name, as_of)
    entered: dict[str, date] = {}
    if earlier is not None:
        import pyarrow.parquet as pq

        rows = pq.read_table(earlier, columns=["account_id", "since"], partitioning=None)
        entered = dict(zip(rows["account_id"].to_pylist(), rows["since"].to_pylist(), strict=True))
    return [entered.get(account, as_of) for account in account_ids]


def _earlier(config: Config, name: str, as_of: date) -> Path | None:
    folder = Lake(config.path(config.lake)).list_record(name, as_of).parent
    files = [file for file in folder.glob("as_of=*.parquet") if file.stem < f"as_of={as_of}"]
    return max(files, default=None)


def draw_of(file: Path) -> Draw | None:
    """By what the arms of a record were drawn; None where it does not say."""
    import pyarrow.parquet as pq

    said = (pq.read_schema(file).metadata or {}).get(_DRAW)
    return None if said is None else Draw(**json.loads(said))


def write_record(config: Config, name: str, as_of: date, rows: pd.DataFrame) -> None:
    """Keep who the list names and who is held out (columns as below, in order of account), with the draw that says so,
    in one step."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, amount = pa.string(), pa.int64()
    schema = pa.schema([
        ("account_id", text), ("arm", text), ("rank", pa.int32()), ("since", pa.date32()),
        ("probability", pa.float64()), ("mrr", amount), ("expected_value", amount), ("attention", text),
        ("play", text), ("trigger", text), ("stratum", text), ("model_version", text),
    ], metadata={_DRAW: json.dumps(asdict(draw(config, name))).encode()})  # fmt: skip
    ordered = rows.sort_values("account_id", kind="stable")
    # column by column as objects: without rows pandas does not know the type of any
    columns = [pa.array(ordered[each.name].astype(object), each.type, from_pandas=True) for each in schema]
    table = pa.Table.from_arrays(columns, schema=schema)
    lake = Lake(config.path(config.lake))
    with replacing(lake.list_record(name, as_of)) as fresh:
        pq.write_table(table, fresh, compression="zstd")
