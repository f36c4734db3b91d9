"""The proof: it holds for the product, and it finds every leak that is planted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pytest

from churn_features import statement
from churn_features.catalogue import FEATURES
from churn_features.clock import Moment, cut, stored
from churn_features.feature import feature
from churn_features.tables import CONTRACT, TABLES
from pipelines import compiled, features
from pipelines.errors import ChurnError
from pipelines.leakage.proof import chosen_dates, prove

EARLIER = date(2025, 12, 1)
SHOP_DAY, SHOP_EARLIER = date(2025, 3, 10), date(2025, 2, 10)


@pytest.fixture(autouse=True)
def _fresh_statements(monkeypatch: pytest.MonkeyPatch) -> Any:
    # what is planted below is in no source file
    monkeypatch.setattr(compiled, "kept", lambda folder, name, inputs, make: make())
    features._features_sql.cache_clear()
    yield
    features._features_sql.cache_clear()


def test_no_feature_of_the_demo_company_knows_the_future(demo: Any) -> None:
    proof = prove(demo.config, demo.day, [EARLIER])
    assert proof.passed, proof.leaking()
    assert proof.tables == tuple(table.name for table in CONTRACT)
    assert proof.features == tuple(feature.name for feature in FEATURES)
    assert {trial.way for trial in proof.trials} == {"delete", "scramble", "append"}
    assert all(trial.later_rows > 0 and trial.accounts > 500 for trial in proof.trials)


def test_it_is_proved_for_a_date_without_later_rows_too(shop: Any) -> None:
    proof = prove(shop.accept(), SHOP_DAY, [SHOP_DAY])
    assert proof.passed
    assert {trial.later_rows for trial in proof.trials if trial.table == "subscriptions"} == {0}


def test_a_feature_that_reads_one_later_row_is_caught(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @feature(unit="days", theme="support")
    def days_since_the_last_ticket_of_anyone(tickets: Any) -> Any:
        """Planted: looks past the cut, at the table as it is stored."""
        latest = stored(TABLES["tickets"]).opened_on.max().as_scalar()
        return ibis.literal(date(2026, 1, 1)).delta(latest, unit="day") + tickets.count() * 0

    catalogue = (*FEATURES[:3], days_since_the_last_ticket_of_anyone)
    monkeypatch.setattr(
        features, "_features_sql", lambda present, roles, _: statement.features(present, dict(roles), catalogue).sql()
    )
    monkeypatch.setattr(features._features_sql, "cache_clear", lambda: None, raising=False)
    proof = prove(demo.config, demo.day, [EARLIER])
    assert not proof.passed
    assert proof.leaking() == {"days_since_the_last_ticket_of_anyone": ["tickets"]}
    leak = next(leak for trial in proof.trials for leak in trial.leaks)
    assert leak.accounts > 0
    assert leak.before != leak.after


@pytest.mark.parametrize("table", ["subscriptions", "usage"])
def test_a_cut_that_comes_an_hour_or_a_day_late_is_caught(
    shop: Any, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    def late(of: Any, rows: Any, moment: Moment) -> Any:
        if of.name != table:
            return cut(of, rows, moment)
        late_by = ibis.interval(days=1) if table == "usage" else ibis.interval(hours=30)
        day = (moment.as_of.cast("timestamp") + ibis.interval(days=1)).cast("date")
        seen = cut(of, rows, Moment(day if table == "usage" else moment.as_of, moment.cutoff + late_by))
        return seen.mutate(days_ago=(seen.days_ago - 1).clip(lower=0)) if table == "usage" else seen

    config = shop.accept()
    monkeypatch.setattr(statement, "cut", late)
    proof = prove(config, SHOP_DAY, [SHOP_EARLIER])
    assert not proof.passed
    leaking = {trial.table for trial in proof.trials if not trial.passed}
    assert leaking == {table}


def test_a_correction_that_counts_before_it_was_landed_is_caught(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = shop.accept(SHOP_EARLIER)
    rows = shop.read("subscriptions.csv")
    shop.write("subscriptions.csv", [{**row, "price": 99} for row in rows])
    shop.accept(SHOP_EARLIER + timedelta(days=1))
    assert prove(config, SHOP_EARLIER + timedelta(days=1), [SHOP_EARLIER]).passed

    def forgetful(of: Any, rows: Any, moment: Moment) -> Any:
        # takes the last version, whenever it was landed
        return cut(of, rows.filter(rows.known_to.isnull()).mutate(known_after=ibis.null().cast("date")), moment)

    monkeypatch.setattr(statement, "cut", forgetful)
    features._features_sql.cache_clear()
    proof = prove(config, SHOP_EARLIER + timedelta(days=1), [SHOP_EARLIER])
    assert "mrr" in proof.leaking()
    assert "subscriptions" in proof.leaking()["mrr"]


def test_dates_are_chosen_from_the_training_panel(demo: Any, shop: Any) -> None:
    dates = chosen_dates(demo.config, demo.day)
    panel = features.panel_dates(demo.config, demo.day)
    assert len(dates) == 3
    assert (dates[0], dates[-1]) == (panel[0], panel[-1])
    shop.keys["training"] = {"warm_up_days": 400}
    assert chosen_dates(shop.accept(), SHOP_DAY) == [SHOP_DAY]


def test_dates_that_cannot_be_proved_are_told(shop: Any) -> None:
    config = shop.accept()
    with pytest.raises(ChurnError, match="2025-03-11 is after 2025-03-10"):
        prove(config, SHOP_DAY, [SHOP_DAY + timedelta(days=1)])
    with pytest.raises(ChurnError, match="no account had a paid, started, not ended subscription on 2020-01-01"):
        prove(config, SHOP_DAY, [date(2020, 1, 1)])
