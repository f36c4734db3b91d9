"""Companies written by hand: rows per table in, what the statements say about each account out.

Belongs here: storing dicts as accepted tables and running the two statements on them. Does not belong here: any
expectation, except the one company whose features are all written down in ``test_statement``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from churn_features.catalogue import BY_NAME, FEATURES
from churn_features.clock import cutoff, stored_schema
from churn_features.feature import Feature
from churn_features.outcomes import OUTCOME_TABLES, Outcome, outcomes
from churn_features.statement import features
from churn_features.tables import TABLES

Rows = Sequence[Mapping[str, Any]]

STANDARD = Outcome(lead_days=0, window_days=30, grace_days=7)

ROLES = {
    "signed_in": "login", "made_report": "key_action", "set_up": "setup_step", "read_help": "help_view",
    "exported": "export", "saw_cancel": "cancel_page", "saw_downgrade": "downgrade_page", "invited": "invite",
    "posted": "community", "crashed": "error", "skipped_setup": "setup_skip", "trained": "training",
    "searched_in_vain": "search_failed", "disconnected": "integration_removed", "referred": "referral",
    "customized": "customization", "reached_goal": "goal_reached", "tried_beta": "beta", "read_news": "release_note",
}  # fmt: skip

_SQL_TYPES = {
    "string": "VARCHAR", "timestamp": "TIMESTAMP", "date": "DATE", "int64": "BIGINT", "float64": "DOUBLE",
    "boolean": "BOOLEAN",
}  # fmt: skip


@lru_cache
def features_sql(present: frozenset[str], roles: tuple[tuple[str, str], ...], catalogue: tuple[Feature, ...]) -> str:
    return features(present, dict(roles), catalogue).sql()


@lru_cache
def outcomes_sql(present: frozenset[str], outcome: Outcome) -> str:
    return outcomes(present, outcome).sql()


def at(text: str) -> datetime:
    """A naive UTC instant from ``2024-03-01`` or ``2024-03-01 10:00:00``."""
    return datetime.fromisoformat(text)


class Company:
    """Tables of a company in an engine of its own; a table that is not given does not exist."""

    def __init__(self, zone: str = "UTC", roles: Mapping[str, str] = ROLES, **tables: Rows) -> None:
        self.zone = zone
        self.roles = tuple(sorted(roles.items()))
        self.present = frozenset(tables) | {"accounts", "subscriptions"}
        self.con = duckdb.connect(config={"threads": 1})
        for name in sorted(self.present):
            columns = ", ".join(
                f'"{column}" {_SQL_TYPES[type_]}' for column, type_ in stored_schema(TABLES[name]).items()
            )
            self.con.execute(f"CREATE TABLE {name} ({columns})")
            self.store(name, tables.get(name, ()))

    def store(self, name: str, rows: Rows) -> None:
        """Make ``rows`` the whole content of a table; columns not given are NULL, days of instants are filled in."""
        columns = list(stored_schema(TABLES[name]))
        self.con.execute(f"DELETE FROM {name}")
        values = [[self._complete(name, row).get(column) for column in columns] for row in rows]
        if values:
            marks = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in values)
            self.con.execute(f"INSERT INTO {name} VALUES {marks}", [value for row in values for value in row])

    def _complete(self, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(row) - set(stored_schema(TABLES[name]))
        assert not unknown, f"table {name} has no columns {unknown}"
        days = {
            column.day: row[column.name].replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()
            for column in TABLES[name].columns
            if column.day and name != "usage" and row.get(column.name) is not None
        }
        return {**days, **row}

    def features(
        self, as_of: date, usage_from: date = date(2000, 1, 1), catalogue: tuple[Feature, ...] = FEATURES
    ) -> dict[str, dict[str, Any]]:
        """Feature rows by account."""
        return _by_account(self.run(as_of, usage_from, catalogue))

    def run(
        self, as_of: date, usage_from: date = date(2000, 1, 1), catalogue: tuple[Feature, ...] = FEATURES
    ) -> duckdb.DuckDBPyConnection:
        """The features as the engine's result."""
        parameters = {"as_of": as_of, "cutoff": cutoff(as_of, self.zone), "usage_from": usage_from}
        return self.con.execute(features_sql(self.present, self.roles, catalogue), parameters)

    def outcomes(
        self, as_of: date, observed: date = date(2030, 1, 1), outcome: Outcome = STANDARD
    ) -> dict[str, dict[str, Any]]:
        """Outcome rows by account, as known at the end of day ``observed``."""
        start, end = outcome.window(as_of, self.zone)
        parameters = {
            "as_of": as_of, "cutoff": cutoff(as_of, self.zone), "window_start": start, "window_end": end,
            "observed_on": observed, "observed": cutoff(observed, self.zone),
        }  # fmt: skip
        sql = outcomes_sql(self.present & set(OUTCOME_TABLES), outcome)
        return _by_account(self.con.execute(sql, parameters))


def _by_account(result: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    names = [column[0] for column in result.description]
    rows = [dict(zip(names, values, strict=True)) for values in result.fetchall()]
    found = {row["account_id"]: row for row in rows}
    assert len(found) == len(rows), "one row per account"
    return found


@pytest.fixture(scope="session")
def open_company() -> Callable[..., Company]:
    """``open_company(zone=..., roles=..., <table>=rows)``; without accounts, the subscriptions' are filled in.

    Nobody else holds on to a company: its engine goes with it.
    """

    def open_(**arguments: Any) -> Company:
        if "accounts" not in arguments:
            owners = sorted({row["account_id"] for row in arguments.get("subscriptions", ())})
            arguments["accounts"] = [{"account_id": owner, "created_at": at("2020-01-01")} for owner in owners]
        return Company(**arguments)

    return open_


@pytest.fixture(scope="session")
def subscription() -> Callable[..., dict[str, Any]]:
    """A monthly subscription of account ``a`` for 100.00 with the given columns changed."""
    return lambda **changed: {
        "subscription_id": "s", "account_id": "a", "plan": "basic", "billing_interval": "month", "mrr": 10000,
        "started_at": at("2024-01-01"), **changed,
    }  # fmt: skip


@pytest.fixture
def of_contract(open_company, subscription) -> Callable[..., dict[str, Any]]:
    """``of_contract(catalogue, *subscriptions, changes=())``: features of account ``a`` on 2024-06-30 with these
    subscriptions (columns changed) and changes of subscription ``s``."""

    def of_contract(catalogue: tuple[Feature, ...], *subscriptions: Mapping[str, Any], changes: Rows = ()) -> Any:
        tables = {
            "subscriptions": [subscription(**columns) for columns in subscriptions],
            "subscription_changes": [{"subscription_id": "s", **change} for change in changes],
        }
        return open_company(**tables).features(AS_OF, catalogue=catalogue)["a"]

    return of_contract


AS_OF = date(2024, 6, 30)


def ago(days: float) -> datetime:
    """A naive UTC instant: noon in Berlin, ``days`` days before 2024-06-30."""
    return at("2024-06-30 10:00") - timedelta(days=days)


def _days_ago(event: str, users: Mapping[int, int] | None = None, **quantities: int) -> Iterable[dict[str, Any]]:
    """Usage rows of account ``full``: ``d7=3`` is a quantity of 3 seven days ago."""
    for key, quantity in quantities.items():
        days = int(key[1:])
        yield {
            "account_id": "full", "event": event, "day": AS_OF - timedelta(days=days), "quantity": float(quantity),
            "users": (users or {}).get(days),
        }  # fmt: skip


@pytest.fixture(scope="session")
def everything() -> dict[str, Rows]:
    """Every table of a company in Berlin. Account ``full`` has rows of every kind, at and beyond the edge of every
    window; ``quiet`` has a subscription and nothing else; ``new`` started 40 days ago."""
    hour = timedelta(hours=1)
    usage = [
        *_days_ago(
            "signed_in", {1: 6, 6: 8, 28: 30}, d1=3, d2=1, d6=3, d7=1, d27=4, d28=5, d55=3, d56=50, d90=1, d91=99
        ),
        *_days_ago("made_report", {0: 4}, d0=2, d3=1, d20=1, d30=6, d50=2),
        *_days_ago("exported", d5=3, d40=9),
        *_days_ago("saw_cancel", d6=1, d10=2, d29=5),
        *_days_ago("saw_downgrade", d27=1, d28=7),
        *_days_ago("read_help", d12=4, d28=1),
        *_days_ago("crashed", d8=3, d55=6),
        *_days_ago("searched_in_vain", d12=2, d28=1),
        *_days_ago("invited", d60=2, d90=1, d91=7),
        *_days_ago("posted", d80=5, d91=7),
        *_days_ago("set_up", d70=1),
        *_days_ago("trained", d80=2, d91=3),
        *_days_ago("disconnected", d88=1, d91=1),
        *_days_ago("referred", d85=1, d91=2),
        *_days_ago("customized", d65=4),
        *_days_ago("reached_goal", d77=2, d91=1),
        *_days_ago("tried_beta", d62=3),
        *_days_ago("read_news", d89=2),
        *_days_ago("something_else", d13=10),
        {"account_id": "new", "event": "set_up", "day": date(2024, 5, 22), "quantity": 2.0},
        {"account_id": "new", "event": "set_up", "day": date(2024, 5, 26), "quantity": 1.0},
        {"account_id": "new", "event": "made_report", "day": date(2024, 5, 31), "quantity": 1.0},
        {"account_id": "new", "event": "skipped_setup", "day": date(2024, 5, 31), "quantity": 2.0},
        {"account_id": "new", "event": "made_report", "day": date(2024, 6, 20), "quantity": 3.0},
    ]
    own = {"account_id": "full"}
    return {
        "accounts": [
            {**own, "created_at": at("2023-05-01"), "industry": "retail", "country": "DE", "size": "11-50",
             "channel": "partner", "name": "Full & Co", "owner": "Ada", "contact_ok": True},
            {"account_id": "quiet", "created_at": at("2024-01-01")},
            {"account_id": "new", "created_at": at("2024-05-21")},
        ],
        "subscriptions": [
            {**own, "subscription_id": "old", "plan": "basic", "billing_interval": "month", "mrr": 5000,
             "started_at": at("2023-05-31 12:00"), "ended_at": at("2023-09-01"), "end_reason": "requested"},
            {**own, "subscription_id": "main", "plan": "basic", "billing_interval": "month", "mrr": 10000,
             "quantity": 10, "started_at": at("2024-01-31 09:00")},
            {**own, "subscription_id": "extra", "plan": "add-on", "billing_interval": "year", "mrr": 2000,
             "quantity": 5, "started_at": at("2024-03-01 09:00")},
            {**own, "subscription_id": "trial", "plan": "labs", "billing_interval": "week", "mrr": 9900,
             "quantity": 50, "started_at": at("2024-06-20"), "trial_ends_at": at("2024-07-10")},
            {**own, "subscription_id": "free", "plan": "free", "billing_interval": "week", "mrr": 0,
             "quantity": 1, "started_at": at("2024-06-25")},
            {"account_id": "quiet", "subscription_id": "q", "plan": "basic", "billing_interval": "quarter",
             "mrr": 3000, "started_at": at("2024-01-01 12:00")},
            {"account_id": "new", "subscription_id": "n", "plan": "pro", "billing_interval": "month", "mrr": 8000,
             "quantity": 4, "started_at": at("2024-05-21 12:00"), "cancel_requested_at": at("2024-06-29"),
             "ends_at": at("2024-07-21 12:00"), "feedback": "unused"},
        ],
        "subscription_changes": [
            {"subscription_id": "main", "changed_at": ago(136), "mrr": 12000, "quantity": 12},
            {"subscription_id": "main", "changed_at": ago(20), "mrr": 18000, "plan": "pro", "quantity": 15},
            {"subscription_id": "main", "changed_at": ago(15), "discount_share": 0.1, "until": ago(-15)},
            {"subscription_id": "main", "changed_at": ago(10), "status": "past_due"},
            {"subscription_id": "extra", "changed_at": ago(110), "discount_share": 0.5, "until": ago(80)},
            {"subscription_id": "extra", "changed_at": ago(100), "mrr": 2500},
            {"subscription_id": "extra", "changed_at": ago(95), "mrr": 2000},
            {"subscription_id": "extra", "changed_at": ago(29), "status": "paused", "until": ago(-30)},
            {"subscription_id": "main", "changed_at": ago(-2), "mrr": 1, "status": "unpaid"},
        ],
        "invoices": [
            {**own, "invoice_id": "unpaid", "issued_at": ago(44), "due_at": ago(30), "amount": 20000},
            {**own, "invoice_id": "paid too late to know", "issued_at": ago(13), "due_at": ago(3), "amount": 5000,
             "paid_at": ago(-1)},
            {**own, "invoice_id": "paid", "issued_at": ago(24), "due_at": ago(10), "amount": 700, "paid_at": ago(2)},
            {**own, "invoice_id": "due today", "issued_at": ago(14), "due_at": ago(0), "amount": 800},
            {**own, "invoice_id": "closed too late to know", "issued_at": ago(12), "due_at": ago(-2), "amount": 600,
             "closed_at": ago(-1), "closed_as": "void"},
            {**own, "invoice_id": "given up", "issued_at": ago(300), "due_at": ago(286), "amount": 4000,
             "closed_at": ago(200), "closed_as": "uncollectible"},
            {**own, "invoice_id": "void", "issued_at": ago(100), "due_at": ago(86), "amount": 99900,
             "closed_at": ago(99), "closed_as": "void"},
            {**own, "invoice_id": "credit", "issued_at": ago(50), "due_at": ago(50), "amount": -300},
            {**own, "invoice_id": "too old", "issued_at": ago(365), "due_at": ago(351), "amount": 900},
        ],
        "payments": [
            {**own, "payment_id": str(number), "invoice_id": "unpaid", "attempted_at": when, "amount": 20000,
             "succeeded": code is None, "failure_code": code}
            for number, (when, code) in enumerate([
                (ago(91), "lost_card"), (ago(90), "expired_card"), (ago(20), None), (ago(5) - hour, None),
                (ago(5), "insufficient_funds"), (ago(-1), None),
            ])
        ],
        "payment_methods": [
            {**own, "payment_method_id": "kept", "added_at": ago(700), "kind": "card", "expires_on": date(2024, 7, 10)},
            {**own, "payment_method_id": "older", "added_at": ago(900), "kind": "card",
             "expires_on": date(2024, 5, 31)},
            {**own, "payment_method_id": "gone", "added_at": ago(90), "removed_at": ago(3), "kind": "card",
             "expires_on": date(2027, 1, 31)},
            {**own, "payment_method_id": "mandate", "added_at": ago(90), "kind": "sepa_debit"},
            {"account_id": "new", "payment_method_id": "of new", "added_at": ago(39), "kind": "card",
             "expires_on": date(2024, 7, 10)},
        ],
        "usage": usage,
        "tickets": [
            {**own, "ticket_id": "open", "opened_at": ago(3), "first_reply_at": ago(3) + 2 * hour,
             "severity": "urgent", "channel": "phone"},
            {**own, "ticket_id": "solved", "opened_at": ago(27), "first_reply_at": ago(27) + hour,
             "resolved_at": ago(26), "reopened_at": ago(-1), "severity": "normal", "rated_at": ago(26),
             "satisfaction": 4.0, "channel": "chat"},
            {**own, "ticket_id": "solved too late to know", "opened_at": ago(28),
             "first_reply_at": ago(28) + 3 * hour, "resolved_at": ago(-1), "rated_at": ago(-1), "severity": "high",
             "satisfaction": 1.0},
            {**own, "ticket_id": "never replied", "opened_at": ago(90), "resolved_at": ago(90) + 12 * hour,
             "rated_at": ago(90) + 12 * hour, "severity": "low", "satisfaction": 2.0, "channel": "chat"},
            {**own, "ticket_id": "without a reply", "opened_at": ago(40), "channel": "email"},
            {**own, "ticket_id": "beyond 91", "opened_at": ago(91), "first_reply_at": ago(1), "severity": "high",
             "channel": "phone"},
            {**own, "ticket_id": "open again", "opened_at": ago(95), "first_reply_at": ago(94),
             "resolved_at": ago(92), "reopened_at": ago(90)},
            {**own, "ticket_id": "within 182", "opened_at": ago(181), "resolved_at": ago(180), "rated_at": ago(180),
             "satisfaction": 5.0},
            {**own, "ticket_id": "beyond 182", "opened_at": ago(182), "severity": "high"},
        ],
        "feedback": [
            {**own, "given_at": ago(10), "kind": "nps", "score": 6.0},
            {**own, "given_at": ago(100), "kind": "nps", "score": 9.0},
            {**own, "given_at": ago(200), "kind": "nps", "score": 8.0},
            {**own, "given_at": ago(365), "kind": "nps", "score": 0.0},
            {**own, "given_at": ago(1), "kind": "csat", "score": 1.0},
            {**own, "given_at": ago(60), "kind": "csat", "score": 4.0},
            {**own, "given_at": ago(-1), "kind": "request"},
            {**own, "given_at": ago(0), "kind": "request"},
            {**own, "given_at": ago(70), "kind": "request"},
            {**own, "given_at": ago(50), "kind": "survey", "topic": "search"},
            {**own, "given_at": ago(100), "kind": "survey", "topic": "export", "answered_at": ago(-1)},
            {**own, "given_at": ago(150), "kind": "survey", "topic": "price", "answered_at": ago(140)},
            {**own, "given_at": ago(182), "kind": "survey", "topic": "price"},
        ],
        "outreach": [
            {**own, "contacted_at": ago(14), "play": "call", "outcome_at": ago(14), "outcome": "no_answer"},
            {**own, "contacted_at": ago(20), "play": "meeting", "outcome_at": ago(-1), "outcome": "no_show"},
            {**own, "contacted_at": ago(30), "play": "email", "outcome_at": ago(29), "outcome": "replied"},
            {**own, "contacted_at": ago(60), "play": "meeting", "outcome_at": ago(60), "outcome": "no_show"},
            {**own, "contacted_at": ago(-1), "play": "call"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="session")
def used() -> Callable[..., Rows]:
    """``used("signed_in", 3, 7, quantity=2.0)``: usage rows of account ``a`` so many days before 2024-06-30."""
    return lambda event, *days, quantity=1.0, **columns: [
        {"account_id": "a", "event": event, "day": AS_OF - timedelta(days=n), "quantity": quantity, **columns}
        for n in days
    ]


@pytest.fixture
def of_usage(open_company: Callable[..., Company], subscription: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """``of_usage(names, usage, tenure=400)``: values of features for account ``a`` on 2024-06-30, in the order of
    ``names``; ``on_record`` is the number of days of usage on record, other arguments are those of ``open_company``."""

    def values(
        names: Sequence[str], usage: Rows, tenure: int = 400, on_record: int = 9000, seats: int | None = None, **of: Any
    ) -> tuple[Any, ...]:
        started = at(f"{AS_OF - timedelta(days=tenure)} 12:00")
        company = open_company(subscriptions=[subscription(started_at=started, quantity=seats)], usage=usage, **of)
        found = company.features(AS_OF, AS_OF - timedelta(days=on_record - 1), tuple(BY_NAME[name] for name in names))
        return tuple(found["a"][name] for name in names)

    return values
