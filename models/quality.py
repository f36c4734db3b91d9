"""How good scores were on rows whose outcome is known: figures with intervals, and paired differences.

Belongs here: which figures are reported. Does not belong here: the arithmetic (``metrics``, ``shortlist``, ``profit``,
``reliability``), which rows count (``judged``), the verdict (``duel``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from models.inputs import ModelError
from models.judged import Judged, require_probabilities, rows_to_judge
from models.metrics import (
    NAN,
    TOP,
    UNKNOWN,
    AccountSums,
    Interval,
    Ranking,
    interval,
    reflected,
    resample,
    row_log_loss,
)
from models.profit import PAPER, Campaign, expected_maximum_profit
from models.reliability import CalibrationError, CalibrationLine
from models.shortlist import Shortlists

__all__ = ["Interval", "Quality", "compare", "evaluate"]

RESAMPLES = 300


@dataclass(frozen=True)
class Quality:
    """What the scores of some rows were worth. A row is an account on an as-of date.

    ``leavers`` counts rows that churned, ``leaving_accounts`` the accounts among them; ``actual_leavers`` is the same
    count with the interval that chance gives it, and ``expected_leavers``, the sum of probabilities, is to lie inside.
    ``log_loss_base`` and ``brier_base`` belong to the best constant in hindsight, the base rate of these very rows: a
    constant known beforehand can only do worse.

    Of a list in the order of the scores, on all dates together: ``lift`` is its rate of leavers over the base rate,
    ``capture`` the share of all leavers on it, ``captured_mrr`` the share of their ``mrr_now``. The list is the first
    tenth of all rows (``_10``), or the first ``capacity`` rows of each date (``_at_capacity``). ``profit`` is what the
    best campaign on given terms brings per row (``profit.expected_maximum_profit``), ``profit_base`` the same without
    any ranking.

    ``calibration_slope`` (1 is right, less is overconfident) and ``calibration_intercept`` (log-odds by which
    probabilities are too low on the whole, with the slope held at 1) are Cox's (1958, Biometrika 45). ``ece`` is the
    mean gap between probability and frequency over ten groups of equal size (Naeini et al. 2015, AAAI).

    NaN stands for what the rows do not determine or what was not asked for. For scores that are no probabilities these
    are the losses, the calibration and ``expected_leavers``.
    """

    rows: int
    leavers: int
    accounts: int
    leaving_accounts: int
    dates: list[str]
    base_rate: Interval
    auc: Interval
    average_precision: Interval
    lift_10: Interval
    capture_10: Interval
    captured_mrr_10: Interval
    capacity: int | None
    lift_at_capacity: Interval
    capture_at_capacity: Interval
    captured_mrr_at_capacity: Interval
    profit: Interval
    profit_base: float
    log_loss: Interval
    log_loss_base: float
    brier: Interval
    brier_base: float
    calibration_slope: Interval
    calibration_intercept: Interval
    ece: Interval
    actual_leavers: Interval
    expected_leavers: float
    by_date: list[dict[str, Any]]

    def pooled(self) -> dict[str, Any]:
        """``as_dict`` without the figures of single dates."""
        return {name: value for name, value in self.as_dict().items() if name != "by_date"}

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


_MEASURED = tuple(field.name for field in fields(Quality) if field.type == Interval.__name__)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def evaluate(
    frame: pd.DataFrame,
    p: np.ndarray,
    seed: int = 7,
    resamples: int = RESAMPLES,
    probability: bool = True,
    capacity: int | None = None,
    campaign: Campaign = PAPER,
) -> Quality:
    """Quality of the scores ``p``, one per row of ``frame`` (account_id, as_of, churned; announced rows do not count).

    ``capacity`` is the number of accounts on the list of a date, ``campaign`` the terms of ``profit``; captured MRR
    needs the column ``mrr_now``. Intervals come from ``resamples`` bootstrap draws of whole accounts: percentiles, but
    for ``profit`` and ``ece`` (``metrics.reflected``, ``CalibrationError.interval``). With ``probability`` False only
    the ranking is judged and ``p`` may have any scale. Raises ModelError for rows without outcome and scores that do
    not fit.
    """
    judged = rows_to_judge(frame, p)
    if capacity is not None and capacity < 1:
        raise ModelError("the capacity of a list is less than one", "state a capacity of at least 1")
    (p,), y = judged.scores, judged.churned
    rows, rate = len(y), float(y.mean())
    if probability:
        require_probabilities(p)
    error = CalibrationError(p, y, judged.account) if probability else None
    measure = _measure(judged, error, capacity, campaign)
    estimates = measure(np.ones(judged.accounts))
    resampled = [measure(drawn) for drawn in resample(judged.accounts, seed, resamples)]
    samples = {name: np.array([each[name] for each in resampled]) for name in estimates}
    found = {name: interval(estimates[name], samples[name]) if name in estimates else UNKNOWN for name in _MEASURED}
    found["profit"] = reflected(estimates["profit"], samples["profit"])
    if error is not None:
        found["ece"] = error.interval(samples["ece"], samples["noise"])
    profit_base = expected_maximum_profit(np.array([rate]), np.array([1.0 - rate]), campaign)
    days = np.unique(judged.day)
    return Quality(
        rows=rows,
        leavers=int(y.sum()),
        accounts=judged.accounts,
        leaving_accounts=len(np.unique(judged.account[y])),
        dates=[str(day) for day in days],
        capacity=capacity,
        profit_base=profit_base,
        log_loss_base=float(row_log_loss(np.full(rows, rate), y).mean()) if probability else NAN,
        brier_base=rate * (1.0 - rate) if probability else NAN,
        expected_leavers=float(p.sum()) if probability else NAN,
        by_date=[_of_day(day, p[judged.day == day], y[judged.day == day]) for day in days],
        **found,
    )


def _measure(
    judged: Judged, error: CalibrationError | None, capacity: int | None, campaign: Campaign
) -> Callable[[np.ndarray], dict[str, float]]:
    """The figures by name, as a function of how often each account is drawn; sorting and fitting are done once."""
    (p,), y, account, mrr = judged.scores, judged.churned, judged.account, judged.mrr
    ranking = Ranking(p, y, account, mrr, campaign)
    lists = None if capacity is None else Shortlists(p, y, account, judged.day, capacity, mrr)
    means = [y.astype(np.float64)]
    if error is not None:
        means += [row_log_loss(p, y), (p - y) ** 2]
        line = CalibrationLine(p, y, account)
    sums = AccountSums([*means, np.ones(len(y))], account)

    def measure(drawn: np.ndarray) -> dict[str, float]:
        found = ranking.figures(drawn)._asdict()
        found["capture_10"] = TOP * found["lift_10"]
        if lists is not None:
            found |= {f"{name}_at_capacity": value for name, value in lists.figures(drawn)._asdict().items()}
        leavers, *losses, rows = sums(drawn)
        found |= {"actual_leavers": leavers, "base_rate": leavers / rows}
        if error is not None:
            found |= dict(zip(("log_loss", "brier"), np.array(losses) / rows, strict=True))
            found["calibration_slope"], found["calibration_intercept"] = line.resampled(drawn)
            found["ece"], found["noise"] = error.resampled(drawn)
        return found

    return measure


def compare(
    frame: pd.DataFrame,
    p_a: np.ndarray,
    p_b: np.ndarray,
    seed: int = 7,
    resamples: int = RESAMPLES,
    probability: bool = True,
) -> dict[str, Interval]:
    """Differences a - b in ``auc`` and, for probabilities, ``log_loss``, on the same rows and resampled accounts."""
    judged = rows_to_judge(frame, p_a, p_b)
    (a, b), y = judged.scores, judged.churned
    first, second = Ranking(a, y, judged.account), Ranking(b, y, judged.account)
    once = np.ones(judged.accounts)
    estimates = [first.figures(once)[0] - second.figures(once)[0]]
    losses: list[np.ndarray] = []
    if probability:
        require_probabilities(a, b)
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
