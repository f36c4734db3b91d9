"""Which rows scores are judged on: those with a known outcome, without announced leavers.

Belongs here: from a frame and its scores to arrays, and the errors that name what is wrong with them. Does not belong
here: any figure (``quality``). Announced leavers are left out: that they leave is no merit of a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.inputs import ModelError, require

MRR = "mrr_now"


@dataclass(frozen=True)
class Judged:
    """The rows that count, account codes in the order of their ids so that the order of rows does not matter."""

    account: np.ndarray
    day: np.ndarray
    churned: np.ndarray
    scores: tuple[np.ndarray, ...]
    mrr: np.ndarray | None

    @property
    def accounts(self) -> int:
        return int(self.account.max()) + 1


def rows_to_judge(frame: pd.DataFrame, *scores: np.ndarray) -> Judged:
    """The rows of ``frame`` (account_id, as_of, churned) that count, with their ``scores``.

    Raises ModelError where an outcome or a score is missing, and where no row is left.
    """
    require(frame, ("account_id", "as_of", "churned"), "the frame to evaluate")
    for score in scores:
        if len(score) != len(frame):
            raise ModelError(f"{len(score)} scores for {len(frame)} rows", "score exactly the rows to evaluate")
        if not np.isfinite(np.asarray(score, dtype=np.float64)).all():
            raise ModelError("some scores are missing or infinite", "score every row before evaluating")
    unknown = int(frame["churned"].isna().sum())
    if unknown:
        raise ModelError(f"{unknown} of {len(frame)} rows have no outcome", "evaluate matured as-of dates only")
    kept = np.ones(len(frame), dtype=bool)
    if "announced" in frame.columns:
        kept = ~frame["announced"].fillna(False).to_numpy(dtype=bool)
    if not kept.any():
        raise ModelError("no rows to evaluate", "give as-of dates with accounts that have not announced to leave")
    account = pd.factorize(frame["account_id"].to_numpy()[kept], sort=True)[0]
    day = pd.to_datetime(frame["as_of"]).to_numpy(dtype="datetime64[D]")[kept]
    churned = frame["churned"].to_numpy(dtype=bool)[kept]
    mrr = None
    if MRR in frame.columns:
        # what is not known to pay counts as nothing
        mrr = np.nan_to_num(frame[MRR].to_numpy(dtype=np.float64, na_value=np.nan)[kept])
    kept_scores = tuple(np.asarray(score, dtype=np.float64)[kept] for score in scores)
    return Judged(account, day, churned, kept_scores, mrr)


def require_probabilities(*scores: np.ndarray) -> None:
    """Raise ModelError unless all ``scores`` lie between 0 and 1."""
    if any(score.min() < 0 or score.max() > 1 for score in scores):
        raise ModelError("some scores lie outside 0 to 1", "give probabilities, or ask for the ranking only")
