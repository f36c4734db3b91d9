"""The columns that features cannot do without are those without which the statement says nothing of them."""

from __future__ import annotations

from datetime import date

import pytest

from churn_features.catalogue import BY_NAME, FEATURES
from churn_features.columns import ESSENTIAL
from churn_features.tables import STORED_USAGE, TABLES

AS_OF = date(2024, 6, 30)
SINGLE = [
    f"{table.name}.{column.name}"
    for table in TABLES.values()
    for column in table.columns
    if not column.required
    and column.kind != "snapshot"
    and column.name != "recorded_at"
    and (table.name != "usage" or (column.name in STORED_USAGE and column.name == "users"))
]
GROUPS = [*((name,) for name in SINGLE), *(group for group in ESSENTIAL if len(group) > 1)]


@pytest.fixture(scope="module")
def whole(open_company, everything):
    return open_company(zone="Europe/Berlin", **everything).features(AS_OF)


def telling(found):
    """Features that say something of some account."""
    return {each.name for each in FEATURES if any(row[each.name] not in (None, 0) for row in found.values())}


@pytest.mark.parametrize("columns", GROUPS, ids=" and ".join)
def test_without_the_columns_its_features_tell_nothing_and_others_do(open_company, everything, whole, columns):
    left_out = {tuple(column.split(".")) for column in columns}
    tables = {
        table: [{name: value for name, value in row.items() if (table, name) not in left_out} for row in rows]
        for table, rows in everything.items()
    }
    found = open_company(zone="Europe/Berlin", **tables).features(AS_OF)
    expected = {
        feature
        for group, features in ESSENTIAL.items()
        if set(group) <= set(columns)
        for feature in features
    }  # fmt: skip
    assert not telling(found) & expected
    assert telling(whole) - telling(found) <= expected


def test_columns_and_features_are_there():
    names = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    for columns, features in ESSENTIAL.items():
        assert set(columns) <= names
        assert set(features) <= set(BY_NAME)
