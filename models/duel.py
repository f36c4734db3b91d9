"""Whether a new model may take over: a verdict in plain words with the figures it rests on.

Belongs here: the rules of choice and of promotion, the grade. Does not belong here: the figures (``quality``), the
registry (``pipelines``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from models.metrics import Interval
from models.model import KINDS
from models.quality import Quality, compare, evaluate

LEAST_LEAVERS = 10
LEAST_AUC = 0.55
"""What the lower end of an AUC's interval must exceed. Chance is 0.5; the margin is for what the interval leaves out:
that several rungs were tried, and that what accounts share, such as an industry, moves them together."""
RECENCY = "recency"
NAMES = {RECENCY: "recency rule", **KINDS}
"""What people call the rivals."""
GRADES = ((0.8, "strong"), (0.7, "good"), (0.6, "fair"), (0.5, "weak"))
"""Words for a ranking by the lower end of its AUC's interval: Hosmer, Lemeshow & Sturdivant (Applied Logistic
Regression, 2013, 5.2.4) call 0.7 acceptable and 0.8 excellent; the lower end, since small samples flatter."""


@dataclass(frozen=True)
class Verdict:
    """``rivals`` holds the quality of every challenger by its kind and of the recency rule (``recency``, a ranking
    only); ``chosen`` is the kind of the one that stands for the promotion, whose quality is ``challenger``.

    ``differences`` holds that one minus a rival on the same rows: ``baseline`` (the recency rule), ``constant`` (the
    same probability for everyone), ``champion`` and each other challenger by its kind, with ``auc`` or ``log_loss`` or
    both. ``grade`` says what the chosen one is worth, ``reason`` what is done with it and why. ``usable`` is whether
    it would do without a champion there: what is usable and not promoted is only no better than the champion.
    """

    promote: bool
    usable: bool
    reason: str
    grade: str
    chosen: str
    challenger: Quality
    champion: Quality | None
    baseline: Quality
    rivals: dict[str, Quality]
    differences: dict[str, dict[str, Interval]]


def duel(
    frame: pd.DataFrame,
    challengers: Mapping[str, np.ndarray],
    champion_p: np.ndarray | None,
    baseline_score: np.ndarray,
    known_rate: float,
    seed: int = 7,
    capacity: int | None = None,
) -> Verdict:
    """Judge ``challengers`` (probabilities by kind, keys of ``models.model.KINDS``, the simplest first) on later rows
    (account_id, as_of, churned; announced ones do not count).

    Those stand for promotion that are not significantly worse than the best of them, in AUC and in log loss. The
    simplest that passes is chosen. If none passes, none is promoted, and the simplest that would do were there no
    champion is shown, or else the one with the least log loss. One is refused when
    - fewer than ten accounts leave,
    - its AUC or its lift at 10 % may be hardly better than chance (lower ends of the intervals: LEAST_AUC and 1; people
      act on the top of the ranking),
    - its log loss does not undercut the constant's,
    - its AUC does not exceed the baseline's,
    - a champion is there whose log loss it does not undercut or whose AUC it misses by more than noise.
    "More than noise" and "significantly" mean that the whole 95 % interval of the paired difference, bootstrapped by
    account, lies on the wrong side of zero. ``baseline_score`` may have any scale. ``capacity``, the length
    of a day's list, is for the figures that are reported and decides nothing.

    The constant is ``known_rate``, the share that left on the dates learned from: what could have been said of
    everyone without a model. The base rate of the test rows themselves, which nobody knew, is reported beside it
    (``Quality.log_loss_base``) but decides nothing: where churn falls over time no model could meet it.
    """
    if not challengers:
        raise ValueError("a duel needs a challenger")
    baseline = evaluate(frame, baseline_score, seed, probability=False, capacity=capacity)
    champion = None if champion_p is None else evaluate(frame, champion_p, seed, capacity=capacity)
    qualities = {kind: evaluate(frame, p, seed, capacity=capacity) for kind, p in challengers.items()}
    constant = np.full(len(frame), known_rate)

    def against(kind: str) -> dict[str, dict[str, Interval]]:
        p = challengers[kind]
        found = {
            "baseline": compare(frame, p, baseline_score, seed, probability=False),
            "constant": compare(frame, p, constant, seed),
        }
        if champion_p is not None:
            found["champion"] = compare(frame, p, champion_p, seed)
        return found

    least = min(qualities, key=lambda kind: qualities[kind].log_loss.value)
    standing = _not_worse(frame, challengers, qualities, least, seed)
    judged = {kind: against(kind) for kind in standing}
    findings = {kind: _judge(qualities[kind], champion, judged[kind]) for kind in standing}
    passing = [kind for kind in standing if findings[kind].promote] or [k for k in standing if findings[k].usable]
    chosen = passing[0] if passing else least
    finding = findings[chosen]
    quality, differences = qualities[chosen], judged[chosen]
    for kind in challengers:
        if kind != chosen:
            differences[kind] = compare(frame, challengers[chosen], challengers[kind], seed)
    return Verdict(
        promote=finding.promote,
        usable=finding.usable,
        reason=f"{finding.text}: {_evidence(chosen, qualities, baseline)}",
        grade=_grade(quality),
        chosen=chosen,
        challenger=quality,
        champion=champion,
        baseline=baseline,
        rivals={RECENCY: baseline, **qualities},
        differences=differences,
    )


def _not_worse(
    frame: pd.DataFrame, challengers: Mapping[str, np.ndarray], qualities: dict[str, Quality], least: str, seed: int
) -> list[str]:
    """Kinds that are not significantly worse than the one with the least log loss, nor than the one with the best AUC;
    ``least`` always is among them."""
    first = max(qualities, key=lambda kind: np.nan_to_num(qualities[kind].auc.value))

    def worse(p: np.ndarray) -> bool:
        loss = compare(frame, p, challengers[least], seed)["log_loss"]
        return loss.low > 0 or compare(frame, p, challengers[first], seed, probability=False)["auc"].high < 0

    return [kind for kind, p in challengers.items() if kind == least or not worse(p)]


class _Finding(NamedTuple):
    usable: bool
    promote: bool
    text: str


def _judge(challenger: Quality, champion: Quality | None, differences: dict[str, dict[str, Interval]]) -> _Finding:
    refused = _refused(challenger, differences)
    if refused:
        return _Finding(False, False, refused)
    if champion is None:
        words = "it beats chance, a constant and the recency rule, and there is no champion to compare it with"
        return _Finding(True, True, words)
    loss, auc = differences["champion"]["log_loss"], differences["champion"]["auc"]
    versus = f"log loss {_figures(loss, 4, '+')} and AUC {_figures(auc, 3, '+')} against the champion"
    if not loss.value < 0:
        return _Finding(True, False, f"the champion's probabilities are as good or better ({versus})")
    if auc.high < 0:
        return _Finding(True, False, f"it ranks worse than the champion ({versus})")
    return _Finding(True, True, f"it is better than the champion ({versus})")


def _refused(challenger: Quality, differences: dict[str, dict[str, Interval]]) -> str:
    """Why it would not do even without a champion there; "" if it would."""
    if challenger.leaving_accounts < LEAST_LEAVERS:
        return f"too few leavers to judge ({challenger.leaving_accounts}, at least {LEAST_LEAVERS} are needed)"
    # written so that an undetermined interval (NaN) refuses
    if not challenger.auc.low > 0.5:
        return "nothing predicts churn here"
    if not challenger.auc.low > LEAST_AUC:
        return f"nothing predicts churn here well enough to act on, its AUC may be no more than {LEAST_AUC}"
    if not challenger.lift_10.low > 1:
        return "nothing predicts churn here well enough to act on, those put first may leave no more often"
    if not differences["constant"]["log_loss"].value < 0:
        return "its probabilities are no better than the same one for everyone"
    if not differences["baseline"]["auc"].value > 0:
        return "it ranks no better than the recency rule"
    return ""


def _evidence(chosen: str, qualities: dict[str, Quality], baseline: Quality) -> str:
    """The figures of the chosen one first, then those of its rivals."""
    quality = qualities[chosen]
    others = [f"{NAMES[kind]} {_figures(each.auc, 2)}" for kind, each in qualities.items() if kind != chosen]
    return (
        f"AUC {_figures(quality.auc, 2)} and lift at 10 % {_figures(quality.lift_10, 1)} of the {NAMES[chosen]} on "
        f"{quality.rows:,} rows of {quality.accounts:,} accounts of which {quality.leaving_accounts:,} leave; "
        f"AUC of the others: {', '.join([f'{NAMES[RECENCY]} {_figures(baseline.auc, 2)}', *others])}; "
        f"log loss {quality.log_loss.value:.4f}, the base rate {quality.log_loss_base:.4f}"
    )


def _grade(quality: Quality) -> str:
    """What a model is worth, in a sentence; never its accuracy, of which a model that sees no leaver has most."""
    if quality.leaving_accounts < LEAST_LEAVERS:
        return f"no grade: only {quality.leaving_accounts} accounts leave on the dates it is judged on"
    word = next((word for least, word in GRADES if quality.auc.low > least), "worthless")
    if not quality.lift_10.low > 1:
        word = "worthless"
    of_hundred = 100 * np.array([quality.auc.value, quality.auc.low, quality.auc.high])
    slope = quality.calibration_slope
    if not np.isfinite(slope.value):
        trust = "it says the same of everyone"
    elif slope.low <= 1 <= slope.high:
        trust = f"its probabilities can be taken at their word (calibration slope {_figures(slope, 2)})"
    else:
        trust = f"its probabilities are too {'extreme' if slope.value < 1 else 'timid'} (slope {_figures(slope, 2)})"
    return (
        f"{word}: of a leaver and a stayer it ranks the leaver higher {of_hundred[0]:.0f} times in a hundred "
        f"(95 % {of_hundred[1]:.0f} to {of_hundred[2]:.0f}, chance 50); its highest tenth holds "
        f"{_figures(quality.lift_10, 1)} times the usual share of leavers; {trust}"
    )


def _figures(interval: Interval, digits: int, sign: str = "") -> str:
    value, low, high = (f"{each:{sign}.{digits}f}" for each in (interval.value, interval.low, interval.high))
    return f"{value} (95 % {low} to {high})"
