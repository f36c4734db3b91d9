"""All kinds of model answer to one interface, and are restored by their card."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from models.churn_model import ChurnModel
from models.inputs import Input, ModelError
from models.model import KINDS, Model, fit, restore
from models.split import Split


@pytest.fixture(scope="module")
def fitted(panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split) -> dict[str, Model]:
    return {kind: fit(kind, panel, inputs, split) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_restored_by_its_kind(kind: str, fitted: dict[str, Model], later: pd.DataFrame) -> None:
    model = fitted[kind]
    assert model.card["kind"] == kind
    stored = restore(model.text, json.loads(json.dumps(model.card, allow_nan=False)))
    assert type(stored) is type(model)
    np.testing.assert_array_equal(stored.predict(later), model.predict(later))
    assert stored.inputs == model.inputs


@pytest.mark.parametrize("kind", KINDS)
def test_cards_agree_on_what_all_kinds_have(kind: str, fitted: dict[str, Model], split: Split) -> None:
    card = fitted[kind].card
    shared = {"kind", "inputs", "calibration", "split", "parts", "sample", "seed", "parameters", "importances"}
    assert shared <= set(card)
    assert card["parts"] == fitted["lightgbm"].card["parts"]
    assert card["split"]["test"] == [day.isoformat() for day in split.test]
    assert list(card["importances"]) == [each["name"] for each in card["inputs"]]
    assert max(card["importances"].values()) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_of_every_kind_sum_to_the_logit(kind: str, fitted: dict[str, Model], later: pd.DataFrame) -> None:
    p = fitted[kind].predict(later[:60])
    total = fitted[kind].contributions(later[:60]).sum(axis=1)
    np.testing.assert_allclose(total, np.log(p / (1 - p)), atol=1e-9)


def test_a_card_from_before_there_were_kinds_is_lightgbms(fitted: dict[str, Model]) -> None:
    model = fitted["lightgbm"]
    card = {key: value for key, value in model.card.items() if key != "kind"}
    assert isinstance(restore(model.text, card), ChurnModel)


def test_an_unknown_kind_is_refused(fitted: dict[str, Model]) -> None:
    with pytest.raises(ModelError, match="of kind forest"):
        restore("", {**fitted["health"].card, "kind": "forest"})
