"""The division by kind looks only at those who left as a known kind, sums to the whole, and says when it cannot be."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.churn_model import ChurnModel
from models.inputs import Input, ModelError
from models.kinds import DEPARTURES, by_kind, divided, division, fit, judge, why_undivided
from models.logistic import LogisticModel
from models.split import Split, split_dates

Inputs = tuple[Input, ...]
SHARES = st.floats(0, 1)


def with_kinds(panel: pd.DataFrame, unknown: float = 0.1, seed: int = 3) -> pd.DataFrame:
    """Accounts of many seats leave involuntarily, nine in ten, those of few do not; of some it is not known."""
    rng = np.random.default_rng(seed)
    account = panel["account_id"].str[-5:].astype(int).to_numpy()
    luck, hidden = rng.random(account.max() + 1)[account], rng.random(account.max() + 1)[account]
    kind = np.where(luck < np.where(panel["seats"] > 30, 0.9, 0.1), "involuntary", "voluntary").astype(object)
    kind[hidden < unknown] = "unknown"
    return panel.assign(kind=np.where(panel["churned"], kind, None))


@pytest.fixture(scope="module")
def told(panel: pd.DataFrame) -> pd.DataFrame:
    return with_kinds(panel)


@pytest.fixture(scope="module")
def share(told: pd.DataFrame, inputs: Inputs, split: Split) -> LogisticModel:
    return fit(told, inputs, split)


@pytest.fixture(scope="module")
def test_rows(told: pd.DataFrame, split: Split) -> pd.DataFrame:
    return told[told["as_of"].isin(split.test)].reset_index(drop=True)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=20))
def test_the_parts_sum_to_the_whole(pairs: list[tuple[float, float]]) -> None:
    probability, share = np.array(pairs).T
    parts = divided(probability, share)
    assert tuple(parts) == DEPARTURES
    np.testing.assert_allclose(sum(parts.values()), probability, rtol=0, atol=1e-15)
    for part in parts.values():
        assert ((part >= 0) & (part <= probability)).all()


def test_kinds_are_told_apart_on_later_dates(share: LogisticModel, model: ChurnModel, test_rows: pd.DataFrame) -> None:
    found = share.predict(test_rows)
    assert ((found >= 0) & (found <= 1)).all()
    left = test_rows[test_rows["kind"].isin(DEPARTURES) & ~test_rows["announced"]]
    assert roc_auc_score(left["kind"] == "involuntary", found[left.index]) > 0.8
    figures = judge(test_rows, model.predict(test_rows), found)
    assert figures["voluntary"]["gain_auc_low"] > 0
    for kind in DEPARTURES:
        said = figures[kind]
        assert said["gain_auc"] > 0
        assert said["auc_low"] < said["auc"] < said["auc_high"]
        assert said["calibration_slope_low"] < 1 < said["calibration_slope_high"]
        assert said["actual_leavers_low"] < said["expected_leavers"] < said["actual_leavers_high"]


def test_the_figures_are_those_of_each_kind_alone(
    share: LogisticModel, model: ChurnModel, test_rows: pd.DataFrame
) -> None:
    p, found = model.predict(test_rows), share.predict(test_rows)
    figures = judge(test_rows, p, found)
    counted = (~test_rows["announced"] & (test_rows["kind"] != "unknown")).to_numpy()
    unknown = int((test_rows["kind"] == "unknown").sum())
    assert unknown > 0
    for kind, part in divided(p, found).items():
        left = (test_rows["kind"] == kind).to_numpy()[counted]
        said = figures[kind]
        assert (said["rows"], said["leavers"]) == (counted.sum(), left.sum())
        assert said["auc"] == pytest.approx(roc_auc_score(left, part[counted]))
        assert said["leaves_auc"] == pytest.approx(roc_auc_score(left, p[counted]))
        assert said["gain_auc"] == pytest.approx(said["auc"] - said["leaves_auc"])
        assert said["expected_leavers"] == pytest.approx(part[counted].sum())
        assert said["base_rate"] == pytest.approx(left.mean())
        assert said["unknown_leavers"] == unknown


def test_only_those_who_left_as_a_known_kind_are_learned_from(
    told: pd.DataFrame, inputs: Inputs, split: Split, share: LogisticModel
) -> None:
    others = ~told["kind"].isin(DEPARTURES) | told["announced"] | told["as_of"].isin(split.test)
    other = told.copy()
    other.loc[others, ["trend", "days_since_activity", "seats"]] = 77.0
    other.loc[others & told["churned"], "kind"] = other.loc[others & told["churned"], "kind"].replace(
        {"voluntary": "involuntary"}
    )
    again = fit(other, inputs, split).card
    for key in ("intercept", "lines", "calibration", "parameters"):
        assert again[key] == share.card[key], key


def test_the_same_arguments_give_the_same_card_which_gives_the_same_numbers(
    told: pd.DataFrame, inputs: Inputs, split: Split, share: LogisticModel, test_rows: pd.DataFrame
) -> None:
    stored = json.dumps(share.card)
    assert json.dumps(fit(told, inputs, split).card) == stored
    restored = LogisticModel.from_parts("", json.loads(stored))
    np.testing.assert_array_equal(restored.predict(test_rows), share.predict(test_rows))
    with pytest.raises(ModelError, match="lacks seats"):
        restored.predict(test_rows.drop(columns="seats"))


def test_a_direction_of_leaving_is_none_of_the_kind(told: pd.DataFrame, split: Split) -> None:
    only = (Input("seats", "fit", direction=-1), Input("trend", "usage"))
    line = fit(told, only, split).card["lines"][0]
    assert line["weight"] > 0


@pytest.mark.parametrize("seen", [0, 9])
def test_too_few_of_a_kind_are_refused_in_words(told: pd.DataFrame, inputs: Inputs, split: Split, seen: int) -> None:
    train = told[told["as_of"].isin(split.train) & ~told["announced"] & (told["kind"] == "involuntary")]
    kept = train["account_id"].unique()[:seen]
    few = told[(told["kind"] != "involuntary") | told["account_id"].isin(kept)]
    with pytest.raises(ModelError, match=rf", {seen} involuntarily; to tell them apart takes at least 10") as error:
        fit(few, inputs, split)
    assert "end_reason" in error.value.remedy


def test_unknown_kinds_are_no_evidence(told: pd.DataFrame, inputs: Inputs, split: Split) -> None:
    unknown = told.assign(kind=told["kind"].where(~told["churned"], "unknown"))
    with pytest.raises(ModelError, match="among those who leave as a known kind, no account is left on the train"):
        fit(unknown, inputs, split)
    with pytest.raises(ModelError, match="the training panel lacks kind"):
        fit(told.drop(columns="kind"), inputs, split)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_payments_say_is_not_lost_among_much_else(make_panel: Any, seed: int) -> None:
    """Few leavers, forty inputs that say nothing of the kind, and one that says all of it."""
    rng = np.random.default_rng(seed)
    panel = make_panel(accounts=350, seed=seed)
    failing = rng.random(int(panel["account_id"].str[-5:].max()) + 1) < 0.2
    failing = failing[panel["account_id"].str[-5:].astype(int)]
    kind = np.where(failing, "involuntary", "voluntary")
    noise = [Input(f"other_{at}", "usage") for at in range(40)]
    columns = {"failing": failing * 1.0} | {each.name: rng.normal(size=len(panel)) for each in noise}
    panel = panel.assign(kind=np.where(panel["churned"], kind, None), **columns)
    split = split_dates(list(panel["as_of"].unique()), 37)
    line = fit(panel, [Input("failing", "payment"), *noise], split)
    assert [each.name for each in line.inputs] == ["failing"]
    left = panel[panel["as_of"].isin(split.test) & panel["churned"]]
    found, truth = line.predict(left), (left["kind"] == "involuntary").to_numpy()
    assert found[truth].mean() > 0.85
    assert found[~truth].mean() < 0.15


def test_where_payments_say_nothing_the_others_are_gone_by(told: pd.DataFrame, inputs: Inputs, split: Split) -> None:
    """Even where what is known of payments is the same of everyone."""
    for columns in ({"open": 1.0}, {"open": np.random.default_rng(5).normal(size=len(told))}):
        line = fit(told.assign(**columns), (*inputs, Input("open", "payment")), split)
        assert line.inputs[-1].name == "open"
        assert len(line.inputs) == len(inputs) + 1


def test_a_card_holds_the_division_with_its_worth_or_the_reason_why_not(
    told: pd.DataFrame, inputs: Inputs, split: Split, model: ChurnModel, test_rows: pd.DataFrame, share: LogisticModel
) -> None:
    p = model.predict(test_rows)
    found: dict[str, Any] = json.loads(json.dumps(division(told, inputs, split, test_rows, p, 7)))
    assert found["share"] == json.loads(json.dumps(share.card))
    assert tuple(found["quality"]) == DEPARTURES
    card = {"kinds": found}
    assert why_undivided(card) == ""
    for kind, part in by_kind(card, test_rows, p).items():
        np.testing.assert_array_equal(part, divided(p, share.predict(test_rows))[kind])

    unknown = told.assign(kind=told["kind"].where(~told["churned"], "unknown"))
    none = {"kinds": division(unknown, inputs, split, test_rows, p, 7)}
    assert none["kinds"]["share"] is None
    assert none["kinds"]["ahead"]
    for card, why in ((none, "among those who leave as a known kind"), ({}, "it was trained before")):
        assert why_undivided(card).startswith(why)
        for part in by_kind(card, test_rows, p).values():
            assert part.shape == p.shape
            assert np.isnan(part).all()


def test_a_kind_that_nobody_leaves_as_has_no_figures(model: ChurnModel, test_rows: pd.DataFrame) -> None:
    rows = test_rows[test_rows["kind"] != "involuntary"].reset_index(drop=True)
    p = model.predict(rows)
    figures = judge(rows, p, np.full(len(p), 0.25))
    assert figures["involuntary"]["auc"] is None
    assert figures["involuntary"]["gain_auc"] is figures["involuntary"]["leaves_auc"] is None
    assert figures["involuntary"]["leavers"] == 0
    assert figures["voluntary"]["gain_auc"] == pytest.approx(0.0, abs=1e-9)
