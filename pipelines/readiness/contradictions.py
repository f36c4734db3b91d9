"""What rows say against themselves or against rows of other tables: flags against dates, dates that lack their dates.

Belongs here: a condition for each contradiction, as SQL over one table and what is joined to it. Does not belong here:
what the landing's contract already finds (``pipelines.contracts``), and running anything (``profile``).

In a condition ``t`` is the row, ``a`` its account, ``s`` its subscription, ``o`` what the account's subscriptions come
to, ``p`` what the invoice's payments come to; ``$as_of`` and ``$cutoff`` are the day and its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from churn_features.tables import TABLES, Table
from pipelines.engine import identifier


@dataclass(frozen=True)
class Contradiction:
    """Rows of a table for which ``condition`` holds; ``column`` is what an example shows, ``needs`` tables besides."""

    code: str
    column: str
    condition: str
    says: str
    needs: tuple[str, ...] = ()
    known_from: str = ""

    @property
    def table(self) -> str:
        return self.code.partition(".")[0]


JOINS = {
    "a": ("accounts", "LEFT JOIN now_accounts a ON a.account_id = t.account_id"),
    "s": ("subscriptions", "LEFT JOIN now_subscriptions s ON s.subscription_id = t.subscription_id"),
    "o": (
        "subscriptions",
        "LEFT JOIN (SELECT account_id, count(*) AS held, count(*) FILTER (started_on <= $as_of AND (ended_at IS NULL "
        "OR ended_at >= $cutoff)) AS running FROM now_subscriptions GROUP BY account_id) o "
        "ON o.account_id = t.account_id",
    ),
    "p": (
        "payments",
        "LEFT JOIN (SELECT invoice_id, sum(amount) AS collected FROM now_payments WHERE succeeded GROUP BY invoice_id) "
        "p ON p.invoice_id = t.invoice_id",
    ),
}
"""Alias -> the table that it needs, and its join, which finds at most one row."""

_WRITTEN = (
    Contradiction(
        "accounts.churned_but_subscribed", "churned", "t.churned AND o.running > 0",
        "the source says that they have left, yet a subscription runs", ("o",),
    ),
    Contradiction(
        "accounts.not_churned_but_ended", "churned", "NOT t.churned AND o.held > 0 AND o.running = 0",
        "the source says that they have not left, yet no subscription runs", ("o",),
    ),
    Contradiction(
        "accounts.without_subscription", "created_at", "o.account_id IS NULL", "they never had a subscription", ("o",)
    ),
    Contradiction(
        "subscriptions.ended_without_date", "ended", "t.ended AND t.ended_at IS NULL",
        "the source says that they have ended, yet ended_at is empty",
    ),
    Contradiction(
        "subscriptions.date_without_ended", "ended_at", "NOT t.ended AND t.ended_at < $cutoff",
        "the source says that they have not ended, yet ended_at is in the past",
    ),
    Contradiction(
        "subscriptions.announced_end_passed", "ends_at", "t.ends_at < $cutoff AND t.ended_at IS NULL",
        "the announced end has passed, yet ended_at is empty",
    ),
    Contradiction(
        "subscriptions.requested_after_end", "cancel_requested_at", "t.cancel_requested_at > t.ended_at",
        "the cancellation was asked for after the end",
    ),
    Contradiction(
        "subscription_changes.nothing_changed", "changed_at",
        "coalesce(CAST(t.mrr AS VARCHAR), t.plan, CAST(t.quantity AS VARCHAR), CAST(t.discount_share AS VARCHAR), "
        "t.status) IS NULL",
        "nothing changes",
    ),
    Contradiction(
        "subscription_changes.before_start", "changed_at", "t.changed_on < s.started_on",
        "they changed before their subscription started", ("s",),
    ),
    Contradiction(
        "subscription_changes.after_end", "changed_at", "t.changed_on > s.ended_on",
        "they changed after their subscription had ended", ("s",),
    ),
    Contradiction(
        "invoices.paid_without_date", "paid", "t.paid AND t.paid_at IS NULL",
        "the source says that they are paid, yet paid_at is empty",
    ),
    Contradiction(
        "invoices.date_without_paid", "paid_at", "NOT t.paid AND t.paid_at < $cutoff",
        "the source says that they are not paid, yet paid_at has a date",
    ),
    Contradiction(
        "invoices.collected_without_date", "amount",
        "t.paid_at IS NULL AND t.closed_at IS NULL AND t.amount > 0 AND p.collected >= t.amount",
        "payments have covered them, yet paid_at is empty", ("p",),
    ),
    Contradiction(
        "invoices.paid_and_closed", "closed_at", "t.paid_at IS NOT NULL AND t.closed_at IS NOT NULL",
        "they are both paid and closed without payment",
    ),
    Contradiction(
        "payments.succeeded_with_failure", "failure_code", "t.succeeded AND t.failure_code IS NOT NULL",
        "they succeeded, with the code of a failure",
    ),
    Contradiction(
        "tickets.reopened_without_date", "reopened", "t.reopened AND t.reopened_at IS NULL",
        "the source says that they were opened again, yet reopened_at is empty",
    ),
    Contradiction(
        "feedback.without_score", "score", "t.kind IN ('nps', 'csat') AND t.score IS NULL",
        "the answer has no score",
    ),
    Contradiction(
        "payment_methods.card_without_expiry", "expires_on", "lower(t.kind) = 'card' AND t.expires_on IS NULL",
        "the card has no last day",
    ),
)  # fmt: skip


def contradictions(table: Table, present: frozenset[str]) -> Iterator[Contradiction]:
    """Those that can be asked of ``table``, given which tables there are."""
    for each in (*(each for each in _WRITTEN if each.table == table.name), *_undated(table), *_before_signup(table)):
        if all(JOINS[alias][0] in present for alias in each.needs):
            yield each


def _undated(table: Table) -> Iterator[Contradiction]:
    """Values that a later happening filled in, without the date from which on they are known."""
    for column in table.columns:
        if column.kind == "event" and column.known_from and column.known_from != column.name:
            given, known = identifier(column.name), identifier(column.known_from)
            yield Contradiction(
                f"{table.name}.undated", column.name, f"t.{given} IS NOT NULL AND t.{known} IS NULL",
                f"{column.name} is given, yet {column.known_from} is empty", known_from=column.known_from,
            )  # fmt: skip


def _before_signup(table: Table) -> Iterator[Contradiction]:
    # the contract asks it of subscriptions; usage is held against subscriptions
    if "account_id" not in table.names or table.name in ("accounts", "subscriptions", "usage"):
        return
    day = identifier(str(TABLES[table.name].column(table.occurred).day))
    yield Contradiction(
        f"{table.name}.before_signup", table.occurred, f"t.{day} < a.created_on",
        "they are from before their account was created", ("a",),
    )  # fmt: skip
