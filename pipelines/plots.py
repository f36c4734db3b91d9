"""Pictures of a model's quality, as PNG. Belongs here: drawing. Does not belong here: the figures drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def all_plots(churned: np.ndarray, probability: np.ndarray, card: dict[str, Any]) -> dict[str, bytes]:
    """Reliability, lift, gains and scores of a model on its test rows (``churned`` and ``probability``: n), its ranking
    over time in the backtest (without one: on the test dates), and what it goes by."""
    kind = card["kind"]
    return {
        "reliability": _png(_reliability(churned, probability)),
        "lift": _png(_lift(churned, probability)),
        "gains": _png(_gains(churned, probability)),
        "scores": _png(_scores(churned, probability)),
        "auc_over_time": _png(_over_time(card["backtest"]["by_date"].get(kind), card["quality"]["by_date"])),
        "importance": _png(_importance(card["importance"])),
    }


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90, bbox_inches="tight", metadata={"Software": None})
    return buffer.getvalue()


def _axes(title: str, x: str, y: str) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4))
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _reliability(churned: np.ndarray, probability: np.ndarray) -> Figure:
    figure, axes = _axes("Reliability on the test dates", "predicted probability", "share that left")
    groups = np.array_split(np.argsort(probability, kind="stable"), min(10, len(probability)))
    axes.plot([probability[g].mean() for g in groups], [churned[g].mean() for g in groups], "o-", label="tenths")
    top = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([0, top], [0, top], "--", color="grey", label="perfect")
    axes.legend()
    return figure


def _lift(churned: np.ndarray, probability: np.ndarray) -> Figure:
    figure, axes = _axes("Lift on the test dates", "share of accounts contacted", "times the share of leavers of all")
    order = np.argsort(-probability, kind="stable")
    contacted = np.arange(1, len(order) + 1)
    lift = np.cumsum(churned[order]) / contacted / max(1e-12, churned.mean())
    shown = contacted >= max(1, len(order) // 100)  # a handful of accounts says nothing
    axes.plot(contacted[shown] / len(order), lift[shown], label="model")
    axes.axhline(1, linestyle="--", color="grey", label="chance")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def _gains(churned: np.ndarray, probability: np.ndarray) -> Figure:
    figure, axes = _axes("Gains on the test dates", "share of accounts contacted", "share of leavers reached")
    order = np.argsort(-probability, kind="stable")
    reached = np.concatenate([[0], np.cumsum(churned[order]) / max(1, churned.sum())])
    axes.plot(np.linspace(0, 1, len(reached)), reached, label="model")
    axes.plot([0, 1], [0, 1], "--", color="grey", label="chance")
    axes.legend()
    return figure


def _scores(churned: np.ndarray, probability: np.ndarray) -> Figure:
    figure, axes = _axes("Scores on the test dates", "predicted probability", "share of accounts")
    bins = np.linspace(0, max(1e-6, float(probability.max())), 30)
    for label, rows in (("stayed", ~churned.astype(bool)), ("left", churned.astype(bool))):
        if rows.any():
            axes.hist(probability[rows], bins=bins, weights=np.full(rows.sum(), 1 / rows.sum()), alpha=0.6, label=label)
    axes.legend()
    return figure


def _over_time(tested: list[dict[str, Any]] | None, judged: list[dict[str, Any]]) -> Figure:
    """``tested`` has intervals, ``judged`` has not."""
    figure, axes = _axes(f"Ranking {'in the backtest' if tested else 'on the test dates'}", "as-of date", "ROC AUC")
    days = [day for day in tested or judged if day["auc"] is not None]
    dates, auc = np.array([day["as_of"] for day in days], dtype="datetime64[D]"), [day["auc"] for day in days]
    axes.plot(dates, auc, "o-", markersize=4, label="model")
    if tested and days:
        low, high = ([day[f"auc_{end}"] for day in days] for end in ("low", "high"))
        axes.fill_between(dates, low, high, alpha=0.2, label="95 % of each date")
    axes.axhline(0.5, linestyle="--", color="grey", label="chance")
    axes.set_ylim(min([0.4, *auc]) - 0.05, 1)
    figure.autofmt_xdate()
    axes.legend()
    return figure


def _importance(importance: dict[str, Any]) -> Figure:
    """Themes above, the first twenty inputs below; ``importance`` as ``models.importance`` gives it."""
    from matplotlib.figure import Figure

    shown = {"themes": list(importance["themes"].items()), "inputs": list(importance["inputs"].items())[:20]}
    figure = Figure(figsize=(6, 9))
    panels = figure.subplots(2, 1, height_ratios=[max(1, len(bars)) for bars in shown.values()])
    for axes, (what, bars) in zip(panels, shown.items(), strict=True):
        axes.barh([name for name, _ in reversed(bars)], [mean for _, mean in reversed(bars)])
        axes.set(title=f"Importance of the {what} on the test dates", xlabel="mean absolute contribution (log-odds)")
        axes.grid(alpha=0.3)
    figure.tight_layout()
    return figure
