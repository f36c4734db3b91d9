"""Planted causes make accounts leave and show in the data."""

from __future__ import annotations

from collections.abc import Callable

import duckdb


def test_causes_raise_the_share_of_leavers_and_many_recover(
    world: duckdb.DuckDBPyConnection, value: Callable[[str], float]
) -> None:
    shares = dict(
        world.sql("""SELECT cause, count(left_on) / count(*) FROM truth
                     WHERE cause_from < DATE '2026-04-01' GROUP BY cause""").fetchall()
    )
    assert set(shares) == {"usage_decline", "failing_payment", "price_rise", "poor_support", "stalled_onboarding"}
    rest = value("SELECT count(left_on) / count(*) FROM truth WHERE cause IN ('none', 'unexplained')")
    for cause, share in shares.items():
        assert rest + 0.15 < share < 0.75, (cause, share)
    wrong = """truth WHERE (cause = 'none' AND left_on IS NOT NULL) OR (cause = 'unexplained' AND left_on IS NULL)
               OR (cause_from IS NULL) <> (cause IN ('none', 'unexplained')) OR cause_from > left_on
               OR (kind IS NULL) <> (left_on IS NULL)"""
    assert value(f"SELECT count(*) FROM {wrong}") == 0


def test_each_cause_shows_in_the_data(value: Callable[[str], float]) -> None:
    near = "(left_on IS NULL OR left_on > cause_from + 56)"
    days = f"""SELECT coalesce(sum(quantity) FILTER (day >= cause_from + 28 AND day < cause_from + 56), 0)
                      / sum(quantity) FILTER (day >= cause_from - 28 AND day < cause_from)
               FROM usage JOIN truth USING (account_id)
               WHERE event = 'signed_in' AND {near} AND cause_from BETWEEN DATE '2025-02-01' AND DATE '2026-05-01'"""
    assert value(f"{days} AND cause = 'usage_decline'") < 0.6
    assert value(f"{days} AND cause = 'price_rise'") > 0.75
    fresh = """SELECT avg(d) FROM (
                   SELECT count(DISTINCT day) AS d FROM truth JOIN stays USING (account_id) LEFT JOIN usage
                   ON usage.account_id = stays.account_id AND day < first_day + 60 AND event = 'report_created'
                   WHERE mrr > 0 AND first_day BETWEEN DATE '2025-01-01' AND DATE '2026-04-01'
                   AND end_day > first_day + 60 AND {} GROUP BY stays.subscription_id)"""
    slow, usual = (value(fresh.format(f"cause {what} 'stalled_onboarding'")) for what in ("=", "<>"))
    assert slow < 0.5 * usual
    unpaid = """truth ANTI JOIN (SELECT account_id, here(attempted_at)::DATE AS d FROM payments WHERE NOT succeeded) p
                ON truth.account_id = p.account_id AND d = cause_from WHERE cause = 'failing_payment'"""
    assert value(f"SELECT count(*) FROM {unpaid}") == 0
    unchanged = """truth ANTI JOIN (SELECT account_id, here(changed_at)::DATE AS d FROM subscription_changes
                   JOIN subscriptions USING (subscription_id) WHERE subscription_changes.mrr IS NOT NULL
                   OR discount_share = 0) c
                   ON truth.account_id = c.account_id AND d = cause_from WHERE cause = 'price_rise'"""
    assert value(f"SELECT count(*) FROM {unchanged}") == 0
    bad, good = (
        value(f"""SELECT avg(satisfaction) FROM tickets t {join} JOIN truth ON t.account_id = truth.account_id
                         AND cause = 'poor_support' AND here(opened_at)::DATE BETWEEN cause_from AND cause_from + 40""")
        for join in ("SEMI", "ANTI")
    )  # fmt: skip
    assert bad < 2.5 < 4 < good
