"""Who is left in peace: accounts that belong on a list and must not, or need not, be contacted.

Belongs here: why an account is suppressed, and until when. Does not belong here: who belongs on a list (``lists``).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn_features.clock import cutoff
from pipelines import engine, tables
from pipelines.config import Config
from pipelines.history import true_on

if TYPE_CHECKING:
    import pandas as pd

OPTED_OUT, CONTACTED = "opted_out", "contacted"
"""Why: the customer asked not to be contacted; somebody contacted them within ``lists.cool_down_days``."""


def suppressed(config: Config, as_of: date) -> pd.DataFrame:
    """account_id, ``reason`` and ``until``, the last day on which it holds (missing: for good), of every account that
    is not to be contacted after ``as_of``, one row each in order of account; whoever opted out is told as that.

    What counts is what the accepted tables say of the day. Contacts of the future, or recorded later, are not known.
    """
    files, days = tables.required(config, as_of), config.lists.cool_down_days
    accounts = true_on(files["accounts"], as_of)
    parts = [f"SELECT account_id, '{OPTED_OUT}' AS reason, NULL::DATE AS until FROM ({accounts}) WHERE NOT contact_ok"]
    parameters = None
    if "outreach" in files and days:
        parts.append(
            f"SELECT account_id, '{CONTACTED}', max(contacted_on) + {days - 1:d} "
            f"FROM ({true_on(files['outreach'], as_of)}) "
            "WHERE contacted_at < $cutoff AND coalesce(recorded_at < $cutoff, true) AND contacted_on >= $first "
            "GROUP BY account_id"
        )
        parameters = {"cutoff": cutoff(as_of, config.time_zone), "first": as_of - timedelta(days=days - 1)}
    with engine.connection(config) as con:
        return con.execute(
            f"SELECT account_id, reason, until FROM ({' UNION ALL '.join(parts)}) "
            "QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY until NULLS FIRST) = 1 ORDER BY account_id",
            parameters,
        ).df()


def without(config: Config, as_of: date, candidates: pd.DataFrame) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Those of ``candidates`` (account_id, probability) who may be contacted, and the others as ``account_id``,
    ``reason``, ``until`` (a day as text, None for good) and ``probability``, the likeliest to leave first."""
    import pandas as pd

    marked = candidates.merge(suppressed(config, as_of), on="account_id", how="left")
    aside = marked[marked["reason"].notna()].sort_values(["probability", "account_id"], ascending=[False, True])
    left_alone = [
        {
            "account_id": account,
            "reason": reason,
            "until": None if pd.isna(until) else str(until.date()),
            "probability": round(float(probability), 6),
        }
        for account, reason, until, probability in zip(
            aside["account_id"], aside["reason"], aside["until"], aside["probability"], strict=True
        )
    ]
    return marked[marked["reason"].isna()].drop(columns=["reason", "until"]), left_alone
