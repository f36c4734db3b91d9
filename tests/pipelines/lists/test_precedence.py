"""An account is on one list a day, the most urgent; lists need no run of another for it; holdouts stay clean."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import exports, nightly
from pipelines.lake import Lake
from pipelines.lists import AT_RISK, NAMES, REWARDS, TRIGGERS, URGENCY, WIN_BACK, enabled, goes_on_from, more_urgent
from pipelines.lists.choice import choose
from pipelines.lists.day import Day
from pipelines.lists.precedence import allotted
from pipelines.lists.suppression import on

DAY = date(2025, 3, 10)


def arms(config: Any, name: str, day: date) -> dict[str, str]:
    rows = pq.read_table(Lake(config.path(config.lake)).list_record(name, day), partitioning=None)
    return dict(zip(rows["account_id"].to_pylist(), rows["arm"].to_pylist(), strict=True))


def test_every_list_of_paying_accounts_has_its_place() -> None:
    assert {*URGENCY, WIN_BACK} == set(NAMES)


def test_an_account_is_on_one_list_and_the_others_say_on_which(demo: Any) -> None:
    found = {name: arms(demo.config, name, demo.day) for name in enabled(demo.config)}
    counted = Counter(account for accounts in found.values() for account in accounts)
    assert max(counted.values()) == 1, "neither listed nor held out twice"
    named = 0
    for name in found:
        done = exports.published(demo.config, name, demo.day)
        assert done is not None
        for each in json.loads((done.folder / "suppressed.json").read_text("utf-8")):
            other = each["reason"].removeprefix("on_")
            if each["reason"] == on(other):
                named += 1
                assert other in more_urgent(demo.config, name)
                assert found[other][each["account_id"]] == "listed", "who is held out is not given away"
                assert each["until"] == str(demo.day)
    assert named > 0


def test_who_is_held_out_of_an_urgent_list_is_left_alone_by_the_others(demo: Any) -> None:
    """They belong on others, are on none of these, and nothing is told of them there."""
    held = {
        account
        for name in enabled(demo.config)
        for account, arm in arms(demo.config, name, demo.day).items()
        if arm == "holdout"
    }
    found = [allotted(Day(demo.config, demo.day), name) for name in (TRIGGERS, REWARDS)]
    elsewhere = {account for each in found for account in each.held_elsewhere}
    assert elsewhere
    assert elsewhere <= held
    for each in found:
        assert each.held_elsewhere <= set(each.candidates)
        assert not each.held_elsewhere & {told["account_id"] for told in each.suppressed}
        assert not each.held_elsewhere & set(each.seen["account_id"])


def test_an_account_may_be_on_several_lists_by_choice(demo: Any) -> None:
    keys = demo.config.lists.model_copy(update={"once_per_account": False})
    day = Day(demo.config.model_copy(update={"lists": keys}), demo.day)
    found = {name: allotted(day, name) for name in URGENCY}
    assert max(Counter(account for each in found.values() for account in each.seen["account_id"]).values()) > 1
    assert not any(each.held_elsewhere for each in found.values())
    assert not any(told["reason"].startswith("on_") for each in found.values() for told in each.suppressed)


def test_lists_made_alone_and_in_another_order_have_the_same_bytes(
    running_shop: Any, digests: Callable[..., dict[str, str]]
) -> None:
    running_shop.keys["lists"] |= {"capacity": 3, "automated_capacity": 4, "holdout_share": 0.2}
    config = running_shop.config()
    root, records = config.path(config.exports), config.path(config.lake) / "lists"

    def made(names: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        shutil.rmtree(root)
        shutil.rmtree(records)
        for name in names:
            nightly.publish_list(config, name, DAY)
        return digests(root), digests(records)

    first = made(list(NAMES))
    assert made(list(reversed(NAMES))) == first
    files, kept = made([TRIGGERS])
    assert files.items() <= first[0].items()
    assert kept.items() <= first[1].items()


def test_a_list_that_is_switched_off_takes_nobody(running_shop: Any) -> None:
    config = running_shop.config()
    assert more_urgent(config, TRIGGERS)[-2:] == [AT_RISK, "onboarding"]
    taken = {
        each["account_id"] for each in choose(Day(config, DAY), TRIGGERS).suppressed if each["reason"] == "on_at_risk"
    }
    assert taken
    running_shop.keys["lists"]["only"] = {AT_RISK: {"enabled": False}}
    chosen = choose(Day(running_shop.config(), DAY), TRIGGERS)
    assert not any(each["reason"] == "on_at_risk" for each in chosen.suppressed)
    assert taken <= {each["account_id"] for each in [*chosen.rows, *chosen.suppressed]} | set(
        chosen.recorded.loc[chosen.recorded["held"], "account_id"]
    )


@pytest.mark.parametrize(("name", "lists"), [(AT_RISK, [AT_RISK]), (TRIGGERS, [TRIGGERS]), (WIN_BACK, [WIN_BACK])])
def test_lists_go_on_from_their_own_days(shop: Any, name: str, lists: list[str]) -> None:
    assert goes_on_from(shop.config(), name) == lists


def test_rewards_go_on_from_what_triggers_told_before(shop: Any) -> None:
    """In Dagster a backfill makes the days in their order for it."""
    from pipelines.assets.lists import assets

    assert goes_on_from(shop.config(), REWARDS) == [REWARDS, TRIGGERS]
    known = {each.key.to_user_string(): each for each in assets(shop.config())}
    assert {key.to_user_string() for key in known[REWARDS].asset_deps[known[REWARDS].key]} >= {
        REWARDS,
        TRIGGERS,
        "scores",
    }
    shop.keys["lists"]["once_per_account"] = False
    assert goes_on_from(shop.config(), REWARDS) == [REWARDS]
