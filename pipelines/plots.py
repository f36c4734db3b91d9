"""Pictures of a model's quality, as PNG. Belongs here: drawing. Does not belong here: the figures drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def all_plots(churned: np.ndarray, probability: np.ndarray, card: dict[str, Any]) -> dict[str, bytes]:
    """Reliability, gains, scores and importance of a model on its test rows (``churned`` and ``probability``: n)."""
    return {
        "reliability": _png(_reliability(churned, probability)),
        "gains": _png(_gains(churned, probability)),
        "scores": _png(_scores(churned, probability)),
        "importance": _png(_importance(card["importances"])),
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


def _importance(importances: dict[str, float]) -> Figure:
    figure, axes = _axes("Importance (gain)", "share of gain", "")
    best = sorted(importances.items(), key=lambda item: (item[1], item[0]))[-20:]
    total = sum(importances.values()) or 1
    axes.barh([name for name, _ in best], [gain / total for _, gain in best])
    figure.set_size_inches(6, 6)
    return figure
