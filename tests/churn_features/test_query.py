"""The statement's text: steps in order, parameters by name, and never a date that was meant to be bound."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import ibis
import pytest

from churn_features.outcomes import Outcome, outcomes
from churn_features.query import Query
from churn_features.statement import features
from churn_features.tables import TABLES

GOLDEN = Path(__file__).parent / "golden"
STATEMENTS = {
    "features": lambda: features(TABLES, {"signed_in": "login"}),
    "outcomes": lambda: outcomes(TABLES, Outcome()),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_sql_is_the_golden_file(name):
    """``UPDATE_GOLDEN=1`` rewrites the files: their difference is what a change means to the engine."""
    sql, path = STATEMENTS[name]().sql("duckdb") + "\n", GOLDEN / f"{name}.sql"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(sql, encoding="utf-8")
    assert sql == path.read_text(encoding="utf-8"), f"{path.name} differs: look at it, then run with UPDATE_GOLDEN=1"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("features", {"as_of", "cutoff", "usage_from"}),
        ("outcomes", {"as_of", "cutoff", "observed_on", "observed", "window_start", "window_end"}),
    ],
)
def test_all_parameters_are_bound_by_name(name, parameters):
    sql = STATEMENTS[name]().sql()
    assert {word for word in parameters if f"${word}" in sql} == parameters
    assert "2999" not in sql, "a placeholder was left in the text"


def test_parameters_reach_the_engine(open_company):
    query = Query()
    day, instant, other = query.parameters.date("day"), query.parameters.instant("at"), query.parameters.date("other")
    accounts = ibis.table({"account_id": "string"}, name="accounts")
    dated = query.step("dated", accounts.select("account_id", day=day, at=instant))
    query.step("result", dated.mutate(apart=other.delta(dated.day, unit="day")))
    values = {"day": date(2024, 2, 28), "at": datetime.fromisoformat("2024-02-28 00:00:00.000001")}
    company = open_company(subscriptions=[], accounts=[{"account_id": "a"}])
    row = company.con.execute(query.sql(), {**values, "other": date(2024, 3, 1)}).fetchone()
    assert row == ("a", values["day"], values["at"], 2)


def test_a_step_cannot_be_named_twice():
    query = Query()
    rows = ibis.table({"account_id": "string"}, name="t")
    query.step("once", rows)
    with pytest.raises(ValueError, match="step once exists already"):
        query.step("once", rows)


def test_the_last_step_is_the_result_ordered_by_account(open_company):
    query = Query()
    accounts = query.step("one", ibis.table({"account_id": "string", "country": "string"}, name="accounts"))
    query.step("two", accounts.filter(accounts.country != "FR").select("account_id"))
    rows = [{"account_id": a, "country": c} for a, c in (("c", "DE"), ("b", "FR"), ("a", "DE"))]
    company = open_company(subscriptions=[], accounts=rows)
    assert company.con.execute(query.sql()).fetchall() == [("a",), ("c",)]
    assert list(query.names) == ["one", "two"]
