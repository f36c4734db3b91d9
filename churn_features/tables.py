"""The contract's vocabulary: which tables and columns exist, what they mean and since when a value is known.

Belongs here: names, types, kinds and meanings, as plain values. Does not belong here: how a table is read,
checked or stored (``pipelines``), and where time is cut (``clock``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "instant", "day", "integer", "money", "number", "flag"]
Kind = Literal["fixed", "event", "snapshot"]

VERSION = 4
"""Version of the contract; a change to any table below raises it."""


@dataclass(frozen=True)
class Column:
    """One column of the contract.

    ``kind`` says what may happen to a stored value: *fixed* is written once with its row; *event* is filled in
    by a later happening and is known only from the instant in ``known_from``; *snapshot* is overwritten in place,
    so its value on an earlier date cannot be recovered and it is refused as a feature source.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    kind: Kind = "fixed"
    known_from: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def day(self) -> str | None:
        """Name of the derived column that holds this instant's day in the company's zone, for instants only."""
        return self.name.removesuffix("_at") + "_on" if self.type == "instant" else None


@dataclass(frozen=True)
class Table:
    """One table of the contract: its key (unique in an accepted copy), the instant its rows happened, its columns."""

    name: str
    meaning: str
    key: tuple[str, ...]
    occurred: str
    columns: tuple[Column, ...]
    required: bool = False

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError names the table when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _key(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, required=True)


_ACCOUNT = _key("account_id", "the customer that pays")
_RECORDED = Column(
    "recorded_at", "instant", "when the source learned of this row or of this version of it; known only from then on"
)

INTERVALS = ("day", "week", "month", "quarter", "half_year", "year")
END_REASONS = ("requested", "payment_failed", "disputed")
STATUSES = ("active", "paused", "past_due", "unpaid")
FEEDBACK_REASONS = (
    "too_expensive", "missing_features", "switched_service", "unused",
    "customer_service", "too_complex", "low_quality", "other",
)  # fmt: skip

ACCOUNTS = Table(
    "accounts",
    "one row per customer",
    key=("account_id",),
    occurred="created_at",
    required=True,
    columns=(
        _ACCOUNT,
        Column("created_at", "instant", "when the customer signed up", required=True),
        Column("name", "text", "what people call the customer; shown on lists, never a feature", kind="snapshot"),
        Column("owner", "text", "customer success manager; shown on lists, never a feature", kind="snapshot"),
        Column("industry", "text", "industry at sign-up"),
        Column("country", "text", "country at sign-up"),
        Column("size", "text", "size class at sign-up, such as 1-10 or 500+"),
        Column("channel", "text", "how the customer was won"),
        Column("contact_ok", "flag", "false if the customer asked not to be contacted", kind="snapshot"),
        Column("churned", "flag", "whether the source says that the customer has left", kind="snapshot"),
        _RECORDED,
    ),
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    "one row per subscription or billing term, as it was at its start, with its end once it has one",
    key=("subscription_id",),
    occurred="started_at",
    required=True,
    columns=(
        _key("subscription_id", "the subscription or term"),
        _ACCOUNT,
        Column("plan", "text", "plan at the start", required=True),
        Column("billing_interval", "text", "how often it is billed", required=True, choices=INTERVALS),
        Column("mrr", "money", "monthly recurring revenue at the start; 0 for free plans", required=True),
        Column("quantity", "integer", "seats or licences at the start"),
        Column("started_at", "instant", "when it started", required=True),
        Column("trial_ends_at", "instant", "when its trial ends or ended; empty without a trial"),
        Column("cancel_requested_at", "instant", "when the cancellation was asked for", kind="event",
               known_from="cancel_requested_at"),
        Column("ends_at", "instant", "the announced end", kind="event", known_from="cancel_requested_at"),
        Column("ended_at", "instant", "when it took effect", kind="event", known_from="ended_at"),
        Column("end_reason", "text", "why it ended", kind="event", known_from="ended_at", choices=END_REASONS),
        Column("feedback", "text", "the reason given with the cancellation; outcome data, never a feature",
               kind="event", known_from="cancel_requested_at", choices=FEEDBACK_REASONS),
        Column("auto_renew", "flag", "whether it renews by itself", kind="snapshot"),
        Column("ended", "flag", "whether the source says that it has ended", kind="snapshot"),
        _RECORDED,
    ),
)  # fmt: skip

SUBSCRIPTION_CHANGES = Table(
    "subscription_changes",
    "one row per change of a subscription; empty columns did not change",
    key=("subscription_id", "changed_at"),
    occurred="changed_at",
    columns=(
        _key("subscription_id", "the subscription that changed"),
        Column("changed_at", "instant", "when the change took effect", required=True),
        Column("mrr", "money", "monthly recurring revenue from then on"),
        Column("plan", "text", "plan from then on"),
        Column("quantity", "integer", "seats from then on"),
        Column("discount_share", "number", "share of the price taken off from then on, 0 to 1"),
        Column("status", "text", "state from then on", choices=STATUSES),
        Column("until", "instant", "when the discount or pause ends, where known in advance"),
        _RECORDED,
    ),
)

INVOICES = Table(
    "invoices",
    "one row per invoice",
    key=("invoice_id",),
    occurred="issued_at",
    columns=(
        _key("invoice_id", "the invoice"),
        _ACCOUNT,
        Column("subscription_id", "text", "the subscription it bills"),
        Column("issued_at", "instant", "when it was issued", required=True),
        Column("due_at", "instant", "when it is due", required=True),
        Column("amount", "money", "total of the invoice", required=True),
        Column("paid_at", "instant", "when it was paid in full", kind="event", known_from="paid_at"),
        Column("closed_at", "instant", "when it was closed without payment", kind="event", known_from="closed_at"),
        Column("closed_as", "text", "how it was closed without payment; counts only with closed_at", kind="event",
               known_from="closed_at", choices=("void", "uncollectible")),
        Column("paid", "flag", "whether the source says that it is paid", kind="snapshot"),
        _RECORDED,
    ),
)  # fmt: skip

PAYMENTS = Table(
    "payments",
    "one row per attempt to collect an invoice",
    key=("payment_id",),
    occurred="attempted_at",
    columns=(
        _key("payment_id", "the attempt"),
        _key("invoice_id", "the invoice it was for"),
        _ACCOUNT,
        Column("attempted_at", "instant", "when it was tried", required=True),
        Column("amount", "money", "what was tried to collect", required=True),
        Column("succeeded", "flag", "whether the money came", required=True),
        Column("failure_code", "text", "the processor's reason for a failure"),
        _RECORDED,
    ),
)

PAYMENT_METHODS = Table(
    "payment_methods",
    "one row per card or other way to pay",
    key=("payment_method_id",),
    occurred="added_at",
    columns=(
        _key("payment_method_id", "the card or mandate"),
        _ACCOUNT,
        Column("added_at", "instant", "when it was added", required=True),
        Column("removed_at", "instant", "when it was removed or replaced", kind="event", known_from="removed_at"),
        Column("kind", "text", "card, sepa_debit, invoice and the like", required=True),
        Column("expires_on", "day", "last day on which it can be charged"),
        _RECORDED,
    ),
)

USAGE = Table(
    "usage",
    "what the customer did with the product; kept as daily sums per account and event",
    key=("account_id", "day", "event"),
    occurred="occurred_at",
    columns=(
        _ACCOUNT,
        Column("occurred_at", "instant", "when it happened; or give day"),
        Column("day", "day", "the day in the company's zone; or give occurred_at"),
        Column("event", "text", "the product's own name of the event", required=True),
        Column("quantity", "number", "how often or how much; 1 where the source has one row per event"),
        Column("user_id", "text", "who did it; used to count distinct users of a day, not kept"),
        Column("users", "integer", "distinct users of the day, where the source is already summed by day"),
        Column("usage_id", "text", "the source's own id of the row; repeated ids are set aside"),
        _RECORDED,
    ),
)

TICKETS = Table(
    "tickets",
    "one row per support request",
    key=("ticket_id",),
    occurred="opened_at",
    columns=(
        _key("ticket_id", "the request"),
        _ACCOUNT,
        Column("opened_at", "instant", "when it was opened", required=True),
        Column("first_reply_at", "instant", "when a person first replied", kind="event", known_from="first_reply_at"),
        Column("resolved_at", "instant", "when it was resolved, the first time", kind="event",
               known_from="resolved_at"),
        Column("reopened", "flag", "whether it was opened again; carries no date", kind="snapshot"),
        Column("reopened_at", "instant", "when it was opened again, the first time", kind="event",
               known_from="reopened_at"),
        Column("channel", "text", "email, chat, phone and the like"),
        Column("severity", "text", "low, normal, high or urgent", choices=("low", "normal", "high", "urgent")),
        Column("rated_at", "instant", "when it was rated", kind="event", known_from="rated_at"),
        Column("satisfaction", "number", "the customer's rating of the solution, 1 (bad) to 5 (good); counts only with "
               "rated_at", kind="event", known_from="rated_at"),
        _RECORDED,
    ),
)  # fmt: skip

FEEDBACK = Table(
    "feedback",
    "one row per survey answer or request",
    key=("account_id", "given_at", "kind"),
    occurred="given_at",
    columns=(
        _ACCOUNT,
        Column("given_at", "instant", "when it was given", required=True),
        Column("kind", "text", "nps (0 to 10), csat (1 to 5), survey; request: a survey was sent, the answer to which "
               "is a row of its own", required=True, choices=("nps", "csat", "survey", "request")),
        Column("score", "number", "the score on the kind's own scale"),
        Column("topic", "text", "what it is about"),
        Column("answered_at", "instant", "when the company answered", kind="event", known_from="answered_at"),
        _RECORDED,
    ),
)  # fmt: skip

OUTREACH = Table(
    "outreach",
    "one row per contact made by the company",
    key=("account_id", "contacted_at", "play"),
    occurred="contacted_at",
    columns=(
        _ACCOUNT,
        Column("contacted_at", "instant", "when the contact was made", required=True),
        Column("play", "text", "what was done", required=True),
        Column("list_as_of", "day", "the list that led to it"),
        Column("outcome_at", "instant", "when it was known what came of it", kind="event", known_from="outcome_at"),
        Column("outcome", "text", "what came of it; no_answer and no_show mean that nobody was reached; counts only "
               "with outcome_at", kind="event", known_from="outcome_at"),
        _RECORDED,
    ),
)  # fmt: skip

CONTRACT: tuple[Table, ...] = (
    ACCOUNTS, SUBSCRIPTIONS, SUBSCRIPTION_CHANGES, INVOICES, PAYMENTS, PAYMENT_METHODS, USAGE, TICKETS, FEEDBACK,
    OUTREACH,
)  # fmt: skip

TABLES: dict[str, Table] = {table.name: table for table in CONTRACT}

ROLES = (
    "login", "key_action", "setup_step", "setup_skip", "training", "help_view", "search_failed", "error", "export",
    "cancel_page", "downgrade_page", "integration_removed", "invite", "referral", "customization", "goal_reached",
    "community", "beta", "release_note",
)  # fmt: skip
"""What an event means to the product, whatever the product calls it; configured as event name -> role."""

STORED_USAGE = ("account_id", "day", "event", "quantity", "users")
"""Columns of the usage table as the lake keeps it: sums per account, day and event; ``users`` may be missing."""

KNOWN = ("known_after", "known_to")
"""Days between which the lake held a stored row to be true: it counts on as-of dates after ``known_after`` (missing:
always, as far as anyone can tell) up to and with ``known_to`` (missing: to this day). A correction is a second row, a
deletion ends the first."""
