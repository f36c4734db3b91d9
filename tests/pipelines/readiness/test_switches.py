"""What is switched off is named with what it lacks; what has all it needs is on."""

from __future__ import annotations

from typing import Any

from churn_features.catalogue import FEATURES
from churn_features.columns import ESSENTIAL
from churn_features.tables import ROLES, STORED_USAGE, TABLES
from pipelines.readiness.profile import ColumnProfile, TableProfile
from pipelines.readiness.switches import switches


def told(without: tuple[str, ...] = (), tables: tuple[str, ...] = tuple(TABLES)) -> dict[str, TableProfile]:
    """Profiles of tables whose columns all have values, but for some."""
    found = {}
    for name in tables:
        names = STORED_USAGE if name == "usage" else TABLES[name].names
        columns = {
            column: ColumnProfile("text", "fixed", True, int(f"{name}.{column}" not in without), 1.0)
            for column in names
        }
        found[name] = TableProfile(1, columns=columns)
    return found


def with_roles(shop: Any, *left_out: str) -> Any:
    shop.keys["event_roles"] = {f"event {role}": role for role in ROLES if role not in left_out}
    return shop.config()


def test_with_everything_all_is_on(shop: Any) -> None:
    found, findings = switches(with_roles(shop), told())
    assert (found.features, found.off, found.list_lacks, findings) == (len(FEATURES), (), (), [])
    assert found.as_dict()["on"] == len(FEATURES)


def test_a_table_a_role_and_a_column_that_lack(shop: Any) -> None:
    tables = tuple(name for name in TABLES if name not in ("tickets", "outreach"))
    without = ("subscriptions.quantity", "payment_methods.expires_on", "accounts.owner")
    found, findings = switches(with_roles(shop, "login"), told(without, tables))
    off = {each.feature: each for each in found.off}
    assert off["tickets_28d"].tables == ("tickets",)
    assert off["logins_28d"].roles == ("login",)
    assert off["days_to_card_expiry"].columns == ("payment_methods.expires_on",)
    assert "seats" not in off, "changes of subscriptions have seats"
    assert "mrr" not in off
    counts = found.as_dict()["would_switch_on"]
    assert set(counts["tables"]) == {"tickets", "outreach"}
    assert counts["roles"] == {"login": sum("login" in each.roles for each in found.off)}
    assert counts["columns"] == {"payment_methods.expires_on": 2}
    by_code = {each.code: each for each in findings}
    assert set(by_code) == {
        "features.off_by_table", "features.off_by_role", "features.off_by_column", "lists.at_risk_columns",
        "lists.no_outreach",
    }  # fmt: skip
    column = by_code["features.off_by_column"]
    assert (column.count, column.of) == (2, len(FEATURES))
    assert column.examples[0].value == "days_to_card_expiry, card_expires_before_renewal"
    assert "accounts.owner" in by_code["lists.at_risk_columns"].message


def test_seats_are_off_without_either_column(shop: Any) -> None:
    columns = ("subscriptions.quantity", "subscription_changes.quantity")
    found, _ = switches(with_roles(shop), told(columns))
    off = {each.feature: each for each in found.off}
    assert set(off) == {
        feature for group, features in ESSENTIAL.items() if set(group) <= set(columns) for feature in features
    }
    assert off["seats"].columns == tuple(sorted(columns))


def test_of_a_table_that_is_not_there_no_column_is_asked_for(shop: Any) -> None:
    found, _ = switches(with_roles(shop), told(tables=("accounts", "subscriptions")))
    assert all(each.tables for each in found.off)
    assert not [column for each in found.off for column in each.columns]
