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
    shared = {"kind", "inputs", "calibration", "split", "parts", "sample", "seed", "parameters"}
    assert shared <= set(card)
    assert card["parts"] == fitted["lightgbm"].card["parts"]
    assert card["split"]["test"] == [day.isoformat() for day in split.test]


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


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_carry_no_model_are_refused_by_every_kind(
    kind: str, panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split
) -> None:
    train = panel["as_of"].isin(split.train)
    numbers = [each.name for each in inputs if not each.categorical]
    cases = (
        (panel.assign(churned=False), "0 of the .* accounts on the train dates .* leave"),
        (panel.assign(churned=True), "accounts on the train dates .* leave"),
        (panel.assign(**dict.fromkeys(numbers, 1.0), plan="basic"), "inputs varies"),
        (panel[~train], "no account is left on the train dates"),
        (panel.assign(churned=panel["churned"].astype("boolean").where(~train)), "have no outcome"),
        (panel.drop(columns="days_since_activity"), "lacks days_since_activity"),
        (panel.assign(days_since_activity="many"), "input days_since_activity holds values that are not numbers"),
    )
    for wrong, message in cases:
        with pytest.raises(ModelError, match=message) as error:
            fit(kind, wrong, inputs, split)
        assert error.value.remedy


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_does_not_fit_the_model_is_refused_by_every_kind(
    kind: str, fitted: dict[str, Model], later: pd.DataFrame
) -> None:
    model = fitted[kind]
    cases = [
        (later.drop(columns="days_since_activity"), "lacks days_since_activity"),
        (later.assign(days_since_activity="many"), "input days_since_activity holds values that are not numbers"),
        (later.assign(days_since_activity=later["as_of"]), "input days_since_activity holds values that are not"),
    ]
    if any(each.categorical for each in model.inputs):
        cases.append((later.assign(plan=1.0), "input plan holds numbers where text is expected"))
    for wrong, message in cases:
        for scored in (model.predict, model.contributions):
            with pytest.raises(ModelError, match=message):
                scored(wrong[:5])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_unseen_or_constant_still_gets_a_probability(
    kind: str, fitted: dict[str, Model], later: pd.DataFrame
) -> None:
    model, rows = fitted[kind], later[:40]
    told = model.predict(rows)
    unseen, none = (model.predict(rows.assign(plan=value)) for value in ("gold", None))
    np.testing.assert_array_equal(unseen, none)
    if any(each.categorical for each in model.inputs):
        assert (unseen != told).any()
    empty = model.predict(rows.assign(**{each.name: None for each in model.inputs}))
    same = model.predict(rows.assign(**{each.name: 3 for each in model.inputs if not each.categorical}, plan="pro"))
    for p in (unseen, empty, same):
        assert ((p > 0) & (p < 1)).all()
    assert np.unique(empty).size == np.unique(same).size == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("left", [False, True])
def test_calibrate_dates_of_one_class_move_the_level_and_not_to_0_or_1(
    kind: str, left: bool, fitted: dict[str, Model], panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split,
    later: pd.DataFrame,
) -> None:  # fmt: skip
    calibrates = panel["as_of"].isin(split.calibrate)
    model = fit(kind, panel.assign(churned=panel["churned"].where(~calibrates, left)), inputs, split)
    p, usual = model.predict(later), fitted[kind].predict(later)
    assert ((p > 1e-6) & (p < 1 - 1e-6)).all()
    assert (p.mean() > usual.mean()) == left
    assert len(np.unique(p)) > 10
