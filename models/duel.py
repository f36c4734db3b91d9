"""Whether a new model may take over: a verdict in plain words with the figures it rests on.

Belongs here: the rules of promotion. Does not belong here: the figures (``quality``), the registry (``pipelines``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.metrics import Interval
from models.quality import Quality, compare, evaluate

LEAST_LEAVERS = 10


@dataclass(frozen=True)
class Verdict:
    """``differences`` holds challenger minus rival on the same rows: ``baseline`` and, for probabilities, ``constant``
    (the same probability for everyone) and ``champion``, each with ``auc`` or ``log_loss`` or both.
    """

    promote: bool
    reason: str
    challenger: Quality
    champion: Quality | None
    baseline: Quality
    differences: dict[str, dict[str, Interval]]


def duel(
    frame: pd.DataFrame,
    challenger_p: np.ndarray,
    champion_p: np.ndarray | None,
    baseline_score: np.ndarray,
    known_rate: float,
    seed: int = 7,
) -> Verdict:
    """Judge a challenger on later rows (account_id, as_of, churned; announced ones do not count).

    It is refused when
    - fewer than ten accounts leave,
    - its AUC or its lift at 10 % may be no better than chance (lower ends of the intervals: 0.5 and 1; people act on
      the top of the ranking),
    - its log loss does not undercut the constant's,
    - its AUC does not exceed the baseline's,
    - a champion is there whose log loss it does not undercut or whose AUC it misses by more than noise.
    "More than noise" means that the whole 95 % interval of the paired difference lies below zero. ``baseline_score``
    may have any scale.

    The constant is ``known_rate``, the share that left on the dates learned from: what could have been said of
    everyone without a model. The base rate of the test rows themselves, which nobody knew, is reported beside it
    (``Quality.log_loss_base``) but decides nothing: where churn falls over time no model could meet it.
    """
    challenger = evaluate(frame, challenger_p, seed)
    baseline = evaluate(frame, baseline_score, seed, probability=False)
    champion = None if champion_p is None else evaluate(frame, champion_p, seed)
    constant = np.full(len(frame), known_rate)
    differences = {
        "baseline": compare(frame, challenger_p, baseline_score, seed, probability=False),
        "constant": compare(frame, challenger_p, constant, seed),
    }
    if champion_p is not None:
        differences["champion"] = compare(frame, challenger_p, champion_p, seed)
    promote, finding = _judge(challenger, champion, baseline, differences)
    evidence = (
        f"AUC {_figures(challenger.auc, 2)} and lift at 10 % {_figures(challenger.lift_10, 1)} on "
        f"{challenger.rows:,} rows of {challenger.accounts:,} accounts of which {challenger.leaving_accounts:,} leave; "
        f"the recency rule's AUC {_figures(baseline.auc, 2)}; "
        f"log loss {challenger.log_loss.value:.4f}, the base rate {challenger.log_loss_base:.4f}"
    )
    return Verdict(promote, f"{finding}: {evidence}", challenger, champion, baseline, differences)


def _judge(
    challenger: Quality, champion: Quality | None, baseline: Quality, differences: dict[str, dict[str, Interval]]
) -> tuple[bool, str]:
    if challenger.leaving_accounts < LEAST_LEAVERS:
        return False, f"too few leavers to judge ({challenger.leaving_accounts}, at least {LEAST_LEAVERS} are needed)"
    # written so that an undetermined interval (NaN) refuses
    if not (challenger.auc.low > 0.5 and challenger.lift_10.low > 1):
        return False, "no usable signal"
    if not differences["constant"]["log_loss"].value < 0:
        return False, "no usable signal, its probabilities are no better than the same one for everyone"
    if not differences["baseline"]["auc"].value > 0:
        return False, "it ranks no better than the recency rule"
    if champion is None:
        return True, "it beats chance, a constant and the recency rule, and there is no champion to compare it with"
    loss, auc = differences["champion"]["log_loss"], differences["champion"]["auc"]
    versus = f"log loss {_figures(loss, 4, '+')} and AUC {_figures(auc, 3, '+')} against the champion"
    if not loss.value < 0:
        return False, f"the champion's probabilities are as good or better ({versus})"
    if auc.high < 0:
        return False, f"it ranks worse than the champion ({versus})"
    return True, f"it is better than the champion ({versus})"


def _figures(interval: Interval, digits: int, sign: str = "") -> str:
    value, low, high = (f"{each:{sign}.{digits}f}" for each in (interval.value, interval.low, interval.high))
    return f"{value} (95 % {low} to {high})"
