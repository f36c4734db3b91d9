"""Figures and intervals on frames."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.inputs import ModelError
from models.profit import Campaign
from models.quality import Quality, compare, evaluate


def frame_of(
    accounts: int = 400, dates: int = 2, seed: int = 0, strength: float = 1.0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows whose probabilities are true, repeated per date; an account's outcome is the same on all its dates."""
    rng = np.random.default_rng(seed)
    raw = -2 + strength * rng.normal(size=accounts)
    p = 1 / (1 + np.exp(-raw))
    churned = rng.random(accounts) < p
    days = pd.to_datetime(["2024-03-01", "2024-03-08", "2024-03-15"][:dates])
    frame = pd.DataFrame(
        {
            "account_id": np.tile([f"a{at}" for at in range(accounts)], dates),
            "as_of": np.repeat(days, accounts),
            "churned": np.tile(churned, dates),
        }
    )
    return frame, np.tile(p, dates)


def test_counts_losses_and_dates() -> None:
    frame, p = frame_of()
    quality = evaluate(frame, p)
    leavers = int(frame["churned"].sum())
    assert (quality.rows, quality.accounts, quality.leavers) == (800, 400, leavers)
    assert quality.leaving_accounts == leavers / 2
    assert quality.dates == ["2024-03-01", "2024-03-08"]
    assert quality.expected_leavers == pytest.approx(p.sum())
    assert quality.log_loss.value < quality.log_loss_base
    rate = quality.base_rate.value
    assert quality.brier.value < quality.brier_base == pytest.approx(rate * (1 - rate))
    assert (quality.actual_leavers.value, rate) == (leavers, leavers / 800)
    assert quality.actual_leavers.low < quality.expected_leavers < quality.actual_leavers.high
    assert [day["rows"] for day in quality.by_date] == [400, 400]
    assert quality.by_date[0]["auc"] == pytest.approx(quality.auc.value)


def test_repeating_the_dates_of_an_account_does_not_narrow_the_interval() -> None:
    once, thrice = (evaluate(*frame_of(dates=dates)).auc for dates in (1, 3))
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low)


COVERED = (
    "auc", "log_loss", "brier", "calibration_slope", "calibration_intercept", "ece", "base_rate", "lift_10",
    "capture_10", "captured_mrr_10", "profit",
)  # fmt: skip


def with_mrr(frame: pd.DataFrame) -> pd.DataFrame:
    """Revenue that differs between accounts and stays the same over the dates."""
    number = frame["account_id"].str[1:].astype(int)
    return frame.assign(mrr_now=100 * (1 + number % 7))


@pytest.mark.parametrize("overconfident", [1.0, 1.6])
def test_intervals_cover_the_truth(overconfident: float) -> None:
    def judged(resamples: int, accounts: int, seed: int = 0) -> Quality:
        frame, p = frame_of(accounts, dates=1, seed=seed)
        said = 1 / (1 + np.exp(-overconfident * np.log(p / (1 - p))))
        return evaluate(with_mrr(frame), said, resamples=resamples)

    truth = judged(2, 100_000)
    hits = dict.fromkeys(COVERED, 0)
    for seed in range(40):
        got = judged(100, 600, seed)
        for name in COVERED:
            interval = getattr(got, name)
            hits[name] += interval.low <= getattr(truth, name).value <= interval.high
    assert min(hits.values()) >= 0.85 * 40, hits


def test_lists_at_capacity_and_captured_revenue() -> None:
    frame, p = frame_of()
    frame = with_mrr(frame)
    quality = evaluate(frame, p, capacity=40)
    # 40 of 400 accounts on each of two dates that are alike: the same as a tenth of all
    for name in ("lift", "capture", "captured_mrr"):
        tenth, listed = getattr(quality, f"{name}_10"), getattr(quality, f"{name}_at_capacity")
        assert tenth.value == pytest.approx(listed.value)
        assert listed.low < listed.value < listed.high
    top = np.argsort(-p[:400], kind="stable")[:40]
    lost = frame["mrr_now"].to_numpy()[:400] * frame["churned"].to_numpy()[:400]
    assert quality.captured_mrr_at_capacity.value == pytest.approx(lost[top].sum() / lost.sum())
    assert quality.capture_10.value == pytest.approx(0.1 * quality.lift_10.value)
    without = evaluate(frame.drop(columns="mrr_now"), p)
    assert np.isnan([without.captured_mrr_10.value, without.capture_at_capacity.value]).all()
    assert without.capture_10 == quality.capture_10
    with pytest.raises(ModelError, match="capacity"):
        evaluate(frame, p, capacity=0)


def test_profit_is_in_the_campaign_s_unit_and_exceeds_that_of_no_ranking() -> None:
    frame, p = frame_of()
    quality, tenfold = evaluate(frame, p), evaluate(frame, p, campaign=Campaign(clv=2000, offer=100, contact=10))
    assert quality.profit.value > quality.profit_base > 0
    assert tenfold.profit.value == pytest.approx(10 * quality.profit.value)
    assert evaluate(frame, np.full(len(p), 0.2)).profit.value == pytest.approx(quality.profit_base)


def test_row_order_and_repetition_change_nothing_and_the_seed_decides() -> None:
    frame, p = frame_of()
    mixed = np.random.default_rng(0).permutation(len(frame))
    first, again = evaluate(frame, p, seed=1), evaluate(frame.iloc[mixed], p[mixed], seed=1)
    assert evaluate(frame, p, seed=1) == first
    assert again.auc == first.auc
    assert again.log_loss.value == pytest.approx(first.log_loss.value)
    assert again.profit.value == pytest.approx(first.profit.value)
    assert evaluate(frame, p, seed=2).auc.low != first.auc.low


def test_announced_leavers_do_not_count() -> None:
    frame, p = frame_of()
    announced = (frame["churned"] & (np.arange(len(frame)) % 2 == 0)).astype("boolean")
    announced[3] = pd.NA
    marked = frame.assign(announced=announced)
    kept = ~announced.fillna(False).to_numpy(dtype=bool)
    assert evaluate(marked, p) == evaluate(frame[kept], p[kept])
    assert compare(marked, p, p / 2) == compare(frame[kept], p[kept], p[kept] / 2)


def test_scores_on_any_scale_are_judged_by_their_ranking_only() -> None:
    frame, p = frame_of()
    quality = evaluate(frame, p * 90, probability=False)
    assert quality.auc == evaluate(frame, p).auc
    assert np.isnan(quality.log_loss.value)
    assert compare(frame, p, p * 90, probability=False)["auc"].value == 0


def test_plain_values_survive_strict_json() -> None:
    frame, p = frame_of()
    quality = replace(evaluate(frame, p), brier_base=float("nan"))
    plain = json.loads(json.dumps(quality.as_dict(), allow_nan=False))
    assert plain["auc_low"] < plain["auc"] < plain["auc_high"]
    assert plain["brier_base"] is None
    assert plain["captured_mrr_10_low"] is None
    nobody = evaluate(frame.assign(churned=False), np.zeros(len(frame)))
    assert json.loads(json.dumps(nobody.as_dict(), allow_nan=False))["auc"] is None
    assert (nobody.leavers, nobody.log_loss.value) == (0, 0)


def test_differences_are_paired() -> None:
    frame, p = frame_of()
    same = compare(frame, p, p)
    assert [(each.value, each.low, each.high) for each in same.values()] == [(0, 0, 0), (0, 0, 0)]
    noisy = np.clip(p + np.random.default_rng(0).normal(0, 0.02, len(p)), 0.001, 0.999)
    pair, alone = compare(frame, p, noisy)["auc"], evaluate(frame, p).auc
    assert pair.high - pair.low < 0.5 * (alone.high - alone.low)
    worse = compare(frame, np.full(len(p), 0.5), p)
    assert worse["auc"].high < 0 < worse["log_loss"].low


def test_what_cannot_be_judged_is_refused() -> None:
    frame, p = frame_of()
    for wrong, scores, message in (
        (frame, p[:-1], "799 scores for 800 rows"),
        (frame, np.where(np.arange(800) == 5, np.nan, p), "missing or infinite"),
        (frame, p * 2 + 1, "outside 0 to 1"),
        (frame.iloc[:0], p[:0], "no rows"),
        (frame.assign(announced=True), p, "no rows"),
        (frame.assign(churned=frame["churned"].astype("boolean").where(frame.index > 2)), p, "3 of 800 rows have no"),
        (frame.drop(columns="churned"), p, "lacks churned"),
    ):
        with pytest.raises(ModelError, match=message):
            evaluate(wrong, scores)
