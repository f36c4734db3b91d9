"""How good scores were on rows whose outcome is known: figures with intervals, and paired differences.

Belongs here: which figures are reported and on which rows. Does not belong here: the arithmetic (``metrics``), the
verdict (``duel``). Announced leavers are left out everywhere: that they leave is no merit of a model.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from models.inputs import ModelError, require
from models.metrics import (
    NAN,
    UNKNOWN,
    AccountSums,
    CalibrationLine,
    Interval,
    Ranking,
    calibration_error,
    interval,
    resample,
    row_log_loss,
)

__all__ = ["Interval", "Quality", "compare", "evaluate"]

RESAMPLES = 300


@dataclass(frozen=True)
class Quality:
    """What the scores of some rows were worth. A row is an account on an as-of date.

    ``leavers`` counts rows that churned, ``leaving_accounts`` the accounts among them. ``log_loss_base`` and
    ``brier_base`` belong to the best constant in hindsight, the base rate of these very rows: a constant known
    beforehand can only do worse. ``calibration_slope`` (1 is right, less is overconfident) and
    ``calibration_intercept`` (log-odds by which probabilities are too low on the whole, with the slope held at 1) are
    Cox's. ``ece`` is the mean gap between probability and frequency over ten groups of equal size. ``lift_10`` is how
    many times the base rate the tenth of the rows with the highest scores holds. ``expected_leavers`` is the sum of
    probabilities, to be held against ``leavers``. For scores that are no probabilities these, the losses and the
    calibration are NaN.
    """

    rows: int
    leavers: int
    accounts: int
    leaving_accounts: int
    dates: list[str]
    base_rate: float
    auc: Interval
    average_precision: Interval
    lift_10: Interval
    log_loss: Interval
    log_loss_base: float
    brier: Interval
    brier_base: float
    calibration_slope: Interval
    calibration_intercept: float
    ece: float
    expected_leavers: float
    by_date: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON: ``auc``, ``auc_low``, ``auc_high`` and so on; None where undetermined."""
        flat: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Interval):
                flat |= {field.name: value.value, f"{field.name}_low": value.low, f"{field.name}_high": value.high}
            else:
                flat[field.name] = value
        flat["by_date"] = [{key: _plain(value) for key, value in day.items()} for day in self.by_date]
        return {key: _plain(value) for key, value in flat.items()}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


@dataclass(frozen=True)
class _Judged:
    """The rows that count, account codes in the order of their ids so that the order of rows does not matter."""

    account: np.ndarray
    day: np.ndarray
    churned: np.ndarray
    scores: tuple[np.ndarray, ...]

    @property
    def accounts(self) -> int:
        return int(self.account.max()) + 1


def _judged(frame: pd.DataFrame, *scores: np.ndarray) -> _Judged:
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
    return _Judged(account, day, churned, tuple(np.asarray(score, dtype=np.float64)[kept] for score in scores))


def _require_probabilities(*scores: np.ndarray) -> None:
    if any(score.min() < 0 or score.max() > 1 for score in scores):
        raise ModelError("some scores lie outside 0 to 1", "give probabilities, or ask for the ranking only")


def evaluate(
    frame: pd.DataFrame, p: np.ndarray, seed: int = 7, resamples: int = RESAMPLES, probability: bool = True
) -> Quality:
    """Quality of the scores ``p``, one per row of ``frame`` (account_id, as_of, churned; announced rows do not count).

    Intervals come from ``resamples`` bootstrap draws of whole accounts. With ``probability`` False only the ranking
    is judged and ``p`` may have any scale. Raises ModelError for rows without outcome and scores that do not fit.
    """
    judged = _judged(frame, p)
    (p,), y = judged.scores, judged.churned
    rows, rate = len(y), float(y.mean())
    ranking = Ranking(p, y, judged.account)
    estimates = list(ranking.figures(np.ones(judged.accounts)))
    losses: list[np.ndarray] = []
    line = None
    if probability:
        _require_probabilities(p)
        losses = [row_log_loss(p, y), (p - y) ** 2]
        line = CalibrationLine(p, y, judged.account)
        estimates += [*(float(loss.mean()) for loss in losses), line.slope]
    sums = AccountSums([*losses, np.ones(len(y))], judged.account)
    samples = np.array(
        [
            (*ranking.figures(drawn), *_means(sums(drawn)), *([line.resampled_slope(drawn)] if line else []))
            for drawn in resample(judged.accounts, seed, resamples)
        ]
    )
    auc, precision, lift, *rest = (interval(value, samples[:, at]) for at, value in enumerate(estimates))
    log_loss, brier, slope = rest or (UNKNOWN, UNKNOWN, UNKNOWN)
    days = np.unique(judged.day)
    return Quality(
        rows=rows,
        leavers=int(y.sum()),
        accounts=judged.accounts,
        leaving_accounts=len(np.unique(judged.account[y])),
        dates=[str(day) for day in days],
        base_rate=rate,
        auc=auc,
        average_precision=precision,
        lift_10=lift,
        log_loss=log_loss,
        log_loss_base=float(row_log_loss(np.full(rows, rate), y).mean()) if line else NAN,
        brier=brier,
        brier_base=rate * (1.0 - rate) if line else NAN,
        calibration_slope=slope,
        calibration_intercept=line.intercept if line else NAN,
        ece=calibration_error(p, y) if line else NAN,
        expected_leavers=float(p.sum()) if line else NAN,
        by_date=[_of_day(day, p[judged.day == day], y[judged.day == day]) for day in days],
    )


def compare(
    frame: pd.DataFrame,
    p_a: np.ndarray,
    p_b: np.ndarray,
    seed: int = 7,
    resamples: int = RESAMPLES,
    probability: bool = True,
) -> dict[str, Interval]:
    """Differences a - b in ``auc`` and, for probabilities, ``log_loss``, on the same rows and resampled accounts."""
    judged = _judged(frame, p_a, p_b)
    (a, b), y = judged.scores, judged.churned
    first, second = Ranking(a, y, judged.account), Ranking(b, y, judged.account)
    once = np.ones(judged.accounts)
    estimates = [first.figures(once)[0] - second.figures(once)[0]]
    losses: list[np.ndarray] = []
    if probability:
        _require_probabilities(a, b)
        losses = [row_log_loss(a, y) - row_log_loss(b, y)]
        estimates += [float(losses[0].mean())]
    sums = AccountSums([*losses, np.ones(len(y))], judged.account)
    samples = np.array(
        [
            (first.figures(drawn)[0] - second.figures(drawn)[0], *_means(sums(drawn)))
            for drawn in resample(judged.accounts, seed, resamples)
        ]
    )
    return {
        name: interval(estimates[at], samples[:, at]) for at, name in enumerate(("auc", "log_loss")[: len(estimates)])
    }


def _means(sums: np.ndarray) -> np.ndarray:
    return sums[:-1] / sums[-1]


def _of_day(day: np.datetime64, p: np.ndarray, churned: np.ndarray) -> dict[str, Any]:
    auc = Ranking(p, churned, np.arange(len(p))).figures(np.ones(len(p)))[0]
    return {"as_of": str(day), "rows": len(p), "leavers": int(churned.sum()), "auc": auc}
