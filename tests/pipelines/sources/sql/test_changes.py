"""Tables with a cursor: a landing is the whole table, read by what changed, late rows and corrections included."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources.sql.changes import Mark

DAY = date(2025, 3, 10)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def changing(company: Any) -> Any:
    """The company, whose accounts are read by ``updated_at``."""
    company.tables["accounts"].update(cursor="updated_at", overlap=2)
    return company


def names(company: Any, as_of: date) -> dict[str, str]:
    return dict(company.rows("account_id, name", as_of=as_of))


def test_corrections_new_and_late_rows_take_their_place(changing: Any, read: list[int]) -> None:
    changing.land()
    changing.run(
        "UPDATE crm.customers SET label = 'Corrected', updated_at = '2025-03-11 08:00+00' WHERE id = 'a3'",
        "INSERT INTO crm.customers VALUES ('new', '2025-03-11 09:00+01', 'New', '2025-03-11 09:00+01')",
        # committed late: older than the last one that was seen, within the overlap
        "INSERT INTO crm.customers VALUES ('late', '2025-03-01 09:00+00', 'Late', '2025-03-01 08:30+00')",
        "INSERT INTO crm.customers VALUES ('undated', '2025-03-01 09:00+00', 'Undated', NULL)",
        "UPDATE crm.customers SET label = 'Unseen', updated_at = '2025-02-01 08:00+00' WHERE id = 'a4'",
    )
    del read[:]
    changing.land(as_of=NEXT)
    # all but a4, which has moved behind the overlap: its 19 others lie within two hours
    assert sum(read) == 19 + 3
    found = names(changing, NEXT)
    assert len(found) == 23
    assert found["a3"] == "Corrected"
    assert (found["new"], found["late"], found["undated"]) == ("New", "Late", "Undated")
    assert found["a4"] == "Customer 4", "what moves behind the overlap waits for the full read"
    places = changing.rows("_file, _row", as_of=NEXT)
    assert len(set(places)) == 23, "a row is found by its place"


def test_less_is_read_and_the_whole_table_landed(changing: Any, read: list[int]) -> None:
    changing.run("UPDATE crm.customers SET updated_at = '2025-01-01 10:00+00' WHERE id <> 'a20'")
    changing.land()
    del read[:]
    landed = changing.land(as_of=NEXT)
    assert (sum(read), landed.rows) == (1, 20)


def test_deletions_are_seen_by_the_full_read(changing: Any, read: list[int]) -> None:
    changing.source["full_every_days"] = 3
    changing.run("UPDATE crm.customers SET updated_at = '2025-01-01 10:00+00' WHERE id < 'a5'")
    changing.land()
    changing.run("DELETE FROM crm.customers WHERE id = 'a1'")
    rows = {}
    for days in (1, 2, 3, 4):
        del read[:]
        rows[days] = (changing.land(as_of=DAY + timedelta(days=days)).rows, sum(read))
    few = rows[1][1]
    assert few < 19
    assert rows == {1: (20, few), 2: (20, few), 3: (19, 19), 4: (19, few)}


def test_rows_whose_day_has_not_come_are_kept_for_it(changing: Any) -> None:
    changing.run(
        # written long before they begin: the cursor is past them when their day comes
        "INSERT INTO crm.customers VALUES ('tomorrow', '2025-03-11 12:00+00', 'T', '2024-06-01 00:00+00')"
    )
    assert changing.land().rows == 20
    assert "tomorrow" not in names(changing, DAY)
    changing.land(as_of=NEXT)
    assert names(changing, NEXT)["tomorrow"] == "T"


def test_a_row_that_the_condition_no_longer_lets_through_goes(changing: Any) -> None:
    changing.tables["accounts"]["where"] = "label <> 'test'"
    changing.land()
    changing.run("UPDATE crm.customers SET label = 'test', updated_at = '2025-03-11 08:00+00' WHERE id = 'a3'")
    changing.land(as_of=NEXT)
    found = names(changing, NEXT)
    assert len(found) == 19
    assert "a3" not in found


def test_versions_stay_beside_each_other(changing: Any) -> None:
    accounts = changing.tables["accounts"]
    accounts["columns"]["recorded_at"] = "updated_at"
    for versions, expected in ((False, 20), (True, 21)):
        accounts["versions"] = versions
        changing.run("DELETE FROM crm.customers WHERE id = 'a1'",
                     "INSERT INTO crm.customers VALUES ('a1', '2025-01-02', 'one', '2025-02-01')")  # fmt: skip
        changing.land()
        changing.run("INSERT INTO crm.customers VALUES ('a1', '2025-01-02', 'two', '2025-03-11 08:00+00')")
        changing.land(as_of=NEXT)
        assert changing.rows("count(*) OVER ()", as_of=NEXT)[0] == (expected,)
        assert ("a1", "two") in changing.rows("account_id, name", as_of=NEXT)


@pytest.mark.parametrize("change", ["columns", "where", "time_zone", "table"])
def test_another_question_is_asked_in_full(changing: Any, read: list[int], change: str) -> None:
    changing.run("UPDATE crm.customers SET updated_at = '2025-01-01 10:00+00' WHERE id <> 'a20'")
    changing.land()
    accounts = changing.tables["accounts"]
    match change:
        case "columns":
            accounts["columns"]["owner"] = "label"
        case "where":
            accounts["where"] = "id <> 'a1'"
        case "time_zone":
            changing.keys["time_zone"] = "Asia/Tokyo"
        case "table":
            accounts.update(table=None, query="SELECT * FROM crm.customers")
    del read[:]
    changing.land(as_of=NEXT)
    assert sum(read) == 20


def test_landing_a_day_again_gives_the_same_bytes(changing: Any, digests: Any) -> None:
    changing.land()
    seen = []
    for _ in range(2):
        changing.land(as_of=NEXT)
        seen.append(digests(changing.folder(as_of=NEXT)))
    assert seen[0] == seen[1]
    assert {each.split("/")[-1] for each in seen[0]} == {"part-0.parquet", "receipt.json", "mark.json", "later.parquet"}


def test_a_cursor_in_the_future_hides_nothing(changing: Any) -> None:
    changing.run("UPDATE crm.customers SET updated_at = '2999-01-01' WHERE id = 'a1'")
    changing.land()
    mark = json.loads((changing.folder() / "cursor" / "mark.json").read_text("utf-8"))
    assert datetime.fromisoformat(mark["last"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("kind", "values", "overlap", "seen"),
    [
        ("bigint", ("100", "103", "99", "97"), 2, {"first", "second", "within"}),
        ("date", ("'2025-03-08'", "'2025-03-09'", "'2025-03-07'", "'2025-03-05'"), 25, {"first", "second", "within"}),
        ("timestamp", ("'2025-03-08 12:00'", "'2025-03-08 13:00'", "'2025-03-08 10:30'", "'2025-03-08 09:00'"), 2,
         {"first", "second", "within"}),
    ],
)  # fmt: skip
def test_cursors_of_every_kind(company: Any, kind: str, values: Any, overlap: int, seen: set[str]) -> None:
    company.run(f"CREATE TABLE counted (id text, joined timestamptz, at {kind})",
                f"INSERT INTO counted VALUES ('first', '2025-01-01', {values[0]})")  # fmt: skip
    company.tables["accounts"] = {
        "table": "counted", "columns": {"account_id": "id", "created_at": "joined"}, "cursor": "AT", "overlap": overlap,
    }  # fmt: skip
    company.land()
    for name, value in zip(("second", "within", "before"), values[1:], strict=True):
        company.run(f"INSERT INTO counted VALUES ('{name}', '2025-01-01', {value})")
    company.land(as_of=NEXT)
    assert {row[0] for row in company.rows("account_id", as_of=NEXT)} == seen


def test_an_empty_table_is_read_in_full_until_it_has_rows(changing: Any) -> None:
    changing.run("DELETE FROM crm.customers")
    assert changing.land().rows == 0
    changing.run("INSERT INTO crm.customers VALUES ('a', '2025-01-01', 'A', '2020-01-01')")
    assert changing.land(as_of=NEXT).rows == 1


@given(last=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), overlap=st.integers(1, 1000))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_begins_by_the_overlap_earlier(last: datetime, overlap: int) -> None:
    mark = Mark(last.isoformat(), "2025-03-10", "x")
    assert mark.before("time", overlap) == last - timedelta(hours=overlap)
    day = Mark(last.date().isoformat(), "2025-03-10", "x").before("day", overlap)
    assert isinstance(day, date)
    assert timedelta(0) <= last.date() - day - timedelta(hours=overlap) < timedelta(days=1)
    assert Mark("17", "2025-03-10", "x").before("integer", overlap) == 17 - overlap
    assert Mark(None, "2025-03-10", "x").before("integer", overlap) is None
