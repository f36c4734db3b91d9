"""The catalogue as people, models and reasons rely on it: names, documentation, sentences, fingerprint."""

from __future__ import annotations

import dataclasses
import importlib
import linecache
import re
from datetime import date
from typing import get_args

import ibis
import pytest

from churn_features import catalogue, daily_use, statement
from churn_features.catalogue import BY_NAME, FEATURES, MEASURES, fingerprint
from churn_features.clock import Moment
from churn_features.feature import Theme, Unit, feature
from churn_features.query import Query
from churn_features.tables import ROLES, TABLES

each = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
ROW = {"account_id", "announced", "mrr_now", "as_of", "churned", "kind", "churned_at", "mrr_later", "contracted"}
"""Other columns of the feature table and of the training panel."""
AT_LEAST = 110
"""How many features there are at least."""


def test_names_are_unique_and_free():
    names = [feature.name for feature in FEATURES]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert not set(names) & (ROW | set(TABLES) | set(MEASURES))


def test_the_catalogue_is_complete():
    assert len(FEATURES) >= AT_LEAST
    assert {feature.theme for feature in FEATURES} == set(get_args(Theme))


@each
def test_name_is_snake_case_and_windows_are_whole_weeks_or_a_year(feature):
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", feature.name)
    for days in re.findall(r"_(\d+)d$", feature.name):
        assert int(days) % 7 == 0 or int(days) == 365
    assert re.search(r"_\d+d?$", feature.name) is None or feature.name.endswith("d")


@each
def test_units_show_in_names(feature):
    if feature.unit == "change":
        assert "_change_" in feature.name
    if feature.unit == "hours":
        assert "_hours" in feature.name
    if feature.unit == "days":
        assert "days" in feature.name


@each
def test_documentation_unit_theme_and_direction(feature):
    assert feature.definition.endswith("."), "a docstring of whole sentences"
    assert ">>>" not in feature.definition
    assert feature.example.startswith(">>> "), "its documentation ends with an example"
    assert feature.unit in get_args(Unit)
    assert feature.theme in get_args(Theme)
    assert feature.direction in (-1, 0, 1)
    assert feature.categorical == (feature.unit == "category")


@pytest.fixture(scope="module")
def with_the_least(open_company, everything):
    """Features of a company that has only what the contract requires."""
    required = {name: everything[name] for name, table in TABLES.items() if table.required}
    return open_company(zone="Europe/Berlin", **required).features(date(2024, 6, 30))


@each
def test_a_feature_that_can_be_missing_says_when(feature, with_the_least):
    can_be = any(row[feature.name] is None for row in with_the_least.values())
    if can_be and feature.empty is None:
        assert "missing" in feature.definition.lower(), "say in the docstring when it is missing"


@each
def test_sentence_names_features_only_and_its_own_first_of_all(feature):
    assert feature.actionable == (feature.sentence is not None)
    if feature.missing is not None:
        assert "{" not in feature.missing
        assert feature.sentence is not None
    if feature.sentence is not None:
        named = re.findall(r"\{(.*?)\}", feature.sentence)
        assert set(named) <= set(BY_NAME)
        assert feature.unit == "yes/no" or feature.name in named, "a reason without its number"


@each
def test_what_is_usual_goes_on_with_the_sentence_by_other_features(feature):
    if feature.usual is not None:
        named = set(re.findall(r"\{(.*?)\}", feature.usual))
        assert named
        assert feature.sentence is not None
        assert named <= set(BY_NAME) - set(re.findall(r"\{(.*?)\}", feature.sentence)), "said twice"
        assert feature.usual.startswith(", ")
        assert not feature.sentence.endswith(".")


COMPARED = {
    "logins_28d": "logins_change_28d",
    "active_days_28d": "active_days_change_28d",
    "key_actions_28d": "key_actions_change_28d",
    "help_views_28d": "help_views_change_28d",
    "errors_28d": "errors_change_28d",
    "events_28d": "events_change_28d",
    "users_28d": "users_change_28d",
    "tickets_91d": "tickets_change_91d",
    "resolution_hours_91d": "resolution_change_91d",
}


def test_every_level_with_a_change_of_its_own_is_told_with_it():
    pairs = {}
    for name in BY_NAME:
        what, _, window = name.rpartition("_change_")
        level = next((f"{what}{unit}_{window}" for unit in ("", "_hours") if f"{what}{unit}_{window}" in BY_NAME), None)
        if what and level and BY_NAME[level].sentence:
            pairs[level] = name
    assert pairs == COMPARED
    for level, change in pairs.items():
        assert f"{{{change}}}" in (BY_NAME[level].usual or ""), level


@each
def test_what_the_company_cannot_change_is_no_reason(feature):
    assert not (feature.theme == "account" and feature.actionable)


@each
def test_needs_are_one_table_or_features_and_measures(feature):
    tables = [name for name in feature.needs if name in TABLES]
    assert len(tables) <= 1
    assert not tables or len(feature.needs) == 1
    assert set(feature.needs) - set(tables) <= set(BY_NAME) | set(MEASURES) | {"days_of_usage_on_record"}


def test_no_feature_repeats_another():
    """No two are the same expression over the same inputs, whatever these are called."""
    query = Query()
    views = statement._views(query, sorted(TABLES), {role: role for role in ROLES}, Moment.of(query.parameters))
    classes: dict[object, str] = {}  # expression -> the first unit that is one
    of_unit = {"days_of_usage_on_record": "days_of_usage_on_record"}
    types = {"days_of_usage_on_record": "int64"}
    repeated = []
    for unit in statement._in_order(FEATURES):
        if unit.needs[0] in TABLES:
            value = unit.compute(views[unit.needs[0]])
        else:
            row = ibis.table({of_unit[name]: types[of_unit[name]] for name in unit.needs}, name="row")
            value = unit.compute(*[row[of_unit[name]] for name in unit.needs])
        first = classes.setdefault(value.op(), unit.name)
        of_unit[unit.name], types[first] = first, value.type()
        if first != unit.name:
            repeated.append(f"{unit.name} is {first}")
    assert not repeated


def test_every_measure_is_used():
    used = {name for unit in (*FEATURES, *MEASURES.values()) for name in unit.needs}
    assert set(MEASURES) <= used


def test_every_feature_of_the_modules_is_in_the_catalogue():
    modules = {feature.compute.__module__ for feature in FEATURES}
    declared = {
        unit.name for module in modules for unit in vars(importlib.import_module(module)).values()
        if type(unit) is catalogue.Feature
    }  # fmt: skip
    assert declared == set(BY_NAME)


def test_a_feature_without_documentation_is_refused():
    with pytest.raises(ValueError, match="feature bare has no docstring"):

        @feature(unit="count", theme="usage")
        def bare(usage):
            return usage.count()


def test_fingerprint_is_stable():
    assert fingerprint() == fingerprint(FEATURES) == fingerprint(list(FEATURES))
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint())


def _written(body, unit="count", empty=None, sentence=None, lines=0):
    """A feature from source text, as in a file of its own."""
    source = "\n" * lines + f"def written(usage):\n    {body}\n"
    name = f"<written {hash((source, unit))}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace = {}
    exec(compile(source, name, "exec"), namespace)
    return feature(unit=unit, theme="usage", empty=empty, sentence=sentence)(namespace["written"])


SAME = fingerprint([_written("'Doc.'; return usage.quantity_7d.sum()")])


@pytest.mark.parametrize(
    "other",
    [
        [_written("'Doc.'; return usage.quantity_28d.sum()")],
        [_written("'Doc.'; return usage.quantity_7d.sum()", unit="days")],
        [_written("'Doc.'; return usage.quantity_7d.sum()", empty=0)],
        [_written("'Doc.'; return usage.quantity_7d.sum()"), FEATURES[0]],
        [],
    ],
    ids=["code", "unit", "value when empty", "one more", "none"],
)
def test_fingerprint_changes_with_what_is_computed(other):
    assert fingerprint(other) != SAME


def test_fingerprint_changes_with_the_order():
    assert fingerprint(FEATURES[::-1]) != fingerprint()
    assert fingerprint([dataclasses.replace(FEATURES[0], name="renamed"), *FEATURES[1:]]) != fingerprint()


@pytest.mark.parametrize(
    "same",
    [
        _written("'Other words.'; return usage.quantity_7d.sum()"),
        _written("'Doc.'; return usage.quantity_7d.sum()  # why"),
        _written("'Doc.'; return usage.quantity_7d.sum()", lines=9),
        _written("'Doc.'; return usage.quantity_7d.sum()", sentence="Used: {written}"),
    ],
    ids=["docstring", "comment", "place", "sentence"],
)
def test_fingerprint_does_not_change_with_words(same):
    assert fingerprint([same]) == SAME


def test_fingerprint_changes_with_the_code_below_the_features(monkeypatch):
    before = fingerprint()
    read = catalogue.inspect.getsource
    monkeypatch.setattr(
        catalogue.inspect, "getsource",
        lambda of: read(of).replace("age.between(first, last)", "age < last") if of is daily_use else read(of),
    )  # fmt: skip
    assert fingerprint() != before
