"""The file that travels with a recorded model gives the probabilities of the model itself, of whatever kind."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.model import KINDS


def loaded(card: dict[str, Any], text: str, folder: Path) -> Any:
    from pipelines.bundle import Bundle

    (folder / "card.json").write_text(json.dumps(card), "utf-8")
    artifacts = {"card": str(folder / "card.json")}
    if text:
        (folder / "booster.txt").write_text(text, "utf-8")
        artifacts["booster"] = str(folder / "booster.txt")
    bundle = Bundle()
    bundle.load_context(SimpleNamespace(artifacts=artifacts))
    return bundle


@pytest.mark.parametrize("calibration", ["line", "knots"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_bundle_gives_the_models_probabilities(
    other_kinds: Any, kind: str, calibration: str, tmp_path: Path
) -> None:
    from models.model import restore

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
    bundle = loaded(model.card, model.text, tmp_path)
    found = bundle.predict(None, frame)
    np.testing.assert_allclose(found, model.predict(frame), rtol=1e-9)
    assert np.ptp(found) > 0.05


CATEGORIES = {
    "floor": ["010", "2", "3.5"],
    "member": ["false", "true"],
    "team": ["a", "b", "true"],
    "twice": ["01", "1", "7"],
}


@pytest.fixture
def line(tmp_path: Path) -> Any:
    """A card of a line that tells every value of its categories, and of a number, from any other."""
    lines = [{"values": [1.0, 2.0, 3.0][: len(known)], "other": 9.0} for known in CATEGORIES.values()]
    number = {"log": False, "center": 0.0, "scale": 1.0, "weight": 0.1, "present": 0.0, "missing": -7.0}
    names = [*CATEGORIES, "logins"]
    card = {
        "kind": "logistic",
        "inputs": [{"name": name, "categorical": name in CATEGORIES} for name in names],
        "categories": CATEGORIES,
        "intercept": -20.0,
        "parameters": {"furthest": 5.0},
        "calibration": {"slope": 1.0, "intercept": 0.0, "x": [], "y": []},
        "lines": [*lines, number],
    }
    return loaded(card, "", tmp_path)


def log_odds(line: Any, text: str) -> np.ndarray:
    p = line.predict(None, pd.read_csv(io.StringIO(text)))
    return np.log(p / (1 - p)) + 20.0


HEAD = "floor,member,team,twice,logins\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("010,true,a,7,3\n2,false,true,7,1\n", [1 + 2 + 1 + 3 + 0.3, 2 + 1 + 3 + 3 + 0.1]),  # all are whole numbers
        ("3.5,True,a,7,3\n,,b,,\n", [3 + 2 + 1 + 3 + 0.3, 9 + 9 + 2 + 9 - 7]),  # beside an empty one
        (",,,,\n,,,,\n", [9 * 4 - 7, 9 * 4 - 7]),  # nothing is known
        ("5,maybe,c,x,0\n", [9 * 4]),  # nothing of it was seen in training
    ],
)
def test_a_frame_from_csv_means_what_was_written(line: Any, rows: str, expected: list[float]) -> None:
    np.testing.assert_allclose(log_odds(line, HEAD + rows), expected, atol=1e-5)


def test_what_cannot_be_read_is_named(line: Any) -> None:
    from mlflow.exceptions import MlflowException

    for head, rows, said in (
        ("floor,team,twice\n", "2,a,7\n", "the frame lacks member, logins"),
        (HEAD, "2,true,a,7,3\n2,true,a,7,many\n", "column logins holds values that are not numbers .*many"),
        (HEAD, "2,true,a,1,3\n", "column twice holds 1, as which several categories are read: give it as text"),
    ):
        with pytest.raises(MlflowException, match=said):
            log_odds(line, head + rows)
