"""Fitting a model as the configuration says.

Belongs here: what of the configuration a fit hears of, and the clock that bounds a search for parameters. Does not
belong here: the fitting itself (``models``), which models are fitted and what becomes of them (``training``,
``backtesting``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from pipelines.config import Config

if TYPE_CHECKING:
    import pandas as pd

    from models.inputs import Input
    from models.model import Model
    from models.split import Split


def fit(
    config: Config, kind: str, panel: pd.DataFrame, inputs: Sequence[Input], split: Split, say: Callable[[str], None]
) -> Model:
    """``models.model.fit`` with the configured seed, threads and tuning. Each fit has ``training.tuning_seconds`` to
    itself, from now on."""
    from models import model
    from models.tuning import Search

    keys = config.training
    end = monotonic() + keys.tuning_seconds
    search = Search(keys.tuning_trials, lambda: monotonic() >= end, say)
    return model.fit(kind, panel, inputs, split, keys.seed, config.engine.threads or 2, search)
