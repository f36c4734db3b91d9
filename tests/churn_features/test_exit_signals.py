"""Edges of the signs of leaving: exports against the account's own quarter, the week of a cancellation page."""

from __future__ import annotations

import pytest


def test_exports_of_the_last_week_against_the_quarter(of_usage, used):
    assert of_usage(("exports_burst_7d",), used("exported", 6, 7, 90, 91)) == (1 / 3,)
    assert of_usage(("exports_burst_7d",), used("exported", 91)) == (None,)
    assert of_usage(("exports_burst_7d",), used("exported", 7)) == (0,)


@pytest.mark.parametrize(("tenure", "share"), [(90, None), (91, 1), (200, 1)])
def test_the_exports_of_a_new_account_are_no_burst(of_usage, used, tenure, share):
    assert of_usage(("exports_burst_7d",), used("exported", 0, 1, 2), tenure=tenure) == (share,)


def test_views_of_the_cancellation_page_by_week_month_and_recency(of_usage, used):
    names = ("cancel_page_views_7d", "cancel_page_views_28d", "days_since_cancel_page")
    assert of_usage(names, used("saw_cancel", 6, 7, 27, 28)) == (1, 3, 6)
    assert of_usage(names, used("saw_cancel", 28)) == (0, 0, 28)
    assert of_usage(names, used("saw_downgrade", 1)) == (0, 0, None)
