"""Stated risks come true."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from pipelines.sources.company import CHUNK, Company
from pipelines.sources.company.fates import simulate
from pipelines.sources.company.treatment import Treatment


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


@pytest.mark.parametrize(("multiplier", "least", "most"), [(0.2, 0.2, 0.6), (2.0, 1.3, 2.0)])
def test_true_risks_of_contacted_accounts_come_true(
    contact_table: Callable[..., pa.Table], multiplier: float, least: float, most: float
) -> None:
    """One contact with every account; risks of the days after it, while it works for the whole window."""
    company, rng = Company(accounts=8 * CHUNK, months=9, seed=5), np.random.default_rng(1)
    day = rng.integers(60, 200, company.accounts)
    rows = [(number + 1, int(each), "call") for number, each in enumerate(day)]
    chance, left, ratio = [], [], []
    for chunk, contacts in Treatment(contact_table(company, rows), {"call": multiplier}, 60).chunks(company).items():
        before = simulate(company, chunk)
        after = simulate(company, chunk, contacts, before)
        risk, waited = after.risk, after.risk.day - contacts.day[after.risk.who]
        judged = (waited >= 0) & (waited <= 30)
        judged &= (after.ended[risk.who] > risk.day) & (after.decided[risk.who] > risk.day)
        chance.append(risk.chance[judged])
        left.append(after.ended[risk.who[judged]] <= risk.day[judged] + 30)
        untouched = np.zeros((CHUNK, company.days))
        untouched[before.risk.who, before.risk.day] = before.risk.chance
        # only those who are there in both are compared, and they have weathered more: no rate of theirs is right
        there = judged & (untouched[risk.who, risk.day] > 0.02) & (untouched[risk.who, risk.day] < 1)
        ratio.append((risk.chance[there].sum(), untouched[risk.who[there], risk.day[there]].sum()))
    assert np.concatenate(left).mean() == pytest.approx(np.concatenate(chance).mean(), rel=0.12)
    assert least < sum(one for one, _ in ratio) / sum(other for _, other in ratio) < most
