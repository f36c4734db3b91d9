"""What a table holds is told column by column, and what only a whole table can show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_features.tables import TABLES
from pipelines.readiness.profile import FEW, profile

AS_OF = date(2025, 3, 10)
MOMENT = {"as_of": AS_OF, "cutoff": datetime(2025, 3, 11)}
BOTH = ("accounts", "subscriptions")


def subscribed(number: int, **columns: Any) -> dict[str, Any]:
    return {"subscription_id": f"s{number:02}", "started_at": datetime(2025, 1, 1 + number % 28), **columns}


def test_columns_have_coverage_range_and_few_values(store: Callable[..., Any]) -> None:
    rows = [
        subscribed(0, plan="pro", quantity=3, auto_renew=True),
        subscribed(1, plan="pro", quantity=11),
        subscribed(2, plan="basic", ended_at=datetime(2025, 2, 1), end_reason="requested"),
        subscribed(4, plan="basic", mrr=0),
    ]
    con = store(accounts=[{}], subscriptions=rows)
    told, _ = profile(con, TABLES["subscriptions"], BOTH, ("feedback",), "shop", MOMENT)
    of = told.columns
    assert (told.rows, told.first_day, told.last_day, told.days_with_rows) == (4, date(2025, 1, 1), date(2025, 1, 5), 4)
    assert (told.longest_gap_days, told.days_since_last) == (2, 64)
    assert (of["quantity"].filled, of["quantity"].coverage, of["quantity"].low, of["quantity"].high) == (
        2,
        0.5,
        "3",
        "11",
    )
    assert (of["mrr"].low, of["mrr"].high) == ("0", "4900")
    assert of["plan"].values == {"basic": 2, "pro": 2}
    assert of["auto_renew"].values == {"true": 1}
    assert of["end_reason"].values == {"requested": 1}
    assert (of["feedback"].given, of["feedback"].filled, of["feedback"].values) == (False, 0, None)
    assert of["subscription_id"].values is None, "ids are never listed"
    assert of["ended_at"].low == "2025-02-01 00:00:00"


def test_names_of_people_are_never_listed(store: Callable[..., Any]) -> None:
    con = store(accounts=[{"name": "Ada Lovelace", "owner": "Grace", "industry": "retail"}], subscriptions=[{}])
    told, _ = profile(con, TABLES["accounts"], BOTH, (), "shop", MOMENT)
    assert told.columns["industry"].values == {"retail": 1}
    assert "Lovelace" not in str(told.as_dict())
    assert "Grace" not in str(told.as_dict())


def test_many_values_are_not_listed(store: Callable[..., Any]) -> None:
    for count in (FEW, FEW + 1):
        con = store(accounts=[{}], subscriptions=[subscribed(n, plan=f"plan {n}") for n in range(count)])
        told, _ = profile(con, TABLES["subscriptions"], BOTH, (), "shop", MOMENT)
        assert (told.columns["plan"].values is not None) == (count == FEW)


def test_a_table_that_went_silent_is_told(store: Callable[..., Any], by_code: Any) -> None:
    def found(*days: int) -> Any:
        rows = [{"ticket_id": f"t{n}", "opened_at": datetime(2025, 3, 10) - timedelta(days=n)} for n in days]
        return by_code(
            profile(store(accounts=[{}], tickets=rows), TABLES["tickets"], ("tickets",), (), "shop", MOMENT)[1]
        )

    assert "tickets.stale" not in found(7, 8, 9)
    silent = found(8, 9, 10)["tickets.stale"]
    assert (silent.count, silent.of, silent.examples[0].row) == (8, 11, "2025-03-02")
    assert "sources.shop" in silent.remedy
    assert "tickets.stale" not in found(12, 24), "it was silent for as long before"
    assert found(13, 25)["tickets.stale"].count == 13


def test_a_day_of_migration_is_told(store: Callable[..., Any], by_code: Any) -> None:
    def found(same: int) -> Any:
        rows = [
            {"account_id": f"a{n}", "created_at": datetime(2024, 1, 1) + timedelta(days=0 if n < same else n)}
            for n in range(50)
        ]
        return by_code(profile(store(accounts=rows), TABLES["accounts"], ("accounts",), (), "shop", MOMENT)[1])

    assert "accounts.one_day" not in found(15)
    each = found(16)["accounts.one_day"]
    assert (each.count, each.of, each.column, each.examples[0].row) == (16, 50, "created_at", "2024-01-01")


WHOLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "subscriptions.never_ended": ({}, {"ended_at": datetime(2025, 2, 1)}),
    "subscriptions.never_paying": ({"mrr": 0}, {"mrr": 1900}),
    "subscriptions.mrr_in_major_units": ({"mrr": 99}, {"mrr": 100}),
    "invoices.never_paid": ({}, {"paid_at": datetime(2025, 2, 1)}),
    "payments.never_failed": ({"succeeded": True}, {"succeeded": False}),
    "tickets.never_resolved": ({}, {"resolved_at": datetime(2025, 2, 1)}),
}


@pytest.mark.parametrize("code", WHOLE)
def test_a_column_that_makes_no_sense_throughout_is_told(code: str, store: Callable[..., Any], by_code: Any) -> None:
    table = code.partition(".")[0]
    for good in (False, True):
        rows = [{**WHOLE[code][0], TABLES[table].key[0]: f"{n}"} for n in range(3)]
        if good:
            rows[1:] = [{**row, **WHOLE[code][1]} for row in rows[1:]]
        tables = {"accounts": [{}], "subscriptions": [{}], "payments": [], table: rows}
        found = by_code(profile(store(**tables), TABLES[table], (table,), (), "shop", MOMENT)[1])
        assert (code in found) == (not good)
        if not good:
            assert (found[code].count, found[code].of) == (3, 3)
            shown = [each.row for each in found[code].examples if each.value == "empty"]
            assert shown == (["0", "1", "2"] if ".never_" in code and not WHOLE[code][0] else [])


def test_a_mapped_column_without_a_value_is_told(store: Callable[..., Any]) -> None:
    con = store(accounts=[{}, {"account_id": "b", "country": "DE"}], subscriptions=[{}])
    _, found = profile(con, TABLES["accounts"], BOTH, ("industry", "size"), "crm", MOMENT)
    empty = {each.column: each for each in found if each.code == "accounts.empty_column"}
    assert "industry" not in empty, "the source does not have it"
    assert "country" not in empty
    assert (empty["channel"].count, empty["channel"].of) == (2, 2)
    assert [(each.row, each.value) for each in empty["channel"].examples] == [("a", "empty"), ("b", "empty")]
    assert empty["channel"].remedy.startswith("correct sources.crm.tables.accounts.columns.channel")


def test_a_column_of_which_worse_is_told_is_told_once(store: Callable[..., Any], by_code: Any) -> None:
    con = store(accounts=[{}], tickets=[{}])
    _, found = profile(con, TABLES["tickets"], ("accounts", "tickets"), (), "desk", MOMENT)
    assert [each.code for each in found if each.column == "resolved_at"] == ["tickets.never_resolved"]


def test_no_rows_are_no_error(store: Callable[..., Any]) -> None:
    for name, table in TABLES.items():
        if name != "usage":
            con = store(**{"accounts": [], "subscriptions": [], "payments": [], name: []})
            told, found = profile(con, table, set(TABLES), (), "shop", MOMENT)
            assert (told.rows, found) == (0, [])


when = st.none() | st.datetimes(datetime(2024, 6, 1), datetime(2025, 4, 1))
subscriptions = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from("ab"), "mrr": st.integers(0, 9000), "ended": st.none() | st.booleans(),
            "started_at": st.datetimes(datetime(2024, 6, 1), datetime(2025, 4, 1)), "ended_at": when, "ends_at": when,
            "cancel_requested_at": when, "end_reason": st.none() | st.just("requested"),
            "plan": st.text("xyß", max_size=3),
        }
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subscriptions)
def test_counts_never_exceed_rows(store: Callable[..., Any], rows: list[dict[str, Any]]) -> None:
    keyed = [{**row, "subscription_id": f"s{n}"} for n, row in enumerate(rows)]
    con = store(accounts=[{}, {"account_id": "b", "churned": True}], subscriptions=keyed)
    for name in BOTH:
        told, found = profile(con, TABLES[name], BOTH, (), "shop", MOMENT)
        for each in told.columns.values():
            assert 0 <= each.filled <= told.rows
            assert 0 <= each.coverage <= 1
            assert sum((each.values or {}).values()) <= each.filled
        for one in found:
            assert 0 < one.count <= one.of
            assert len(one.examples) <= min(5, one.count)
        assert told.rows == (len(rows) if name == "subscriptions" else 2)
