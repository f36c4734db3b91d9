"""The health score follows its stated rules, and only its line is learned."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.health import COMPONENTS, Component, HealthModel, Measure, available, fit, health
from models.inputs import Input, ModelError
from models.split import Split

MakePanel = Callable[..., pd.DataFrame]
NAMES = [each.feature for part in COMPONENTS for each in part.measures]


@pytest.fixture(scope="module")
def scored(panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split) -> HealthModel:
    return fit(panel, inputs, split)


def test_the_weights_sum_to_a_hundred_and_the_bounds_rise() -> None:
    assert sum(part.weight for part in COMPONENTS) == 100
    assert len(NAMES) == len(set(NAMES))
    for part in COMPONENTS:
        for each in part.measures:
            assert list(each.at) == sorted(set(each.at)), each.feature
            assert len(each.at) == len(each.health)
            assert min(each.health) >= 0
            assert max(each.health) <= 100
            assert list(each.health) in (sorted(each.health), sorted(each.health, reverse=True)), each.feature
            assert each.silent is None or each.silent in NAMES


def test_a_score_by_hand() -> None:
    frame = pd.DataFrame(
        {"days_since_activity": [0, 14, np.nan], "nps_last": [10, 0, np.nan], "active_days_28d": [20, np.nan, 0]}
    )
    found = health(frame)
    # usage counts 35, feedback 15: shares of 0.7 and 0.3
    np.testing.assert_allclose(found["usage"], [100, 50, 0])
    np.testing.assert_allclose(found["feedback"], [100, 0, np.nan])
    np.testing.assert_allclose(found["score"], [100, 0.7 * 50, 0])
    np.testing.assert_allclose(found["usage_share"], [0.7, 0.7, 1])
    assert "billing" not in found.columns


def test_silence_counts_only_where_the_account_is_observed() -> None:
    nobody_looks = pd.DataFrame({"days_since_activity": [np.nan], "active_days_28d": [np.nan]})
    assert health(nobody_looks)["score"].tolist() == [50.0]
    assert np.isnan(health(nobody_looks)["usage"]).all()
    assert health(nobody_looks.assign(active_days_28d=0.0))["score"].tolist() == [0.0]


def test_where_nothing_is_known_the_score_is_the_middle() -> None:
    found = health(pd.DataFrame({"plan": ["a", "b"]}))
    assert found["score"].tolist() == [50.0, 50.0]
    assert list(found.columns) == ["score"]


VALUES = st.one_of(st.none(), st.floats(-5, 500))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1))
def test_score_and_shares_keep_their_bounds(values: dict[str, float | None]) -> None:
    frame = pd.DataFrame({name: [np.nan if value is None else value] for name, value in values.items()})
    found = health(frame).iloc[0]
    assert 0 <= found["score"] <= 100
    shares = [value for name, value in found.items() if str(name).endswith("_share")]
    assert sum(shares) == pytest.approx(1) or (sum(shares) == 0 and found["score"] == 50)
    parts = [found[part.name] * found[f"{part.name}_share"] for part in available(list(frame))]
    if sum(shares):
        assert np.nansum(parts) == pytest.approx(found["score"])


@given(st.sampled_from([each for part in COMPONENTS for each in part.measures]), st.floats(0, 1), st.floats(0, 1))
def test_a_worse_value_never_raises_the_score(measure: Measure, low: float, high: float) -> None:
    first, last = measure.at[0], measure.at[-1]
    worse, better = sorted((low, high)) if measure.health[0] < measure.health[-1] else sorted((low, high), reverse=True)
    frame = pd.DataFrame({name: [3.0, 3.0] for name in NAMES})
    frame[measure.feature] = [first + worse * (last - first), first + better * (last - first)]
    score = health(frame)["score"]
    assert score[0] <= score[1] + 1e-9


def test_only_the_line_is_learned(panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split) -> None:
    model = fit(panel, inputs, split)
    other = fit(panel.assign(churned=np.random.default_rng(0).permutation(panel["churned"])), inputs, split)
    assert model.card["components"] == other.card["components"]
    assert model.card["calibration"] != other.card["calibration"]
    unseen = panel["announced"] | panel["as_of"].isin(split.test)
    turned = panel.assign(
        churned=panel["churned"] ^ unseen, days_since_activity=panel["days_since_activity"].mask(unseen, 9)
    )
    assert fit(turned, inputs, split).card["calibration"] == model.card["calibration"]


def test_it_ranks_and_foretells_where_silence_is_the_cause(scored: HealthModel, later: pd.DataFrame) -> None:
    p = scored.predict(later)
    assert ((p > 0) & (p < 1)).all()
    assert roc_auc_score(later["churned"], p) > 0.65
    assert p.mean() == pytest.approx(later["churned"].mean(), rel=0.35)
    assert [each.name for each in scored.inputs] == ["days_since_activity"]


def test_contributions_add_up_and_follow_health(scored: HealthModel, later: pd.DataFrame) -> None:
    rows = later.iloc[3:203].assign(days_since_activity=lambda f: f["days_since_activity"].where(f.index % 5 > 0))
    parts, p = scored.contributions(rows), scored.predict(rows)
    np.testing.assert_allclose(parts.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    own = scored.health(rows)["usage"]
    assert (parts.loc[own > 50, "days_since_activity"] <= 0).all()
    assert (parts.loc[own < 50, "days_since_activity"] >= 0).all()
    assert (parts.loc[own.isna(), "days_since_activity"] == 0).all()


def test_contributions_of_several_components_add_up(panel: pd.DataFrame, split: Split) -> None:
    rng = np.random.default_rng(3)
    names = ["days_since_activity", "active_days_28d", "nps_last", "open_tickets", "past_due", "mrr_change_91d"]
    holes = {name: rng.uniform(0, 9, len(panel)).round() for name in names[1:]}
    wide = panel.assign(**{name: np.where(rng.random(len(panel)) < 0.3, np.nan, x) for name, x in holes.items()})
    model = fit(wide, tuple(Input(name, "x") for name in names), split)
    parts, p = model.contributions(wide), model.predict(wide)
    np.testing.assert_allclose(parts.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    assert (parts[names].abs().max() > 0).all()


def test_stored_parts_give_the_same_model(scored: HealthModel, later: pd.DataFrame) -> None:
    card = json.loads(json.dumps(scored.card, allow_nan=False))
    stored = HealthModel.from_parts("", card)
    np.testing.assert_array_equal(stored.predict(later), scored.predict(later))
    pd.testing.assert_frame_equal(stored.contributions(later[:5]), scored.contributions(later[:5]))
    pd.testing.assert_frame_equal(stored.health(later), scored.health(later))
    with pytest.raises(ModelError, match="lacks components"):
        HealthModel.from_parts("", {key: card[key] for key in ("inputs", "calibration")})
    with pytest.raises(ModelError, match="no text"):
        HealthModel.from_parts("tree", card)
    assert len(scored.predict(later[:0])) == 0
    assert card == scored.card
    assert stored.components == scored.components


def test_what_cannot_be_scored_is_refused(
    panel: pd.DataFrame, inputs: tuple[Input, ...], split: Split, scored: HealthModel, later: pd.DataFrame
) -> None:
    with pytest.raises(ModelError, match="lacks days_since_activity"):
        scored.predict(later.drop(columns="days_since_activity"))
    with pytest.raises(ModelError, match="none of the inputs tells an account's health"):
        fit(panel, [each for each in inputs if each.name != "days_since_activity"], split)
    with pytest.raises(ModelError, match="none of the 1 inputs varies"):
        fit(panel.assign(days_since_activity=3.0), inputs, split)
    with pytest.raises(ModelError, match="leave"):
        fit(panel.assign(churned=False), inputs, split)


def test_a_component_without_any_feature_is_left_out() -> None:
    parts = (Component("one", 1, (Measure("a", (0, 1), (0, 100), silent="b"),)), Component("two", 1, ()))
    (kept,) = available(["a"], parts)
    assert kept.measures[0].silent is None
    assert available(["a", "b"], parts)[0].measures[0].silent == "b"
    assert available([], parts) == ()


def test_the_sum_of_probabilities_is_the_number_of_leavers_even_if_they_are_few(split: Split) -> None:
    rng = np.random.default_rng(3)
    days = [*split.train, *split.calibrate]
    for leavers in (15, 60):
        rows = pd.DataFrame({"account_id": [f"a{at}" for at in range(3000)], "as_of": rng.choice(days, 3000)})
        rows["days_since_activity"] = rng.exponential(9, 3000).round()
        order = np.argsort(-rows["days_since_activity"] - rng.exponential(9, 3000))
        rows["churned"] = False
        rows.loc[order[:leavers], "churned"] = True
        rows["announced"] = False
        later = rows.head(200).assign(as_of=split.test[0])
        model = fit(pd.concat([rows, later], ignore_index=True), (Input("days_since_activity", "usage"),), split)
        assert model.predict(rows).sum() == pytest.approx(leavers, rel=0.1)
