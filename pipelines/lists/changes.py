"""What is new on a list since the one before: who came, who went and why, who moved.

Belongs here: comparing two lists. Does not belong here: making a list (``choice``) or reading one (``exports``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.lists import AT_RISK, SAVE, WIN_BACK
from pipelines.lists.day import Day

if TYPE_CHECKING:
    from pipelines.exports import Earlier

GONE, RETURNED, ANNOUNCED = "no_longer_paying", "paying_again", "announced"
RISK_FELL, OVER, DISPLACED = "risk_fell", "no_longer_applies", "displaced"
"""Why an account is no longer on a list, besides the reasons for which it is suppressed. *Displaced*: it would be on it
if the team could contact more."""


def changes(
    day: Day,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    before: Earlier | None,
    suppressed: Sequence[Mapping[str, Any]],
    candidates: Sequence[str],
    held: Collection[str] = (),
) -> dict[str, list[dict[str, Any]]]:
    """``entered``, ``left`` and ``stayed`` as plain values; with no list before, everybody has entered.

    Who entered or stayed has ``rank``, ``probability`` and ``since``, the day of the first of the lists that it is on
    without a break; who left or stayed ``rank_before`` and ``probability_before``; who left also ``why``.
    ``candidates`` are the accounts that belong on it today, ``suppressed`` those that are left in peace. Of those that
    are ``held`` out since a draw with other settings nothing is told but that they are no longer listed.
    """
    was = before.by_account if before else {}
    now = {row["account_id"] for row in rows}
    left = [account for account in was if account not in now]
    paying = day.paying[day.paying["account_id"].isin(left)]
    announced = dict(zip(paying["account_id"], paying["announced"], strict=True))
    left_alone = {each["account_id"]: each["reason"] for each in suppressed}
    belong = set(candidates)

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

    return {
        "entered": [told(row) for row in rows if row["account_id"] not in was],
        "left": [{"account_id": account, **told_before(account), "why": why(account)} for account in left],
        "stayed": [{**told(row), **told_before(row["account_id"])} for row in rows if row["account_id"] in was],
    }
