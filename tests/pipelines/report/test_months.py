"""Rates by month: intervals, and what is said where there is none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report import months

DAY = date(2025, 3, 10)


@settings(deadline=None)
@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_of_a_share_is_wilsons(counts: tuple[int, int]) -> None:
    from scipy.stats import binomtest

    expected = binomtest(*counts).proportion_ci(0.95, method="wilson")
    assert months.wilson(*counts) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_every_rate_is_shown_with_its_formula(listed_shop: Any) -> None:
    found = {figure.title: figure for figure in months.figures(listed_shop.config, DAY)}
    assert list(found) == [
        "Logo churn", "Churn as Stripe counts it", "Gross MRR churn", "Net MRR churn", "GRR", "NRR", "ARPU",
        "Payment success",
    ]  # fmt: skip
    for title, figure in found.items():
        if title == "Payment success":
            assert figure.note == "Not known: there is no table of payments."
            assert not figure.svg
            continue
        assert figure.svg, title
        assert [row[0] for row in figure.rows] == ["2024-12", "2025-01", "2025-02"], "none before there were customers"
        assert figure.note.endswith(".")
        assert all(row[2] != months.DASH for row in figure.rows), title


def test_a_month_that_may_still_change_is_marked(shop: Any) -> None:
    config = shop.accept(date(2025, 3, 3), "accounts", "subscriptions")
    logo = months.figures(config, date(2025, 3, 3))[0]
    assert [row[0] for row in logo.rows][-1] == "2025-02*"
