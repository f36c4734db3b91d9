"""Training: from the panel to a verdict, and on to the registry.

Belongs here: the order of the steps and what is kept of them. Does not belong here: fitting and judging (``models``),
the registry (``tracking``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines import champion, engine, features, fitting, frames, interrupted, tables
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.lake import Lake, digest, locked, write_json
from pipelines.scoring import note

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from models.duel import Verdict
    from models.inputs import Input
    from models.model import Model
    from models.split import Split

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What a training came to: the verdict, the version in the registry, plots by name (PNG)."""

    as_of: date
    version: str
    run_id: str
    verdict: Verdict
    card: dict[str, Any]
    plots: dict[str, bytes]


def inputs() -> tuple[Input, ...]:
    """Model inputs, in the catalogue's order."""
    from churn_features.catalogue import FEATURES
    from models.inputs import Input

    return tuple(
        Input(f.name, f.theme, categorical=f.categorical, direction=f.direction, actionable=f.actionable)
        for f in FEATURES
    )


def read_panel(config: Config, as_of: date) -> pd.DataFrame:
    """The training panel of a day; ChurnError if it was not computed. Numbers among the ``inputs`` are float32, which
    is what models read: so large a frame is not held in twice the memory for nothing."""
    path = Lake(config.path(config.lake)).panel(as_of)
    if not path.exists():
        raise ChurnError(f"there is no training panel for {as_of}", f"run: churn train --as-of {as_of}")
    return frames.narrowed(path, [each.name for each in inputs() if not each.categorical])


def outcome_counts(config: Config, as_of: date) -> list[list[object]]:
    """Per as-of date of the panel: date, accounts, leavers, accounts that had announced to leave, those
    that were contacted before their outcome."""
    panel = Lake(config.path(config.lake)).panel(as_of)
    with engine.connection(config) as con:
        counts = (
            "SELECT as_of, count(*), count(*) FILTER (churned AND NOT announced), count(*) FILTER (announced), "
            "count(*) FILTER (contacted) "
            f"FROM {engine.scan([panel])} GROUP BY as_of ORDER BY as_of"
        )
        return [list(row) for row in con.execute(counts).fetchall()]


def fit_and_judge(config: Config, as_of: date, tags: dict[str, str], progress: Progress | None = None) -> Trained:
    """Fit the kinds of model that the panel of ``as_of`` carries, hold them against each other and the champion on
    later dates, record the chosen one, and promote it if it is better. Raises ChurnError if history or signal are too
    thin to fit at all. Trainings take turns: two at once would both beat the same champion, and registry and disk might
    keep different ones.
    """
    with locked(config.path(config.state) / "training.lock"):
        return _fit_and_judge(config, as_of, tags, progress)


def _fit_and_judge(config: Config, as_of: date, tags: dict[str, str], progress: Progress | None) -> Trained:
    from churn_features.catalogue import fingerprint
    from models.baselines import recency_rule
    from models.duel import duel
    from models.importance import importance
    from models.inputs import ModelError
    from models.kinds import division
    from models.ladder import climb, history
    from models.model import restore
    from models.split import split_dates
    from pipelines import plots
    from pipelines.backtesting import backtest_card
    from pipelines.tracking import Tracking

    say = progress or (lambda _: None)
    tracking = Tracking.connect(config)
    present = champion.find(config)
    undone = interrupted.undo(tracking, present.version if present else None)
    if undone:
        say(undone)
    panel = read_panel(config, as_of)
    panel_path = Lake(config.path(config.lake)).panel(as_of)
    share = float(note(panel_path, features.SHARE_NOTE) or 1)
    try:
        horizon = features.outcome_of(config).horizon_days
        ladder = climb(history(panel, horizon))
        if not ladder.carried:
            raise ModelError(ladder.why.rstrip("."), f"{ladder.ahead.rstrip('.')}; churn ready says more")
        split = split_dates(sorted(set(panel["as_of"])), horizon)
        # on a sample of the accounts, what the list of a day would hold of them
        capacity = max(1, round(config.lists.capacity * share))
        say(f"{ladder.why} {split.note}")
        models = _fitted(config, panel, split, ladder.carried, say)
        test = panel[panel["as_of"].isin(split.test) & ~panel["announced"]].reset_index(drop=True)
        rival, why_not = _comparable(config, present, split.test[0])
        say(f"comparing on {len(test):,} later rows")
        probabilities = {kind: model.predict(test) for kind, model in models.items()}
        champions = rival.model.predict(test) if rival else None
        known_rate = _known_rate(next(iter(models.values())).card)
        verdict = duel(test, probabilities, champions, recency_rule(test), known_rate, config.training.seed, capacity)
    except ModelError as error:
        raise ChurnError(f"no model can be trained for {as_of}: {error.message}", error.remedy) from error
    if why_not:
        # a model that learned from an earlier past never takes the place of one that knows more
        stays = present is not None and _knows(present) >= split.test[0]
        verdict = replace(verdict, promote=verdict.promote and not stays, reason=f"{why_not}; {verdict.reason}")
    model = models[verdict.chosen]
    say("dividing the probability by the kind of departure")
    card = {
        **model.card,
        "company": config.company,
        "as_of": str(as_of),
        "currency": config.currency,
        "fingerprint": fingerprint(),
        "outcome": config.outcome.model_dump(),
        "event_roles": dict(sorted(config.event_roles.items())),
        "tables": list(tables.present(config, as_of)),
        "panel_sha256": digest(panel_path),
        "panel_share": share,
        "quality": verdict.challenger.as_dict(),
        "importance": asdict(importance(model, test, config.training.seed)),
        "outreach": _outreach(config, as_of, test, probabilities[verdict.chosen]),
        "kinds": division(panel, inputs(), split, test, probabilities[verdict.chosen], config.training.seed),
        "ladder": {"rung": ladder.rung, "why": ladder.why, "ahead": ladder.ahead},
        "verdict": verdict.reason,
        "grade": verdict.grade,
        "promoted": verdict.promote,
    }
    left = test["churned"].to_numpy()
    del test  # a third of the panel again, which no fold of the backtest needs
    card["backtest"] = backtest_card(config, panel, inputs(), list(models), verdict.chosen, capacity, say)
    model = restore(model.text, card)
    pictures = plots.all_plots(left, probabilities[verdict.chosen], card)
    say("recording")
    version, run_id = tracking.record(model, models, verdict, pictures, tags)
    if verdict.promote:
        tracking.promote(version)
        champion.install(config, champion.Champion(model, version))
    interrupted.settle(tracking)
    summary = {"version": version, "run_id": run_id, "promoted": verdict.promote, "verdict": verdict.reason}
    write_json(config.path(config.state) / "last_training.json", {**summary, "as_of": str(as_of)})
    return Trained(as_of, version, run_id, verdict, card, pictures)


def _fitted(config: Config, panel: pd.DataFrame, split: Split, kinds: Sequence[str], say: Progress) -> dict[str, Model]:
    """The models of these kinds that can be fitted; ModelError where none can."""
    from models.inputs import ModelError
    from models.model import KINDS

    models: dict[str, Model] = {}
    for kind in kinds:
        say(f"fitting the {KINDS[kind]} on {len(panel):,} rows")
        try:
            models[kind] = fitting.fit(config, kind, panel, inputs(), split, say)
            sample = models[kind].card["sample"]
            if sample["share"] < 1:
                say(f"it has learned from a sample of {sample['share']:.2%} of the accounts, {sample['rows']:,} rows")
        except ModelError as error:
            say(f"no {KINDS[kind]}: {error.message}")
            if kind == kinds[-1] and not models:
                raise
    return models


def train(config: Config, as_of: date, tags: dict[str, str] | None = None, progress: Progress | None = None) -> Trained:
    """Compute the panel of a day, then ``fit_and_judge``."""
    features.compute_panel(config, as_of, progress)
    return fit_and_judge(config, as_of, tags or {}, progress)


def _outreach(config: Config, as_of: date, test: pd.DataFrame, p: np.ndarray) -> dict[str, Any]:
    """Of the test rows: whether contacts are on record at all (``known``), the ``share`` that was contacted before its
    outcome, and the figures of those that were and of those that were not (``Segment.as_dict``)."""
    from models.segments import CONTACTED, contacted_segments

    return {
        "known": "outreach" in tables.present(config, as_of),
        "share": float(test[CONTACTED].mean()),
        "segments": [each.as_dict() for each in contacted_segments(test, p, config.training.seed)],
    }


def _known_rate(card: dict[str, Any]) -> float:
    """Share that left on the dates learned from."""
    parts = [card["parts"][name] for name in ("train", "calibrate")]
    return sum(part["leavers"] for part in parts) / sum(part["rows"] for part in parts)


def _comparable(
    config: Config, present: champion.Champion | None, first_test: date
) -> tuple[champion.Champion | None, str]:
    """The champion if it can be judged on the same dates, else why it cannot."""
    if present is None:
        return None, ""
    if _knows(present) >= first_test:
        return None, f"champion {present.version} stays: it has learned from dates that it would be tested on"
    different = champion.difference(config, present)
    return (None, f"champion {present.version} {different} and cannot be compared") if different else (present, "")


def _knows(present: champion.Champion) -> date:
    """Last as-of date that the champion learned from."""
    split = present.model.card["split"]
    return max(date.fromisoformat(day) for part in ("train", "calibrate") for day in split[part])
