"""For whom triggers fire: on features written by hand, and on those of a company."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines import features
from pipelines.conditions import hold
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.scoring import read_features
from pipelines.triggers import firing, triggers

DAY = date(2025, 3, 10)


def pairs(config: Any) -> list[tuple[str, str]]:
    found = firing(config, DAY)
    assert list(found.columns) == ["account_id", "trigger"]
    return list(found.itertuples(index=False, name=None))


def test_all_that_hold_fire_in_order_of_account_and_catalogue(shop: Any, write_features: Any) -> None:
    config = shop.config()
    rows = [
        {"account_id": "b", "days_since_login": 40.0, "payment_failing": 1.0, "cancel_page_views_7d": 2.0},
        {"account_id": "a", "returned_after_gap": 1.0},
        {"account_id": "c", "days_since_login": 29.0, "payment_failing": 0.0},
        {"account_id": "d", "announced": True, "payment_failing": 1.0},
        {"account_id": "e", "days_to_renewal": 9.0, "billing_interval": "year"},
        {"account_id": "f", "days_to_renewal": 9.0, "billing_interval": "month"},
        {"account_id": "g", "days_since_activity": 33.0},
        {"account_id": "h", "days_since_activity": float("nan"), "days_since_login": float("nan")},
    ]
    write_features(config, DAY, rows)
    assert pairs(config) == [
        ("a", "returned_after_pause"),
        ("b", "payment_failed"), ("b", "cancel_page_seen"), ("b", "silent_30_days"),
        ("e", "renewal_near"),
        ("g", "inactive_30_days"),
    ]  # fmt: skip
    shop.keys["triggers"] = {"cancel_page_seen": None, "own": {"title": "x", "when": {"seats": "unknown"},
                                                               "tells": "seats"}}  # fmt: skip
    assert pairs(shop.config())[:3] == [("a", "own"), ("a", "returned_after_pause"), ("b", "own")]


def test_a_company_gives_what_its_data_carry(shop: Any) -> None:
    """No payments, no surveys, no cancel page: their triggers do not fire; those on what there is fire as one row by
    one says."""
    config = shop.accept(DAY)
    features.compute(config, DAY)
    rows = read_features(config, DAY).to_dict("records")
    expected = [
        (row["account_id"], trigger.name)
        for row in rows
        for trigger in triggers(config)
        if hold(trigger.when, {str(k): v for k, v in row.items()})
    ]
    assert pairs(config) == expected
    found = {trigger for _, trigger in expected}
    assert found == {"silent_30_days"}
    assert len(expected) >= 2


def test_without_triggers_nothing_fires(shop: Any, write_features: Any) -> None:
    shop.keys["triggers"] = {trigger.name: None for trigger in triggers(shop.config())}
    config = shop.config()
    write_features(config, DAY, [{"account_id": "a", "payment_failing": 1.0}])
    assert pairs(config) == []


def test_features_that_are_not_there_or_of_another_catalogue(shop: Any, write_features: Any) -> None:
    import pyarrow.parquet as pq

    config = shop.config()
    with pytest.raises(ChurnError, match="there are no features for 2025-03-10"):
        firing(config, DAY)
    write_features(config, DAY, [{"account_id": "a"}])
    file = Lake(config.path(config.lake)).features(DAY)
    pq.write_table(pq.read_table(file).drop_columns(["nps_last"]), file)
    with pytest.raises(ChurnError, match="nps_last is missing") as error:
        firing(config, DAY)
    assert "churn features --as-of 2025-03-10" in error.value.remedy
