"""Fitting looks at nothing it must not see, and the fitted model is exact, plain and repeatable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from models.accounts import CALIBRATE, position
from models.baselines import recency_rule
from models.churn_model import ChurnModel, fit
from models.duel import duel
from models.inputs import Input, ModelError
from models.split import Split, split_dates

MakePanel = Callable[..., pd.DataFrame]
Inputs = tuple[Input, ...]
NUMERIC = ["days_since_activity", "trend", "seats", *(f"noise_{at}" for at in range(4))]


def scrambled(panel: pd.DataFrame, here: np.ndarray | pd.Series) -> pd.DataFrame:
    """The panel with inputs and outcomes of the rows ``here`` replaced by nonsense."""
    out = panel.copy()
    out.loc[here, NUMERIC] = 77.0
    out.loc[here, "seats"] = 3
    out.loc[here, "plan"] = "scrambled"
    out.loc[here, "churned"] = ~out.loc[here, "churned"]
    return out


def test_same_seed_same_bytes(panel: pd.DataFrame, inputs: Inputs, split: Split, model: ChurnModel) -> None:
    again = fit(panel, inputs, split)
    assert again.text == model.text
    assert json.dumps(again.card) == json.dumps(model.card)
    assert fit(panel, inputs, split, seed=8).text != model.text


def test_announced_leavers_and_test_dates_are_not_learned_from(
    panel: pd.DataFrame, inputs: Inputs, split: Split, model: ChurnModel
) -> None:
    unseen = panel["announced"] | panel["as_of"].isin(split.test)
    other = fit(scrambled(panel, unseen), inputs, split)
    assert other.text == model.text
    assert other.card["calibration"] == model.card["calibration"]


def test_calibrate_dates_decide_the_calibration_and_nothing_else(
    panel: pd.DataFrame, inputs: Inputs, split: Split, model: ChurnModel
) -> None:
    other = fit(scrambled(panel, panel["as_of"].isin(split.calibrate)), inputs, split)
    assert other.text == model.text
    assert other.card["calibration"] != model.card["calibration"]
    dates = model.card["split"]
    assert dates["train"][-1] < dates["calibrate"][0] <= dates["calibrate"][-1] < dates["test"][0]


def test_a_short_history_calibrates_on_accounts_that_training_did_not_see(
    make_panel: MakePanel, inputs: Inputs
) -> None:
    panel = make_panel(accounts=1500, dates=11, step=7)
    split = split_dates(list(panel["as_of"].unique()), 37)
    assert split.accounts_apart
    kept_apart = position(panel["account_id"], CALIBRATE) < 1 / 3
    model = fit(panel, inputs, split)
    others = panel["as_of"].isin(split.train) & kept_apart | panel["as_of"].isin(split.calibrate) & ~kept_apart
    other = fit(scrambled(panel, others), inputs, split)
    assert other.text == model.text
    assert other.card["calibration"] == model.card["calibration"]
    assert model.card["parts"]["calibrate"]["accounts"] == pytest.approx(500, abs=60)


def test_probabilities_are_near_what_happens_later(model: ChurnModel, later: pd.DataFrame) -> None:
    p = model.predict(later)
    assert ((p > 0) & (p < 1)).all()
    assert p.mean() == pytest.approx(later["churned"].mean(), rel=0.35)
    assert roc_auc_score(later["churned"], p) > 0.68


def test_the_planted_signal_wins_and_noise_does_not(
    panel: pd.DataFrame, inputs: Inputs, split: Split, make_panel: MakePanel, model: ChurnModel, later: pd.DataFrame
) -> None:
    assert duel(later, {"lightgbm": model.predict(later)}, None, recency_rule(later), 0.1).promote
    refused = []
    for seed in range(5):
        noise = make_panel(strength=0.0, seed=seed)
        rows = noise[noise["as_of"].isin(split.test)]
        p = fit(noise, inputs, split).predict(rows)
        known = noise.loc[noise["as_of"].isin(split.train), "churned"].mean()
        refused.append(duel(rows, {"lightgbm": p}, None, recency_rule(rows), known))
    # a 95 % interval lets through one noise in forty
    assert sum(verdict.promote for verdict in refused) <= 1
    assert any("nothing predicts churn here" in verdict.reason for verdict in refused)


def test_with_little_data_it_stays_near_a_logistic_regression(make_panel: MakePanel, inputs: Inputs) -> None:
    ours, theirs = [], []
    for seed in range(4):
        panel = make_panel(accounts=500, strength=0.7, seed=seed)
        split = split_dates(list(panel["as_of"].unique()), 37)
        learned = panel[panel["as_of"].isin(split.train + split.calibrate)]
        rows = panel[panel["as_of"].isin(split.test)]
        ours.append(roc_auc_score(rows["churned"], fit(panel, inputs, split).predict(rows)))
        x = panel[NUMERIC].assign(basic=panel["plan"] == "basic").fillna(0).astype(float)
        scale = StandardScaler().fit(x.loc[learned.index])
        line = LogisticRegression(C=0.1).fit(scale.transform(x.loc[learned.index]), learned["churned"])
        theirs.append(roc_auc_score(rows["churned"], line.predict_proba(scale.transform(x.loc[rows.index]))[:, 1]))
    assert np.mean(ours) > 0.6
    assert np.mean(ours) > np.mean(theirs) - 0.03


def test_contributions_add_up_to_the_prediction(model: ChurnModel, later: pd.DataFrame) -> None:
    rows = later.iloc[5:105]
    parts = model.contributions(rows)
    assert list(parts.columns) == [*(each.name for each in model.inputs), "base"]
    assert parts.index.equals(rows.index)
    p = model.predict(rows)
    np.testing.assert_allclose(parts.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    assert parts["base"].nunique() == 1


def test_contributions_add_up_under_a_calibration_that_is_no_line(model: ChurnModel, later: pd.DataFrame) -> None:
    bent = {"method": "isotonic", "slope": 1.0, "intercept": 0.0, "x": [-9.0, -3.0, -2.0, 9.0], "y": [-9.0, -4, 0, 1]}
    rows = later.iloc[5:105]
    other = ChurnModel.from_parts(model.text, {**model.card, "calibration": bent})
    parts, p = other.contributions(rows), other.predict(rows)
    np.testing.assert_allclose(parts.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    assert parts["base"].nunique() == 1
    turned = np.sign(parts) * np.sign(model.contributions(rows)) < 0
    assert not turned.drop(columns="base").any(axis=None)


def test_more_of_what_can_only_harm_never_lowers_the_risk(model: ChurnModel, later: pd.DataFrame) -> None:
    rows = later.iloc[:200]
    for name, sign in (("days_since_activity", 1), ("trend", -1)):
        steps = np.linspace(rows[name].min(), rows[name].max(), 12)
        curves = np.array([model.predict(rows.assign(**{name: value})) for value in steps])
        assert (sign * np.diff(curves, axis=0) >= -1e-12).all()
        assert np.ptp(curves, axis=0).max() > 0


def test_stored_parts_give_the_same_model(model: ChurnModel, later: pd.DataFrame) -> None:
    card = json.loads(json.dumps(model.card, allow_nan=False))
    stored = ChurnModel.from_parts(model.text, card)
    np.testing.assert_array_equal(stored.predict(later), model.predict(later))
    pd.testing.assert_frame_equal(stored.contributions(later[:5]), model.contributions(later[:5]))
    richer = replace(model, card={**model.card, "fingerprint": "abc"})
    np.testing.assert_array_equal(richer.predict(later[:5]), model.predict(later[:5]))


def test_parts_that_do_not_belong_together_are_refused(model: ChurnModel) -> None:
    with pytest.raises(ModelError, match="card lacks inputs, calibration"):
        ChurnModel.from_parts(model.text, {"categories": {}, "parameters": {}})
    fewer = {**model.card, "inputs": model.card["inputs"][1:]}
    with pytest.raises(ModelError, match="name different inputs"):
        ChurnModel.from_parts(model.text, fewer)
    with pytest.raises(ModelError, match="not a LightGBM model"):
        ChurnModel.from_parts("tree\n", model.card)


def test_unseen_values_missing_values_and_no_rows_are_scored(model: ChurnModel, later: pd.DataFrame) -> None:
    assert model.card["categories"] == {"plan": ["basic", "pro"]}
    rows = later.iloc[:3].assign(
        plan=np.array(["gold", None, "pro"], dtype=object), trend=np.nan, seats=[1.0, np.nan, 2.0]
    )
    p = model.predict(rows)
    assert np.isfinite(p).all()
    assert p[0] == model.predict(rows.assign(plan=None))[0]
    assert len(model.predict(later[:0])) == 0
    assert model.contributions(later[:0]).shape == (0, len(model.inputs) + 1)


def test_a_frame_without_an_input_is_refused_by_name(model: ChurnModel, later: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="lacks trend, noise_2"):
        model.predict(later.drop(columns=["trend", "noise_2"]))


def test_a_large_panel_is_thinned_by_account(panel: pd.DataFrame, inputs: Inputs, split: Split) -> None:
    card = fit(panel, inputs, split, max_rows=3000).card
    assert card["sample"]["rows"] == pytest.approx(3000, rel=0.15)
    assert 0 < card["sample"]["share"] < 1
    assert card["parts"]["train"]["rows"] > 4000


def test_dates_and_counts_may_have_any_type(
    panel: pd.DataFrame, inputs: Inputs, split: Split, model: ChurnModel
) -> None:
    other = panel.assign(
        as_of=pd.to_datetime(panel["as_of"]),
        churned=panel["churned"].astype("boolean"),
        announced=panel["announced"].astype("boolean").where(panel["announced"]),
        seats=panel["seats"].astype("Int64"),
        plan=panel["plan"].astype("category"),
    )
    assert fit(other, inputs, split).text == model.text


def test_what_cannot_be_learned_from_is_refused(panel: pd.DataFrame, inputs: Inputs, split: Split) -> None:
    train = panel["as_of"].isin(split.train)
    constant = panel.assign(**dict.fromkeys(NUMERIC, 1.0), plan="basic")
    cases = (
        (panel.assign(churned=False), r"0 of the \d+ accounts on the train dates 2024-01-07 to .* leave"),
        (panel.assign(churned=True), "leave"),
        (panel[~train], "no account is left on the train dates"),
        (panel[~panel["as_of"].isin(split.test)], "no account is left on the test dates"),
        (panel.assign(announced=panel["as_of"].isin(split.calibrate)), "no account is left on the calibrate dates"),
        (constant, "none of the 8 inputs varies"),
        (panel.assign(churned=panel["churned"].astype("boolean").where(panel.index != 1)), "1 of .* have no outcome"),
        (panel.drop(columns=["trend", "announced"]), "the training panel lacks announced, trend"),
    )
    for wrong, message in cases:
        with pytest.raises(ModelError, match=message):
            fit(wrong, inputs, split)


def test_one_date_in_each_part_is_enough(panel: pd.DataFrame, inputs: Inputs) -> None:
    days = [date(2024, 1, 7) + timedelta(days=14 * at) for at in (0, 3, 6)]
    split = Split((days[0],), (days[1],), (days[2],), 37, False, "")
    model = fit(panel, inputs, split)
    assert model.card["parts"]["train"]["rows"] < 900
    assert roc_auc_score(*_test_rows(panel, split, model)) > 0.6


def _test_rows(panel: pd.DataFrame, split: Split, model: ChurnModel) -> tuple[pd.Series, np.ndarray]:
    rows = panel[panel["as_of"].isin(split.test)]
    return rows["churned"], model.predict(rows)


def test_scores_do_not_depend_on_how_many_rows_are_held_at_once(
    model: ChurnModel, later: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, why = model.predict(later), model.contributions(later[:50])
    assert len(later) > 1000
    monkeypatch.setattr("models.churn_model.PIECE", 7)
    np.testing.assert_array_equal(model.predict(later), whole)
    assert model.contributions(later[:50]).equals(why)
