"""Why accounts are on a list: their reasons in words, and what is at stake by theme.

Belongs here: from contributions and features to what people read. Does not belong here: the choice of reasons
(``models.reasons``), their sentences (``churn_features``), who is listed (``lists``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.config import Config

if TYPE_CHECKING:
    import pandas as pd

    from models.reasons import Told
    from pipelines.champion import Champion


def explained(
    config: Config,
    present: Champion,
    rows: pd.DataFrame,
    most: int,
    told: Mapping[str, Sequence[Told]] | None = None,
    than: pd.DataFrame | None = None,
) -> list[list[dict[str, str]]]:
    """For each feature row its reasons as ``{"theme", "feature", "text"}``, the weightiest first; those that an account
    was ``told`` before (theme and feature by account) stand their ground, see ``models.reasons``. With ``than``, rows
    of the same accounts on an earlier day in the same order, why the risk is higher than it was then."""
    import numpy as np

    from churn_features.catalogue import BY_NAME
    from churn_features.sentences import say
    from models.reasons import reasons

    units = {name: feature.unit for name, feature in BY_NAME.items()}
    inputs = present.model.inputs
    records = [{str(name): value for name, value in record.items()} for record in rows.to_dict("records")]
    contributions = present.model.contributions(rows)
    if than is not None:
        contributions = contributions - present.model.contributions(than).set_axis(contributions.index)
    # only what raises the risk and can be acted on is a reason: the rest is not put into words
    raised = contributions[[each.name for each in inputs]].to_numpy() > 0
    texts = [
        {
            each.name: say(BY_NAME[each.name], record, units, config.currency)
            for each, raises in zip(inputs, raising, strict=True)
            if raises and each.actionable
        }
        for record, raising in zip(records, raised, strict=True)
    ]
    tellable = np.array([[text.get(each.name) is not None for each in inputs] for text in texts], dtype=bool)
    tellable = tellable.reshape(-1, len(inputs))
    before = [told.get(account, ()) for account in rows["account_id"]] if told else None
    found = reasons(contributions, inputs, most, tellable, before)
    return [
        [{"theme": reason.theme, "feature": reason.feature, "text": str(text[reason.feature])} for reason in chosen]
        for chosen, text in zip(found, texts, strict=True)
    ]


def by_theme(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is at stake by theme on a list (its rows as published), the largest expected loss first.

    An account counts for the theme of its first reason and for no other, so ``accounts``, ``mrr`` and
    ``expected_loss`` (major units; None where nothing is expected of the rows) sum to those of the list; without any
    reason it counts for theme None.
    ``named_for`` counts the accounts that have the theme among their reasons at all, and sums to more.
    """
    first = [row["reasons"][0]["theme"] if row["reasons"] else None for row in rows]
    named = [{reason["theme"] for reason in row["reasons"]} or {None} for row in rows]
    table = []
    for theme in {theme for themes in named for theme in themes}:
        here = [row for row, main in zip(rows, first, strict=True) if main == theme]
        table.append(
            {
                "theme": theme,
                "accounts": len(here),
                "mrr": round(math.fsum(row["mrr"] for row in here), 2),
                "expected_loss": _sum([row["expected_loss"] for row in here]),
                "named_for": sum(theme in themes for themes in named),
            }
        )
    return sorted(table, key=lambda each: (-(each["expected_loss"] or 0), -each["named_for"], each["theme"] or "~"))


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(math.fsum(known), 2) if known or not values else None
