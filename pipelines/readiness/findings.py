"""What a report says is wrong: the shape of a finding, and every kind of finding with its weight and its remedy.

Belongs here: codes, severities, remedies. Does not belong here: how anything is found. A code is ``TABLE.NAME``; the
catalogue has it whole, or ``*.NAME`` where any table can have it, in that order. Rules of the contracts keep their own
codes (``checked``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""An error stops or spoils what the data is for; a warning makes it worth less; a note is good to know."""

SHOWN = 5
"""Most examples of a finding."""
_LONGEST = 120


@dataclass(frozen=True)
class Example:
    """Where a finding can be seen: the row by its key, or by file and row where it was set aside."""

    table: str
    row: str
    column: str | None
    value: str

    @classmethod
    def of(cls, table: str, row: object, column: str | None, value: object) -> Example:
        """An example with texts cut to a sane length."""
        return cls(table, _cut(row), column, _cut(value))


@dataclass(frozen=True)
class Finding:
    """``count`` rows (or days, events, features, as ``message`` says) out of ``of`` are affected."""

    code: str
    severity: Severity
    table: str | None
    column: str | None
    count: int
    of: int
    message: str
    remedy: str
    examples: tuple[Example, ...] = ()


def _cut(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_COLUMN = "correct sources.{source}.tables.{table}.columns.{column}"
_OWNER = "ask the data's owner which of the two is right, then correct the source or the mapping of {table}.{column}"

KINDS: dict[str, tuple[Severity, str]] = {
    # tables
    "*.unchecked": (
        "error",
        "run: churn ingest --as-of {as_of}, which says why if the source is refused, then "
        "churn validate --as-of {as_of}",
    ),
    "*.withheld": (
        "error",
        "repair the source or the mapping sources.{source}.tables.{table}; the quarantine holds the bad rows, and "
        "contracts.max_bad_share says how many are borne",
    ),
    "*.stale": ("warning", "look whether the export that sources.{source} reads still runs"),
    "*.empty_column": ("note", _COLUMN + ", or leave it out: it is mapped and has no value"),
    "*.one_day": (
        "warning",
        "this looks like the day of a migration: map the column that holds the original date to {table}.{column}",
    ),
    "*.before_signup": ("warning", "map the true date of sign-up to accounts.created_at, or correct {table}.{column}"),
    # contradictions
    "*.undated": (
        "warning",
        "map a column to {table}.{known_from}: {column} counts only from then on, without it never",
    ),
    "accounts.churned_but_subscribed": ("warning", _OWNER),
    "accounts.not_churned_but_ended": ("warning", _OWNER),
    "accounts.without_subscription": (
        "note", "leave them out with sources.{source}.tables.accounts.where, or look for their subscriptions",
    ),
    "subscriptions.ended_without_date": (
        "warning", "map the date of the end to subscriptions.ended_at: without it they count as active for ever",
    ),
    "subscriptions.date_without_ended": ("warning", _OWNER),
    "subscriptions.announced_end_passed": (
        "warning", "map the date at which the end took effect to subscriptions.ended_at: they count as active",
    ),
    "subscriptions.requested_after_end": ("warning", _OWNER),
    "subscriptions.never_ended": (
        "error", "map the date at which the end took effect to subscriptions.ended_at: without departures nothing "
        "can be learned",
    ),
    "subscriptions.never_paying": ("error", "map the monthly price to subscriptions.mrr: nobody pays anything"),
    "subscriptions.mrr_in_major_units": (
        "warning", "mrr is in minor units: set sources.{source}.tables.subscriptions.columns.mrr.scale to 100",
    ),
    "subscription_changes.nothing_changed": (
        "warning", "map what changed, such as mrr, plan or status, or leave such rows out",
    ),
    "subscription_changes.before_start": ("warning", _COLUMN + " or subscriptions.started_at"),
    "subscription_changes.after_end": ("note", "such changes count for nothing; correct subscriptions.ended_at if not"),
    "invoices.paid_without_date": (
        "warning", "map the date of payment to invoices.paid_at: without it they count as open",
    ),
    "invoices.date_without_paid": ("warning", _OWNER),
    "invoices.collected_without_date": (
        "warning", "map the date of payment to invoices.paid_at: payments have covered them, yet they count as open",
    ),
    "invoices.paid_and_closed": ("warning", _OWNER),
    "invoices.never_paid": (
        "error", "map the date of payment to invoices.paid_at, or take invoices out of sources: all count as open",
    ),
    "payments.succeeded_with_failure": ("warning", _OWNER),
    "payments.never_failed": (
        "note", "look whether the source leaves out attempts that failed: they are what foretells a departure",
    ),
    "tickets.reopened_without_date": ("note", "map a column to tickets.reopened_at: the flag alone does not count"),
    "tickets.never_resolved": (
        "warning", "map the date at which a ticket was resolved to "
        "sources.{source}.tables.tickets.columns.resolved_at: all tickets count as open",
    ),
    "feedback.without_score": ("warning", _COLUMN + ": nps and csat say nothing without a score"),
    "payment_methods.card_without_expiry": ("note", "map a column to payment_methods.expires_on"),
    # usage
    "usage.before_start": (
        "warning", "look whether usage names the right account, and whether subscriptions.started_at is the true start",
    ),
    "usage.after_end": (
        "warning", "look whether usage names the right account, and whether subscriptions.ended_at is the true end",
    ),
    "usage.few_accounts": (
        "warning", "look whether usage is recorded by the account_id of accounts, and for all products",
    ),
    "usage.missing_days": ("warning", "land what is missing: put it into the source, then run churn ingest --again"),
    "usage.thin_days": ("warning", "look whether the source was complete on these days"),
    "usage.no_roles": ("warning", "map the product's event names to roles under event_roles"),
    "usage.event_without_role": ("note", "map them under event_roles if they mean one of the roles"),
    "usage.role_without_event": ("warning", "correct the names under event_roles: no event is called so"),
    "usage.event_gone": ("warning", "if the product renamed it, give the new name the same role under event_roles"),
    "usage.many_events": (
        "warning", "map a column with fewer values to usage.event: ids and addresses do not belong into a name",
    ),
    "usage.encoding": ("warning", "read the source as UTF-8: sources.{source}.tables.usage.encoding"),
    # history
    "history.triggers_only": (
        "warning", "give subscriptions, with those that ended, from further back, or wait{until}. {ahead}",
    ),
    "history.usage_begins_late": ("note", "land earlier usage if there is any: training begins with it"),
    "departures.kind_unknown": (
        "note", "map subscriptions.end_reason (requested, payment_failed or disputed), or cancel_requested_at: who "
        "asked for the end left of their own will",
    ),
    "departures.one_month": (
        "warning", "look whether a clean-up of the source ended them: such departures teach a model nothing",
    ),
    # what is switched off
    "features.off_by_table": ("note", "{how}"),
    "features.off_by_role": ("note", "map events to the roles under event_roles"),
    "features.off_by_column": ("note", "map the columns under sources"),
    "lists.no_outreach": ("note", "{how}. It says who was contacted, when and how"),
    "lists.at_risk_columns": ("note", "map the columns under sources: the list shows them, and divides by owner"),
}  # fmt: skip
"""Code -> severity and remedy."""


def finding(
    code: str, count: int, of: int, message: str, examples: tuple[Example, ...] = (), column: str | None = None,
    **words: object,
) -> Finding:  # fmt: skip
    """A finding of the catalogue; ``words`` fill in its remedy. KeyError for a code that it lacks."""
    table, _, name = code.partition(".")
    severity, remedy = KINDS.get(code) or KINDS[f"*.{name}"]
    said = remedy.format(**{"table": table, "column": column, **words})
    of_table = None if table in ("history", "departures", "features", "lists") else table
    return Finding(code, severity, of_table, column, count, of, message, said, examples[:SHOWN])
