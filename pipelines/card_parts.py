"""How the quality of a model divides, on the page of its card: by kind of departure, contact, account and time.

Belongs here: wording and tables of figures that are there for parts. Does not belong here: the page, and figures of the
whole (``card``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.markdown import table

if TYPE_CHECKING:
    from models.quality import Interval


def outreach(outreach: dict[str, Any]) -> str:
    """Rows of accounts that were contacted, and of those that were not."""
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


def kinds(kinds: dict[str, Any]) -> str:
    """Voluntary and involuntary departures."""
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


def backtest(backtest: dict[str, Any], chosen: str) -> str:
    """Earlier times, dates and parts of the accounts."""
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


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def counted(interval: Interval) -> str:
    """A number of rows with its interval."""
    return f"{interval.value:,.0f} (95 % {interval.low:,.0f} to {interval.high:,.0f})"


def _flat(figures: dict[str, Any], name: str) -> str:
    """A figure of ``Quality.as_dict`` with its interval; "" where there is none."""
    found = _interval(figures, name)
    return "" if found is None else str(found)


def _leavers(figures: dict[str, Any]) -> str:
    """Expected leavers beside the actual ones; only these where no interval is known or nothing is expected."""
    found, expected = _interval(figures, "actual_leavers"), figures.get("expected_leavers")
    actual = f"{figures['leavers']:,}" if found is None else counted(found)
    return actual if expected is None else f"{expected:,.0f}, actual {actual}"


def _interval(figures: dict[str, Any], name: str) -> Interval | None:
    from models.metrics import Interval

    value, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    return None if value is None or low is None or high is None else Interval(value, low, high)
