"""The model card as a page: everything that a training found out, for people.

Belongs here: the page's wording and tables. Does not belong here: figures (``models``), where the page is kept
(``tracking``), what a card holds (``training``, ``backtesting``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipelines.card_parts import backtest, counted, kinds, outreach
from pipelines.markdown import table

if TYPE_CHECKING:
    from models.duel import Verdict
    from models.quality import Interval, Quality

CHAMPION = "champion"


def contenders(verdict: Verdict) -> dict[str, Quality]:
    """The quality of everyone who met in the duel, the present champion too."""
    return verdict.rivals | ({CHAMPION: verdict.champion} if verdict.champion else {})


def page(card: dict[str, Any], verdict: Verdict) -> str:
    """The model card as a Markdown page."""
    outcome = card["outcome"]
    return f"""# Churn model of {card["company"]}, trained on data to the end of {card["as_of"]}

**Verdict: {"promoted" if verdict.promote else "not promoted"}.** {verdict.reason}.

**Grade:** {verdict.grade}.

It estimates the probability that an account leaves between {outcome["lead_days"]} and
{outcome["lead_days"] + outcome["window_days"]} days after a day, without returning within
{outcome["grace_days"]} days. Accounts that have already announced it are left out.

{_parts(card)}

## On the test dates

{_headline(verdict)}

{_terms()}

{outreach(card["outreach"])}

## What it goes by

{_importance(card["importance"])}

## By kind of departure

{kinds(card["kinds"])}

## The duel

{_duel(verdict)}

{card["ladder"]["why"]} {card["ladder"]["ahead"]}

## The backtest

{backtest(card["backtest"], verdict.chosen)}

Intervals are bootstrapped by account. {" ".join(_learned_from(card))}
Tables: {", ".join(card["tables"])}. Feature fingerprint {card["fingerprint"]}, {len(card["inputs"])} inputs,
calibration {card["calibration"]["method"]}, seed {card["seed"]}. {_level(card["calibration"])}
"""


def _level(calibration: dict[str, Any]) -> str:
    factor = math.exp(1.96 * calibration["level_error"])
    return (
        f"The level of all probabilities together is known to a factor of {factor:.2f} (95 %), from the leavers of the "
        f"calibration dates: so far off may the sum of expected leavers be."
    )


def _learned_from(card: dict[str, Any]) -> Iterator[str]:
    sample = card["sample"]
    yield card["split"]["note"]
    if card["panel_share"] < 1:
        yield f"The panel is a sample of {card['panel_share']:.2%} of the accounts, the list of a day of its capacity."
    if sample["share"] < 1:
        yield f"The model has learned from {sample['share']:.2%} of them, {sample['rows']:,} rows of the train dates."
    if "tuning" in card:
        yield f"Tuning: {card['tuning']['note']}"


def _parts(card: dict[str, Any]) -> str:
    rows = [
        [part, f"{days[0]} to {days[-1]}", len(days), *(f"{card['parts'][part][key]:,}" for key in ("rows", "leavers"))]
        for part, days in card["split"].items()
        if isinstance(days, list)
    ]
    return table(["part", "as-of dates", "dates", "rows", "leavers"], rows)


def _headline(verdict: Verdict) -> str:
    quality, rule = verdict.challenger, verdict.baseline
    ranked = [
        ["ROC AUC", quality.auc, rule.auc],
        *(
            [f"{what} {where}", getattr(quality, f"{key}_{end}"), getattr(rule, f"{key}_{end}")]
            for where, end in _lists(quality)
            for what, key in (("lift", "lift"), ("capture", "capture"), ("captured MRR", "captured_mrr"))
        ),
    ]
    rows = [[name, _told(mine), f"recency rule {_told(theirs)}"] for name, mine, theirs in ranked]
    rows += [
        ["average precision", _told(quality.average_precision), f"base rate {quality.base_rate.value:.3g}"],
        [
            "expected maximum profit per account", _told(quality.profit),
            f"contacting everybody or nobody {quality.profit_base:.3g}",
        ],
        ["log loss", _told(quality.log_loss), f"base rate {quality.log_loss_base:.3g}"],
        ["Brier score", _told(quality.brier), f"base rate {quality.brier_base:.3g}"],
        ["calibration slope", _told(quality.calibration_slope), "1 is perfect, less is overconfident"],
        ["calibration intercept", _told(quality.calibration_intercept), "0 is perfect, more is too low"],
        ["expected calibration error", _told(quality.ece), "0 is perfect"],
        ["expected leavers", f"{quality.expected_leavers:,.0f}", f"actual {counted(quality.actual_leavers)}"],
    ]  # fmt: skip
    return table(["figure", "value", "for comparison"], rows)


def _lists(quality: Quality) -> Iterator[tuple[str, str]]:
    yield "at 10 %", "10"
    if quality.capacity:
        yield f"at {quality.capacity} accounts a day", "at_capacity"


def _terms() -> str:
    from models.profit import PAPER

    taken = PAPER.alpha / (PAPER.alpha + PAPER.beta)
    return (
        "Capture is the share of all leavers that the list holds, captured MRR the share of their recurring revenue. "
        f"Expected maximum profit, in any one unit of money: an account that is kept is worth {PAPER.clv:g}, the offer "
        f"costs {PAPER.offer:g}, contacting {PAPER.contact:g}, and {taken:.0%} of the leavers take the offer on "
        f"average (beta distribution {PAPER.alpha:g}, {PAPER.beta:g}; Verbraken, Verbeke & Baesens 2013)."
    )


def _importance(importance: dict[str, Any]) -> str:
    rows = [[theme, f"{mean:.3f}"] for theme, mean in importance["themes"].items()]
    first = ", ".join(f"{name} ({mean:.3f})" for name, mean in list(importance["inputs"].items())[:10])
    return (
        "How far a theme moves the log-odds of an account away from the average one, on average over "
        f"{importance['rows']:,} of these rows, by exact contributions; what offsets each other within a theme "
        f"does not count.\n\n{table(['theme', 'mean absolute contribution'], rows)}\n\nThe first inputs: {first}."
    )


def _duel(verdict: Verdict) -> str:
    from models.duel import NAMES

    rows = [
        [
            f"{NAMES.get(name, name)}{' (chosen)' if name == verdict.chosen else ''}", _told(each.auc),
            _told(each.log_loss) if math.isfinite(each.log_loss.value) else "no probability", _told(each.lift_10),
        ]
        for name, each in contenders(verdict).items()
    ]  # fmt: skip
    return table(["in the duel", "ROC AUC", "log loss", "lift at 10 %"], rows)


def _told(interval: Interval) -> str:
    return str(interval) if math.isfinite(interval.value) else "not determined"
