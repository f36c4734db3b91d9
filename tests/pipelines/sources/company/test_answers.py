"""Contacts change who leaves after them, and nothing before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from churn_features.tables import TABLES
from pipelines.sources.company import CHUNK, Company, write_company
from pipelines.sources.company.treatment import Treatment

COMPANY = Company(accounts=CHUNK, months=12, seed=3)
EFFECTS = {"training": 0.05, "discount": 8.0, "check_in": 1.0}
MIDDLE = 180

HAPPENED = {
    "usage": "day", "tickets": "opened_at", "feedback": "given_at", "outreach": "contacted_at", "invoices": "issued_at",
    "payments": "attempted_at", "subscription_changes": "changed_at", "payment_methods": "added_at",
}  # fmt: skip
"""Tables whose rows are known from one instant on, but for some columns."""

LATER = {
    "tickets": "first_reply_at, resolved_at, reopened, reopened_at, rated_at, satisfaction",
    "outreach": "outcome_at, outcome", "invoices": "paid_at, closed_at, closed_as", "payment_methods": "removed_at",
    "feedback": "answered_at",
}  # fmt: skip
"""Columns of theirs that come later."""


@pytest.fixture(scope="module")
def rows() -> list[tuple[int, int, str]]:
    """Up to six contacts with each account, all plays, spread over the year."""
    rng = np.random.default_rng(0)
    return sorted(
        {
            (number, int(rng.integers(0, COMPANY.days)), str(rng.choice(list(EFFECTS))))
            for number in range(1, COMPANY.accounts + 1)
            for _ in range(rng.integers(0, 7))
        }
    )


@pytest.fixture(scope="module")
def worlds(
    rows: list[tuple[int, int, str]],
    contact_table: Callable[..., pa.Table],
    zone: ZoneInfo,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Four companies, their tables named such as all_usage: without contacts, with those of the first half of the year,
    with all, and with all but plays that do nothing."""
    early = [row for row in rows if row[1] < MIDDLE]
    with duckdb.connect() as con:
        con.execute(f"SET threads = 1; SET TimeZone = '{zone}'")
        for name, given, effects in (
            ("no", [], EFFECTS), ("half", early, EFFECTS), ("all", rows, EFFECTS), ("idle", rows, {}),
        ):  # fmt: skip
            folder = tmp_path_factory.mktemp(name)
            treatment = Treatment(contact_table(COMPANY, given), effects, 60) if given else None
            write_company(COMPANY, folder, zone, treatment=treatment)
            for file in folder.glob("*.parquet"):
                con.execute(f"CREATE VIEW {name}_{file.stem} AS SELECT * FROM '{file}'")
        con.execute(f"CREATE MACRO here(t) AS (t AT TIME ZONE 'UTC' AT TIME ZONE '{zone}')::DATE")
        yield con


def count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    ((found,),) = con.sql(f"SELECT count(*) FROM {what}").fetchall()
    return int(found)


def differing(con: duckdb.DuckDBPyConnection, one: str, other: str) -> int:
    return count(con, f"({one} EXCEPT ALL {other})") + count(con, f"({other} EXCEPT ALL {one})")


def middle() -> date:
    return COMPANY.start + timedelta(days=MIDDLE)


@pytest.mark.parametrize("table", HAPPENED)
def test_nothing_before_a_contact_changes(worlds: duckdb.DuckDBPyConnection, table: str) -> None:
    left_out = f"EXCLUDE ({LATER[table]})" if table in LATER else ""
    known = HAPPENED[table] if table == "usage" else f"here({HAPPENED[table]})"
    half, all_ = (
        f"SELECT * {left_out} FROM {name}_{table} WHERE {known} <= DATE '{middle()}'"
        + (f" AND (list_as_of IS NULL OR {known} < DATE '{middle()}')" if table == "outreach" else "")
        for name in ("half", "all")
    )
    assert count(worlds, f"({half})") > 100
    assert differing(worlds, half, all_) == 0
    assert count(worlds, f"half_{table}") != count(worlds, f"all_{table}") or table == "payment_methods"


def test_what_is_known_of_ends_before_a_contact_does_not_change(worlds: duckdb.DuckDBPyConnection) -> None:
    def known(name: str) -> str:
        past = f"< DATE '{middle()}'"
        return (
            f"SELECT subscription_id, plan, mrr, quantity, started_at, trial_ends_at, "
            f"CASE WHEN here(cancel_requested_at) {past} "
            f"THEN [cancel_requested_at::TEXT, ends_at::TEXT, feedback] END, "
            f"CASE WHEN here(ended_at) {past} THEN [ended_at::TEXT, end_reason] END "
            f"FROM {name}_subscriptions WHERE here(started_at) {past}"
        )

    assert differing(worlds, known("half"), known("all")) == 0
    assert differing(worlds, "FROM half_truth", "FROM all_truth") > 10
    past = f"truth_risk WHERE as_of < DATE '{middle()}'"
    assert differing(worlds, f"FROM half_{past}", f"FROM all_{past}") == 0
    assert differing(worlds, "FROM half_truth_risk", "FROM all_truth_risk") > 100


@pytest.mark.parametrize("table", [*TABLES, "truth", "truth_risk"])
def test_plays_that_do_nothing_change_nothing(worlds: duckdb.DuckDBPyConnection, table: str) -> None:
    idle = f"FROM idle_{table}" + " WHERE list_as_of IS NULL" * (table == "outreach")
    assert differing(worlds, idle, f"FROM no_{table}") == 0


def test_contacts_are_rows_of_outreach(
    worlds: duckdb.DuckDBPyConnection, rows: list[tuple[int, int, str]], contact_table: Callable[..., pa.Table]
) -> None:
    given = contact_table(COMPANY, rows)
    brought = "SELECT account_id, here(contacted_at), play, list_as_of FROM all_outreach WHERE list_as_of IS NOT NULL"
    worlds.register("given", given)
    assert differing(worlds, brought, "SELECT account_id, contacted_on, play, list_as_of FROM given") == 0
    odd = (
        "all_outreach WHERE outcome_at <= contacted_at OR outcome IS NULL OR hour(outcome_at) = hour(contacted_at) + 3"
    )
    assert count(worlds, odd) == 0
    twice = "(SELECT 1 FROM all_outreach GROUP BY account_id, contacted_at, play HAVING count(*) > 1)"
    assert count(worlds, twice) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        "all_subscriptions WHERE ended_at < started_at OR cancel_requested_at NOT BETWEEN started_at AND ends_at",
        "all_subscriptions WHERE cancel_requested_at > ended_at OR (ends_at IS NULL) <> (cancel_requested_at IS NULL)",
        "all_subscriptions a JOIN all_subscriptions b USING (account_id) WHERE a.subscription_id < b.subscription_id "
        "AND b.started_at <= coalesce(a.ended_at, b.started_at)",
        "all_invoices JOIN all_subscriptions USING (subscription_id) "
        "WHERE issued_at < started_at OR issued_at >= coalesce(ended_at, TIMESTAMP '2099-01-01')",
        "all_invoices ANTI JOIN all_subscriptions USING (subscription_id)",
        "all_payments ANTI JOIN all_invoices USING (invoice_id)",
        "all_invoices i ANTI JOIN all_payments USING (invoice_id) "
        "WHERE here(issued_at) < DATE '2025-11-20' AND here(due_at) = here(issued_at)",
        "all_subscription_changes c JOIN all_subscriptions USING (subscription_id) "
        "WHERE changed_at < started_at OR changed_at > coalesce(ended_at, changed_at)",
        "all_subscription_changes ANTI JOIN all_subscriptions USING (subscription_id)",
        "all_usage u JOIN all_truth USING (account_id) JOIN all_subscriptions s USING (account_id) "
        "WHERE day >= left_on AND NOT EXISTS "
        "(FROM all_subscriptions n WHERE n.account_id = u.account_id AND here(n.started_at) >= left_on)",
        "(SELECT 1 FROM all_payments GROUP BY payment_id HAVING count(*) > 1)",
        "(SELECT 1 FROM all_tickets GROUP BY ticket_id HAVING count(*) > 1)",
        "(SELECT 1 FROM all_invoices GROUP BY invoice_id HAVING count(*) > 1)",
        "(SELECT 1 FROM all_payment_methods GROUP BY payment_method_id HAVING count(*) > 1)",
        "(SELECT 1 FROM all_usage GROUP BY account_id, day, event HAVING count(*) > 1)",
        "all_truth t JOIN (SELECT account_id, min(ended_at) AS ended_at FROM all_subscriptions WHERE end_reason IS NOT "
        "NULL GROUP BY 1) s USING (account_id) WHERE here(s.ended_at) <> left_on",
    ],
)
def test_tables_do_not_contradict_one_another(worlds: duckdb.DuckDBPyConnection, wrong: str) -> None:
    assert count(worlds, wrong) == 0


def test_those_who_stay_longer_go_on_using_and_paying(worlds: duckdb.DuckDBPyConnection) -> None:
    longer = """all_truth a JOIN no_truth n USING (account_id)
                WHERE n.left_on < coalesce(a.left_on, DATE '2026-01-01') - 60"""
    earlier = "all_truth a JOIN no_truth n USING (account_id) WHERE a.left_on < coalesce(n.left_on, DATE '2026-01-01')"
    assert count(worlds, longer) > 10
    assert count(worlds, earlier) > 10
    kept = f"SELECT account_id, n.left_on FROM {longer}"
    for table, day in (("usage", "day"), ("invoices", "here(issued_at)")):
        active = f"SELECT DISTINCT account_id FROM all_{table} JOIN ({kept}) USING (account_id) WHERE {day} >= left_on"
        assert count(worlds, f"({active})") > 0.6 * count(worlds, longer), table
    gone = f"all_invoices JOIN (SELECT account_id, a.left_on FROM {earlier}) USING (account_id)"
    assert count(worlds, f"{gone} WHERE here(issued_at) >= left_on") == 0
    order = "SELECT account_id, day, event FROM all_usage"
    found = worlds.sql(order).fetchall()
    assert found == sorted(found), "rows of usage are in order, as they are without contacts"
