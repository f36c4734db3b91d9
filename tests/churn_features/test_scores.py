"""Averages that do not depend on the order of rows, and values that are no scores."""

from __future__ import annotations

from itertools import permutations

import duckdb
import ibis
import pytest

from churn_features.scores import mean_score, total_score

ROWS = ibis.table({"score": "float64", "counts": "boolean"}, name="rows")


@pytest.fixture
def averaged():
    sql = ibis.to_sql(
        ROWS.agg(mean=mean_score(ROWS.score, ROWS.counts), total=total_score(ROWS.score, ROWS.counts)), dialect="duckdb"
    )

    def run(*scores):
        with duckdb.connect() as con:
            con.execute("CREATE TABLE rows (score DOUBLE, counts BOOLEAN)")
            for score in scores:
                con.execute("INSERT INTO rows VALUES (?, ?)", [score, score != 99.0])
            return con.execute(sql).fetchone()

    return run


def test_mean_and_total_of_the_chosen(averaged):
    assert averaged(1.0, 4.0, None, 99.0) == (2.5, 5.0)
    assert averaged(None, 99.0) == (None, None)
    assert averaged() == (None, None)


def test_the_order_of_rows_does_not_matter(averaged):
    assert {averaged(*order) for order in permutations([0.1, 0.2, 0.3, 4.7])} == {(1.325, 5.3)}
    assert sum([0.1, 0.2, 0.3]) != sum([0.3, 0.2, 0.1]), "as doubles it would"


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), 1e30])
def test_what_is_no_decimal_number_is_no_score(averaged, odd):
    assert averaged(odd, 2.0) == (2.0, 2.0)
