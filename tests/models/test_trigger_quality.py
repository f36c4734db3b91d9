"""What a rule was worth: figures worked out by hand, and intervals that cover the truth as often as they say."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.inputs import ModelError
from models.trigger_quality import LOOK_BACK_DAYS, lift, trigger_quality

FIRST = date(2025, 1, 5)


def company(accounts: int, dates: int, seed: int, effect: float = 3.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows per account and week while it stays, with outcomes over four weeks, which overlap; a rule that holds for
    some weeks at a time and makes departures ``effect`` times as likely; accounts and seasons differ in their risk."""
    rng = np.random.default_rng(seed)
    usual = 0.012 * rng.gamma(2, 0.5, accounts)[:, None] * (1 + 0.5 * np.sin(np.arange(dates + 4) / 8))
    begins = rng.random((accounts, dates + 4)) < 0.03
    held = np.zeros((accounts, dates + 4), dtype=bool)
    for weeks in range(6):
        held[:, weeks:] |= begins[:, : dates + 4 - weeks]
    goes = rng.random((accounts, dates + 4)) < usual * np.where(held, effect, 1.0)
    left = np.where(goes.any(axis=1), goes.argmax(axis=1), 10**6)
    at, who = (part.ravel() for part in np.meshgrid(np.arange(dates), np.arange(accounts)))
    here = left[who] >= at
    at, who = at[here], who[here]
    churned = left[who] < at + 4
    as_of = np.array(FIRST, dtype="datetime64[D]") + 7 * at
    left_on = np.array(FIRST, dtype="datetime64[D]") + 7 * left[who] + 3
    frame = pd.DataFrame({"account_id": who, "as_of": as_of, "churned": churned})
    frame["left_on"] = pd.Series(left_on).where(churned)
    return frame, held[who, at]


def rows(*told: tuple[str, int, int | None, bool]) -> tuple[pd.DataFrame, np.ndarray]:
    """(account, week, days from the first date to the departure if it is within the window, whether the rule held)."""
    frame = pd.DataFrame(
        {
            "account_id": [each[0] for each in told],
            "as_of": [FIRST + timedelta(days=7 * each[1]) for each in told],
            "left_on": [None if each[2] is None else FIRST + timedelta(days=each[2]) for each in told],
            "churned": [each[2] is not None for each in told],
        }
    )
    return frame, np.array([each[3] for each in told])


def test_the_lift_is_against_the_same_dates() -> None:
    held = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], dtype=bool)
    churned = np.array([1, 0, 1, 0, 1, 1, 0, 0, 0, 0], dtype=float)
    when = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    base, ratio = lift(held, churned, when, np.arange(10))
    # to be expected: 2 of 2 held on a date where half leave, 1 on one where 2 of 6 do
    expected = 2 * 2 / 4 + 1 * 2 / 6
    assert base == pytest.approx(expected / 3)
    assert ratio.value == pytest.approx(2 / expected)
    assert ratio.low < ratio.value < ratio.high


def test_rows_of_one_account_are_one_story() -> None:
    held = np.tile([True, False, False], 60)
    churned = np.tile([1.0, 0.0, 1.0, 0.0, 0.0, 0.0], 30)
    apart = lift(held, churned, np.zeros(180, dtype=int), np.arange(180))[1]
    together = lift(held, churned, np.zeros(180, dtype=int), np.arange(180) // 6 % 10 * 3 + np.arange(180) % 3)[1]
    assert apart.value == together.value
    assert together.high - together.low > 1.3 * (apart.high - apart.low)


def test_coverage_asks_the_latest_date_and_lead_time_the_first() -> None:
    told = []
    for number in range(12):
        account, off = f"a{number:02}", 20 + number % 3
        for week in range(23):
            gone = 7 * off - 1
            if 7 * week <= gone:
                leaves = gone if gone - 7 * week <= 30 else None
                # holds in one early week of all, and at the end of nine of the twelve
                told.append((account, week, leaves, week == 9 or (week >= off - 2 and number < 9)))
    frame, held = rows(*told)
    found = trigger_quality(frame, {"rule": held})["rule"]
    assert (found.departures, found.covered, found.coverage.value) == (12, 9, 0.75)
    assert 0.4 < found.coverage.low < 0.75 < found.coverage.high < 0.95
    assert found.led == 12
    leads = sorted(7 * (20 + number % 3) - 1 - 7 * 9 for number in range(12))
    assert found.lead_days == tuple(np.percentile(leads, [25, 50, 75]))
    assert found.lead_days[2] <= LOOK_BACK_DAYS


def test_lead_time_needs_a_whole_look_back() -> None:
    told = [(f"a{number}", week, 40, True) for number in range(12) for week in (2, 3)]
    found = trigger_quality(*(lambda frame, held: (frame, {"rule": held}))(*rows(*told)))["rule"]
    assert (found.led, found.lead_days) == (0, None), "what came before the first date is not known"
    assert found.covered == 12


def test_too_few_cases_are_said_and_not_figured() -> None:
    few = [(f"a{number}", 0, 5 if number < 9 else None, number < 20) for number in range(60)]
    frame, held = rows(*few)
    found = trigger_quality(frame, {"rule": held, "never": np.zeros(60, dtype=bool)})
    assert found["rule"].too_few == "too few: 9 of the 20 accounts where it held left, 9 departures"
    assert (found["rule"].rate, found["rule"].as_dict()["lift"], found["rule"].lead_days) == (None, None, None)
    assert (found["rule"].rows, found["rule"].leavers) == (20, 9)
    assert found["never"].too_few == "it never held"
    assert found["never"].as_dict()["coverage"] is None


def test_the_order_of_rows_does_not_matter() -> None:
    frame, held = company(300, 20, 1)
    shuffled = np.random.default_rng(0).permutation(len(frame))
    one = trigger_quality(frame, {"rule": held})["rule"].as_dict()
    other = trigger_quality(frame.iloc[shuffled].reset_index(drop=True), {"rule": held[shuffled]})["rule"].as_dict()
    assert (one.pop("lead_days"), one.pop("too_few")) == (other.pop("lead_days"), other.pop("too_few"))
    assert one == pytest.approx(other, rel=1e-9)


def test_rows_without_outcome_and_masks_of_another_length_are_refused() -> None:
    frame, held = rows(("a", 0, 5, True), ("b", 0, None, False))
    with pytest.raises(ModelError, match="has 1 values for 2 rows"):
        trigger_quality(frame, {"rule": held[:1]})
    with pytest.raises(ModelError, match="no outcome"):
        trigger_quality(frame.assign(churned=[True, None]), {"rule": held})


def test_intervals_cover_the_lift_of_a_company_without_end() -> None:
    """200 companies of the same kind: about 95 % of their intervals hold the lift of one that is 200 times as large,
    though rows of an account overlap, and seasons and accounts differ."""
    frame, held = company(60_000, 26, 999)
    codes = np.unique(frame["as_of"], return_inverse=True)[1]
    truth = lift(held, frame["churned"].to_numpy(float), codes, frame["account_id"].to_numpy())[1]
    assert truth.high / truth.low < 1.07
    inside, below, companies = 0, 0, 200
    for seed in range(companies):
        frame, held = company(300, 26, seed)
        found = trigger_quality(frame, {"rule": held})["rule"]
        assert found.leaving_accounts >= 10
        inside += found.lift.low <= truth.value <= found.lift.high
        below += truth.value < found.lift.low
    assert 0.92 <= inside / companies <= 0.99
    assert 0.0 < below / companies <= 0.06, "it errs on both sides"
