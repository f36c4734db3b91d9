"""What is said of features: where they come from and when they are missing, held to what is computed."""

from __future__ import annotations

from datetime import date

import pytest

from churn_features.catalogue import BY_NAME, FEATURES
from churn_features.describing import RISK, definition, facts, missing, roles, sources, summary
from churn_features.tables import ROLES, TABLES

AS_OF = date(2024, 6, 30)
each = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)


@pytest.mark.parametrize("table", [name for name, table in TABLES.items() if not table.required])
def test_without_a_table_that_it_comes_from_a_feature_is_missing(open_company, everything, table):
    without = {name: rows for name, rows in everything.items() if name != table}
    found = open_company(zone="Europe/Berlin", **without).features(AS_OF)
    known = [
        feature.name
        for feature in FEATURES
        if table in sources(feature) and any(row[feature.name] is not None for row in found.values())
    ]
    assert not known


@pytest.mark.parametrize("role", sorted({role for feature in FEATURES for role in roles(feature)}))
def test_without_an_event_of_its_role_a_feature_is_missing(open_company, everything, role):
    others = {f"event {other}": other for other in ROLES if other != role}
    found = open_company(zone="Europe/Berlin", roles=others, **everything).features(AS_OF)
    known = [
        feature.name
        for feature in FEATURES
        if role in roles(feature) and any(row[feature.name] is not None for row in found.values())
    ]
    assert not known


@each
def test_every_feature_can_be_told(feature):
    told = facts(feature)
    assert all(told.values())
    assert told["from"]
    assert "``" not in definition(feature)
    assert "\n" not in summary(feature)
    assert summary(feature)


def test_tables_are_those_of_all_that_is_below():
    assert sources(BY_NAME["tickets_28d"]) == ["tickets"]
    assert sources(BY_NAME["open_tickets_near_renewal"]) == ["subscriptions", "tickets"]
    assert roles(BY_NAME["tickets_28d"]) == []
    assert roles(BY_NAME["logins_28d"]) == ["login"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("mrr", "never"),
        ("tickets_28d", "without the table `tickets`; 0 for an account without rows in `tickets`"),
        ("days_since_ticket", "without the table `tickets`; see the definition"),
        (
            "logins_28d",
            "without the table `usage`, or if no event has the role `login`; 0 for an account without rows in `usage`",
        ),
        (
            "help_share_28d",
            "without the table `usage`, or if no event has the role `help_view`, or none the role `key_action`; see "
            "the definition",
        ),
        ("country", "see the definition"),
    ],
)
def test_when_a_feature_is_missing(name, rule):
    assert missing(BY_NAME[name]) == rule


def test_what_is_told_of_one():
    assert facts(BY_NAME["days_since_login"]) == {
        "theme": "usage", "unit": "days", "from": "`usage`",
        "missing": "without the table `usage`, or if no event has the role `login`; see the definition",
        "risk": RISK[1],
        "sentence": "Days since the last sign-in: {days_since_login}",
        "usual level": "active in {active_weeks_56d} of the last 8 weeks",
        "without a value": "No sign-in on record in the last 91 days",
    }  # fmt: skip
    assert facts(BY_NAME["country"])["sentence"].startswith("none")


def test_summary_is_the_first_clause():
    assert summary(BY_NAME["days_since_ticket"]) == "Days since the last ticket was opened"
    assert summary(BY_NAME["tickets_change_91d"]) == ("`tickets_91d` over the tickets of the 91 days before, minus 1")
