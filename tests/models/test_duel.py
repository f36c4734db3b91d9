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
    return duel_of(frame, p, champion_p, baseline, RATE, seed)


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
    assert verdict.reason.startswith("no usable signal: AUC 0.50 (95 % 0.50 to 0.50)")


def test_noise_is_refused() -> None:
    frame, p, baseline = later_rows()
    verdicts = [duel(frame, np.random.default_rng(s).permutation(p), None, baseline, seed=s) for s in range(12)]
    assert sum(each.promote for each in verdicts) <= 1
    assert "no usable signal" in verdicts[0].reason


def test_nobody_leaves_is_no_grade() -> None:
    frame, p, baseline = later_rows()
    verdict = duel(frame.assign(churned=False), np.zeros(ROWS), None, baseline)
    assert not verdict.promote
    assert "too few leavers to judge (0, at least 10" in verdict.reason
    few = duel(frame.assign(churned=p >= np.sort(p)[-5]), p, None, baseline)
    assert not few.promote
    assert "too few leavers to judge (5," in few.reason


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


def test_the_champion_stays_unless_it_is_beaten() -> None:
    frame, p, baseline = later_rows()
    blurred = blur(baseline)
    better = duel(frame, p, blurred, baseline)
    assert better.promote
    assert better.differences["champion"]["log_loss"].high < 0
    assert "against the champion" in better.reason
    for rival in (blurred, p):
        verdict = duel(frame, rival, p, baseline)
        assert not verdict.promote
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
    assert not duel_of(frame, too_high, None, baseline, known_rate=0.07).promote
    fallen = duel_of(frame, too_high, None, baseline, known_rate=0.4)
    assert fallen.promote
    assert fallen.challenger.log_loss.value > fallen.challenger.log_loss_base
