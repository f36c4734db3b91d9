"""Who is left in peace: accounts that belong on a list and must not, or need not, be contacted.

Belongs here: why an account is suppressed, and until when. Does not belong here: who belongs on a list.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, tables
from pipelines.history import true_on
from pipelines.lists.day import Day

if TYPE_CHECKING:
    import pandas as pd

OPTED_OUT, DO_NOT_SAVE, CONTACTED = "opted_out", "do_not_save", "contacted"
"""Why: the customer asked not to be contacted; nobody should try to keep it (``lists.do_not_save``); somebody contacted
it within ``lists.cool_down_days``."""

HEALTHY, BELOW_COST, COOLING_DOWN = "healthy", "below_cost", "cooling_down"
"""Why: its probability of leaving is below ``lists.healthy_below`` times the average; no contact is expected to bring
what it costs; a trigger holds of which the list told within the trigger's cool-down."""


def on(name: str) -> str:
    """Why: a more urgent list of the day sees to it (``precedence``)."""
    return f"on_{name}"


def suppressed(day: Day) -> pd.DataFrame:
    """account_id, ``reason`` and ``until``, the last day on which it holds (missing: for good), of every account that
    is not to be contacted after a day, one row each in order of account; what lasts longest is told.

    What counts is what the accepted tables say of the day. Contacts of the future, or recorded later, are not known.
    """
    config, as_of = day.config, day.as_of
    files, days = tables.required(config, as_of), config.lists.cool_down_days
    accounts = true_on(files["accounts"], as_of)
    parts = [
        f"SELECT account_id, '{OPTED_OUT}' AS reason, 1 AS place, NULL::DATE AS until FROM ({accounts}) "
        "WHERE NOT contact_ok",
        f"SELECT unnest($do_not_save::VARCHAR[]), '{DO_NOT_SAVE}', 2, NULL",
    ]
    parameters: dict[str, Any] = {"do_not_save": config.lists.do_not_save}
    if "outreach" in files and days:
        parts.append(
            f"SELECT account_id, '{CONTACTED}', 3, max(contacted_on) + {days - 1:d} "
            f"FROM ({true_on(files['outreach'], as_of)}) "
            "WHERE contacted_at < $cutoff AND coalesce(recorded_at < $cutoff, true) AND contacted_on >= $first "
            "GROUP BY account_id"
        )
        parameters |= {"cutoff": cutoff(as_of, config.time_zone), "first": as_of - timedelta(days=days - 1)}
    with engine.connection(config) as con:
        return con.execute(
            f"SELECT account_id, reason, until FROM ({' UNION ALL '.join(parts)}) "
            "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY place) = 1 ORDER BY account_id",
            parameters,
        ).df()


def without(
    day: Day, candidates: pd.DataFrame, healthy_alone: bool | pd.Series = False
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Those of ``candidates`` (account_id, probability) who may be contacted, and the others as ``told`` gives them.

    ``healthy_alone`` says of which candidates those in good health are left alone too.
    """
    marked = candidates.merge(day.suppressed, on="account_id", how="left")
    healthy = (
        (marked["probability"] < day.config.lists.healthy_below * day.paying["probability"].mean())
        & marked["reason"].isna()
        & healthy_alone
    )
    marked.loc[healthy, "reason"] = HEALTHY
    aside = marked["reason"].notna()
    return marked[~aside].drop(columns=["reason", "until"]).reset_index(drop=True), told(marked[aside])


def told(aside: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows (account_id, reason, until, probability) as plain values, the likeliest to leave first: ``until`` a day as
    text, None for good; ``probability`` None where it is not known."""
    import pandas as pd

    rows = aside.sort_values(["probability", "account_id"], ascending=[False, True])
    return [
        {
            "account_id": account,
            "reason": reason,
            "until": None if pd.isna(until) else str(until.date()),
            "probability": None if pd.isna(probability) else round(float(probability), 6),
        }
        for account, reason, until, probability in zip(
            rows["account_id"], rows["reason"], rows["until"], rows["probability"], strict=True
        )
    ]
