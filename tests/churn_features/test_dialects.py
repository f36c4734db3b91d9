"""The text of each engine, where the engines would understand the same words differently."""

from __future__ import annotations

import ibis
import pytest

from churn_features.dialects import DIALECTS
from churn_features.outcomes import Outcome, outcomes
from churn_features.query import Query
from churn_features.rates import rates
from churn_features.statement import features
from churn_features.tables import TABLES

T = ibis.table({"account_id": "string", "n": "int64", "x": "float64", "flag": "boolean", "at": "timestamp",
                "until": "timestamp", "day": "date"}, name="t")  # fmt: skip
STATEMENTS = {
    "features": lambda: features(TABLES, {"signed_in": "login"}),
    "outcomes": lambda: outcomes(TABLES, Outcome()),
    "rates": lambda: rates(TABLES),
}


def spark(**columns: ibis.Value) -> str:
    return " ".join(DIALECTS["spark"].text(T.select(**columns)).split())


@pytest.mark.parametrize(("dialect", "quoted"), [("duckdb", '"a""b`c"'), ("spark", '`a"b``c`')])
def test_names_are_quoted(dialect, quoted):
    assert DIALECTS[dialect].identifier('a"b`c') == quoted


def test_parameters_are_marked_as_each_engine_wants_them():
    query = Query()
    day, moment = query.parameters.date("as_of"), query.parameters.instant("cutoff")
    query.step("one", T.select("account_id", age=day.delta(T.day, unit="day"), known=T.at < moment))
    assert '"t0"."at" < $cutoff' in query.sql("duckdb")
    assert "`t0`.`at` < CAST(:cutoff AS TIMESTAMP_NTZ)" in query.sql("spark")
    assert "DATEDIFF(DAY, `t0`.`day`, CAST(:as_of AS DATE))" in query.sql("spark")
    assert query.sql("duckdb").endswith('SELECT * FROM "one" ORDER BY "account_id"')
    assert query.sql("spark").endswith("SELECT * FROM `one`"), "in parts, which have no order"


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_statements_compile_with_every_value_bound(name, dialect):
    query = STATEMENTS[name]().sql(dialect)
    assert "2999" not in query, "a placeholder was left in the text"
    marker = {"duckdb": "$", "spark": ":"}[dialect]
    for parameter in {"rates": ("observed_on", "period_start")}.get(name, ("as_of", "cutoff")):
        assert f"{marker}{parameter}" in query


def test_spark_turns_bits_after_it_has_added():
    assert "& ~CAST(`t0`.`n` + 1 AS BIGINT)" in spark(v=T.n & ~(T.n + 1))


def test_spark_counts_no_row_where_the_condition_is_unknown():
    text = DIALECTS["spark"].text(T.group_by("account_id").agg(v=T.count(where=T.x > 1)))
    assert "COUNT_IF(" in text
    assert "SUM(" not in text
    assert "COUNT(*)" in DIALECTS["spark"].text(T.group_by("account_id").agg(v=T.count()))


def test_spark_counts_the_ends_of_units_like_duckdb():
    assert "DATEDIFF(DAY, `t0`.`day`, `t0`.`day`)" in spark(v=T.day.delta(T.day, unit="day"))
    seconds = spark(v=T.until.delta(T.at, unit="second"))
    assert "DATEDIFF(SECOND, DATE_TRUNC('second', `t0`.`at`), DATE_TRUNC('second', `t0`.`until`))" in seconds


def test_spark_reckons_with_floating_point_numbers_only():
    assert "`t0`.`n` / CAST('3600.0' AS DOUBLE)" in spark(v=T.n / 3600.0)


def test_spark_rounds_where_duckdb_does():
    assert "CAST(RINT(`t0`.`x`) AS BIGINT)" in spark(v=T.x.cast("int64"))
    assert "RINT" not in spark(v=T.n.cast("float64"), w=T.flag.cast("int64"))


def test_spark_takes_no_number_for_missing():
    assert "ISNAN" not in spark(v=T.x.isnull(), w=T.x.notnull(), y=T.x.coalesce(0.5)).upper()
