"""The rungs on rows without dates: one row per customer, parts of whom are held apart by turns.

Belongs here: reading such a set, fitting and scoring part by part. Does not belong here: anything with a history
(``histories``). What this shows is how well the models' code learns; how well they foretell, only later dates can show.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.judged_set import JudgedSet
from models.baselines import recency_rule
from models.duel import Verdict, duel
from models.inputs import Input, ModelError
from models.model import KINDS, fit
from models.split import Split

FOLDS = 5
NOWHEN = date(1970, 1, 1)
"""The one as-of date of all rows: any would do."""
ONE_DATE = Split(
    (NOWHEN,), (NOWHEN,), (), gap_days=1, accounts_apart=True, note="Rows without dates, divided by account."
)
TELCO = Path("telco-ibm", "Telco-Customer-Churn.csv")


def telco(data: Path, seed: int) -> JudgedSet:
    """IBM's telephone customers, below the folder ``data``."""
    panel, inputs = read_telco(data / TELCO)
    rows = f"cross-section without dates, {FOLDS} stratified folds"
    return JudgedSet("telco-ibm", rows, judge(panel, inputs, seed))


def read_telco(file: Path) -> tuple[pd.DataFrame, tuple[Input, ...]]:
    """The panel of one date, and its inputs: all columns but the customer's number, text ones as categories.

    ``TotalCharges`` is what a customer has paid up to the day of the extract, which no history could have as it is.
    """
    frame = pd.read_csv(file).rename(columns={"customerID": "account_id"})
    frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce")  # blank for those who just came
    churned = frame.pop("Churn") == "Yes"
    names = [name for name in frame.columns if name != "account_id"]
    inputs = tuple(Input(name, "", categorical=not pd.api.types.is_numeric_dtype(frame[name])) for name in names)
    return frame.assign(as_of=NOWHEN, churned=churned, announced=False), inputs


def judge(panel: pd.DataFrame, inputs: tuple[Input, ...], seed: int) -> Verdict:
    """The duel of all rungs that can be fitted, each row scored by models that have not seen its account.

    Of the accounts that are not held out, a third calibrates, as where a history is short.
    """
    from sklearn.model_selection import StratifiedKFold

    churned = panel["churned"].to_numpy(dtype=bool)
    scores: dict[str, np.ndarray] = {}
    for kind in KINDS:
        p = np.full(len(panel), np.nan)
        try:
            for learned, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(panel, churned):
                model = fit(kind, panel.iloc[learned].reset_index(drop=True), inputs, ONE_DATE, seed)
                p[held_out] = model.predict(panel.iloc[held_out])
        except ModelError:  # as the health score, which knows none of these columns
            continue
        scores[kind] = p
    return duel(panel, scores, None, recency_rule(panel), float(churned.mean()), seed)
