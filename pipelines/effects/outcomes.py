"""What became of accounts after a day, as known on a later one.

Belongs here: asking the outcome statement for some accounts. Does not belong here: the statement
(``churn_features.outcomes``), which accounts are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from pipelines import tables
from pipelines.config import Config
from pipelines.features import bind, define, outcome_rows

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

COLUMNS = "account_id, churned, kind, churned_at, mrr_then, contacted"


def outcomes_of(
    con: duckdb.DuckDBPyConnection, config: Config, day: date, observed: date, account_ids: Iterable[str]
) -> pd.DataFrame:
    """COLUMNS of ``churn_features.outcomes`` for those of the accounts that were eligible on ``day``, in order of
    account. Raises ChurnError if the tables of ``observed`` are not there."""
    import pandas as pd

    from churn_features.outcomes import OUTCOME_TABLES

    files = {name: paths for name, paths in tables.required(config, observed).items() if name in OUTCOME_TABLES}
    wanted = pd.DataFrame({"account_id": pd.Series(sorted(set(account_ids)), dtype="str")})
    con.register("wanted_accounts", wanted)
    define(con, "wanted", "SELECT account_id FROM wanted_accounts")
    bind(con, config, files, day, accounts="account_id IN (SELECT account_id FROM wanted)")
    with outcome_rows(con, config, files, day, observed) as (sql, parameters):
        # on Spark the statement reads all accounts
        return con.execute(
            f"SELECT {COLUMNS} FROM ({sql}) SEMI JOIN wanted USING (account_id) ORDER BY account_id", dict(parameters)
        ).df()
