"""Edges of what ties an account to the product: each role on its own, over a quarter."""

from __future__ import annotations


def test_each_role_counts_on_its_own(of_usage, used):
    names = ("community_posts_91d", "days_since_community_post", "referrals_91d", "beta_91d", "release_notes_91d")
    usage = used("posted", 90, 40) + used("referred", 0, 91, quantity=2.0) + used("tried_beta", 90)
    assert of_usage(names, usage) == (2, 40, 2, 1, 0)
