"""The line looks at nothing it must not see, and is exact, plain and repeatable."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from models.inputs import Input, ModelError
from models.logistic import STRENGTHS, LogisticModel, fit
from models.split import Split

MakePanel = Callable[..., pd.DataFrame]
Inputs = tuple[Input, ...]
NUMERIC = ["days_since_activity", "trend", "seats", *(f"noise_{at}" for at in range(4))]
LEARNED = ("intercept", "lines", "categories", "parameters")


@pytest.fixture(scope="module")
def line(panel: pd.DataFrame, inputs: Inputs, split: Split) -> LogisticModel:
    return fit(panel, inputs, split)


def learned(model: LogisticModel) -> dict[str, object]:
    return {key: model.card[key] for key in LEARNED}


def scrambled(panel: pd.DataFrame, here: pd.Series) -> pd.DataFrame:
    """The panel with inputs and outcomes of the rows ``here`` replaced by nonsense."""
    out = panel.copy()
    out.loc[here, ["trend", "days_since_activity"]] = 77.0
    out.loc[here, "plan"] = "scrambled"
    out.loc[here, "churned"] = ~out.loc[here, "churned"]
    return out


def test_the_same_arguments_give_the_same_card(
    panel: pd.DataFrame, inputs: Inputs, split: Split, line: LogisticModel
) -> None:
    assert json.dumps(fit(panel, inputs, split).card) == json.dumps(line.card)


def test_announced_leavers_and_test_dates_are_not_learned_from(
    panel: pd.DataFrame, inputs: Inputs, split: Split, line: LogisticModel
) -> None:
    other = fit(scrambled(panel, panel["announced"] | panel["as_of"].isin(split.test)), inputs, split)
    assert learned(other) == learned(line)
    assert other.card["calibration"] == line.card["calibration"]


def test_calibrate_dates_decide_the_calibration_and_nothing_else(
    panel: pd.DataFrame, inputs: Inputs, split: Split, line: LogisticModel
) -> None:
    other = fit(scrambled(panel, panel["as_of"].isin(split.calibrate)), inputs, split)
    assert learned(other) == learned(line)
    assert other.card["calibration"] != line.card["calibration"]


def test_it_is_as_good_as_a_plain_regression(
    panel: pd.DataFrame, split: Split, line: LogisticModel, later: pd.DataFrame
) -> None:
    train = panel[panel["as_of"].isin(split.train)]
    scale = StandardScaler().fit(train[NUMERIC].fillna(0))
    plain = LogisticRegression().fit(scale.transform(train[NUMERIC].fillna(0)), train["churned"])
    theirs = plain.predict_proba(scale.transform(later[NUMERIC].fillna(0)))[:, 1]
    p = line.predict(later)
    assert roc_auc_score(later["churned"], p) > roc_auc_score(later["churned"], theirs) - 0.01
    assert p.mean() == pytest.approx(later["churned"].mean(), rel=0.35)


def test_the_penalty_is_chosen_strong_where_there_is_nothing_to_learn(
    make_panel: MakePanel, inputs: Inputs, split: Split
) -> None:
    strengths = [fit(make_panel(strength=0.0, seed=s), inputs, split).card["parameters"]["C"] for s in range(4)]
    assert np.median(strengths) <= 1e-3
    assert set(strengths) <= set(STRENGTHS)


def test_contributions_add_up_to_the_prediction(line: LogisticModel, later: pd.DataFrame) -> None:
    rows = later.iloc[5:205].copy()
    rows["plan"] = rows["plan"].where(rows.index % 3 > 0, "gold")
    rows["trend"] = rows["trend"].where(rows.index % 4 > 0)
    parts, p = line.contributions(rows), line.predict(rows)
    assert list(parts.columns) == [*(each.name for each in line.inputs), "base"]
    assert parts.index.equals(rows.index)
    np.testing.assert_allclose(parts.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    assert parts["base"].nunique() == 1


def test_contributions_are_measured_against_the_average_account(
    panel: pd.DataFrame, split: Split, line: LogisticModel
) -> None:
    train = panel[panel["as_of"].isin(split.train) & ~panel["announced"]]
    parts = line.contributions(train).drop(columns="base")
    assert parts.mean().abs().max() < 0.05 * parts.abs().mean().max()


def test_more_of_what_can_only_harm_never_lowers_the_risk(panel: pd.DataFrame, split: Split) -> None:
    rng = np.random.default_rng(5)
    # a copy of the cause with noise, of the other sign once the cause is there too
    twin = panel.assign(twin=panel["days_since_activity"] + rng.normal(0, 1, len(panel)) - 8.0 * panel["churned"])
    inputs = (Input("days_since_activity", "usage", direction=1), Input("twin", "usage", direction=1))
    free = fit(twin, (inputs[0], Input("twin", "usage")), split)
    held = fit(twin, inputs, split)
    assert free.card["lines"][1]["weight"] < 0
    assert held.card["lines"][1]["weight"] == 0
    assert held.card["lines"][0]["weight"] > 0
    steps = [held.predict(twin[:50].assign(days_since_activity=float(value))) for value in range(0, 90, 10)]
    assert (np.diff(np.array(steps), axis=0) >= -1e-12).all()
    assert np.ptp(steps) > 0


def test_heavy_tails_are_read_on_a_logarithm(panel: pd.DataFrame, split: Split) -> None:
    rng = np.random.default_rng(1)
    wide = panel.assign(heavy=np.exp(3 * rng.normal(size=len(panel))), even=rng.normal(size=len(panel)))
    wide["heavy_minus"] = -wide["heavy"]
    inputs = tuple(Input(name, "x") for name in ("heavy", "heavy_minus", "even", "trend"))
    logs = [each["log"] for each in fit(wide, inputs, split).card["lines"]]
    assert logs[:3] == [True, True, False]


def test_one_odd_value_does_not_run_off(line: LogisticModel, later: pd.DataFrame) -> None:
    odd = later.iloc[:1].assign(days_since_activity=1e30)
    assert np.isfinite(line.contributions(odd)).all(axis=None)
    assert line.predict(odd)[0] == line.predict(odd.assign(days_since_activity=1e20))[0]
    np.testing.assert_array_equal(
        line.predict(odd.assign(trend=np.inf)), line.predict(odd.assign(trend=np.nan))
    )  # what is no number is no value


def test_missing_and_unseen_values_have_their_own_part(panel: pd.DataFrame, split: Split) -> None:
    rng = np.random.default_rng(2)
    gone = panel["churned"] & (rng.random(len(panel)) < 0.8)
    holes = panel.assign(trend=rng.normal(size=len(panel)), plan=panel["plan"].mask(rng.random(len(panel)) < 0.2))
    holes["trend"] = holes["trend"].mask(gone)
    model = fit(holes, (Input("trend", "x"), Input("plan", "plan", categorical=True)), split)
    with_value, without = model.predict(holes[:1].assign(trend=0.0)), model.predict(holes[:1].assign(trend=np.nan))
    assert without[0] > 2 * with_value[0]
    (plan,) = (each for each in model.card["lines"] if "values" in each)
    assert len(plan["values"]) == 2
    unseen, none = (model.predict(holes[:1].assign(plan=value)) for value in ("gold", None))
    assert unseen[0] == none[0]


def test_stored_parts_give_the_same_model(line: LogisticModel, later: pd.DataFrame) -> None:
    card = json.loads(json.dumps(line.card, allow_nan=False))
    stored = LogisticModel.from_parts("", card)
    np.testing.assert_array_equal(stored.predict(later), line.predict(later))
    pd.testing.assert_frame_equal(stored.contributions(later[:5]), line.contributions(later[:5]))
    assert len(stored.predict(later[:0])) == 0
    assert stored.contributions(later[:0]).shape == (0, len(line.inputs) + 1)
    with pytest.raises(ModelError, match="lacks intercept, lines"):
        LogisticModel.from_parts("", {key: card[key] for key in ("inputs", "categories", "calibration")})
    with pytest.raises(ModelError, match="one line per input"):
        LogisticModel.from_parts("", {**card, "lines": card["lines"][1:]})


def test_what_cannot_be_learned_from_is_refused(
    panel: pd.DataFrame, inputs: Inputs, split: Split, line: LogisticModel, later: pd.DataFrame
) -> None:
    constant = panel.assign(**dict.fromkeys(NUMERIC, 1.0), plan="basic")
    with pytest.raises(ModelError, match="none of the 8 inputs varies"):
        fit(constant, inputs, split)
    with pytest.raises(ModelError, match="leave"):
        fit(panel.assign(churned=True), inputs, split)
    with pytest.raises(ModelError, match="lacks trend, noise_2"):
        line.predict(later.drop(columns=["trend", "noise_2"]))
    few = panel.assign(**dict.fromkeys(NUMERIC, 1.0), plan="basic").assign(seats=lambda f: 1.0 + (f.index == 0))
    with pytest.raises(ModelError, match="none of the"):
        fit(few.assign(seats=few["seats"].where(few.index != 0)), inputs, split)


def test_a_large_panel_is_thinned_by_account(panel: pd.DataFrame, inputs: Inputs, split: Split) -> None:
    card = fit(panel, inputs, split, max_rows=3000).card
    assert card["sample"]["rows"] == pytest.approx(3000, rel=0.15)
    assert card["parts"]["train"]["rows"] > 4000


def test_a_plan_of_ones_own_has_no_coefficient(panel: pd.DataFrame, split: Split) -> None:
    own = panel.assign(deal=panel["account_id"])
    line = fit(own, (Input("days_since_activity", "usage"), Input("deal", "plan", categorical=True)), split)
    lines = dict(zip([each.name for each in line.inputs], line.card["lines"], strict=True))
    assert set(lines["deal"]["values"]) | {lines["deal"]["other"]} == {0.0}
