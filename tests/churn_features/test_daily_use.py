"""The pass over usage as all features of it rely on it: windows of every role, what is unknown of a role."""

from __future__ import annotations

import pytest

from churn_features.catalogue import BY_NAME, FEATURES, MEASURES
from churn_features.tables import ROLES, TABLES

ALL = {role: role for role in ROLES}
COUNTS = [f.name for f in FEATURES if f.role and f.empty is not None and "functions" not in f.name]
RECENCIES = [f.name for f in FEATURES if f.role and f.unit == "days"]


def _roles(name):
    """Roles that a feature rests on, through everything below it."""
    unit = BY_NAME.get(name) or MEASURES.get(name)
    if unit is None:
        return set()
    return ({unit.role} - {None}).union(*(_roles(need) for need in unit.needs if need not in TABLES))


def test_every_role_of_the_contract_is_read_by_a_feature():
    assert set().union(*(_roles(feature.name) for feature in FEATURES)) == set(ROLES)


@pytest.mark.parametrize("mapped", [{"signed_in": "login"}, {"signed_in": "key_action"}, {}], ids=str)
def test_of_a_role_without_an_event_nothing_is_known(of_usage, used, mapped):
    unknown = [f.name for f in FEATURES if _roles(f.name) - set(mapped.values())]
    assert len(unknown) > 30
    usage = used("signed_in", 1, 40)
    assert of_usage(unknown, usage, tenure=60, tickets=[], roles=mapped) == (None,) * len(unknown)


@pytest.mark.parametrize("events", [[], ["anything"]], ids=["no usage", "other usage"])
def test_of_a_role_that_an_account_did_nothing_of_the_count_is_zero(of_usage, used, events):
    usage = [row for event in events for row in used(event, 1)]
    assert of_usage(COUNTS, usage, roles=ALL) == (0,) * len(COUNTS)
    assert of_usage(RECENCIES, usage, roles=ALL) == (None,) * len(RECENCIES)


def test_the_edges_of_every_count_of_a_role(of_usage, used):
    usage = [row for role in ROLES for row in used(role, 0, 6, 7, 27, 28, 90, 91, quantity=2.0)]
    inside = {"7d": 2 * 2, "28d": 4 * 2, "91d": 6 * 2}
    assert of_usage(COUNTS, usage, roles=ALL) == tuple(inside[name.rpartition("_")[2]] for name in COUNTS)


@pytest.mark.parametrize(("days", "recency"), [((90, 30, 20), 20), ((90, 91), 90), ((91,), None)], ids=str)
def test_recency_of_a_role_is_that_of_its_latest_event_in_91_days(of_usage, used, days, recency):
    usage = [row for role in ROLES for row in used(role, *days)] + used("anything", 1)
    assert of_usage(RECENCIES, usage, roles=ALL) == (recency,) * len(RECENCIES)
