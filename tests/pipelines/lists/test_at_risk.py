"""Who is on the at-risk list, in which order, and why; held against the causes planted in the demo company."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines import champion, exports, features, scoring, training
from pipelines.champion import Champion
from pipelines.errors import ChurnError
from pipelines.lists import AT_RISK
from pipelines.lists.choice import choose
from pipelines.lists.day import Day
from pipelines.lists.explained import explain_account
from pipelines.lists.reasons import explained
from pipelines.sources.demo import DemoReader

DAY = date(2025, 3, 10)


@pytest.fixture
def scored(running_shop: Any) -> Any:
    return running_shop


def test_the_list_is_ranked_within_capacity(scored: Any) -> None:
    config = scored.config()
    chosen = choose(Day(config, DAY), AT_RISK)
    scores = scoring.read_scores(config, DAY)
    loss = (scores["probability"] * scores["mrr_now"]).sort_values(ascending=False)
    assert [row["rank"] for row in chosen.rows] == list(range(1, 11))
    assert [row["expected_loss"] for row in chosen.rows] == pytest.approx(list(loss.head(10) / 100), abs=0.006)
    assert (chosen.eligible, chosen.announced) == (26, 0)
    assert sum(row["probability"] for row in chosen.rows) == pytest.approx(chosen.expected_leavers[0], abs=1e-4)


@pytest.mark.parametrize("by", ["probability", "mrr"])
def test_other_orders(scored: Any, by: str) -> None:
    scored.keys["lists"] |= {"rank_by": by, "capacity": 100}
    values = [row[by] for row in choose(Day(scored.config(), DAY), AT_RISK).rows]
    assert len(values) == 26
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("outcome", ["voluntary", "involuntary"])
def test_a_list_for_one_kind_of_departure_goes_by_its_probability(scored: Any, telling: Any, outcome: str) -> None:
    champion.install(scored.config(), telling)
    scored.keys["lists"] |= {"outcome": outcome, "least_lift": 1.0}
    config = scored.config()
    scoring.score(config, DAY)
    scores = scoring.read_scores(config, DAY).set_index("account_id")
    chosen = choose(Day(config, DAY), AT_RISK)
    raised = scores[scores[outcome] >= scores[outcome].mean()]
    loss = (raised[outcome] * raised["mrr_now"]).sort_values(ascending=False)
    assert [row["account_id"] for row in chosen.rows] == list(loss.index[: len(chosen.rows)])
    assert len(chosen.rows) == min(10, len(raised))
    for row in chosen.rows:
        assert row["probability"] == pytest.approx(scores[outcome][row["account_id"]], abs=1e-6)
    assert chosen.expected_leavers[0] == pytest.approx(sum(row["probability"] for row in chosen.rows), abs=1e-4)
    assert exports.publish(config, chosen).manifest["probability_of"] == outcome

    first = chosen.rows[0]["account_id"]
    found = explain_account(config, DAY, first)
    assert found.rank == 1
    assert found.probability == scores["probability"][first]
    assert (found.voluntary, found.involuntary) == tuple(scores.loc[first, ["voluntary", "involuntary"]])


def test_a_list_for_a_kind_that_cannot_be_told_is_refused(scored: Any, telling: Any) -> None:
    scored.keys["lists"] |= {"outcome": "voluntary"}
    config = scored.config()
    with pytest.raises(ChurnError, match="champion 1 does not tell kinds of departure apart: it was trained") as error:
        choose(Day(config, DAY), AT_RISK)
    assert error.value.remedy.startswith("set lists.outcome to churn")
    with pytest.raises(ChurnError, match="does not tell kinds of departure apart"):
        explain_account(config, DAY, "a05")
    champion.install(config, telling)
    with pytest.raises(ChurnError, match="the scores of 2025-03-10 have no voluntary probability") as error:
        choose(Day(config, DAY), AT_RISK)
    assert error.value.remedy == "run: churn score --as-of 2025-03-10"


def test_no_owner_gets_more_than_he_can_handle(scored: Any) -> None:
    scored.keys["lists"] |= {"per_owner": 2}
    rows = choose(Day(scored.config(), DAY), AT_RISK).rows
    assert pd.Series([row["owner"] for row in rows]).value_counts().to_dict() == {"M0": 2, "M1": 2, "M2": 2}


def test_only_raised_probabilities_are_listed(scored: Any) -> None:
    scored.keys["lists"] |= {"least_lift": 1.5, "capacity": 100}
    config = scored.config()
    average = scoring.read_scores(config, DAY)["probability"].mean()
    rows = choose(Day(config, DAY), AT_RISK).rows
    assert 0 < len(rows) < 26
    assert min(row["probability"] for row in rows) >= 1.5 * average - 1e-6


def test_announced_leavers_are_not_on_it(open_shop: Any) -> None:
    rows = open_shop.read("subscriptions.csv")
    for row in rows:
        row["asked"] = "2025-03-01" if row["acc"] in ("a01", "a02") else ""
    open_shop.write("subscriptions.csv", rows)
    open_shop.tables["subscriptions"]["columns"]["cancel_requested_at"] = "asked"
    open_shop.keys["lists"]["capacity"] = 100
    config = open_shop.accept()
    features.compute(config, DAY)
    scoring.score(config, DAY)
    chosen = choose(Day(config, DAY), AT_RISK)
    assert (chosen.announced, chosen.eligible, len(chosen.rows)) == (2, 26, 24)
    assert {"a01", "a02"} & {row["account_id"] for row in chosen.rows} == set()


def test_scores_of_another_model_are_refused(scored: Any, stand_in: Any) -> None:
    config = scored.config()
    champion.install(config, Champion(stand_in.model, "2"))
    with pytest.raises(ChurnError, match="the scores of 2025-03-10 are of model 1, the champion is 2") as error:
        choose(Day(config, DAY), AT_RISK)
    assert error.value.remedy == "run: churn score --as-of 2025-03-10"


def test_reasons_state_the_accounts_own_numbers(demo: Any) -> None:
    from churn_features.catalogue import BY_NAME
    from churn_features.sentences import say

    units = {name: feature.unit for name, feature in BY_NAME.items()}
    frame = scoring.read_features(demo.config, demo.day).set_index("account_id", drop=False)
    rows = choose(Day(demo.config, demo.day), AT_RISK).rows
    assert rows
    told = 0
    for row in rows:
        assert len(row["reasons"]) <= 3
        assert len({reason["theme"] for reason in row["reasons"]}) == len(row["reasons"])
        for reason in row["reasons"]:
            record = {str(name): value for name, value in frame.loc[row["account_id"]].to_dict().items()}
            assert reason["text"] == say(BY_NAME[reason["feature"]], record, units, "EUR")
            assert reason["theme"] == BY_NAME[reason["feature"]].theme
            told += 1
    assert told > 2 * len(rows)


def test_an_account_is_explained(demo: Any) -> None:
    first = choose(Day(demo.config, demo.day), AT_RISK).rows[0]
    found = explain_account(demo.config, demo.day, first["account_id"])
    assert found.probability == pytest.approx(first["probability"], abs=1e-6)
    scores = scoring.read_scores(demo.config, demo.day)
    loss = (scores["probability"] * scores["mrr_now"]).to_numpy()
    # accounts that are no likelier than others to leave are ranked too, and not listed
    assert found.accounts == len(scores)
    assert found.rank == 1 + (loss > loss[scores["account_id"] == first["account_id"]][0]).sum()
    assert [reason["text"] for reason in found.reasons][: len(first["reasons"])] == [
        reason["text"] for reason in first["reasons"]
    ]


def test_an_unknown_account_is_told(scored: Any) -> None:
    with pytest.raises(ChurnError, match="account nobody has no features for 2025-03-10"):
        explain_account(scored.config(), DAY, "nobody")


# ---------------------------------------------------------------------------------------- the planted causes

FITTING = {
    "usage_decline": {"usage", "adoption", "exit signals"},
    "failing_payment": {"payment"},
    "price_rise": {"price"},
    "poor_support": {"support", "feedback"},
    "stalled_onboarding": {"onboarding", "adoption", "usage"},
}
COURSE = {"usage_decline": 75, "failing_payment": 21, "price_rise": 80, "poor_support": 80, "stalled_onboarding": 83}
"""Days for which a cause raises the risk, see pipelines/sources/company/causes.py."""


@pytest.fixture(scope="module")
def later_rows(demo: Any) -> pd.DataFrame:
    """Accounts of the test dates, which the model has not learned from, with cause, days since it began, probability
    and the day's average."""
    present = champion.require(demo.config)
    panel = training.read_panel(demo.config, demo.day)
    test = panel["as_of"].astype(str).isin(present.model.card["split"]["test"])
    rows = panel[test & ~panel["announced"]].reset_index(drop=True).copy()  # one block of columns, not many
    rows["p"] = present.model.predict(rows)
    rows["average"] = rows.groupby("as_of")["p"].transform("mean")
    source = demo.config.sources["demo"]
    truth = pq.read_table(DemoReader(source, demo.config).folder / "truth.parquet").to_pandas()
    rows = rows.merge(truth, on="account_id", how="left", validate="many_to_one")
    rows["since"] = (pd.to_datetime(rows["as_of"]) - pd.to_datetime(rows["cause_from"])).dt.days
    return rows


def shares(demo: Any, rows: pd.DataFrame, themes: set[str], most: int) -> float:
    why = explained(demo.config, champion.require(demo.config), rows.reset_index(drop=True), most)
    return float(np.mean([bool({reason["theme"] for reason in reasons} & themes) for reasons in why]))


def test_planted_causes_are_the_reasons_given(demo: Any, later_rows: pd.DataFrame, record_property: Any) -> None:
    """Accounts whose planted cause is at work and whose risk is above the average: one of the three reasons given
    names a theme that fits the cause, for most of them, and more often than for accounts without any cause."""
    active = later_rows[(later_rows["since"] >= 0) & (later_rows["since"] <= later_rows["cause"].map(COURSE))]
    raised = active[active["p"] > active["average"]]
    untouched = later_rows[~(later_rows["since"] >= 0) & (later_rows["p"] > later_rows["average"])]
    untouched = untouched.sample(min(300, len(untouched)), random_state=0)
    lines, hits = [], 0.0
    for cause, themes in FITTING.items():
        rows = raised[raised["cause"] == cause]
        accounts = rows["account_id"].nunique()
        share, first = shares(demo, rows, themes, 3), shares(demo, rows, themes, 1)
        others = shares(demo, untouched, themes, 3)
        hits += share * len(rows)
        line = f"{cause}: {share:.0%} of {len(rows)} rows ({accounts} accounts), first {first:.0%}, others {others:.0%}"
        lines.append(line)
        assert accounts >= 8, line
        assert share > 0.5, line
        assert share > others, line
    record_property("planted causes", lines)
    assert hits / len(raised) > 0.5


def test_planted_causes_raise_the_probability(later_rows: pd.DataFrame) -> None:
    active = later_rows[(later_rows["since"] >= 0) & (later_rows["since"] <= later_rows["cause"].map(COURSE))]
    lift = (active["p"] / active["average"]).groupby(active["cause"]).mean()
    assert (lift > 1.2).all(), lift.to_dict()
