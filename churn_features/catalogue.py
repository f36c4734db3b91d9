"""The one ordered list of features; docs, model inputs, reasons and drift all derive from it.

Belongs here: the tuple, its fingerprint, look-up by name. Does not belong here: any feature's definition.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Iterable
from types import ModuleType

from churn_features import (
    account,
    adoption,
    clock,
    community,
    daily_use,
    exit_signals,
    feedback,
    invoices,
    key_actions,
    onboarding,
    outreach,
    payment_methods,
    payments,
    price,
    renewal,
    scores,
    self_help,
    service,
    standing,
    states,
    subscription,
    support,
    usage,
)
from churn_features.feature import Compute, Feature, Measure

FEATURES: tuple[Feature, ...] = (
    usage.activity_28d,
    usage.activity_change_7d,
    usage.activity_change_28d,
    usage.logins_7d,
    usage.logins_28d,
    usage.logins_change_28d,
    usage.login_days_28d,
    usage.active_days_7d,
    usage.active_days_28d,
    usage.active_days_change_28d,
    usage.active_weeks_56d,
    usage.active_streak_days,
    usage.returned_after_gap,
    usage.days_since_activity,
    usage.days_since_login,
    key_actions.key_actions_28d,
    key_actions.key_actions_change_28d,
    key_actions.key_action_days_28d,
    key_actions.days_since_key_action,
    exit_signals.exports_7d,
    exit_signals.exports_burst_7d,
    exit_signals.cancel_page_views_7d,
    exit_signals.cancel_page_views_28d,
    exit_signals.days_since_cancel_page,
    exit_signals.downgrade_page_views_28d,
    exit_signals.integrations_removed_91d,
    self_help.help_views_28d,
    self_help.help_views_change_28d,
    self_help.self_help_share_28d,
    self_help.help_share_28d,
    self_help.failed_searches_28d,
    self_help.errors_28d,
    self_help.errors_change_28d,
    self_help.error_share_28d,
    key_actions.key_action_share_28d,
    key_actions.key_functions_28d,
    key_actions.goals_reached_91d,
    key_actions.days_since_goal,
    adoption.events_28d,
    adoption.events_change_28d,
    adoption.events_dropped_28d,
    adoption.users_28d,
    adoption.users_change_28d,
    adoption.seats_used_share,
    adoption.activity_per_user_28d,
    adoption.invites_91d,
    adoption.customizations_91d,
    self_help.training_91d,
    self_help.days_since_training,
    community.community_posts_91d,
    community.days_since_community_post,
    community.referrals_91d,
    community.beta_91d,
    community.release_notes_91d,
    onboarding.setup_steps_done,
    onboarding.setup_share_done,
    onboarding.setup_steps_skipped,
    onboarding.days_since_setup_step,
    onboarding.functions_tried,
    onboarding.days_to_key_action,
    onboarding.days_without_key_action,
    support.early_support_contact,
    feedback.early_feedback,
    subscription.tenure_days,
    subscription.plan,
    subscription.seats,
    subscription.seats_change_91d,
    subscription.subscriptions_active,
    subscription.billing_interval,
    subscription.billed_more_often,
    subscription.days_to_renewal,
    subscription.days_since_renewal,
    subscription.trial_days,
    subscription.in_trial,
    subscription.earlier_spells,
    subscription.days_since_return,
    standing.plan_changes_182d,
    standing.paused,
    standing.paused_days,
    standing.days_to_pause_end,
    standing.pauses_365d,
    standing.cancel_requested_share,
    standing.days_to_announced_end,
    price.mrr,
    price.mrr_per_seat,
    price.mrr_per_user_28d,
    price.mrr_per_key_action_28d,
    price.mrr_change_28d,
    price.mrr_change_91d,
    price.mrr_below_highest_share,
    price.price_change_91d,
    price.days_since_price_rise,
    price.upgrades_182d,
    price.downgrades_182d,
    price.days_since_change,
    price.discount_share,
    price.days_to_discount_end,
    price.days_since_discount_end,
    invoices.last_invoice_change_365d,
    invoices.credits_365d,
    standing.past_due,
    standing.past_due_days,
    standing.past_dues_365d,
    invoices.open_invoices,
    invoices.overdue_amount,
    invoices.days_overdue,
    invoices.late_payment_days_182d,
    invoices.uncollectible_invoices_365d,
    invoices.failed_attempts_open,
    invoices.in_retry,
    payments.failed_payments_91d,
    payments.hard_declines_91d,
    payments.payment_success_rate_182d,
    payments.days_since_failed_payment,
    payments.payment_failing,
    payment_methods.payment_method,
    payment_methods.no_payment_method,
    payment_methods.payment_method_changes_182d,
    payment_methods.days_since_payment_method_added,
    payment_methods.days_to_card_expiry,
    payment_methods.card_expires_before_renewal,
    support.tickets_28d,
    support.tickets_91d,
    support.tickets_change_91d,
    support.days_since_ticket,
    support.severe_tickets_91d,
    support.phone_tickets_91d,
    support.chat_tickets_91d,
    support.open_tickets,
    support.oldest_open_ticket_days,
    support.open_tickets_near_renewal,
    support.unreplied_tickets,
    support.oldest_unreplied_ticket_days,
    service.first_reply_hours_91d,
    service.resolution_hours_91d,
    service.resolution_change_91d,
    service.reopened_tickets_91d,
    service.repeat_tickets_share_182d,
    service.support_satisfaction_182d,
    service.support_satisfaction_last,
    service.support_satisfaction_change,
    feedback.nps_last,
    feedback.nps_change,
    feedback.csat_last,
    feedback.csat_change,
    feedback.feedback_answers_365d,
    feedback.days_since_feedback,
    feedback.feedback_unanswered_days,
    feedback.survey_requests_unanswered,
    feedback.survey_silence_days,
    feedback.feedback_topic_repeats_365d,
    outreach.contacts_28d,
    outreach.contacts_91d,
    outreach.days_since_contact,
    outreach.days_since_reached,
    outreach.reached_share_182d,
    outreach.contacts_in_vain,
    outreach.no_shows_182d,
    account.days_to_first_subscription,
    account.industry,
    account.country,
    account.size,
    account.acquisition_channel,
)

MODULES = (
    daily_use,
    usage,
    key_actions,
    exit_signals,
    self_help,
    adoption,
    community,
    onboarding,
    subscription,
    standing,
    price,
    invoices,
    payments,
    payment_methods,
    support,
    service,
    feedback,
    outreach,
    account,
)
"""Where features and measures are declared."""

MEASURES: dict[str, Measure] = {
    unit.name: unit for module in MODULES for unit in vars(module).values() if type(unit) is Measure
}

BY_NAME: dict[str, Feature] = {feature.name: feature for feature in FEATURES}


def fingerprint(features: Iterable[Feature] = FEATURES) -> str:
    """Hash of the features' names, order, units and code, with that of the measures and modules they rest on.

    A model is only ever fed by the catalogue it was trained with: another fingerprint means other inputs. Comments,
    documentation and sentences are not part of it.
    """
    digest = hashlib.sha256()
    for feature in features:
        digest.update(f"{feature.name}|{feature.unit}|{feature.empty}|{_code(feature.compute)}\n".encode())
    for name in sorted(MEASURES):
        digest.update(f"{name}|{MEASURES[name].empty}\n".encode())
    for module in (*MODULES, scores, renewal, states, clock):
        digest.update(_code(module).encode())
    return digest.hexdigest()[:16]


def _code(source: Compute | ModuleType) -> str:
    tree = ast.parse(textwrap.dedent(inspect.getsource(source)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.unparse(tree)
