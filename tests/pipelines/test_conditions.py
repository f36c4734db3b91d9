"""Conditions: what can be written, what is refused by its key, and that SQL and Python agree on every row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn_features.catalogue import FEATURES
from pipelines.conditions import Condition, hold, read, sql
from pipelines.errors import ChurnError

KEY = "triggers.mine.when"


def of(when: dict[str, Any], currency: str = "EUR") -> tuple[Condition, ...]:
    return read(when, KEY, currency)


@pytest.mark.parametrize(
    ("when", "row", "holds"),
    [
        ({"days_since_login": ">= 30"}, {"days_since_login": 30.0}, True),
        ({"days_since_login": ">= 30"}, {"days_since_login": 29.0}, False),
        ({"days_since_login": "> 30"}, {"days_since_login": 30.0}, False),
        ({"days_since_login": ">= 1, <= 7"}, {"days_since_login": 7.0}, True),
        ({"days_since_login": ">= 1, <= 7"}, {"days_since_login": 8.0}, False),
        ({"days_since_login": "!= 3"}, {"days_since_login": 4.0}, True),
        ({"days_since_login": "!= 3"}, {}, False),
        ({"tickets_28d": 2}, {"tickets_28d": 2.0}, True),
        ({"seats_change_91d": "<= -0.25"}, {"seats_change_91d": -0.25}, True),
        ({"mrr": ">= 12.5"}, {"mrr": 1250.0}, True),
        ({"mrr": ">= 12.5"}, {"mrr": 1249.0}, False),
        ({"past_due": True}, {"past_due": 1.0}, True),
        ({"past_due": "no"}, {"past_due": 0.0}, True),
        ({"past_due": False}, {"past_due": math.nan}, False),
        ({"billing_interval": "in month, year"}, {"billing_interval": "year"}, True),
        ({"billing_interval": "in month"}, {"billing_interval": "quarter"}, False),
        ({"billing_interval": "unknown"}, {"billing_interval": None}, True),
        ({"nps_last": "unknown"}, {"nps_last": math.nan}, True),
        ({"nps_last": "unknown"}, {"nps_last": 0.0}, False),
        ({"nps_last": "known", "past_due": "yes"}, {"nps_last": 0.0, "past_due": 0.0}, False),
        ({}, {}, True),
    ],
)
def test_conditions_hold_as_written(when: dict[str, Any], row: dict[str, Any], holds: bool) -> None:
    assert hold(of(when), row) is holds


def test_money_is_in_major_units_of_the_currency() -> None:
    assert [of({"mrr": ">= 20"}, currency)[0].number for currency in ("EUR", "JPY", "KWD")] == [2000, 20, 20_000]
    assert of({"seats": ">= 20"}, "KWD")[0].number == 20


@pytest.mark.parametrize(
    ("when", "message", "remedy"),
    [
        ({"days_since_logn": ">= 30"}, "'days_since_logn'", "did you mean days_since_login"),
        ({"login": ">= 30"}, "'login'", "did you mean "),
        ({"days_since_login": "30 or more"}, "'30 or more' of days_since_login, whose unit is days", '">= 30"'),
        ({"days_since_login": ">= x"}, "'>= x'", "a comparison"),
        ({"days_since_login": "yes"}, "'yes'", "a comparison"),
        ({"days_since_login": ">= 30,"}, "'>= 30,'", "a comparison"),
        ({"past_due": ">= 1"}, "whose unit is yes/no", "yes, no"),
        ({"plan": "= pro"}, "whose unit is category", "in month, year"),
        ({"plan": "in "}, "whose unit is category", "in month, year"),
        ({"days_since_login": ".inf"}, "'.inf'", "a comparison"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(when: dict[str, Any], message: str, remedy: str) -> None:
    with pytest.raises(ChurnError) as error:
        of(when)
    assert error.value.message.startswith(KEY)
    assert message in error.value.message
    assert remedy in error.value.remedy


def test_written_conditions_are_told_as_written() -> None:
    told = [str(each) for each in of({"days_since_login": ">=1,<= 7", "past_due": True, "plan": "in a,  b"})]
    assert told == ["days_since_login >= 1", "days_since_login <= 7", "past_due yes", "plan in a, b"]


NUMBERS = [each.name for each in FEATURES if each.unit not in ("category", "yes/no", "money")][:4]
FLAGS = [each.name for each in FEATURES if each.unit == "yes/no"][:2]
CATEGORIES = ["plan", "billing_interval"]
WORDS = ["a", "b c", "O'Brien", '"; DROP TABLE x', "é", "Ω"]

number = st.one_of(st.integers(-40, 40).map(float), st.sampled_from([0.1, -0.1, 0.3, 1e-7, 123456789.25]))
comparison = st.builds(lambda sign, value: f"{sign} {value:.10f}", st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
                       number)  # fmt: skip
presence = st.sampled_from(["known", "unknown"])
conditions = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.one_of(st.lists(comparison, min_size=1, max_size=3).map(", ".join), presence) for name in NUMBERS},
        **{name: st.one_of(st.booleans(), st.sampled_from(["yes", "no"]), presence) for name in FLAGS},
        **{
            name: st.one_of(st.lists(st.sampled_from(WORDS), min_size=1).map(lambda w: f"in {', '.join(w)}"), presence)
            for name in CATEGORIES
        },
    },
)
missing = st.sampled_from([None, math.nan])
rows = st.lists(
    st.fixed_dictionaries(
        {
            **{name: st.one_of(number, missing) for name in NUMBERS},
            **{name: st.one_of(st.sampled_from([0.0, 1.0]), missing) for name in FLAGS},
            **{name: st.one_of(st.sampled_from(WORDS), st.none()) for name in CATEGORIES},
        }
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    types = [*((name, "DOUBLE") for name in NUMBERS + FLAGS), *((name, "VARCHAR") for name in CATEGORIES)]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE accounts ({', '.join(f'{name} {kind}' for name, kind in types)})")
        yield connection


@settings(max_examples=80, deadline=None)
@given(when=conditions, table=rows)
def test_sql_and_python_agree(
    con: duckdb.DuckDBPyConnection, when: dict[str, Any], table: list[dict[str, Any]]
) -> None:
    found, names = of(when), NUMBERS + FLAGS + CATEGORIES
    con.execute("DELETE FROM accounts")
    con.executemany(
        f"INSERT INTO accounts VALUES ({', '.join('?' * len(names))})", [[row[each] for each in names] for row in table]
    )
    results = con.execute(f"SELECT {sql(found)} FROM accounts").fetchall()
    assert results == [(hold(found, row),) for row in table]
