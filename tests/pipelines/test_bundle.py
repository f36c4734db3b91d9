"""The file that travels with a recorded model gives the probabilities of the model itself, of whatever kind."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.model import KINDS


@pytest.mark.parametrize("calibration", ["line", "knots"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_bundle_gives_the_models_probabilities(
    other_kinds: Any, kind: str, calibration: str, tmp_path: Path
) -> None:
    from models.model import restore
    from pipelines.bundle import Bundle

    model = other_kinds[kind].model
    if calibration == "knots":
        knots = {"method": "isotonic", "x": [-20.0, -2.0, 0.0, 20.0], "y": [-9.0, -3.0, -1.0, 6.0]}
        model = restore(model.text, {**model.card, "calibration": {**model.card["calibration"], **knots}})
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            each.name: rng.choice(np.array(["a", "b", "unseen", None], dtype=object), 300)
            if each.categorical
            else np.where(rng.random(300) < 0.2, np.nan, rng.normal(20, 40, 300))
            for each in model.inputs
        }
    )
    (tmp_path / "card.json").write_text(json.dumps(model.card), "utf-8")
    artifacts = {"card": str(tmp_path / "card.json")}
    if model.text:
        (tmp_path / "booster.txt").write_text(model.text, "utf-8")
        artifacts["booster"] = str(tmp_path / "booster.txt")
    bundle = Bundle()
    bundle.load_context(SimpleNamespace(artifacts=artifacts))
    found = bundle.predict(None, frame)
    np.testing.assert_allclose(found, model.predict(frame), rtol=1e-9)
    assert np.ptp(found) > 0.05
