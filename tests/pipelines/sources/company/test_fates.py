"""As many accounts leave as stated, in every way there is."""

from __future__ import annotations

from collections.abc import Callable


def test_monthly_logo_churn_is_in_the_stated_band(value: Callable[[str], float]) -> None:
    rate = value("""
        WITH months AS (SELECT unnest(range(DATE '2025-02-01', DATE '2026-06-01', INTERVAL 1 MONTH))::DATE AS m),
        paid AS (SELECT account_id, coalesce(here(trial_ends_at)::DATE, first_day) AS a, end_day AS b
                 FROM stays WHERE mrr > 0),
        base AS (SELECT m, account_id, max(b) AS b FROM paid JOIN months ON a < m AND b >= m GROUP BY ALL)
        SELECT count(*) FILTER (b < m + INTERVAL 1 MONTH AND NOT EXISTS (
                   SELECT 1 FROM paid p WHERE p.account_id = base.account_id AND p.a BETWEEN base.b AND base.b + 7))
               / count(*) FROM base""")  # fmt: skip
    assert 0.025 <= rate <= 0.04


def test_every_way_of_coming_and_going_occurs(value: Callable[[str], float]) -> None:
    gaps = """SELECT date_diff('day', lag(end_day) OVER (PARTITION BY account_id ORDER BY first_day), first_day) AS gap
              FROM stays"""
    for occurs in (
        "accounts ANTI JOIN subscriptions USING (account_id)",
        "accounts ANTI JOIN usage USING (account_id)",
        "subscriptions WHERE mrr = 0",
        "subscriptions WHERE trial_ends_at = ended_at",
        "subscriptions WHERE trial_ends_at < coalesce(ended_at, TIMESTAMP '2099-01-01')",
        "subscriptions WHERE billing_interval = 'year' AND ended_at = ends_at",
        "subscriptions WHERE end_reason = 'payment_failed' AND cancel_requested_at IS NULL",
        "stays WHERE here(cancel_requested_at)::DATE = end_day",
        "stays WHERE here(cancel_requested_at)::DATE < end_day - 14",
        "subscription_changes WHERE status = 'paused' AND until > changed_at",
        "subscription_changes WHERE status = 'past_due'",
        "subscription_changes WHERE quantity IS NOT NULL AND plan IS NOT NULL",
        f"({gaps}) WHERE gap BETWEEN 1 AND 7",
        f"({gaps}) WHERE gap > 7",
    ):
        assert value(f"SELECT count(*) FROM {occurs}") > 0, occurs
