"""Stated risks come true."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest


def test_true_risks_come_true(world: duckdb.DuckDBPyConnection, value: Callable[[str], float]) -> None:
    """Leaving as the outcome defines it: no paid subscription left, none starts again within 7 days."""
    rows = world.sql("""
        SELECT r.p_30d, coalesce(here(s.cancel_requested_at)::DATE <= as_of, false),
               s.end_day <= as_of + 30 AND NOT EXISTS (
                   SELECT 1 FROM stays n WHERE n.account_id = r.account_id
                   AND n.first_day BETWEEN s.end_day AND s.end_day + 7)
        FROM truth_risk r JOIN stays s ON s.account_id = r.account_id AND first_day <= as_of AND as_of < end_day
        WHERE as_of <= DATE '2026-05-25'""").fetchall()
    assert len(rows) == value("SELECT count(*) FROM truth_risk WHERE as_of <= DATE '2026-05-25'")
    missing = """stays ANTI JOIN (FROM truth_risk WHERE as_of = DATE '2025-11-02') r USING (account_id)
                 WHERE mrr > 0 AND coalesce(here(trial_ends_at)::DATE, first_day) <= DATE '2025-11-02'
                 AND end_day > DATE '2025-11-02'"""
    assert value(f"SELECT count(*) FROM {missing}") == 0
    open_ = [(p, left) for p, announced, left in rows if not announced]
    expected, happened = (sum(column) / len(open_) for column in zip(*open_, strict=True))
    assert happened == pytest.approx(expected, rel=0.12)
    for low, high in ((0.0, 0.05), (0.05, 0.3), (0.3, 1.01)):
        part = [(p, left) for p, left in open_ if low <= p < high]
        expected, happened = (sum(column) / len(part) for column in zip(*part, strict=True))
        assert happened == pytest.approx(expected, rel=0.2), (low, high)
    assert all(p in (0.0, 1.0) for p, announced, _ in rows if announced)
