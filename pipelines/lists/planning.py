"""Who is seen to, by which play, in which order, and what that is worth.

Belongs here: holding candidates, the team's capacity and the plays together. Does not belong here: what a contact is
worth (``models.value``), how capacity is spent (``models.allocation``), what becomes of it (``choice``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from churn_features.money import digits
from pipelines.config import Config
from pipelines.lists import record
from pipelines.lists.day import Day, FeatureRows

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.exports import Earlier
    from pipelines.lists.candidates import Candidates
    from pipelines.plays import Play


def allocated(day: Day, name: str, free: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Those of ``free`` that are seen to (``models.allocation``), and those for whom no contact is worth its cost, by
    the terms of the list's general plays: what fits an account best is chosen only for those that are on it."""
    import numpy as np

    from models.allocation import AUTOMATED, HUMAN, Capacity, allocate

    keys = day.config.lists.of(name)
    worth = {
        attention: _worth(day.config, free["loss"], free["mrr"], _general(day, name, attention))
        for attention in (HUMAN, AUTOMATED)
    }
    rows = free.assign(
        worth_human=worth[HUMAN],
        worth_automated=worth[AUTOMATED],
        held=np.array(record.held_out(day.config, name, free["account_id"]), dtype=bool),
    )
    rows["order"] = _order(day.config, rows.assign(expected_value=rows[["worth_human", "worth_automated"]].max(axis=1)))
    capacity = Capacity(keys.capacity or 0, keys.automated_capacity or 0, keys.per_owner)
    below = rows[(rows["worth_human"] <= 0) & (rows["worth_automated"] <= 0)]
    return allocate(rows, capacity), below


def _general(day: Day, name: str, attention: str) -> Play | None:
    """What a list does where no reason asks for anything else."""
    from pipelines.plays import choose as choose_play

    return choose_play(day.plays, name, attention, [], None, {})


def _worth(config: Config, loss: Any, mrr: Any, play: Play | None) -> Any:
    """Expected value of a play (minor units), of one account or of arrays of them; NaN without a play."""
    from models.value import expected_value

    if play is None:
        return float("nan")
    cost = play.contact_cost * 10 ** digits(config.currency)
    return expected_value(loss, mrr, config.lists.value_months, play.chance_to_save, play.incentive_share, cost)


def _order(config: Config, rows: pd.DataFrame) -> pd.Series:
    orders = {
        "expected_value": lambda: rows["expected_value"],
        "expected_loss": lambda: rows["loss"] * rows["mrr"],
        "probability": lambda: rows["loss"],
        "mrr": lambda: rows["mrr"],
    }
    return orders[config.lists.rank_by]().astype("float64")


def planned(
    day: Day, name: str, found: Candidates, seen: pd.DataFrame, before: Earlier | None
) -> tuple[pd.DataFrame, FeatureRows]:
    """``seen`` with ``reasons``, ``play`` (its name) and ``expected_value`` by it; and the feature rows."""
    import pandas as pd

    from pipelines.plays import choose as choose_play

    features = day.feature_rows(seen["account_id"].tolist())
    reasons = found.reasons(seen, features, before.told if before else {}) if len(seen) else []
    reasons = [each[: day.config.lists.reasons] for each in reasons]
    fired = seen["trigger"] if "trigger" in seen else [None] * len(seen)
    usual = {attention: _general(day, name, attention) for attention in set(seen["attention"])}
    columns = (seen[column] for column in ("account_id", "attention", "loss", "mrr"))
    plays, values = [], []
    for account, attention, loss, mrr, why, trigger in zip(*columns, reasons, fired, strict=True):
        play = choose_play(day.plays, name, attention, why, trigger, features.by_account.get(account, {}))
        value = _worth(day.config, loss, mrr, play)
        if value <= 0:
            # an incentive that costs more than it saves is none
            play = usual[attention]
            value = _worth(day.config, loss, mrr, play)
        plays.append(play.name if play else None)
        values.append(float(value))
    told = {"reasons": pd.Series(reasons, dtype=object), "play": pd.Series(plays, dtype=object)}
    return seen.assign(**told, expected_value=values), features


def ranked(config: Config, rows: pd.DataFrame) -> pd.DataFrame:
    """In their order, those for people first, with ``rank``; who is held out has none."""
    import numpy as np

    rows = rows.assign(order=_order(config, rows), automated=rows["attention"] == "automated")
    rows = rows.sort_values(
        ["automated", "order", "mrr", "account_id"], ascending=[True, False, False, True], kind="stable"
    ).reset_index(drop=True)
    rows["rank"] = np.where(rows["held"], np.nan, (~rows["held"]).cumsum())
    return rows
