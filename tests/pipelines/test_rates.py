"""Rates by month, as the command tells them: the months, and 5 of 100 is 5 %."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.rates import monthly, months_before

DAY = date(2025, 3, 10)


def test_months_are_those_that_are_over() -> None:
    assert months_before(date(2025, 3, 10), 2) == [
        (date(2025, 1, 1), date(2025, 1, 31)), (date(2025, 2, 1), date(2025, 2, 28)),
    ]  # fmt: skip
    assert months_before(date(2024, 2, 29), 1) == [(date(2024, 2, 1), date(2024, 2, 29))]
    assert months_before(date(2024, 12, 30), 1) == [(date(2024, 11, 1), date(2024, 11, 30))]


def test_5_of_100_is_5_percent(hundred: Any) -> None:
    january, february = monthly(hundred, DAY, 2)
    assert (january.figures["active_at_start"], january.figures["logo_churn_rate"]) == (0, None)
    assert (february.first, february.final) == (date(2025, 2, 1), True)
    assert february.figures["active_at_start"] == 100
    assert february.figures["logo_churn_rate"] == 0.05
    assert february.figures["gross_revenue_retention"] == 0.95
    assert february.figures["arpu"] == 1000.0


def test_the_command_prints_every_rate(hundred: Any, churn: Any) -> None:
    done = churn(hundred, "rates", "--as-of", "2025-03-10", "--months", "1")
    assert done.code == 0, done.err
    assert "Shop, as known on 2025-03-10" in done.out
    for told in ("2025-02", "100", "5.0%", "95.0%", "ARPU", "10.00 EUR"):
        assert told in done.out
