"""The arithmetic against scikit-learn, by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from models.metrics import AccountSums, Ranking, interval, reflected, row_log_loss
from models.profit import PAPER, expected_maximum_profit

rows = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40)


@settings(deadline=None)
@given(rows)
def test_ranking_equals_scikit_learn_with_ties_and_repeated_accounts(table: list[tuple[int, bool, int]]) -> None:
    score, churned, drawn = (np.array(column) for column in zip(*table, strict=True))
    again = np.repeat(np.arange(len(score)), drawn)
    assume(0 < churned[again].sum() < len(again))
    auc, precision, *_ = Ranking(score / 5, churned, np.arange(len(score))).figures(drawn.astype(float))
    assert auc == pytest.approx(roc_auc_score(churned[again], score[again]))
    assert precision == pytest.approx(average_precision_score(churned[again], score[again]))


def test_lift_counted_by_hand() -> None:
    churned = np.zeros(20, dtype=bool)
    churned[[0, 5, 9, 19]] = True  # a leaver first: the top two of twenty rows hold 1 of 4
    falling = np.linspace(1, 0, 20)
    everyone = np.ones(20)
    assert Ranking(falling, churned, np.arange(20)).figures(everyone)[2] == pytest.approx(2.5)
    tied = falling.copy()
    tied[:4] = 1.0  # four tied rows with one leaver share the two places: half a leaver
    assert Ranking(tied, churned, np.arange(20)).figures(everyone)[2] == pytest.approx(1.25)
    assert Ranking(np.ones(20), churned, np.arange(20)).figures(everyone)[:3] == pytest.approx((0.5, 0.2, 1.0))


def test_the_top_tenth_holds_its_share_of_the_revenue_that_leaves() -> None:
    churned = np.zeros(20, dtype=bool)
    churned[[0, 5, 9, 19]] = True
    mrr = np.full(20, 7.0)
    mrr[[0, 5]] = 30.0, 56.0
    figures = Ranking(np.linspace(1, 0, 20), churned, np.arange(20), mrr).figures(np.ones(20))
    assert figures.captured_mrr_10 == pytest.approx(30 / 100)
    assert np.isnan(figures.profit)


@settings(deadline=None)
@given(rows)
def test_profit_is_that_of_the_steps_of_the_ranking(table: list[tuple[int, bool, int]]) -> None:
    score, churned, drawn = (np.array(column) for column in zip(*table, strict=True))
    again = np.repeat(np.arange(len(score)), drawn)
    assume(0 < churned[again].sum() < len(again))
    _, step = np.unique(-score[again], return_inverse=True)
    leavers = np.bincount(step, weights=churned[again])
    ours = Ranking(score, churned, np.arange(len(score)), campaign=PAPER).figures(drawn.astype(float)).profit
    assert ours == pytest.approx(expected_maximum_profit(leavers, np.bincount(step) - leavers, PAPER), abs=1e-12)


@settings(deadline=None)
@given(rows, st.permutations(range(40)))
def test_only_the_order_of_scores_matters_and_no_order_of_rows(
    table: list[tuple[int, bool, int]], order: list[int]
) -> None:
    score, churned, drawn = (np.array(column) for column in zip(*table, strict=True))
    mrr, account = np.arange(len(score)) % 5.0, np.arange(len(score))
    ours = Ranking(score, churned, account, mrr, PAPER).figures(drawn.astype(float))
    mixed = np.array([at for at in order if at < len(score)])
    theirs = Ranking(np.exp(score[mixed] / 3.0) - 9, churned[mixed], account[mixed], mrr[mixed], PAPER)
    np.testing.assert_allclose(ours, theirs.figures(drawn.astype(float)), rtol=1e-12)


def test_one_class_determines_nothing() -> None:
    figures = Ranking(np.arange(5.0), np.zeros(5, dtype=bool), np.arange(5)).figures(np.ones(5))
    assert np.isnan(figures).all()
    assert np.isnan(interval(figures[0], np.array([np.nan])).low)


def test_log_loss_equals_scikit_learn_and_is_finite_for_the_certain() -> None:
    p, y = np.array([0.1, 0.9, 0.4]), np.array([False, True, True])
    assert row_log_loss(p, y).mean() == pytest.approx(log_loss(y, p))
    assert np.isfinite(row_log_loss(np.array([0.0, 1.0]), np.array([True, False]))).all()


def test_sums_follow_the_drawn_accounts() -> None:
    account = np.array([0, 0, 1, 2])
    sums = AccountSums([np.array([1.0, 2.0, 10.0, 100.0]), np.ones(4)], account)
    np.testing.assert_allclose(sums(np.array([2.0, 0.0, 1.0])), [106, 5])


def test_a_reflected_interval_holds_the_estimate_and_points_below_it() -> None:
    found = reflected(0.02, np.linspace(0.02, 0.05, 101))
    assert found.low == 0
    assert found.value == found.high == 0.02
    assert reflected(0.2, np.linspace(0.15, 0.28, 101)).low == pytest.approx(0.4 - np.percentile([0.15, 0.28], 97.5))
    assert np.isnan(reflected(np.nan, np.array([np.nan])).high)
