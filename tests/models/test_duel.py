"""Only what earns its place is promoted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.duel import Verdict
from models.duel import duel as duel_of

ROWS = 1500
RATE = 0.07


def duel(
    frame: pd.DataFrame, p: np.ndarray, champion_p: np.ndarray | None, baseline: np.ndarray, seed: int = 7
) -> Verdict:
    """The duel where about as many left on the dates learned from as leave on the later ones."""
    return duel_of(frame, {"lightgbm": p}, champion_p, baseline, RATE, seed)


def later_rows(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Rows, the true probabilities and a weak baseline score."""
    rng = np.random.default_rng(seed)
    raw = -3 + rng.normal(size=ROWS)
    p = 1 / (1 + np.exp(-raw))
    frame = pd.DataFrame(
        {
            "account_id": [f"a{at % 1000}" for at in range(ROWS)],
            "as_of": np.where(np.arange(ROWS) < 1000, "2024-03-01", "2024-03-08"),
            "churned": rng.random(ROWS) < p,
        }
    )
    return frame, p, raw + 1.4 * rng.normal(size=ROWS)


def blur(baseline: np.ndarray) -> np.ndarray:
    """Fair probabilities from the weak score."""
    return 1 / (1 + np.exp(2.6 - 0.3 * (baseline + 3)))


def test_a_planted_signal_is_promoted_with_its_figures() -> None:
    frame, p, baseline = later_rows()
    verdict = duel(frame, p, None, baseline)
    assert verdict.promote
    assert verdict.champion is None
    leave = verdict.challenger.leaving_accounts
    assert f"on 1,500 rows of 1,000 accounts of which {leave} leave" in verdict.reason
    assert f"AUC {verdict.challenger.auc.value:.2f} (95 % {verdict.challenger.auc.low:.2f} to" in verdict.reason
    assert set(verdict.differences) == {"baseline", "constant"}


@pytest.mark.parametrize("constant", [0.0, 0.05, 1.0])
def test_a_constant_is_refused(constant: float) -> None:
    frame, _, baseline = later_rows()
    verdict = duel(frame, np.full(ROWS, constant), None, baseline)
    assert not verdict.promote
    assert not verdict.usable
    assert verdict.reason.startswith("nothing predicts churn here: AUC 0.50 (95 % 0.50 to 0.50)")
    assert verdict.grade.startswith("worthless: ")


def test_noise_is_refused() -> None:
    frame, p, baseline = later_rows()
    verdicts = [duel(frame, np.random.default_rng(s).permutation(p), None, baseline, seed=s) for s in range(12)]
    assert sum(each.promote for each in verdicts) <= 1
    assert "nothing predicts churn here" in verdicts[0].reason
    assert sum(each.grade.startswith("worthless: ") for each in verdicts) >= 11


def test_nobody_leaves_is_no_grade() -> None:
    frame, p, baseline = later_rows()
    verdict = duel(frame.assign(churned=False), np.zeros(ROWS), None, baseline)
    assert not verdict.promote
    assert "too few leavers to judge (0, at least 10" in verdict.reason
    few = duel(frame.assign(churned=p >= np.sort(p)[-5]), p, None, baseline)
    assert not few.promote
    assert "too few leavers to judge (5," in few.reason
    assert few.grade == "no grade: only 5 accounts leave on the dates it is judged on"


def test_probabilities_worse_than_a_constant_are_refused_however_well_they_rank() -> None:
    frame, p, baseline = later_rows()
    verdict = duel(frame, p**0.2, None, baseline)
    assert verdict.challenger.auc.low > 0.5
    assert not verdict.promote
    assert "no better than the same one for everyone" in verdict.reason


def test_a_model_that_ranks_worse_than_the_recency_rule_is_refused() -> None:
    frame, p, baseline = later_rows()
    verdict = duel(frame, blur(baseline), None, p * 90)
    assert not verdict.promote
    assert "ranks no better than the recency rule" in verdict.reason


def test_the_capacity_of_a_list_is_reported_and_decides_nothing() -> None:
    frame, p, baseline = later_rows()
    plain = duel(frame, p, blur(baseline), baseline)
    told = duel_of(frame, {"lightgbm": p}, blur(baseline), baseline, RATE, 7, capacity=20)
    assert (told.promote, told.reason, told.grade) == (plain.promote, plain.reason, plain.grade)
    assert {told.challenger.capacity, told.baseline.capacity, told.champion and told.champion.capacity} == {20}
    assert told.challenger.lift_at_capacity.low > 1
    assert plain.challenger.capacity is None


def test_the_champion_stays_unless_it_is_beaten() -> None:
    frame, p, baseline = later_rows()
    blurred = blur(baseline)
    better = duel(frame, p, blurred, baseline)
    assert better.promote
    assert better.usable
    assert better.differences["champion"]["log_loss"].high < 0
    assert "against the champion" in better.reason
    for rival in (blurred, p):
        verdict = duel(frame, rival, p, baseline)
        assert not verdict.promote
        assert verdict.usable is (rival is p), "what ranks as the recency rule does is refused, champion or not"
        assert verdict.champion is not None
    assert "as good or better (log loss +0.0000" in verdict.reason


def test_better_probabilities_do_not_excuse_a_clearly_worse_ranking() -> None:
    frame, p, baseline = later_rows()
    blurred = blur(baseline)
    verdict = duel(frame, blurred, p**0.2, -p)
    assert not verdict.promote
    assert "ranks worse than the champion" in verdict.reason


def test_announced_leavers_do_not_help() -> None:
    frame, p, baseline = later_rows()
    noise = np.random.default_rng(1).permutation(p)
    oracle = np.where(frame["churned"] & (p > 0.05), 0.9, noise)
    verdict = duel(frame.assign(announced=oracle == 0.9), oracle, None, baseline)
    assert duel(frame, oracle, None, baseline).challenger.auc.value > verdict.challenger.auc.value + 0.1
    assert not verdict.promote


def test_the_constant_is_what_was_known_and_not_hindsight() -> None:
    frame, p, baseline = later_rows()
    too_high = np.clip(p * 4, 0, 0.99)
    assert not duel_of(frame, {"lightgbm": too_high}, None, baseline, known_rate=0.07).promote
    fallen = duel_of(frame, {"lightgbm": too_high}, None, baseline, known_rate=0.4)
    assert fallen.promote
    assert fallen.challenger.log_loss.value > fallen.challenger.log_loss_base


def three(p: np.ndarray, baseline: np.ndarray) -> dict[str, np.ndarray]:
    """Challengers: the two upper ones know more than the health score, and about the same."""
    nudge = np.random.default_rng(4).normal(0, 0.05, len(p))
    return {"health": blur(baseline), "logistic": 1 / (1 + (1 - p) / p * np.exp(nudge)), "lightgbm": p}


def test_the_simplest_that_is_not_significantly_worse_is_chosen() -> None:
    frame, p, baseline = later_rows()
    verdict = duel_of(frame, three(p, baseline), None, baseline, RATE)
    assert verdict.promote
    assert verdict.chosen == "logistic"
    assert verdict.challenger == verdict.rivals["logistic"]
    assert verdict.rivals["recency"] == verdict.baseline
    assert list(verdict.rivals) == ["recency", "health", "logistic", "lightgbm"]
    assert verdict.differences["health"]["log_loss"].high < 0
    assert verdict.differences["lightgbm"]["log_loss"].low < 0 < verdict.differences["lightgbm"]["log_loss"].high
    assert "of the logistic regression on 1,500 rows" in verdict.reason
    assert f"health score {verdict.rivals['health'].auc.value:.2f} (95 %" in verdict.reason
    assert f"LightGBM {verdict.rivals['lightgbm'].auc.value:.2f} (95 %" in verdict.reason


def test_a_simple_one_of_equal_worth_wins_and_a_complex_one_only_by_more_than_noise() -> None:
    frame, p, baseline = later_rows()
    same = dict.fromkeys(("health", "logistic", "lightgbm"), p)
    assert duel_of(frame, same, None, baseline, RATE).chosen == "health"
    weak = blur(baseline)
    only = duel_of(frame, {"health": weak, "logistic": weak, "lightgbm": p}, None, baseline, RATE)
    assert only.chosen == "lightgbm"


def test_a_rung_that_fails_a_rule_leaves_the_place_to_the_next() -> None:
    frame, p, _ = later_rows()
    rng, raw = np.random.default_rng(9), np.log(p / (1 - p))
    # a rule that ranks between the two, which are within noise of each other
    simple, rule = raw + rng.normal(0, 0.2, ROWS), raw + rng.normal(0, 0.15, ROWS)
    simple_p = 1 / (1 + np.exp(-simple))
    alone = duel_of(frame, {"health": simple_p}, None, rule, RATE)
    assert not alone.promote
    assert "ranks no better than the recency rule" in alone.reason
    verdict = duel_of(frame, {"health": simple_p, "lightgbm": p}, None, rule, RATE)
    assert verdict.promote
    assert verdict.chosen == "lightgbm"
    assert verdict.differences["health"]["auc"].low < 0
    assert duel_of(frame, {"health": simple_p, "lightgbm": p}, None, -rule, RATE).chosen == "health"


def test_a_ranking_whose_top_may_be_chance_is_refused() -> None:
    frame, p, _ = later_rows()
    # the likeliest leavers, a tenth of all, go to the bottom: the rest is still ranked well
    order = np.argsort(np.argsort(p))
    top = order >= 0.9 * ROWS
    turned = np.where(top, 0.011, 0.01 + 0.2 * order / ROWS)
    frame = frame.assign(churned=frame["churned"] & ~(order > 0.88 * ROWS))
    verdict = duel(frame, np.where((order > 0.8 * ROWS) & ~frame["churned"], 0.3, turned), None, -p)
    assert verdict.challenger.auc.low > 0.5
    assert not verdict.promote
    assert "well enough to act on, those put first may leave no more often" in verdict.reason


def test_noise_is_refused_however_many_rungs_it_climbs() -> None:
    frame, p, baseline = later_rows()
    verdicts = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        rungs = {kind: rng.permutation(p) for kind in ("health", "logistic", "lightgbm")}
        verdicts.append(duel_of(frame, rungs, None, baseline, RATE, seed))
    # a 95 % interval lets through one noise in forty, and here are three at a time
    assert sum(each.promote for each in verdicts) <= 1
    refused = next(each for each in verdicts if not each.promote)
    assert refused.reason.startswith("nothing predicts churn here")
    losses = {kind: refused.rivals[kind].log_loss.value for kind in ("health", "logistic", "lightgbm")}
    assert refused.chosen == min(losses, key=lambda kind: losses[kind])


def test_a_simple_champion_meets_every_rung() -> None:
    frame, p, baseline = later_rows()
    assert duel_of(frame, three(p, baseline), blur(baseline), baseline, RATE).promote
    stays = duel_of(frame, three(p, baseline), p, baseline, RATE)
    assert not stays.promote
    assert stays.champion is not None


def test_the_grade_says_what_a_model_is_worth_and_never_its_accuracy() -> None:
    frame, p, baseline = later_rows()
    good = duel(frame, p, None, baseline)
    word = next(
        word
        for least, word in ((0.8, "strong"), (0.7, "good"), (0.6, "fair"), (0.5, "weak"))
        if good.challenger.auc.low > least
    )
    assert good.grade.startswith(f"{word}: of a leaver and a stayer it ranks the leaver higher ")
    assert f"{good.challenger.lift_10.value:.1f} (95 %" in good.grade
    assert "can be taken at their word" in good.grade
    extreme = duel(frame, p**3 / (p**3 + (1 - p) ** 3), None, baseline)
    assert "its probabilities are too extreme" in extreme.grade
    nobody = duel(frame, np.full(ROWS, 0.001), None, baseline)
    assert nobody.grade.startswith("worthless: ")
    assert "it says the same of everyone" in nobody.grade
    assert "accura" not in good.grade + nobody.grade + nobody.reason


def test_a_duel_without_challenger_is_a_mistake() -> None:
    frame, _, baseline = later_rows()
    with pytest.raises(ValueError, match="needs a challenger"):
        duel_of(frame, {}, None, baseline, RATE)
