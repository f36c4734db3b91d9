"""Who is on the lists besides that of accounts at risk, held against what is known of each account."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from pipelines import exports, features, nightly, scoring
from pipelines.lists import ONBOARDING, PAYMENT_RECOVERY, REWARDS, SAVE, TRIGGERS, WIN_BACK
from pipelines.lists.choice import choose
from pipelines.lists.day import Day
from pipelines.lists.precedence import CANDIDATES
from pipelines.lists.rewards import GROUNDS as REWARDED
from pipelines.triggers.catalogue import triggers
from pipelines.triggers.fired import firing

DAY = date(2025, 3, 10)


@pytest.fixture(scope="module")
def known(demo: Any) -> pd.DataFrame:
    return scoring.read_features(demo.config, demo.day).set_index("account_id")


def rows_of(demo: Any, name: str) -> list[dict[str, Any]]:
    done = exports.published(demo.config, name, demo.day)
    assert done is not None
    assert done.rows()
    return done.rows()


def test_payment_recovery_names_those_who_cannot_be_collected_from(demo: Any, known: pd.DataFrame) -> None:
    for row in rows_of(demo, PAYMENT_RECOVERY):
        account = known.loc[row["account_id"]]
        assert not account["announced"]
        fails = (
            account["overdue_amount"] > 0 or account["in_retry"] == 1 or account["failed_attempts_open"] > 0
            or account["payment_failing"] == 1 or account["past_due"] == 1
            or (account["card_expires_before_renewal"] == 1 and account["days_to_renewal"] <= 45)
            or (account["no_payment_method"] == 1 and account["days_to_renewal"] <= 45)
        )  # fmt: skip
        assert fails
        assert {reason["theme"] for reason in row["reasons"]} == {"payment"}
    # nobody is forgotten: whoever pays late is on it, held out or left alone for a reason
    candidates = CANDIDATES[PAYMENT_RECOVERY](Day(demo.config, demo.day)).frame
    overdue = known[(known["overdue_amount"] > 0) & ~known["announced"]]
    assert set(overdue.index) <= set(candidates["account_id"])


def test_save_names_announced_leavers_with_what_they_said(demo: Any, known: pd.DataFrame) -> None:
    found = rows_of(demo, SAVE)
    for row in found:
        assert known.loc[row["account_id"], "announced"]
        assert row["probability"] is None
        assert row["expected_value"] > 0
    told = [reason for row in found for reason in row["reasons"]]
    assert any(reason["feature"] == "subscriptions.feedback" for reason in told)
    assert any(reason["feature"] == "days_to_announced_end" for reason in told)
    assert len(CANDIDATES[SAVE](Day(demo.config, demo.day)).frame) == known["announced"].sum()


def test_onboarding_names_new_accounts_that_are_behind(demo: Any, known: pd.DataFrame) -> None:
    average = scoring.read_scores(demo.config, demo.day)["probability"].mean()
    for row in rows_of(demo, ONBOARDING):
        account = known.loc[row["account_id"]]
        assert account["tenure_days"] <= 90
        assert row["reasons"]
        assert row["probability"] >= 0.5 * average - 1e-6, "those in good health are left alone"


def test_rewards_names_the_loyal_and_active(demo: Any, known: pd.DataFrame) -> None:
    found = rows_of(demo, REWARDS)
    for row in found:
        account = known.loc[row["account_id"]]
        assert account["tenure_days"] >= 365
        assert account["active_weeks_56d"] == 8
        assert not account["announced"]
        assert row["probability"] is row["expected_value"] is None
        assert row["reasons"][0]["text"].startswith("A customer for ")
    sizes = [row["mrr"] for row in found if row["attention"] == "human"]
    assert sizes == sorted(sizes, reverse=True)
    assert REWARDED[-1].feature == "active_weeks_56d"


def test_win_back_names_who_left_lately_with_what_left_with_them(shop: Any) -> None:
    """Customers 3, 10, 17 and 24 left on 12, 19 and 26 February and on 5 March."""
    rows = shop.read("subscriptions.csv")
    for row in rows:
        row["asked"], row["why"] = (row["to"], "unused") if row["acc"] == "a03" else ("", "")
    rows.append({**rows[10], "sid": "s99", "from": "2025-03-01", "to": ""})  # number 10 came back
    shop.write("subscriptions.csv", rows)
    columns = shop.tables["subscriptions"]["columns"]
    columns["cancel_requested_at"], columns["feedback"] = "asked", "why"
    config = shop.accept(DAY)
    features.compute(config, DAY)
    chosen = choose(Day(config, DAY), WIN_BACK)
    assert [row["account_id"] for row in chosen.rows] == ["a24", "a17", "a03"]
    row = chosen.rows[-1]
    assert (row["mrr"], row["name"], row["probability"]) == (23.0, "Customer 3", None)
    left = date(2024, 11, 1) + timedelta(days=103)
    assert [reason["text"] for reason in row["reasons"]] == [
        "Reason given for cancelling: does not use it",
        f"Left on {left}, by their own decision, after 3 months",
    ]
    shop.keys["lists"]["lost_within_days"] = (DAY - left).days
    assert [row["account_id"] for row in choose(Day(shop.config(), DAY), WIN_BACK).rows] == ["a24", "a17"]
    shop.keys["lists"]["lost_within_days"] = (DAY - left).days + 1
    assert len(choose(Day(shop.config(), DAY), WIN_BACK).rows) == 3


def test_a_trigger_is_told_once_and_then_cools_down(running_shop: Any) -> None:
    running_shop.keys["lists"] |= {"healthy_below": 0, "automated_capacity": 50, "once_per_account": False}
    running_shop.keys["triggers"] = {
        **dict.fromkeys(each.name for each in triggers(running_shop.config())),
        "quiet": {
            "title": "Quiet",
            "when": {"active_days_28d": "< 12"},
            "tells": "active_days_28d",
            "cool_down_days": 3,
        },
    }
    told: dict[date, set[str]] = {}
    holds: dict[date, set[str]] = {}
    for offset in range(1, 6):
        day = DAY + timedelta(days=offset)
        config = running_shop.accept(day)
        features.compute(config, day)
        scoring.score(config, day)
        done = nightly.publish_list(config, TRIGGERS, day)
        assert not isinstance(done, str)
        told[day] = {row["account_id"] for row in done.rows()}
        holds[day] = set(firing(config, day)["account_id"])
        assert {row["trigger"] for row in done.rows()} <= {"quiet"}
        assert all(row["reasons"][0]["feature"] == "active_days_28d" for row in done.rows())
        aside = {each["account_id"]: each for each in json.loads((done.folder / "suppressed.json").read_text("utf-8"))}
        resting = {account for account, each in aside.items() if each["reason"] == "cooling_down"}
        assert resting == holds[day] - told[day]
        left = {
            each["account_id"]: each["why"] for each in json.loads((done.folder / "changes.json").read_text())["left"]
        }
        for account in resting:
            last = max(other for other, each in told.items() if account in each)
            assert aside[account]["until"] == str(last + timedelta(days=2))
            assert left.get(account, "cooling_down") == "cooling_down"
    assert told[DAY + timedelta(days=1)]
    for day, accounts in told.items():
        lately = {account for other, each in told.items() if 0 < (day - other).days < 3 for account in each}
        assert accounts == holds[day] - lately


def test_of_several_triggers_the_first_is_told(demo: Any) -> None:
    order = [each.name for each in triggers(demo.config)]
    fired = firing(demo.config, demo.day).groupby("account_id")["trigger"].agg(list)
    found = rows_of(demo, TRIGGERS)
    assert any(len(fired[row["account_id"]]) > 1 for row in found)
    for row in found:
        assert row["trigger"] == min(fired[row["account_id"]], key=order.index)
        assert len(row["reasons"]) == 1
