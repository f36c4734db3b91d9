"""The search for LightGBM's parameters, on the train dates only.

Belongs here: what is searched, how a trial is judged, what of it a card keeps. Does not belong here: the parameters
that a search starts from (``boosting``), how long it may take (``pipelines``, which has the clock).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.accounts import FOLD, position
from models.boosting import lgb, losses, stopping_folds
from models.evidence import Evidence

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

MOST_LEAVES = 63
WITHIN = 5
"""Times fewer and times more rows per leaf than usual that are tried."""


@dataclass(frozen=True)
class Search:
    """At most ``trials`` sets of parameters. ``late`` is asked after every tree whether time is up; ``say`` is told in
    one line of each trial that is better than all before it, and how the search ended.
    """

    trials: int
    late: Callable[[], bool] = lambda: False
    say: Callable[[str], None] = lambda _: None


class _Late(Exception):
    """Time is up in the middle of a trial."""


def space(usual: dict[str, Any], rows: int) -> dict[str, BaseDistribution]:
    """What is searched for ``rows`` rows; the ``usual`` parameters (``boosting.settings``) always lie within.

    The number of trees is not searched: every trial stops by itself where more of them no longer help.
    """
    from optuna.distributions import FloatDistribution, IntDistribution

    leaf = int(usual["min_data_in_leaf"])
    return {
        "num_leaves": IntDistribution(3, MOST_LEAVES, log=True),
        "min_data_in_leaf": IntDistribution(max(20, leaf // WITHIN), min(max(20, rows // 5), leaf * WITHIN), log=True),
        "learning_rate": FloatDistribution(0.02, 0.2, log=True),
        "feature_fraction": FloatDistribution(0.3, 1.0),
        "lambda_l2": FloatDistribution(0.01, 100.0, log=True),
    }


def tune(
    known: Evidence, x: np.ndarray, categorical: list[str], usual: dict[str, Any], search: Search
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters with the least log loss on train rows held out, and what the card keeps of it.

    ``x`` holds the rows of ``known``. Held out are other accounts on later dates, by the time that an outcome takes
    where the dates allow (``boosting.stopping_folds``). The first trial has the ``usual`` parameters and is always
    finished, so what is found is never worse there than they are; the others come from a seeded tree-structured Parzen
    estimator (Bergstra et al. 2011, NIPS 24; Watanabe 2023, arXiv 2304.11127).

    The card keeps ``asked`` and ``finished`` trials, their ``log_loss`` in turn, the number of the ``best`` one with
    its ``parameters``, the ``dates`` fitted on and held out, and a ``note``. As long as time is not up, the same
    arguments give the same result.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    day, churned = known.day, known.churned
    folds = stopping_folds(day, position(known.account, FOLD, known.seed), churned, known.split.gap_days)
    # what LightGBM leaves out as too small to be split depends on parameters that change from trial to trial
    fixed = {**usual, "feature_pre_filter": False}
    data = lgb.Dataset(
        x, churned, weight=known.weight, feature_name=known.names, categorical_feature=categorical, params=fixed
    )
    searched = space(usual, len(x))
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=known.seed % 2**32))
    study.enqueue_trial({name: usual[name] for name in searched})
    found: list[float] = []
    best, chosen = 0, usual
    for number in range(search.trials):
        trial = study.ask(searched)
        tried = {**fixed, **_parameters(trial.params)}
        try:
            loss = losses(data, tried, folds, [_watch(search)] if number else [])[-1]
        except _Late:
            break
        study.tell(trial, loss)
        if loss < min(found, default=np.inf):
            best, chosen = number, usual | _parameters(trial.params)
            than = f", the usual parameters {found[0]:.5f}" if number else " with the usual parameters"
            search.say(f"tuning, trial {number + 1} of {search.trials}: log loss {loss:.5f}{than}")
        found.append(loss)
        if search.late():
            break
    note = _note(search.trials, found, best)
    search.say(note)
    return chosen, {
        "asked": search.trials,
        "finished": len(found),
        "log_loss": found,
        "best": best,
        "parameters": {name: chosen[name] for name in searched},
        "dates": {"fitted": _span(day, folds, 0), "held_out": _span(day, folds, 1)},
        "note": note,
    }


def _parameters(searched: dict[str, Any]) -> dict[str, Any]:
    # a category needs as many rows as a leaf
    return {**searched, "min_data_per_group": searched["min_data_in_leaf"]}


def _watch(search: Search) -> Callable[..., None]:
    def watch(_: Any) -> None:
        if search.late():
            raise _Late

    return watch


def _span(day: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]], side: int) -> list[str]:
    rows = np.concatenate([fold[side] for fold in folds])
    return [str(day[rows].min()), str(day[rows].max())]


def _note(asked: int, found: list[float], best: int) -> str:
    ended = f"{asked} trials" if len(found) == asked else f"Time was up after {len(found)} of {asked} trials"
    if not best:
        return f"{ended}: none was better on train rows held out than the usual parameters (log loss {found[0]:.5f})."
    return (
        f"{ended}: trial {best + 1} was best on train rows held out "
        f"(log loss {found[best]:.5f}, the usual parameters {found[0]:.5f})."
    )
