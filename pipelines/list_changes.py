"""What is new on a list since the one before: who came, who went and why, who moved.

Belongs here: comparing two lists. Does not belong here: making a list (``lists``) or reading one (``exports``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.exports import Earlier

GONE, ANNOUNCED, RISK_FELL, DISPLACED = "no_longer_paying", "announced", "risk_fell", "displaced"
"""Why an account is no longer on a list, besides the reasons for which it is suppressed. *Displaced*: it would be on it
if the team could contact more."""


def changes(
    as_of: date,
    rows: Sequence[Mapping[str, Any]],
    before: Earlier | None,
    scores: pd.DataFrame,
    suppressed: Sequence[Mapping[str, Any]],
    raised: Sequence[str],
) -> dict[str, list[dict[str, Any]]]:
    """``entered``, ``left`` and ``stayed`` as plain values; with no list before, everybody has entered.

    Who entered or stayed has ``rank``, ``probability`` and ``since``, the day of the first of the lists that it is on
    without a break; who left or stayed ``rank_before`` and ``probability_before``; who left also ``why``. ``scores``
    (account_id, announced) are those of today; ``raised`` names the accounts whose risk would bring them onto it.
    """
    was = {row["account_id"]: row for row in before.rows} if before else {}
    now = {row["account_id"] for row in rows}
    announced = dict(zip(scores["account_id"], scores["announced"], strict=True))
    left_alone = {each["account_id"]: each["reason"] for each in suppressed}
    at_risk = set(raised)

    def why(account: str) -> str:
        if account not in announced:
            return GONE
        if announced[account]:
            return ANNOUNCED
        return str(left_alone.get(account, DISPLACED if account in at_risk else RISK_FELL))

    def told(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"account_id": row["account_id"], "rank": row["rank"], "probability": row["probability"]}

    def told_before(account: str) -> dict[str, Any]:
        return {"rank_before": was[account]["rank"], "probability_before": was[account]["probability"]}

    return {
        "entered": [{**told(row), "since": str(as_of)} for row in rows if row["account_id"] not in was],
        "left": [
            {"account_id": account, **told_before(account), "why": why(account)}
            for account in was
            if account not in now
        ],
        "stayed": [
            {**told(row), **told_before(row["account_id"]), "since": before.since[row["account_id"]]}
            for row in rows
            if before and row["account_id"] in was
        ],
    }
