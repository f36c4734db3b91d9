"""Rates by month, as the command tells them: the months, and 5 of 100 is 5 %."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines.rates import monthly, months_before

DAY = date(2025, 3, 10)


def _hundred(shop: Any) -> Any:
    """A hundred customers since January; five of them left in February, one of these in March again, as a new one."""
    shop.write(
        "accounts.csv",
        [{"id": f"a{n}", "joined": "2025-01-02T09:00:00+01:00", "label": n, "manager": ""} for n in range(100)],
    )
    rows = [
        {"sid": f"s{n}", "acc": f"a{n}", "plan": "basic", "cycle": "monthly", "price": 10, "from": "2025-01-02",
         "to": "2025-02-10" if n < 5 else ""}
        for n in range(100)
    ]  # fmt: skip
    shop.write("subscriptions.csv", [*rows, {**rows[0], "sid": "back", "from": "2025-03-05", "to": ""}])
    return shop.accept(DAY, "accounts", "subscriptions")


def test_months_are_those_that_are_over() -> None:
    assert months_before(date(2025, 3, 10), 2) == [
        (date(2025, 1, 1), date(2025, 1, 31)), (date(2025, 2, 1), date(2025, 2, 28)),
    ]  # fmt: skip
    assert months_before(date(2024, 2, 29), 1) == [(date(2024, 2, 1), date(2024, 2, 29))]
    assert months_before(date(2024, 12, 30), 1) == [(date(2024, 11, 1), date(2024, 11, 30))]


def test_5_of_100_is_5_percent(shop: Any) -> None:
    january, february = monthly(_hundred(shop), DAY, 2)
    assert (january.figures["active_at_start"], january.figures["logo_churn_rate"]) == (0, None)
    assert (february.first, february.final) == (date(2025, 2, 1), True)
    assert february.figures["active_at_start"] == 100
    assert february.figures["logo_churn_rate"] == 0.05
    assert february.figures["gross_revenue_retention"] == 0.95
    assert february.figures["arpu"] == 1000.0


def test_the_command_prints_every_rate(shop: Any, churn: Any) -> None:
    done = churn(_hundred(shop), "rates", "--as-of", "2025-03-10", "--months", "1")
    assert done.code == 0, done.err
    assert "Shop, as known on 2025-03-10" in done.out
    for told in ("2025-02", "100", "5.0%", "95.0%", "ARPU", "10.00 EUR"):
        assert told in done.out
