"""What is new on a list since the one before: who came, who went and why, who moved.

Belongs here: comparing two lists. Does not belong here: making a list (``choice``) or reading one (``exports``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.lake import Lake
from pipelines.lists import AT_RISK, SAVE, WIN_BACK
from pipelines.lists.day import Day
from pipelines.lists.reasons import explained
from pipelines.scoring import read_features

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from pipelines.exports import Earlier

GONE, RETURNED, ANNOUNCED = "no_longer_paying", "paying_again", "announced"
RISK_FELL, OVER, DISPLACED = "risk_fell", "no_longer_applies", "displaced"
"""Why an account is no longer on a list, besides the reasons for which it is suppressed. *Displaced*: it would be on it
if the team could contact more."""


def raised(day: Day, before: Earlier | None, now: pd.DataFrame) -> dict[str, str]:
    """What raised the probability of accounts most since the list before, in a sentence with today's number, by today's
    model: of those whose log-odds are higher than then by what counts as more among reasons
    (``models.reasons.MARGIN``), if that day's features are still there. ``now``: their feature rows."""
    from scipy.special import logit

    from models.reasons import MARGIN

    if before is None or day.champion is None or now.empty:
        return {}
    earlier, model = date.fromisoformat(before.as_of), day.champion.model
    file = Lake(day.config.path(day.config.lake)).features(earlier)
    if not file.exists() or not {each.name for each in model.inputs} <= set(_columns(file)):
        return {}
    then = read_features(day.config, earlier, now["account_id"].tolist())
    now = now[now["account_id"].isin(then["account_id"])].reset_index(drop=True)
    if then.empty:
        return {}
    rose = logit(model.predict(now)) - logit(model.predict(then)) >= MARGIN
    if not rose.any():
        return {}
    now, then = now[rose], then[rose]
    told = explained(day.config, day.champion, now, 1, than=then)
    return {account: why[0]["text"] for account, why in zip(now["account_id"], told, strict=True) if why}


def _columns(file: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(file).names)


def changes(
    day: Day,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    before: Earlier | None,
    suppressed: Sequence[Mapping[str, Any]],
    candidates: Sequence[str],
    held: Collection[str] = (),
    raised: Mapping[str, str] | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """``entered``, ``left`` and ``stayed`` as plain values; with no list before, everybody has entered.

    Who entered or stayed has ``rank``, ``probability`` and ``since``, the day of the first of the lists that it is on
    without a break; who left or stayed ``rank_before`` and ``probability_before``. All have ``why``: of those who left
    a word; of those who stayed what ``raised`` the probability, None if nothing did; of those who entered the same, or
    else their first reason. ``candidates`` are the accounts that belong on it today, ``suppressed`` those of them that
    are left in peace. Of those that are ``held`` out since a draw with other settings, or by a more urgent list, it is
    told only that they are no longer listed.
    """
    was = before.by_account if before else {}
    now = {row["account_id"] for row in rows}
    left = [account for account in was if account not in now]
    paying = day.paying[day.paying["account_id"].isin(left)]
    announced = dict(zip(paying["account_id"], paying["announced"], strict=True))
    left_alone = {each["account_id"]: each["reason"] for each in suppressed}
    belong, rose = set(candidates), raised or {}

    def why(account: str) -> str:
        if account in held:
            return OVER
        if account in left_alone:
            return str(left_alone[account])
        if account in belong:
            return DISPLACED
        if name == WIN_BACK:
            return RETURNED if account in announced else OVER
        if account not in announced:
            return GONE
        if name != SAVE and announced[account]:
            return ANNOUNCED
        return RISK_FELL if name == AT_RISK else OVER

    def told(row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in ("account_id", "rank", "probability", "since")}

    def told_before(account: str) -> dict[str, Any]:
        return {"rank_before": was[account]["rank"], "probability_before": was[account]["probability"]}

    def why_entered(row: Mapping[str, Any]) -> str | None:
        return rose.get(row["account_id"]) or next((reason["text"] for reason in row["reasons"]), None)

    return {
        "entered": [{**told(row), "why": why_entered(row)} for row in rows if row["account_id"] not in was],
        "left": [{"account_id": account, **told_before(account), "why": why(account)} for account in left],
        "stayed": [
            {**told(row), **told_before(row["account_id"]), "why": rose.get(row["account_id"])}
            for row in rows
            if row["account_id"] in was
        ],
    }
