"""Which optional columns features cannot do without: what a table is worth that has rows and lacks a column.

Belongs here: the columns in whose absence a feature has no value, or the same one for every account. Does not belong
here: tables and event roles that a feature needs, which its declaration tells (``describing``). A test holds the list
to what the statement computes without each column.
"""

from __future__ import annotations

ESSENTIAL: dict[tuple[str, ...], tuple[str, ...]] = {
    ("accounts.industry",): ("industry",),
    ("accounts.country",): ("country",),
    ("accounts.size",): ("size",),
    ("accounts.channel",): ("acquisition_channel",),
    ("subscriptions.quantity", "subscription_changes.quantity"): (
        "seats", "seats_change_91d", "seats_used_share", "mrr_per_seat",
    ),
    ("subscriptions.trial_ends_at",): ("trial_days", "in_trial"),
    ("subscriptions.cancel_requested_at",): ("cancel_requested_share", "days_to_announced_end"),
    ("subscriptions.ends_at",): ("days_to_announced_end",),
    ("subscriptions.ended_at",): ("earlier_spells", "days_since_return"),
    ("subscription_changes.mrr",): (
        "mrr_change_28d", "mrr_change_91d", "mrr_below_highest_share", "days_since_price_rise", "upgrades_182d",
        "downgrades_182d",
    ),
    ("subscription_changes.plan",): ("plan_changes_182d",),
    ("subscription_changes.quantity",): ("seats_change_91d",),
    ("subscription_changes.discount_share",): (
        "discount_share", "days_to_discount_end", "days_since_discount_end",
    ),
    ("subscription_changes.status",): (
        "paused", "paused_days", "days_to_pause_end", "pauses_365d", "past_due", "past_due_days", "past_dues_365d",
    ),
    ("subscription_changes.until",): ("days_to_pause_end", "days_to_discount_end", "days_since_discount_end"),
    ("invoices.paid_at",): ("late_payment_days_182d",),
    ("invoices.closed_at",): ("uncollectible_invoices_365d",),
    ("invoices.closed_as",): ("uncollectible_invoices_365d",),
    ("payments.failure_code",): ("hard_declines_91d",),
    ("payment_methods.expires_on",): ("days_to_card_expiry", "card_expires_before_renewal"),
    ("usage.users",): (
        "users_28d", "users_change_28d", "seats_used_share", "activity_per_user_28d", "mrr_per_user_28d",
    ),
    ("tickets.first_reply_at",): ("first_reply_hours_91d",),
    ("tickets.resolved_at",): ("resolution_hours_91d", "resolution_change_91d"),
    ("tickets.reopened_at",): ("reopened_tickets_91d",),
    ("tickets.channel",): ("phone_tickets_91d", "chat_tickets_91d"),
    ("tickets.severity",): ("severe_tickets_91d",),
    ("tickets.rated_at",): (
        "support_satisfaction_182d", "support_satisfaction_last", "support_satisfaction_change",
    ),
    ("tickets.satisfaction",): (
        "support_satisfaction_182d", "support_satisfaction_last", "support_satisfaction_change",
    ),
    ("feedback.score",): ("nps_last", "nps_change", "csat_last", "csat_change"),
    ("feedback.topic",): ("feedback_topic_repeats_365d",),
    ("outreach.outcome_at",): ("days_since_reached", "reached_share_182d", "contacts_in_vain", "no_shows_182d"),
    ("outreach.outcome",): ("days_since_reached", "reached_share_182d", "contacts_in_vain", "no_shows_182d"),
}  # fmt: skip
"""Columns -> features that tell nothing where none of the columns has a value."""
