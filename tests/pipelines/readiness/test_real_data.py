"""Of real data the report says what is known to be wrong with them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import config, ingest, tables
from pipelines.config import Config
from pipelines.readiness.report import report
from pipelines.sources import source_of

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("CHURN_DATA") or ROOT.parent / "shared" / "data").resolve()


@pytest.fixture
def accepted(tmp_path: Path) -> Callable[[str, date], Config]:
    """An example's company, landed and checked for a day."""
    if not DATA.is_dir():
        missing = f"the real data sets are not in {DATA}: set CHURN_DATA to their folder"
        if os.environ.get("CHURN_REQUIRE_SYSTEM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)

    def accepted(name: str, as_of: date) -> Config:
        place = tmp_path / "examples" / name
        place.mkdir(parents=True)
        shutil.copy(ROOT / "examples" / name / "churn.yaml", place)
        os.environ["CHURN_DATA"] = str(DATA)
        loaded = config.load(place / "churn.yaml")
        for table in source_of(loaded):
            ingest.land(loaded, as_of, table)
            tables.check(loaded, as_of, table)
        return loaded

    return accepted


def test_the_faults_of_ravenstack(accepted: Callable[..., Any], by_code: Any) -> None:
    found = by_code(report(accepted("ravenstack", date(2024, 12, 31)), date(2024, 12, 31)).findings)
    assert found["usage.repeated_id"].count == 21
    early = found["usage.before_start"]
    assert early.severity == "error"
    assert early.count / early.of == pytest.approx(0.766, abs=0.0005)
    flags = (
        f"SELECT count(*) FILTER (a.churn_flag = 'TRUE' AND s.end_date IS NULL), "
        f"count(*) FILTER (a.churn_flag = 'FALSE' AND s.end_date IS NOT NULL) "
        f"FROM read_csv('{DATA}/ravenstack/ravenstack_subscriptions.csv', all_varchar = true) s "
        f"JOIN read_csv('{DATA}/ravenstack/ravenstack_accounts.csv', all_varchar = true) a USING (account_id)"
    )
    with duckdb.connect() as con:
        [(left, stayed)] = con.execute(flags).fetchall()
    assert left > 900
    assert stayed > 300
    # what ends on the last day itself has not ended before it
    assert found["accounts.churned_but_subscribed"].count == pytest.approx(left, abs=5)
    assert found["accounts.not_churned_but_ended"].count == pytest.approx(stayed, abs=5)
    assert "usage.no_roles" in found
    assert not {code for code in found if code.startswith("subscriptions.")}


def test_fightchurn_is_sound(accepted: Callable[..., Any], by_code: Any) -> None:
    as_of = date(2020, 5, 1)
    told = report(accepted("fightchurn", as_of), as_of)
    found = by_code(told.findings)
    assert told.count("error") == 0
    assert told.use is not None
    assert (told.use.events, {each.role for each in told.use.told}) == (8, {None, "key_action", "invite", "community"})
    assert found["usage.event_without_role"].count == 4
    assert told.use.ever / told.use.running > 0.9
    assert "departures.kind_unknown" in found
    assert told.ladder is not None
    assert told.ladder.ladder.rung == "logistic"
