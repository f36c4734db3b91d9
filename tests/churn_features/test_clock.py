"""Where time is cut: the cutoff in any zone, the last microsecond that counts, values hidden until they are known."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pytest

from churn_features.clock import Moment, cut, cutoff, stored, stored_schema
from churn_features.query import Query
from churn_features.tables import CONTRACT, KNOWN, STORED_USAGE, TABLES

MICROSECOND = timedelta(microseconds=1)


def at(text):
    return cutoff(date(1970, 1, 1), "UTC").fromisoformat(text)


@pytest.mark.parametrize(
    ("as_of", "zone", "expected"),
    [
        ("2024-06-30", "UTC", "2024-07-01 00:00"),
        ("2024-01-15", "Europe/Berlin", "2024-01-15 23:00"),
        ("2024-03-30", "Europe/Berlin", "2024-03-30 23:00"),  # the day before clocks go forward
        ("2024-03-31", "Europe/Berlin", "2024-03-31 22:00"),  # the day of 23 hours
        ("2024-10-26", "Europe/Berlin", "2024-10-26 22:00"),
        ("2024-10-27", "Europe/Berlin", "2024-10-27 23:00"),  # the day of 25 hours
        ("2024-12-31", "Asia/Kathmandu", "2024-12-31 18:15"),
        ("2024-02-28", "America/New_York", "2024-02-29 05:00"),
        ("2018-11-03", "America/Sao_Paulo", "2018-11-04 03:00"),  # the next day begins at 01:00
    ],
)
def test_cutoff_is_the_end_of_the_day_in_the_zone(as_of, zone, expected):
    assert cutoff(date.fromisoformat(as_of), zone) == at(expected)


def known(company, table, as_of):
    """Rows of one table as a feature sees them."""
    query = Query()
    moment = Moment.of(query.parameters)
    view = cut(TABLES[table], stored(TABLES[table]), moment)
    first = view.columns[0]
    query.step("known", view.mutate(account_id=view[first] if "account_id" not in view.columns else view.account_id))
    parameters = {"as_of": as_of, "cutoff": cutoff(as_of, company.zone)}
    used = {name: value for name, value in parameters.items() if f"${name}" in query.sql()}
    result = company.con.execute(query.sql(), used)
    names = [column[0] for column in result.description]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]


DAY = date(2024, 3, 31)
CUTOFF = cutoff(DAY, "Europe/Berlin")
REQUIRED = {"billing_interval": "month", "mrr": 1, "plan": "p", "kind": "nps", "amount": 1, "succeeded": True}


def row_of(table, **values):
    """A row with all that the contract requires, and instants at the row's own time."""
    row = {c.name: REQUIRED.get(c.name, c.name) for c in table.columns if c.required and c.type != "instant"}
    return row | {c.name: values[table.occurred] for c in table.columns if c.required and c.type == "instant"} | values


TIMED = [table for table in CONTRACT if table.name != "usage"]


@pytest.mark.parametrize("table", TIMED, ids=lambda table: table.name)
@pytest.mark.parametrize("column", ["occurred", "recorded_at"])
def test_a_row_at_the_cutoff_is_unknown_and_one_a_microsecond_earlier_is_known(open_company, table, column):
    for late, count in ((CUTOFF, 0), (CUTOFF - MICROSECOND, 1), (CUTOFF + MICROSECOND, 0)):
        early = CUTOFF - timedelta(days=9)
        times = {table.occurred: late} if column == "occurred" else {table.occurred: early, "recorded_at": late}
        tables = {"accounts": [], "subscriptions": [], table.name: [row_of(table, **times)]}
        assert len(known(open_company(zone="Europe/Berlin", **tables), table.name, DAY)) == count


def test_usage_of_the_as_of_date_is_known_and_of_the_next_day_is_not(open_company):
    usage = [{"account_id": "a", "event": "e", "day": DAY + timedelta(days=n), "quantity": 1.0} for n in (-1, 0, 1)]
    rows = known(open_company(subscriptions=[], usage=usage), "usage", DAY)
    assert sorted((row["day"], row["days_ago"]) for row in rows) == [(DAY - timedelta(days=1), 1), (DAY, 0)]


VALUES = {"text": "requested", "number": 4.0}
REVEALED = [(table, column) for table in TIMED for column in table.columns if column.kind == "event"]


@pytest.mark.parametrize(("table", "column"), REVEALED, ids=lambda part: part.name)
def test_a_value_filled_in_later_is_hidden_until_it_is_known(open_company, table, column):
    assert column.known_from, "an event column says from when it is known"
    for revealed, visible in ((CUTOFF - MICROSECOND, True), (CUTOFF, False), (None, False)):
        own = revealed if column.known_from == column.name else CUTOFF + timedelta(days=5)
        value = own if column.type == "instant" else VALUES[column.type]
        row = row_of(table, **{table.occurred: CUTOFF - timedelta(days=9), column.known_from: revealed})
        row[column.name] = value
        (found,) = known(
            open_company(zone="Europe/Berlin", **{"accounts": [], "subscriptions": [], table.name: [row]}),
            table.name, DAY,
        )  # fmt: skip
        assert found[column.name] == (value if visible else None)
        if column.day:
            stem = column.name.removesuffix("_at")
            assert (found[column.day] is not None, found[f"{stem}_days_ago"] is not None) == (visible, visible)


def test_an_announced_end_is_a_known_day_to_come(open_company, subscription):
    row = subscription(cancel_requested_at=CUTOFF - MICROSECOND, ends_at=at("2024-04-10 12:00"))
    (found,) = known(open_company(zone="Europe/Berlin", subscriptions=[row]), "subscriptions", DAY)
    assert (found["ends_on"], found["ends_days_ago"]) == (date(2024, 4, 10), -10)


@pytest.mark.parametrize("table", TIMED, ids=lambda table: table.name)
def test_snapshot_columns_and_the_time_of_recording_are_gone(table):
    view = cut(table, stored(table), Moment(ibis.date("2024-01-01"), ibis.timestamp("2024-01-02")))
    gone = {c.name for c in table.columns if c.kind == "snapshot"} | {"recorded_at", "recorded_on"}
    assert not gone & set(view.columns)
    assert {c.name for c in table.columns} - gone <= set(view.columns)


@pytest.mark.parametrize(
    ("instant", "days_ago"),
    [
        ("2024-03-31 21:59:59.999999", 0),  # 23:59 on the day of 23 hours
        ("2024-03-30 23:00", 0),  # its first instant
        ("2024-03-30 22:59:59.999999", 1),
        ("2024-03-29 23:00", 1),
        ("2024-03-29 22:59:59.999999", 2),
        ("2023-10-29 22:59:59.999999", 154),  # the day of 25 hours, whole
        ("2023-10-28 22:00", 154),
    ],
)
def test_days_ago_are_days_of_the_zone_across_changes_of_the_clock(open_company, instant, days_ago):
    ticket = {"ticket_id": "t", "account_id": "a", "opened_at": at(instant)}
    (found,) = known(open_company(zone="Europe/Berlin", subscriptions=[], tickets=[ticket]), "tickets", DAY)
    assert (found["days_ago"], found["opened_days_ago"]) == (days_ago, days_ago)


def test_stored_tables_have_a_day_for_each_instant():
    schema = stored_schema(TABLES["payment_methods"])
    assert {name for name, type_ in schema.items() if type_ == "date"} == {
        "added_on", "removed_on", "recorded_on", "expires_on", "known_after", "known_to",
    }  # fmt: skip
    assert list(stored_schema(TABLES["usage"])) == [*STORED_USAGE, *KNOWN]


@pytest.mark.parametrize(
    ("known_after", "known_to", "counts"),
    [
        (None, None, True),
        (DAY - timedelta(days=1), None, True),
        (DAY, None, False),  # landed after that day
        (None, DAY, True),
        (None, DAY - timedelta(days=1), False),  # corrected or deleted by that day
        (DAY - timedelta(days=3), DAY - timedelta(days=1), False),
        (DAY - timedelta(days=1), DAY, True),
    ],
)
@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_a_row_counts_on_the_days_on_which_the_lake_held_it_to_be_true(
    open_company, table, known_after, known_to, counts
):
    row = {"known_after": known_after, "known_to": known_to}
    if table.name == "usage":
        row |= {"account_id": "a", "day": DAY, "event": "login", "quantity": 1.0}
    else:
        row |= row_of(table, **{table.occurred: CUTOFF - MICROSECOND})
    rows = {"subscriptions": [], table.name: [row]}
    assert len(known(open_company(zone="Europe/Berlin", **rows), table.name, DAY)) == counts
