"""What ties the account to the product beyond using it: community, referrals, tests of what is new.

Belongs here: features over roles community, referral, beta and release_note. Does not belong here: answers to surveys
(``feedback``), and contacts made by the company (``outreach``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.daily_use import last_days_ago, quantity
from churn_features.feature import feature


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Community posts in the last 91 days: {community_posts_91d}",
    role="community",
)
def community_posts_91d(usage: ir.Table) -> ir.Value:
    """Events with role community in the last 91 days: posts, replies, contributions.

    >>> known("community_posts_91d", usage=[{"day": 90, "event": "community"}, {"day": 91, "event": "community"}])
    1.0
    """
    return quantity(usage, "91d", "community")


@feature(
    unit="days",
    theme="adoption",
    sentence="Days since the last community post: {days_since_community_post}",
    usual=", posts in the last 91 days: {community_posts_91d}",
    role="community",
)
def days_since_community_post(usage: ir.Table) -> ir.Value:
    """Days since the last event with role community; missing without one in the last 91 days.

    >>> known("days_since_community_post", usage=[{"day": 7, "event": "community"}, {"day": 70, "event": "community"}])
    7.0
    """
    return last_days_ago(usage, "community")


@feature(
    unit="count",
    theme="adoption",
    direction=-1,
    empty=0,
    sentence="Referrals in the last 91 days: {referrals_91d}",
    role="referral",
)
def referrals_91d(usage: ir.Table) -> ir.Value:
    """Events with role referral in the last 91 days.

    >>> known("referrals_91d", usage=[{"day": 90, "event": "referral"}, {"day": 91, "event": "referral"}])
    1.0
    """
    return quantity(usage, "91d", "referral")


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Use of beta functions in the last 91 days: {beta_91d}",
    role="beta",
)
def beta_91d(usage: ir.Table) -> ir.Value:
    """Events with role beta in the last 91 days: use of functions before their release.

    >>> known("beta_91d", usage=[{"day": 90, "event": "beta"}, {"day": 91, "event": "beta"}])
    1.0
    """
    return quantity(usage, "91d", "beta")


@feature(
    unit="count",
    theme="adoption",
    empty=0,
    sentence="Release notes opened in the last 91 days: {release_notes_91d}",
    role="release_note",
)
def release_notes_91d(usage: ir.Table) -> ir.Value:
    """Events with role release_note in the last 91 days.

    >>> known("release_notes_91d", usage=[{"day": 90, "event": "release_note"}, {"day": 91, "event": "release_note"}])
    1.0
    """
    return quantity(usage, "91d", "release_note")
