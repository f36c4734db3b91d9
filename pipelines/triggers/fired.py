"""For whom triggers fire on a day, and the reason that people read.

Belongs here: conditions run over a file of features. Does not belong here: which triggers there are (``catalogue``),
who was told before (``lists``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import conditions, engine
from pipelines.config import Config
from pipelines.engine import identifier, literal, scan
from pipelines.errors import ChurnError
from pipelines.scoring import features_file
from pipelines.triggers.catalogue import Trigger, triggers

if TYPE_CHECKING:
    import pandas as pd


def firing(config: Config, as_of: date) -> pd.DataFrame:
    """account_id and ``trigger`` (its name) of every trigger that holds on a day, in order of account and catalogue.

    Accounts that have announced to leave are not among them. A feature that the company's data does not give is missing
    of everyone, so that triggers on it do not fire. Raises ChurnError without the features of the day.
    """
    known, file = triggers(config), features_file(config, as_of)
    require_columns(file, known, f"the features of {as_of}", f"run: churn features --as-of {as_of}")
    fired = [
        f"SELECT account_id, {literal(trigger.name)} AS trigger, {place:d} AS place FROM known "
        f"WHERE {conditions.sql(trigger.when)}"
        for place, trigger in enumerate(known)
    ] or ["SELECT account_id, '' AS trigger, 0 AS place FROM known WHERE false"]
    with engine.connection(config) as con:
        return con.execute(
            f"WITH known AS MATERIALIZED (SELECT {', '.join(map(identifier, ('account_id', *columns(known))))} "
            f"FROM {scan([file])} WHERE NOT announced) "
            f"SELECT account_id, trigger FROM ({' UNION ALL '.join(fired)}) ORDER BY account_id, place"
        ).df()


def columns(known: Sequence[Trigger]) -> list[str]:
    """The features that conditions of these triggers read, each once."""
    return list(dict.fromkeys(each.feature for trigger in known for each in trigger.when))


def require_columns(file: Path, known: Sequence[Trigger], what: str, remedy: str) -> None:
    """Raise ChurnError unless a file of features has all that these triggers read."""
    import pyarrow.parquet as pq

    absent = [name for name in columns(known) if name not in pq.read_schema(file).names]
    if absent:
        raise ChurnError(f"{what} were computed with another feature catalogue: {', '.join(absent)} is missing", remedy)


def reason(trigger: Trigger, row: Mapping[str, Any], config: Config) -> dict[str, str]:
    """``theme``, ``feature`` and ``text`` of the reason for which it fired, in the account's own numbers; ``row`` holds
    its feature values by name. Where the feature has no sentence, its value stands behind the trigger's title."""
    from churn_features.catalogue import BY_NAME
    from churn_features.sentences import say, word

    told = BY_NAME[trigger.tells]
    units = {name: feature.unit for name, feature in BY_NAME.items()}
    text = say(told, row, units, config.currency)
    if text is None:
        value = word(row.get(told.name), told.unit, config.currency)
        text = f"{trigger.title} ({told.name.replace('_', ' ')}: {value})"
    return {"theme": trigger.theme, "feature": trigger.tells, "text": text}
