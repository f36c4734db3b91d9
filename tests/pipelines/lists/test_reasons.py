"""What is at stake by theme, and reasons that hold on to what was told before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import champion, exports, scoring
from pipelines.lists import AT_RISK
from pipelines.lists.choice import choose
from pipelines.lists.day import Day
from pipelines.lists.reasons import by_theme, explained

DAY = date(2025, 3, 10)
YESTERDAY = DAY - timedelta(days=1)


def row(mrr: float, loss: float, *themes: str) -> dict[str, Any]:
    return {"mrr": mrr, "expected_loss": loss, "reasons": [{"theme": theme} for theme in themes]}


def test_an_account_counts_for_the_theme_of_its_first_reason() -> None:
    rows = [row(100.0, 10.1, "usage", "price"), row(50.0, 20.2, "price"), row(25.5, 0.2, "usage"), row(9.0, 1.0)]
    assert by_theme(rows) == [
        {"theme": "price", "accounts": 1, "mrr": 50.0, "expected_loss": 20.2, "named_for": 2},
        {"theme": "usage", "accounts": 2, "mrr": 125.5, "expected_loss": 10.3, "named_for": 2},
        {"theme": None, "accounts": 1, "mrr": 9.0, "expected_loss": 1.0, "named_for": 1},
    ]
    assert by_theme([]) == []


cents = st.integers(0, 10**7).map(lambda each: each / 100)
lines = st.builds(
    lambda mrr, loss, themes: row(mrr, loss, *themes), cents, cents, st.lists(st.sampled_from("abcd"), unique=True)
)


@settings(deadline=None, derandomize=True)
@given(st.lists(lines, max_size=30))
def test_nothing_at_stake_is_counted_twice_or_left_out(rows: list[dict[str, Any]]) -> None:
    table = by_theme(rows)
    assert sum(each["accounts"] for each in table) == len(rows)
    for what in ("mrr", "expected_loss"):
        assert sum(each[what] for each in table) == pytest.approx(sum(line[what] for line in rows), abs=0.001)
    for each in table:
        assert each["named_for"] == sum(
            (not line["reasons"]) if each["theme"] is None else {"theme": each["theme"]} in line["reasons"]
            for line in rows
        )
    assert len({each["theme"] for each in table}) == len(table)


def told(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(reason["theme"], reason["feature"]) for reason in row["reasons"]]


def test_the_list_of_a_day_holds_on_to_the_reasons_of_the_one_before(demo: Any, tmp_path: Path, digests: Any) -> None:
    from models.reasons import MARGIN

    config, day = demo.copied(tmp_path / "demo").config, demo.day
    fresh = choose(Day(config, day), AT_RISK)
    assert fresh.previous is None
    before_it = day - timedelta(days=1)
    gone = {"theme": "gone", "feature": "of another catalogue", "text": "x"}
    before = [{**row, "reasons": [gone, *row["reasons"][::-1]]} for row in fresh.rows]
    exports.publish(config, replace(fresh, as_of=before_it, rows=before))
    held = choose(Day(config, day), AT_RISK)
    content = (config.path(config.exports) / "at_risk" / f"as_of={before_it}" / "at_risk.json").read_bytes()
    assert held.previous == {"as_of": str(before_it), "sha256": hashlib.sha256(content).hexdigest()}

    model = champion.require(config).model
    frame = scoring.read_features(config, day, [row["account_id"] for row in held.rows])
    theme = {each.name: each.theme for each in model.inputs if each.actionable}
    parts = model.contributions(frame).drop(columns="base")
    weights = parts.T.groupby(theme).sum().T
    turned = 0
    unheld = {row["account_id"]: row for row in fresh.rows}
    assert unheld.keys() == {row["account_id"] for row in held.rows}
    # the play answers the first reason, and what it is worth decides the order
    by_reason = dict.fromkeys(("reasons", "play", "expected_value", "rank"))
    for at, new in enumerate(held.rows):
        old = unheld[new["account_id"]]
        ours = {**by_reason, "rank_before": old["rank"], "probability_before": old["probability"]}
        assert {**new, **by_reason} == {**old, **ours}, "nothing else hangs on the list before"
        assert sorted(told(new)) == sorted(told(old)), "what was told stays"
        turned += told(new) != told(old)
        shown = [weights.loc[at, each] for each, _ in told(new)]
        assert all(second <= first + MARGIN for first, second in pairwise(shown))
        assert all(weight > 0 for weight in shown)
    assert turned > 0

    folder = exports.publish(config, held).folder
    first = digests(folder)
    exports.publish(config, choose(Day(config, day), AT_RISK))
    assert digests(folder) == first, "the same list before gives the same bytes"


def test_a_list_of_an_earlier_day_that_is_published_anew_counts_from_the_next_publishing_on(running_shop: Any) -> None:
    config = running_shop.config()
    fresh = choose(Day(config, DAY), AT_RISK)
    exports.publish(config, replace(fresh, as_of=YESTERDAY))
    manifest = exports.publish(config, choose(Day(config, DAY), AT_RISK)).manifest
    other = exports.publish(config, replace(fresh, as_of=YESTERDAY, rows=fresh.rows[:3]))
    kept = exports.published(config, AT_RISK, DAY)
    assert kept is not None
    assert kept.manifest == manifest
    again = exports.publish(config, choose(Day(config, DAY), AT_RISK)).manifest
    assert again["previous_list"]["sha256"] == other.manifest["files"]["at_risk.json"]["sha256"]
    assert again["previous_list"] != manifest["previous_list"]


def test_no_protective_feature_is_told_whatever_was_told_before(demo: Any) -> None:
    """Every account was told of every theme, by the inputs that lower its risk most: none of these is told again."""
    present = champion.require(demo.config)
    ids = [row["account_id"] for row in choose(Day(demo.config, demo.day), AT_RISK).rows]
    frame = scoring.read_features(demo.config, demo.day, ids)
    parts = present.model.contributions(frame).drop(columns="base")
    theme = {each.name: each.theme for each in present.model.inputs}
    before = {
        account: [(theme[name], name) for name in parts.loc[at].sort_values().index if parts.loc[at, name] <= 0]
        for at, account in enumerate(ids)
    }
    acted_on = {each.name: each.theme for each in present.model.inputs if each.actionable}
    weights = parts.T.groupby(acted_on).sum().T
    found = explained(demo.config, present, frame, 3, before)
    assert sum(map(len, found)) > len(ids)
    for at, reasons in enumerate(found):
        for reason in reasons:
            assert parts.loc[at, reason["feature"]] > 0
            assert weights.loc[at, reason["theme"]] > 0


def test_the_asset_says_what_is_at_stake_by_theme(running_shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    from pipelines.definitions import definitions

    config = running_shop.config()
    monkeypatch.setenv("CHURN_CONFIG", str(config.file))
    with dg.DagsterInstance.ephemeral() as instance:
        done = (
            definitions(config)
            .resolve_job_def("nightly")
            .execute_in_process(instance=instance, partition_key=str(DAY), asset_selection=[dg.AssetKey("at_risk")])
        )
    (shown,) = done.asset_materializations_for_node("at_risk")
    text = shown.metadata["at risk by theme"].value
    manifest = json.loads((config.path(config.exports) / "at_risk/latest/manifest.json").read_text("utf-8"))
    assert len(text.splitlines()) == 2 + len(manifest["by_theme"]) > 2
    for each in manifest["by_theme"]:
        assert f"| {each['theme']} | {each['accounts']} | {each['mrr']} | {each['expected_loss']} |" in text
