"""Scores: the champion's probability for every paying account, and refusals where it does not fit."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from pipelines import champion, features, scoring
from pipelines.errors import ChurnError
from pipelines.lists import AT_RISK
from pipelines.lists.choice import choose
from pipelines.lists.day import Day

DAY = date(2025, 3, 10)


def test_every_paying_account_gets_the_champions_probability(open_shop: Any, stand_in: Any) -> None:
    config = open_shop.accept()
    rows = features.compute(config, DAY)
    assert scoring.score(config, DAY) == rows
    scores, frame = scoring.read_scores(config, DAY), scoring.read_features(config, DAY)
    assert list(scores["account_id"]) == list(frame["account_id"])
    np.testing.assert_array_equal(scores["probability"], stand_in.model.predict(frame))
    assert set(scores["model_version"]) == {"1"}
    assert scores["mrr_now"].tolist() == frame["mrr_now"].tolist()


def test_the_probability_is_divided_by_kind(open_shop: Any, telling: Any) -> None:
    from models.logistic import LogisticModel

    config = open_shop.accept()
    champion.install(config, telling)
    features.compute(config, DAY)
    scoring.score(config, DAY)
    scores, frame = scoring.read_scores(config, DAY), scoring.read_features(config, DAY)
    share = LogisticModel.from_parts("", telling.model.card["kinds"]["share"]).predict(frame)
    assert np.ptp(share) > 0.2
    np.testing.assert_array_equal(scores["involuntary"], scores["probability"] * share)
    np.testing.assert_allclose(scores["voluntary"] + scores["involuntary"], scores["probability"], rtol=1e-15)


def test_without_a_division_the_kinds_are_missing(open_shop: Any) -> None:
    import pyarrow.parquet as pq

    config = open_shop.accept()
    rows = features.compute(config, DAY)
    scoring.score(config, DAY)
    table = pq.read_table(scoring.scores_file(config, DAY), partitioning=None)
    for kind in ("voluntary", "involuntary"):
        assert str(table.schema.field(kind).type) == "double"
        assert table.column(kind).null_count == rows


@pytest.mark.parametrize("kind", ["health", "logistic"])
def test_a_champion_of_a_lower_rung_scores_lists_and_gives_reasons(
    open_shop: Any, other_kinds: dict[str, champion.Champion], kind: str
) -> None:
    config, present = open_shop.accept(), other_kinds[kind]
    champion.install(config, present)
    features.compute(config, DAY)
    scoring.score(config, DAY)
    frame = scoring.read_features(config, DAY)
    np.testing.assert_array_equal(scoring.read_scores(config, DAY)["probability"], present.model.predict(frame))
    listed = choose(Day(config, DAY), AT_RISK)
    assert listed.model["version"] == kind
    assert listed.rows
    contributions = present.model.contributions(frame).set_index(frame["account_id"])
    for row in listed.rows:
        for reason in row["reasons"]:
            assert contributions.loc[row["account_id"], reason["feature"]] > 0
    assert any(row["reasons"] for row in listed.rows)


def test_what_was_not_computed_is_named_with_its_command(open_shop: Any) -> None:
    config = open_shop.accept()
    with pytest.raises(ChurnError, match="there are no features for 2025-03-10") as error:
        scoring.score(config, DAY)
    assert error.value.remedy == "run: churn features --as-of 2025-03-10"
    with pytest.raises(ChurnError, match="there are no scores for 2025-03-10"):
        scoring.read_scores(config, DAY)


def test_a_champion_of_another_catalogue_is_refused(open_shop: Any, stand_in: Any) -> None:
    config = open_shop.accept()
    features.compute(config, DAY)
    other = replace(stand_in.model, card={**stand_in.model.card, "fingerprint": "0" * 16})
    champion.install(config, champion.Champion(other, "9"))
    with pytest.raises(ChurnError, match="champion 9 was trained on feature catalogue 0000000000000000") as error:
        scoring.score(config, DAY)
    assert "churn train" in error.value.remedy


def test_features_of_another_catalogue_are_refused(open_shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = open_shop.accept()
    with monkeypatch.context() as earlier:
        earlier.setattr("churn_features.catalogue.fingerprint", lambda: "0" * 16)
        features.compute(config, DAY)
    with pytest.raises(
        ChurnError, match="features of 2025-03-10 were computed with another feature catalogue"
    ) as error:
        scoring.score(config, DAY)
    assert error.value.remedy == "run: churn features --as-of 2025-03-10"
    with pytest.raises(ChurnError, match="there are no scores"):
        scoring.read_scores(config, DAY)


def test_features_with_other_columns_than_the_model_s_are_refused(open_shop: Any) -> None:
    import pyarrow.parquet as pq

    config = open_shop.accept()
    features.compute(config, DAY)
    file = scoring.features_file(config, DAY)
    table = pq.read_table(file, partitioning=None)
    words = table.set_column(table.column_names.index("tenure_days"), "tenure_days", [["long"] * len(table)])
    for wrong, says in (
        (table.drop_columns(["tenure_days", "logins_28d"]), "lacks .*logins_28d"),
        (words, "tenure_days holds values that are not numbers"),
    ):
        pq.write_table(wrong, file)
        with pytest.raises(ChurnError, match=f"champion 1 cannot score the features of 2025-03-10: .*{says}") as error:
            scoring.score(config, DAY)
        assert error.value.remedy == "run: churn features --as-of 2025-03-10"


def test_a_table_that_the_champion_knew_must_be_there(open_shop: Any) -> None:
    config = open_shop.accept()
    open_shop.write("usage.csv", [{**row, "day": "one day"} for row in open_shop.read("usage.csv")])
    open_shop.accept(DAY, "usage")
    features.compute(config, DAY)
    with pytest.raises(ChurnError) as error:
        scoring.score(config, DAY)
    assert "was trained with table usage, which is not there for 2025-03-10 (" in error.value.message
    assert "usage" in error.value.message.split("(", 1)[1]
    assert "churn run --as-of 2025-03-10" in error.value.remedy


def test_scoring_needs_neither_mlflow_nor_its_store(running_shop: Any) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from pipelines import config, exports, scoring\n"
        "from pipelines.lists.choice import choose\n"
        "from pipelines.lists.day import Day\n"
        "config, day = config.load(sys.argv[1]), date(2025, 3, 10)\n"
        "scoring.score(config, day)\n"
        "published = exports.publish(config, choose(Day(config, day), 'at_risk'))\n"
        "assert published.manifest['rows'] == 10, published.manifest\n"
        "assert 'lightgbm' in sys.modules\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('mlflow', 'dagster')]\n"
    )
    config = running_shop.config()
    assert list(config.path(config.state).glob("mlflow*")) == []
    ran = subprocess.run(
        [sys.executable, "-c", code, str(config.file)], check=False, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert list(config.path(config.state).glob("mlflow*")) == []
