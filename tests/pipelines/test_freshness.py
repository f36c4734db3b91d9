"""Whether a list is there by the hour at which people look for it, by the day that it names."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines import nightly
from pipelines.freshness import due, freshness
from pipelines.lists import AT_RISK

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2025, 3, 11, 7, 59, tzinfo=BERLIN), date(2025, 3, 9)),
        (datetime(2025, 3, 11, 8, 0, tzinfo=BERLIN), date(2025, 3, 10)),
        (datetime(2025, 3, 11, 7, 0, tzinfo=ZoneInfo("UTC")), date(2025, 3, 10)),
        (datetime(2025, 3, 10, 23, 30, tzinfo=ZoneInfo("UTC")), date(2025, 3, 9)),
        (datetime(2025, 3, 30, 8, 0, tzinfo=BERLIN), date(2025, 3, 29)),
    ],
)
def test_the_list_of_the_day_before_is_due_from_the_hour_on(shop: Any, now: datetime, day: date) -> None:
    assert due(shop.config(), now) == day


def test_a_demo_company_has_no_list_after_the_end_of_its_records(shop: Any) -> None:
    shop.keys["sources"] = {"demo": {"kind": "demo", "accounts": 50, "start": "2025-01-01", "months": 6, "seed": 7}}
    assert due(shop.config(), datetime(2026, 1, 1, 12, tzinfo=BERLIN)) == date(2025, 6, 30)


def test_what_counts_is_the_day_that_the_list_is_of(running_shop: Any) -> None:
    config = running_shop.config()
    on_time = freshness(config, AT_RISK, datetime(2025, 3, 11, 9, tzinfo=BERLIN))
    assert on_time.fresh
    assert (on_time.newest, on_time.due) == (date(2025, 3, 10), date(2025, 3, 10))
    late = freshness(config, AT_RISK, datetime(2025, 3, 12, 9, tzinfo=BERLIN))
    # published again, so that it is new by the clock
    done = nightly.publish_list(config, AT_RISK, date(2025, 3, 10))
    assert not isinstance(done, str)
    os.utime(done.folder / "manifest.json")
    assert freshness(config, AT_RISK, datetime(2025, 3, 12, 9, tzinfo=BERLIN)) == late
    assert not late.fresh
    assert str(late) == "the list at_risk of 2025-03-11 is not published: the newest is of 2025-03-10"


def test_a_list_that_was_never_published(shop: Any) -> None:
    found = freshness(shop.config(), AT_RISK, datetime(2025, 3, 12, 9, tzinfo=BERLIN))
    assert not found.fresh
    assert str(found) == "the list at_risk of 2025-03-11 is not published: there is none"
