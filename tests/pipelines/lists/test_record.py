"""The holdout is drawn by chance alone, stays as it was drawn, and is on record with since when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines import nightly
from pipelines.exports import published
from pipelines.lake import Lake
from pipelines.lists import AT_RISK, NAMES, record

DAY = date(2025, 3, 10)
ACCOUNTS = [f"a{number}" for number in range(20_000)]


def test_the_share_is_as_stated_and_lists_draw_apart(shop: Any) -> None:
    shop.keys["lists"] |= {"holdout_share": 0.2, "only": {"save": {"holdout_share": 0.05}}}
    config = shop.config()
    arms = {name: np.array(record.held_out(config, name, ACCOUNTS)) for name in NAMES}
    for name, held in arms.items():
        share = {"save": 0.05, "win_back": 0}.get(name, 0.2)
        assert abs(held.mean() - share) <= 4 * np.sqrt(share * (1 - share) / len(ACCOUNTS)), name
    # one list's draw says nothing of another's
    both = (arms["at_risk"] & arms["triggers"]).mean()
    assert abs(both - 0.04) < 4 * np.sqrt(0.04 * 0.96 / len(ACCOUNTS))


def test_the_draw_stays_and_another_seed_draws_anew(shop: Any) -> None:
    shop.keys["lists"]["holdout_share"] = 0.2
    config = shop.config()
    arms = record.held_out(config, AT_RISK, ACCOUNTS)
    assert record.held_out(config, AT_RISK, ACCOUNTS[::-1]) == arms[::-1]
    # a larger share keeps whom a smaller one has drawn
    shop.keys["lists"]["holdout_share"] = 0.3
    assert all(
        more or not less for less, more in zip(arms, record.held_out(shop.config(), AT_RISK, ACCOUNTS), strict=True)
    )
    shop.keys["lists"] |= {"holdout_share": 0.2, "holdout_seed": 8}
    other = np.array(record.held_out(shop.config(), AT_RISK, ACCOUNTS))
    assert abs((other & np.array(arms)).mean() - 0.04) < 0.01
    shop.keys["lists"]["holdout_share"] = 0
    assert not any(record.held_out(shop.config(), AT_RISK, ACCOUNTS))


def recorded(config: Any, day: date) -> dict[str, dict[str, Any]]:
    rows = pq.read_table(Lake(config.path(config.lake)).list_record(AT_RISK, day), partitioning=None).to_pylist()
    assert [each["account_id"] for each in rows] == sorted(each["account_id"] for each in rows)
    return {each["account_id"]: each for each in rows}


@pytest.fixture
def held(running_shop: Any) -> Any:
    """The shop with a holdout of about a third."""
    running_shop.keys["lists"] |= {"holdout_share": 0.35, "capacity": 8}
    return running_shop


def test_who_is_held_out_is_on_record_and_on_no_list(held: Any) -> None:
    config = held.config()
    done = nightly.publish_list(config, AT_RISK, DAY)
    assert not isinstance(done, str)
    rows, kept = done.rows(), recorded(config, DAY)
    arms = {account: each["arm"] for account, each in kept.items()}
    listed = {row["account_id"] for row in rows}
    assert len(listed) == 8, "the holdout takes nobody's place"
    assert listed == {account for account, arm in arms.items() if arm == "listed"}
    assert done.manifest["held_out"] == sum(arm == "holdout" for arm in arms.values()) > 0
    for row in rows:
        each = kept[row["account_id"]]
        assert (each["rank"], each["play"], each["attention"]) == (row["rank"], row["play"], row["attention"])
        assert each["mrr"] == round(row["mrr"] * 100)
        assert each["expected_value"] == pytest.approx(row["expected_value"] * 100, abs=1)
        assert each["stratum"] == f"{row['attention']}, {row['play']}"
    # they would have been on it: none of them comes after all of the list
    worth = {account: each["probability"] * each["mrr"] for account, each in kept.items()}
    assert min(worth[account] for account in arms.keys() - listed) >= min(worth[account] for account in listed)


def test_since_goes_on_while_the_account_stays_listed_or_held(held: Any) -> None:
    from pipelines import features, scoring

    nightly.publish_list(held.config(), AT_RISK, DAY)
    before = recorded(held.config(), DAY)
    held.keys["lists"]["capacity"] = 5
    day = DAY + timedelta(days=1)
    config = held.accept(day)
    features.compute(config, day)
    scoring.score(config, day)
    done = nightly.publish_list(config, AT_RISK, day)
    assert not isinstance(done, str)
    after = recorded(config, day)
    assert {each["arm"] for each in after.values()} == {"listed", "holdout"}
    for account, each in after.items():
        assert each["since"] == (DAY if account in before else day)
        if account in before:
            assert each["arm"] == before[account]["arm"]
    # the day after that it is gone, and then back: it begins anew
    left = sorted(before.keys() - after.keys())
    assert left
    held.keys["lists"]["capacity"] = 8
    day += timedelta(days=1)
    config = held.accept(day)
    features.compute(config, day)
    scoring.score(config, day)
    nightly.publish_list(config, AT_RISK, day)
    back = recorded(config, day)
    assert {back[account]["since"] for account in left if account in back} == {day}


def test_the_record_is_the_same_when_the_day_is_published_again(held: Any) -> None:
    config = held.config()
    nightly.publish_list(config, AT_RISK, DAY)
    file = Lake(config.path(config.lake)).list_record(AT_RISK, DAY)
    before, folder = file.read_bytes(), published(config, AT_RISK, DAY)
    nightly.publish_list(config, AT_RISK, DAY)
    assert file.read_bytes() == before
    assert published(config, AT_RISK, DAY) == folder
