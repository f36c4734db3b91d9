"""The model card as a page: everything that a training found out, for people.

Belongs here: the page's wording and tables. Does not belong here: figures (``models``), where the page is kept
(``tracking``), what a card holds (``training``, ``backtesting``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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

{_outreach(card["outreach"])}

## What it goes by

{_importance(card["importance"])}

## By kind of departure

{_kinds(card["kinds"])}

## The duel

{_duel(verdict)}

{card["ladder"]["why"]} {card["ladder"]["ahead"]}

## The backtest

{_backtest(card["backtest"], verdict.chosen)}

Intervals are bootstrapped by account. {" ".join(_learned_from(card))}
Tables: {", ".join(card["tables"])}. Feature fingerprint {card["fingerprint"]}, {len(card["inputs"])} inputs,
calibration {card["calibration"]["method"]}, seed {card["seed"]}.
"""


def _learned_from(card: dict[str, Any]) -> Iterator[str]:
    sample = card["sample"]
    yield card["split"]["note"]
    if card["panel_share"] < 1:
        yield f"The panel is a sample of {card['panel_share']:.2%} of the accounts."
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
        ["expected leavers", f"{quality.expected_leavers:,.0f}", f"actual {_counted(quality.actual_leavers)}"],
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


def _outreach(outreach: dict[str, Any]) -> str:
    if not outreach["known"]:
        return "There is no table of outreach, so nobody can tell which outcomes contacts may have changed."
    if not outreach["segments"]:
        return "None of these rows is of an account that was contacted before its outcome."
    told = (
        f"{outreach['share']:.1%} of these rows are of accounts that were contacted before their outcome, which that "
        "may have changed. They count, here and in training:"
    )
    return f"{told}\n\n{_segments(outreach['segments'])}"


def _segments(segments: list[dict[str, Any]]) -> str:
    rows = [
        [each["name"], each["part"], f"{each['accounts']:,}", each["leaving_accounts"], _flat(each, "auc"),
         _flat(each, "lift_10"), _leavers(each), each["note"]]
        for each in segments
    ]  # fmt: skip
    header = ["divided by", "part", "accounts", "of which leave", "ROC AUC", "lift at 10 %", "leavers", "note"]
    return table(header, rows)


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


def _kinds(kinds: dict[str, Any]) -> str:
    if kinds["why"]:
        return (
            f"The probability is not divided into voluntary and involuntary: {kinds['why']}. What would carry that: "
            f"{kinds['ahead']}."
        )
    rows = [
        [
            kind, each["leaving_accounts"], _flat(each, "base_rate"),
            _flat(each, "auc") or "not determined", _plain(each["leaves_auc"]), _flat(each, "gain_auc"),
            _flat(each, "calibration_slope"), _leavers(each),
        ]
        for kind, each in kinds["quality"].items()
    ]  # fmt: skip
    header = [
        "kind", "accounts that leave", "base rate", "ROC AUC", "AUC of leaving at all", "the division adds",
        "calibration slope", "leavers",
    ]  # fmt: skip
    unknown = max(each["unknown_leavers"] for each in kinds["quality"].values())
    left_out = (
        f" {unknown:,} leavers of unknown kind are left out of the figures and not out of the probabilities: about so "
        "many more are expected in both lines together than were to be found."
    )
    off = " ".join(_off(kind, each) for kind, each in kinds["quality"].items())
    return (
        "The probability of leaving, divided by a logistic regression on those who left as a known kind, so that the "
        "parts sum to it. Leavers: expected, and actual with the interval that chance gives them."
        f"{left_out if unknown else ''}\n\n{table(header, rows)}\n\n{off}"
    ).rstrip()


def _off(kind: str, figures: dict[str, Any]) -> str:
    """A warning where as many leavers as are expected cannot be explained by chance; "" else."""
    found = _interval(figures, "actual_leavers")
    if found is None or found.low <= figures["expected_leavers"] <= found.high:
        return ""
    fewer = figures["expected_leavers"] < found.low
    return (
        f"{'Fewer' if fewer else 'More'} {kind} leavers are expected than chance can explain: the order of these "
        f"probabilities may be right, their size is too {'low' if fewer else 'high'}."
    )


def _backtest(backtest: dict[str, Any], chosen: str) -> str:
    from models.duel import NAMES

    notes = "\n".join(f"- {note}" for note in backtest["notes"])
    if not backtest["pooled"]:
        return notes
    folds = ", ".join(f"{first} to {last}" for first, last in backtest["folds"])
    rivals = [
        [
            f"{NAMES[name]}{' (chosen)' if name == chosen else ''}", _flat(each, "auc"), _flat(each, "lift_10"),
            _flat(each, "lift_at_capacity"), _flat(each, "log_loss") or "no probability",
            _flat(each, "calibration_slope"), _leavers(each),
        ]
        for name, each in backtest["pooled"].items()
    ]  # fmt: skip
    header = ["model", "ROC AUC", "lift at 10 %", "lift at capacity", "log loss", "calibration slope", "leavers"]
    pieces = [
        f"Trained again as on earlier days and judged on what came then: {folds}. Leavers: expected, and actual with "
        "the interval that chance gives them. It decides nothing; the duel does.",
        table(header, rivals),
        notes,
    ]
    if backtest["uncontacted"]:
        rows = [[NAMES[name], _flat(each, "auc"), _flat(each, "lift_10"), _leavers(each)]
                for name, each in backtest["uncontacted"].items()]  # fmt: skip
        some = next(iter(backtest["uncontacted"]))  # all are judged on the same rows
        share = 1 - backtest["uncontacted"][some]["rows"] / backtest["pooled"][some]["rows"]
        pieces += [f"Without the {share:.1%} of rows of accounts that were contacted before their outcome:",
                   table(["model", "ROC AUC", "lift at 10 %", "leavers"], rows)]  # fmt: skip
    if backtest["segments"]:
        pieces += [f"The {NAMES[chosen]} in parts of the accounts:", _segments(backtest["segments"])]
    if chosen in backtest["by_date"]:
        rows = [
            [day["as_of"], f"{day['rows']:,}", day["leavers"], _flat(day, "auc") or "not determined"]
            for day in backtest["by_date"][chosen]
        ]
        pieces += [f"The {NAMES[chosen]} by date:", table(["as of", "rows", "leavers", "ROC AUC"], rows)]
    return "\n\n".join(piece for piece in pieces if piece)


def _told(interval: Interval) -> str:
    return str(interval) if math.isfinite(interval.value) else "not determined"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _counted(interval: Interval) -> str:
    return f"{interval.value:,.0f} (95 % {interval.low:,.0f} to {interval.high:,.0f})"


def _flat(figures: dict[str, Any], name: str) -> str:
    """A figure of ``Quality.as_dict`` with its interval; "" where there is none."""
    found = _interval(figures, name)
    return "" if found is None else str(found)


def _leavers(figures: dict[str, Any]) -> str:
    """Expected leavers beside the actual ones; only these where no interval is known or nothing is expected."""
    found, expected = _interval(figures, "actual_leavers"), figures.get("expected_leavers")
    actual = f"{figures['leavers']:,}" if found is None else _counted(found)
    return actual if expected is None else f"{expected:,.0f}, actual {actual}"


def _interval(figures: dict[str, Any], name: str) -> Interval | None:
    from models.metrics import Interval

    value, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    return None if value is None or low is None or high is None else Interval(value, low, high)
