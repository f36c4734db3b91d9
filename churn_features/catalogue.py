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

from churn_features import adoption, billing, clock, relations, states, subscription, usage
from churn_features.feature import Compute, Feature, Measure

FEATURES: tuple[Feature, ...] = (
    usage.activity_28d,
    usage.activity_change_28d,
    usage.logins_7d,
    usage.logins_28d,
    usage.logins_change_28d,
    usage.active_days_7d,
    usage.active_days_28d,
    usage.active_days_change_28d,
    usage.active_streak_days,
    usage.days_since_activity,
    usage.days_since_login,
    usage.key_actions_28d,
    usage.key_actions_change_28d,
    usage.exports_7d,
    usage.exports_burst_7d,
    usage.cancel_page_views_28d,
    usage.downgrade_page_views_28d,
    usage.help_views_28d,
    usage.errors_28d,
    adoption.events_28d,
    adoption.users_28d,
    adoption.seats_used_share,
    adoption.invites_91d,
    adoption.community_posts_91d,
    adoption.setup_steps_done,
    adoption.days_to_key_action,
    adoption.days_without_key_action,
    subscription.tenure_days,
    subscription.mrr,
    subscription.seats,
    subscription.plan,
    subscription.billing_interval,
    subscription.days_to_renewal,
    subscription.mrr_change_91d,
    subscription.price_change_91d,
    subscription.seats_change_91d,
    subscription.days_since_change,
    subscription.discount_share,
    subscription.days_to_discount_end,
    subscription.past_due,
    subscription.paused,
    billing.failed_payments_91d,
    billing.days_since_failed_payment,
    billing.payment_failing,
    billing.overdue_amount,
    billing.days_overdue,
    billing.days_to_card_expiry,
    billing.card_expires_before_renewal,
    relations.tickets_28d,
    relations.tickets_91d,
    relations.open_tickets,
    relations.oldest_open_ticket_days,
    relations.severe_tickets_91d,
    relations.first_reply_hours_91d,
    relations.resolution_hours_91d,
    relations.support_satisfaction_182d,
    relations.nps_last,
    relations.nps_change,
    relations.feedback_unanswered_days,
    relations.days_since_contact,
    relations.industry,
    relations.country,
    relations.size,
    relations.acquisition_channel,
)

MEASURES: dict[str, Measure] = {
    unit.name: unit
    for module in (usage, adoption, subscription, billing, relations)
    for unit in vars(module).values()
    if type(unit) is Measure
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
    for module in (usage, adoption, subscription, billing, relations, states, clock):
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
