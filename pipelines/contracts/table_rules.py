"""The rules that only one table can break: the order of its instants, scales of scores, life of its account.

Belongs here: hand-written rules and the list of ordered pairs of dates. Does not belong here: what the vocabulary
implies for every table (``vocabulary_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from churn_features.tables import TABLES, Table
from pipelines.contracts.rule import Level, Rule, bad_rows, shown
from pipelines.contracts.vocabulary_rules import missing
from pipelines.engine import identifier, literal


@dataclass(frozen=True)
class _Order:
    """``later`` is not before ``earlier``, give or take ``slack_days``."""

    table: str
    name: str
    later: str
    earlier: str
    level: Level
    slack_days: int = 0


_ORDERS = (
    _Order("subscriptions", "ended_before_start", "ended_at", "started_at", "error"),
    _Order("subscriptions", "trial_before_start", "trial_ends_at", "started_at", "warning"),
    _Order("subscriptions", "cancelled_before_start", "cancel_requested_at", "started_at", "warning"),
    _Order("subscriptions", "ends_before_start", "ends_at", "started_at", "warning"),
    _Order("subscription_changes", "until_before_change", "until", "changed_at", "warning"),
    _Order("invoices", "paid_before_issue", "paid_at", "issued_at", "warning", slack_days=1),
    _Order("invoices", "due_before_issue", "due_at", "issued_at", "warning", slack_days=1),
    _Order("payment_methods", "removed_before_added", "removed_at", "added_at", "warning"),
    _Order("tickets", "reply_before_opening", "first_reply_at", "opened_at", "error"),
    _Order("tickets", "resolved_before_opening", "resolved_at", "opened_at", "error"),
    _Order("tickets", "reopened_before_opening", "reopened_at", "opened_at", "warning"),
    _Order("tickets", "rated_before_opening", "rated_at", "opened_at", "warning"),
    _Order("feedback", "answered_before_given", "answered_at", "given_at", "warning"),
)


def _ordered(order: _Order) -> Rule:
    table = TABLES[order.table]
    later, earlier = table.column(order.later), table.column(order.earlier)
    slack = f" - INTERVAL {order.slack_days} DAY" if order.slack_days else ""
    condition = f"b.{identifier(later.name)} < b.{identifier(earlier.name)}{slack}"
    reason = (
        f"{literal(later.name + ' ')} || {shown(later)} || {literal(f' is before {earlier.name} ')} || {shown(earlier)}"
    )
    by = f" by more than {order.slack_days} day" if order.slack_days else ""
    meaning = f"{later.name} is not before {earlier.name}{by}"
    return Rule(f"{table.name}.{order.name}", table.name, order.level, meaning, bad_rows([(condition, reason)]))


_CARD_EXPIRED = Rule(
    "payment_methods.expired_when_added",
    "payment_methods",
    "warning",
    "no card had expired when it was added",
    bad_rows([("b.expires_on < b.added_on", "'expires_on ' || b.expires_on || ' is before added_at ' || b.added_on")]),
)

_BEFORE_ACCOUNT = Rule(
    "subscriptions.before_account",
    "subscriptions",
    "warning",
    "no subscription started before its account was created",
    bad_rows(
        [
            (
                "b.started_on < a.created_on",
                "'started on ' || b.started_on || ', before its account was created on ' || a.created_on",
            )
        ],
        "{batch} b JOIN accounts a ON a.account_id = b.account_id",
    ),
    needs=("accounts",),
)

_SCORE_SCALE = Rule(
    "feedback.score_scale",
    "feedback",
    "error",
    "an nps score lies between 0 and 10, a csat score between 1 and 5",
    bad_rows(
        [
            (
                f"b.kind = '{kind}' AND NOT (b.score BETWEEN {low} AND {high})",
                f"'{kind} score ' || b.score || ' is not between {low} and {high}'",
            )
            for kind, low, high in (("nps", 0, 10), ("csat", 1, 5))
        ]
    ),
)

_NO_TIME = Rule(
    "usage.no_time",
    "usage",
    "error",
    "every row says when it happened: occurred_at or day",
    bad_rows([(f"{missing('day')} AND {missing('occurred_at')}", "'day and occurred_at are both empty'")]),
)

_USED_ON = "coalesce(b.day, local_day(b.occurred_at))"


def _used_outside(name: str, meaning: str, sign: str, edge: str, says: str, subscriptions: str) -> Rule:
    """Usage days beyond the ``edge`` day of the account's subscriptions.

    An event beyond the edge's day is beyond its instant too, which is cheap to compare and spares most events the
    conversion to a day of the zone.
    """
    beyond = f"b.day {sign} s.{edge}_on"
    event = f"b.day IS NULL AND b.occurred_at {sign} s.{edge}_at AND local_day(b.occurred_at) {sign} s.{edge}_on"
    reason = f"'used on ' || {_USED_ON} || {literal(says)} || s.{edge}_on"
    source = f"{{batch}} b JOIN ({subscriptions}) s ON s.account_id = b.account_id"
    sql = bad_rows([(f"{beyond} OR {event}", reason)], source)
    return Rule(f"usage.{name}", "usage", "warning", meaning, sql, needs=("subscriptions",))


_BEFORE_START = _used_outside(
    "before_start",
    "no account used the product before its first subscription started",
    "<",
    "first",
    ", before the account's first subscription started on ",
    "SELECT account_id, min(started_on) AS first_on, min(started_at) AS first_at FROM subscriptions "
    "GROUP BY account_id",
)

_AFTER_END = _used_outside(
    "after_end",
    "no account used the product after its last subscription had ended",
    ">",
    "last",
    ", after the account's last subscription ended on ",
    "SELECT account_id, max(ended_on) AS last_on, max(ended_at) AS last_at FROM subscriptions GROUP BY account_id "
    "HAVING count(*) = count(ended_on)",
)

_WRITTEN = (_CARD_EXPIRED, _BEFORE_ACCOUNT, _SCORE_SCALE, _NO_TIME, _BEFORE_START, _AFTER_END)


def table_rules(table: Table) -> Iterator[Rule]:
    """Hand-written rules of ``table``."""
    yield from (_ordered(order) for order in _ORDERS if order.table == table.name)
    yield from (rule for rule in _WRITTEN if rule.table == table.name)
