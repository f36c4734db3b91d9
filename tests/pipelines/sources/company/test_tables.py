"""Rows keep the contract and do not contradict one another; what was planted shows in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from churn_features.tables import CONTRACT, ROLES, Table
from pipelines.sources.company import EVENT_ROLES, Company


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_rows_keep_the_contract(world: duckdb.DuckDBPyConnection, value: Callable[[str], float], table: Table) -> None:
    assert value(f"SELECT count(*) FROM {table.name}") > 0
    keys = ", ".join(table.key)
    assert value(f"SELECT count(*) FROM (SELECT 1 FROM {table.name} GROUP BY {keys} HAVING count(*) > 1)") == 0
    stored = {name for name, *_ in world.sql(f"DESCRIBE {table.name}").fetchall()}
    ahead = {"trial_ends_at", "ends_at", "until", "due_at"}  # told in advance by their nature
    for column in table.columns:
        if column.name not in stored:
            continue
        if column.required or column.name in table.key:
            assert value(f"SELECT count(*) FROM {table.name} WHERE {column.name} IS NULL") == 0, column
        if column.choices:
            wrong = f"SELECT count(*) FROM {table.name} WHERE {column.name} NOT IN {column.choices!r}"
            assert value(wrong) == 0, column
        if column.type == "instant" and column.name not in ahead:
            late = f"SELECT count(*) FROM {table.name} WHERE here({column.name}) >= '{Company().end}'::DATE + 1"
            assert value(late) == 0, column
        if column.type == "instant":
            hours = f"SELECT count(*) FROM {table.name} WHERE hour(here({column.name})) NOT BETWEEN 7 AND 21"
            assert value(hours) == 0, column
        if column.name in ("account_id", "subscription_id", "invoice_id"):
            home = {"account_id": "accounts", "subscription_id": "subscriptions", "invoice_id": "invoices"}[column.name]
            orphans = f"SELECT count(*) FROM {table.name} ANTI JOIN {home} USING ({column.name})"
            assert value(orphans) == 0, column


@pytest.mark.parametrize(
    "wrong",
    [
        "subscriptions WHERE ended_at < started_at OR cancel_requested_at NOT BETWEEN started_at AND ends_at",
        "subscriptions WHERE cancel_requested_at > ended_at OR (ends_at IS NULL) <> (cancel_requested_at IS NULL)",
        "subscriptions s JOIN accounts USING (account_id) WHERE started_at < created_at",
        "subscriptions a JOIN subscriptions b USING (account_id) WHERE a.subscription_id < b.subscription_id "
        "AND b.started_at <= coalesce(a.ended_at, b.started_at)",
        "subscription_changes c JOIN subscriptions USING (subscription_id) "
        "WHERE changed_at < started_at OR changed_at > coalesce(ended_at, changed_at)",
        "invoices JOIN subscriptions USING (subscription_id) "
        "WHERE issued_at < started_at OR issued_at >= coalesce(ended_at, TIMESTAMP '2099-01-01')",
        "invoices WHERE amount <= 0 OR due_at < issued_at OR paid_at < issued_at",
        "invoices WHERE (closed_at IS NULL) <> (closed_as IS NULL) OR closed_at < due_at OR closed_at > issued_at + "
        "INTERVAL 30 DAY OR (closed_at IS NOT NULL AND paid_at IS NOT NULL)",
        "payments JOIN invoices USING (invoice_id) WHERE attempted_at > closed_at",
        "payments JOIN invoices USING (invoice_id) WHERE attempted_at < issued_at "
        "OR payments.amount <> invoices.amount OR payments.account_id <> invoices.account_id",
        "payments WHERE succeeded <> (failure_code IS NULL) OR recorded_at < attempted_at",
        "payment_methods WHERE removed_at < added_at OR expires_on < here(added_at)::DATE",
        "tickets WHERE first_reply_at < opened_at OR resolved_at < first_reply_at OR recorded_at < opened_at",
        "tickets WHERE (satisfaction IS NULL) <> (rated_at IS NULL) OR (rated_at IS NOT NULL AND resolved_at IS NULL)",
        "tickets WHERE rated_at <= resolved_at",
        "tickets WHERE reopened_at IS NOT NULL AND NOT coalesce(reopened AND reopened_at > resolved_at, false)",
        "feedback WHERE kind = 'request' AND (score IS NOT NULL OR topic IS NOT NULL OR answered_at IS NOT NULL)",
        "feedback WHERE answered_at < given_at",
        "outreach WHERE outcome_at < contacted_at OR (outcome_at IS NULL) <> (outcome IS NULL)",
        "usage ANTI JOIN stays ON usage.account_id = stays.account_id AND day >= first_day AND day < end_day",
        "usage WHERE quantity <= 0 OR users < 1 OR users > quantity",
        "truth_risk WHERE p_30d NOT BETWEEN 0 AND 1",
        "truth_risk r ANTI JOIN stays s ON r.account_id = s.account_id AND s.mrr > 0 AND as_of < end_day "
        "AND as_of >= coalesce(here(trial_ends_at)::DATE, first_day)",
    ],
)
def test_no_row_contradicts_another(value: Callable[[str], float], wrong: str) -> None:
    assert value(f"SELECT count(*) FROM {wrong}") == 0


def test_usage_is_sorted_and_each_event_has_a_role(
    world: duckdb.DuckDBPyConnection, value: Callable[[str], float], small: Path
) -> None:
    assert {event for (event,) in world.sql("SELECT DISTINCT event FROM usage").fetchall()} == set(EVENT_ROLES)
    assert set(EVENT_ROLES.values()) == set(ROLES)
    falls = f"""SELECT count(*) FROM (
                    SELECT (account_id, day, event) AS k, lag(k) OVER (ORDER BY file_row_number) AS before
                    FROM read_parquet('{small}/usage.parquet', file_row_number = true)) WHERE k <= before"""
    assert value(falls) == 0


def test_the_shipped_configuration_maps_every_event() -> None:
    text = (Path(__file__).parents[4] / "churn.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["event_roles"] == EVENT_ROLES


@pytest.mark.parametrize(
    ("what", "low", "high"),
    [
        ("count(reopened_at) / count(*) FILTER (reopened AND resolved_at IS NOT NULL) FROM tickets", 0.9, 1),
        ("count(closed_at) / count(*) FILTER (closed_as = 'uncollectible') FROM invoices", 1, 1),
        ("count(*) FILTER (outcome = 'no_answer') / count(*) FROM outreach", 0.2, 0.5),
        ("count(*) FILTER (kind = 'request') / count(*) FILTER (kind <> 'request') FROM feedback", 1, 2),
    ],
)
def test_what_became_of_tickets_invoices_contacts_and_surveys(
    value: Callable[[str], float], what: str, low: float, high: float
) -> None:
    assert low <= value(f"SELECT {what}") <= high


def test_some_requests_are_answered_within_days_and_some_never(value: Callable[[str], float]) -> None:
    answered = value("""
        SELECT avg(CASE WHEN kind = 'request' AND coalesce(next_kind, 'request') <> 'request'
                             AND next_at < given_at + INTERVAL 6 DAY THEN 1 ELSE 0 END) FILTER (kind = 'request')
        FROM (SELECT kind, given_at, lead(kind) OVER w AS next_kind, lead(given_at) OVER w AS next_at FROM feedback
              WINDOW w AS (PARTITION BY account_id ORDER BY given_at))""")
    assert 0.3 < answered < 0.7


def test_rare_events_say_something(value: Callable[[str], float]) -> None:
    """Steps are skipped where onboarding stalls, searches fail where support is poor; not where the price rose."""
    for event, cause in (("setup_step_skipped", "stalled_onboarding"), ("search_without_result", "poor_support")):
        share = f"""
            SELECT count(*) FILTER (event = '{event}') / count(*) FROM usage JOIN truth USING (account_id)
            WHERE day >= cause_from AND day < cause_from + 30 AND cause"""
        assert value(f"{share} = '{cause}'") > 1.5 * value(f"{share} = 'price_rise'"), event
