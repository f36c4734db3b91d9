"""Who left by month and kind, as the outcomes count it, and how far back the records reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from pipelines.readiness.history import Departures, _of_departures, departures, depth, late_usage
from pipelines.readiness.profile import TableProfile

AS_OF = date(2025, 3, 10)
MOMENT = {"as_of": AS_OF, "cutoff": datetime(2025, 3, 10, 23)}  # midnight of Berlin


def through_time(con: Any, *tables: str) -> Any:
    for name in tables:
        con.execute(
            f"CREATE OR REPLACE VIEW {name} AS "
            f"SELECT *, NULL::DATE AS known_after, NULL::DATE AS known_to FROM now_{name}"
        )
    return con


def ended(number: int, at: datetime | None, **columns: Any) -> dict[str, Any]:
    return {"account_id": f"a{number}", "subscription_id": f"s{number}", "ended_at": at, **columns}


def test_departures_by_month_and_kind(store: Callable[..., Any], shop: Any) -> None:
    rows = [
        ended(1, datetime(2025, 1, 31, 12), end_reason="requested"),
        ended(2, datetime(2025, 1, 31, 23, 30), end_reason="payment_failed"),  # February in Berlin
        ended(3, datetime(2025, 2, 3), end_reason="requested"),
        ended(4, datetime(2025, 2, 3)),
        {**ended(5, datetime(2025, 2, 3)), "subscription_id": "s5 before"},
        {**ended(5, None, started_at=datetime(2025, 2, 8)), "subscription_id": "s5"},  # back within the grace
        ended(6, datetime(2025, 3, 8)),  # may still come back
        ended(7, datetime(2025, 4, 1)),  # not yet
        ended(8, None),
        ended(9, datetime(2025, 2, 3), mrr=0),  # never a customer
    ]
    con = through_time(store(subscriptions=rows), "subscriptions")
    told, found = departures(con, shop.config(), {"subscriptions": []}, MOMENT)
    assert told.by_month == {
        ("2025-01", "voluntary"): 1, ("2025-02", "involuntary"): 1, ("2025-02", "unknown"): 1,
        ("2025-02", "voluntary"): 1,
    }  # fmt: skip
    assert told.customers == 3
    assert found == []
    assert told.as_dict()["total"] == 4


def test_departures_of_unknown_kind_and_of_one_month() -> None:
    same = {(f"2024-{month:02}", "unknown"): 2 for month in range(1, 7)}
    (unknown,) = _of_departures(Departures(9, same))
    assert (unknown.code, unknown.count, unknown.of) == ("departures.kind_unknown", 12, 12)
    (shown,) = _of_departures(Departures(9, same), [("a1", date(2024, 1, 31))])
    assert [(each.table, each.row, each.value) for each in shown.examples] == [
        ("subscriptions", "a1", "left on 2024-01-31")
    ]
    clean_up = {**same, ("2024-07", "voluntary"): 20}
    (one,) = _of_departures(Departures(9, clean_up))
    assert (one.code, one.count, one.of, one.examples[0].row) == ("departures.one_month", 20, 32, "2024-07")
    assert _of_departures(Departures(9, {**same, ("2024-07", "voluntary"): 12})) == [], "not most of all"
    assert _of_departures(Departures(9, {})) == []


def test_usage_that_begins_late() -> None:
    told = {
        "subscriptions": TableProfile(1, date(2024, 1, 1), AS_OF),
        "usage": TableProfile(1, date(2024, 2, 1), AS_OF),
    }
    (found,) = late_usage(told)
    assert (found.code, found.count, found.of) == ("history.usage_begins_late", 31, 31)
    assert late_usage({**told, "usage": TableProfile(1, date(2024, 1, 31), AS_OF)}) == []
    assert late_usage({"subscriptions": told["subscriptions"]}) == []
    assert depth(date(2024, 2, 1), AS_OF, told) == {
        "records_begin": "2024-02-01", "days_of_records": 404, "first_subscription": "2024-01-01",
        "first_usage": "2024-02-01",
    }  # fmt: skip
