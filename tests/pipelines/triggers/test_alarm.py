"""The alarm of the company: the last month against those before it, for the whole and for its parts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.rates import monthly
from pipelines.triggers.alarm import LEVEL, Alarm, alarm
from pipelines.triggers.told import alarm_lines

DAY = date(2025, 3, 10)
"""February is final on it: its last day and the grace of seven days are over."""


def company(shop: Any, gone: dict[tuple[str, str], int], usual: int = 4) -> Any:
    """Two plans of 100 customers each since September, monthly and yearly in turn. In every month from October on
    ``usual`` of a plan leave and as many come; in February, by (plan, interval), as many as ``gone`` says."""
    accounts, subscriptions, number = [], [], 0

    def add(plan: str, cycle: str, begin: date, end: date | None) -> None:
        nonlocal number
        number += 1
        accounts.append({"id": f"a{number}", "joined": f"{begin}T09:00:00+02:00", "label": number, "manager": ""})
        subscriptions.append(
            {"sid": f"s{number}", "acc": f"a{number}", "plan": plan, "cycle": cycle, "price": 10, "from": begin,
             "to": end or ""}
        )  # fmt: skip

    begins = [date(2024, 9, 1), *(date(2024, month, 1) for month in (10, 11, 12)), date(2025, 1, 1), date(2025, 2, 1)]
    for plan in ("basic", "pro"):
        for place in range(100):
            cycle = ("monthly", "yearly")[place % 2]
            month = begins[1 + place // usual] if place < 4 * usual else None
            end = month + timedelta(days=9) if month else None
            if end is None and gone.get((plan, cycle), 0) > 0:
                gone = {**gone, (plan, cycle): gone[plan, cycle] - 1}
                end = date(2025, 2, 12)
            add(plan, cycle, date(2024, 9, 1), end)
        for month in begins[1:5]:
            for place in range(usual):
                add(plan, ("monthly", "yearly")[place % 2], month + timedelta(days=3), None)
    shop.write("accounts.csv", accounts)
    shop.write("subscriptions.csv", subscriptions)
    return shop.accept(DAY, "accounts", "subscriptions")


def test_a_month_like_those_before_it_is_none(shop: Any) -> None:
    config = company(shop, {("basic", "monthly"): 4, ("pro", "yearly"): 5})
    found = alarm(config, DAY)
    assert found.month == date(2025, 2, 1)
    assert [month.month for month in found.before] == [10, 11, 12, 1]
    whole = found.parts[0]
    assert (whole.by, whole.left, whole.left_before) == ("company", 9, 32)
    assert found.raised == ()
    (line,) = alarm_lines(found)
    assert line.startswith("Churn of the company in 2025-02 against the 4 months before it (2024-10 to 2025-01): 9 of ")
    assert "is within chance" in line


def test_the_company_counts_as_the_rates_do(shop: Any) -> None:
    config = company(shop, {("basic", "monthly"): 6})
    found = alarm(config, DAY)
    months = [month for month in monthly(config, DAY, 6) if month.final and month.figures["active_at_start"]]
    whole = found.parts[0]
    assert (whole.active, whole.left) == (
        months[-1].figures["active_at_start"], months[-1].figures["churned_of_start"],
    )  # fmt: skip
    assert whole.active_before == sum(month.figures["active_at_start"] for month in months[:-1])
    assert whole.left_before == sum(month.figures["churned_of_start"] for month in months[:-1])
    for by in ("plan", "billing_interval"):
        parts = [part for part in found.parts if part.by == by]
        assert len(parts) == 2
        assert sum(part.active for part in parts) == whole.active
        assert sum(part.left_before for part in parts) == whole.left_before


def test_a_jump_is_told_with_the_part_that_it_comes_from(shop: Any) -> None:
    config = company(shop, {("pro", "yearly"): 30})
    found = alarm(config, DAY)
    raised = {(part.by, part.value) for part in found.raised}
    assert raised == {("company", ""), ("plan", "pro"), ("billing_interval", "year")}
    assert all(part.chance < LEVEL for part in found.raised)
    lines = alarm_lines(found)
    assert len(lines) == 3
    assert "30 of 200 left (15.00%), 8.0 were to be expected (4.00%); MORE THAN CHANCE EXPLAINS" in lines[0]
    assert lines[1].startswith("  billing_interval year: 30 of 100 left")
    told = found.as_dict()
    assert (told["month"], told["parts"][0]["raised"], told["parts"][0]["expected"]) == ("2025-02", True, 8.0)


def test_a_month_that_is_not_final_waits(shop: Any) -> None:
    company(shop, {("pro", "yearly"): 30})
    config = shop.accept(date(2025, 3, 6), "accounts", "subscriptions")
    found = alarm(config, date(2025, 3, 6))
    assert found.month == date(2025, 1, 1)
    assert found.raised == ()


@pytest.mark.parametrize("day", [date(2024, 11, 20), date(2024, 12, 3)])
def test_too_few_months_say_so(shop: Any, day: date) -> None:
    shop.keys["history_start"] = "2024-09-01"
    company(shop, {})
    config = shop.accept(day, "accounts", "subscriptions")
    assert alarm(config, day) == Alarm(None, (), ())
    (line,) = alarm_lines(alarm(config, day))
    assert "too few final months" in line
