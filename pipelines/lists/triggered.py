"""The list of accounts at which a trigger fired: something happened that calls for a word now, whatever the model says.

Belongs here: which of the triggers that hold an account is told of, and for how long it is then not told again. Does
not belong here: what a trigger is and when it holds (``triggers``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines import engine
from pipelines.lake import Lake
from pipelines.lists import TRIGGERS
from pipelines.lists.candidates import Candidates, Reasons
from pipelines.lists.day import Day, FeatureRows
from pipelines.triggers.catalogue import triggers
from pipelines.triggers.fired import firing, reason

if TYPE_CHECKING:
    import pandas as pd

ABOUT_USE = ("usage", "adoption", "onboarding")
"""Themes of triggers that say nothing of an account in good health."""


def candidates(day: Day) -> Candidates:
    """Paying accounts of which a trigger holds that was not told of them within its ``cool_down_days``; of several the
    first of the catalogue."""
    import pandas as pd

    available = {each.name: each for each in triggers(day.config)}
    holds = firing(day.config, day.as_of)
    cool_downs = {name: each.cool_down_days for name, each in available.items()}
    rows = holds.merge(_told(day, max(cool_downs.values(), default=0)), on=["account_id", "trigger"], how="left")
    cool_down = rows["trigger"].map(cool_downs).astype("float64")
    rests = rows["days"] < cool_down
    fresh = rows[~rests].drop_duplicates("account_id")[["account_id", "trigger"]]
    frame = day.paying.merge(fresh, on="account_id").drop(columns="announced")
    left = pd.to_timedelta(cool_down - rows["days"] - 1, unit="D")
    resting = rows.assign(rests_until=pd.Timestamp(day.as_of) + left)[
        rests & ~rows["account_id"].isin(fresh["account_id"])
    ]
    resting = resting.drop_duplicates("account_id")[["account_id", "rests_until"]]
    of_use = {name for name, each in available.items() if each.theme in ABOUT_USE and not each.positive}

    def reasons(chosen: pd.DataFrame, features: FeatureRows, told: object) -> list[Reasons]:
        return [
            [reason(available[fired], features.by_account[account], day.config)]
            for account, fired in zip(chosen["account_id"], chosen["trigger"], strict=True)
        ]

    return Candidates(
        frame.assign(loss=frame["probability"]),
        reasons,
        probability_of=None if day.scores is None else "churn",
        leaves_healthy_alone=frame["trigger"].isin(of_use),
        resting=day.paying.merge(resting, on="account_id"),
    )


def _told(day: Day, longest: int) -> pd.DataFrame:
    """account_id, trigger and how many days ago, of the last ``longest``, it was last told of it (or would have been,
    but for the holdout)."""
    lake = Lake(day.config.path(day.config.lake))
    days = (day.as_of - timedelta(days=ago) for ago in range(1, longest + 1))
    files = [file for file in (lake.list_record(TRIGGERS, each) for each in days) if file.exists()]
    if not files:
        import pandas as pd

        return pd.DataFrame({"account_id": pd.Series(dtype=str), "trigger": pd.Series(dtype=str), "days": []})
    named = ", ".join(engine.literal(str(file)) for file in files)
    with engine.connection(day.config) as con:
        rows = con.sql(
            "SELECT account_id, trigger, "
            "date_diff('day', max(CAST(regexp_extract(filename, 'as_of=([-0-9]+)', 1) AS DATE)), $day) AS days "
            f"FROM read_parquet([{named}], filename = true, hive_partitioning = false) GROUP BY ALL",
            params={"day": day.as_of},
        )
        return rows.to_arrow_table().to_pandas()
