"""Figures and intervals on frames."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.inputs import ModelError
from models.quality import compare, evaluate


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
    assert quality.brier.value < quality.brier_base == pytest.approx(quality.base_rate * (1 - quality.base_rate))
    assert [day["rows"] for day in quality.by_date] == [400, 400]
    assert quality.by_date[0]["auc"] == pytest.approx(quality.auc.value)


def test_repeating_the_dates_of_an_account_does_not_narrow_the_interval() -> None:
    once, thrice = (evaluate(*frame_of(dates=dates)).auc for dates in (1, 3))
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low)


def test_intervals_cover_the_truth() -> None:
    truth = evaluate(*frame_of(accounts=200_000, dates=1), resamples=2)
    hits = np.zeros(4)
    for seed in range(60):
        got = evaluate(*frame_of(dates=1, seed=seed), resamples=200)
        for at, name in enumerate(("auc", "log_loss", "brier", "calibration_slope")):
            interval = getattr(got, name)
            hits[at] += interval.low <= getattr(truth, name).value <= interval.high
    assert (hits / 60 >= 0.85).all(), hits / 60


def test_row_order_and_repetition_change_nothing_and_the_seed_decides() -> None:
    frame, p = frame_of()
    mixed = np.random.default_rng(0).permutation(len(frame))
    first, again = evaluate(frame, p, seed=1), evaluate(frame.iloc[mixed], p[mixed], seed=1)
    assert evaluate(frame, p, seed=1) == first
    assert again.auc == first.auc
    assert again.log_loss.value == pytest.approx(first.log_loss.value)
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
    quality = replace(evaluate(frame, p), ece=float("nan"))
    plain = json.loads(json.dumps(quality.as_dict(), allow_nan=False))
    assert plain["auc_low"] < plain["auc"] < plain["auc_high"]
    assert plain["ece"] is None
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
