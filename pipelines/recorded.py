"""What a training is recorded with: its tags, parameters and metrics as flat values.

Belongs here: their names, and which there are. Does not belong here: talking to MLflow (``tracking``), the page that
people read (``card``).
"""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.duel import Verdict
    from models.model import Model
    from models.quality import Quality


def training_tags(model: Model, verdict: Verdict, tags: dict[str, str]) -> dict[str, str]:
    """What a run of MLflow is found by: ``tags`` and where the model comes from, with its verdict."""
    return {
        "as_of": model.card["as_of"],
        "fingerprint": model.card["fingerprint"],
        "panel_sha256": model.card["panel_sha256"],
        "verdict": verdict.reason,
        "promoted": str(verdict.promote).lower(),
        "code_version": installed("churn-pipeline"),
        **tags,
    }


def parameters(model: Model) -> dict[str, Any]:
    """What a model was trained with, and on which dates."""
    card = model.card
    dates = {
        f"{part}_dates": f"{days[0]}..{days[-1]}" for part, days in card["split"].items() if isinstance(days, list)
    }
    return {
        **card["parameters"], **dates, "kind": card["kind"], "seed": card["seed"], "trees": card.get("trees", 0),
        "inputs": len(card["inputs"]), **card["outcome"], "calibration": card["calibration"]["method"],
        "gap_days": card["split"]["gap_days"], **tuning(card),
    }  # fmt: skip


def tuning(card: dict[str, Any]) -> dict[str, Any]:
    """What a search for the parameters came to, if there was one."""
    found = card.get("tuning")
    if found is None:
        return {}
    return {
        "tuning_trials": found["finished"], "tuning_trials_asked": found["asked"],
        "tuning_best": found["best"] + 1, "tuning_log_loss": found["log_loss"][found["best"]],
        "tuning_log_loss_usual": found["log_loss"][0],
    }  # fmt: skip


def metrics(verdict: Verdict) -> dict[str, float]:
    """All figures of a verdict as flat numbers: the challenger's by name, rivals' with a prefix."""
    flat = quality_metrics(verdict.challenger) | quality_metrics(verdict.baseline, "baseline_")
    return flat | (quality_metrics(verdict.champion, "champion_") if verdict.champion else {})


def card_metrics(card: dict[str, Any]) -> dict[str, float]:
    """What the probabilities of either kind of departure were worth, each figure with its kind as prefix,
    ``contacted_share``, the share of rows whose outcome outreach may have changed, and the importance of each theme."""
    kinds = {
        f"{kind}_{name}": float(x)
        for kind, figures in card["kinds"]["quality"].items()
        for name, x in figures.items()
        if isinstance(x, int | float)
    }
    themes = {f"importance_{theme.replace(' ', '_')}": mean for theme, mean in card["importance"]["themes"].items()}
    return kinds | themes | {"contacted_share": card["outreach"]["share"]}


def quality_metrics(quality: Quality, prefix: str = "") -> dict[str, float]:
    """The figures of ``Quality.as_dict`` that are numbers."""
    return {prefix + name: float(x) for name, x in quality.as_dict().items() if isinstance(x, int | float)}
