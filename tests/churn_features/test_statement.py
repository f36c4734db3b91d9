"""Every feature of the catalogue against a value written by hand, and what is missing against what is zero."""

from __future__ import annotations

from datetime import date, datetime

import ibis.expr.types as ir
import pytest

from churn_features import catalogue
from churn_features.feature import Feature, feature
from churn_features.statement import FeatureError, features
from churn_features.tables import CONTRACT, TABLES

AS_OF = date(2024, 6, 30)
USAGE_FROM = date(2024, 3, 1)

# feature: (account full, account quiet, account new) of the fixture ``everything`` on 2024-06-30
EXPECTED: dict[str, tuple[object, object, object]] = {
    "activity_28d": (12 + 4 + 3 + 2 + 1 + 4 + 3 + 10, 0, 3),
    "activity_change_28d": (39 / 37 - 1, None, None),
    "logins_7d": (3 + 1 + 3, 0, 0),
    "logins_28d": (7 + 1 + 4, 0, 0),
    "logins_change_28d": (12 / 8 - 1, None, None),
    "active_days_7d": (6, 0, 0),
    "active_days_28d": (13, 0, 1),
    "active_days_change_28d": (13 / 6 - 1, None, None),
    "active_streak_days": (4, 0, 0),
    "days_since_activity": (0, None, 10),
    "days_since_login": (1, None, None),
    "key_actions_28d": (2 + 1 + 1, 0, 3),
    "key_actions_change_28d": (4 / 8 - 1, None, None),
    "exports_7d": (3, 0, 0),
    "exports_burst_7d": (3 / 12, None, None),
    "cancel_page_views_28d": (2, 0, 0),
    "downgrade_page_views_28d": (1, 0, 0),
    "help_views_28d": (4, 0, 0),
    "errors_28d": (3, 0, 0),
    "events_28d": (8, 0, 1),
    "users_28d": (8, None, None),
    "seats_used_share": (8 / 20, None, None),
    "invites_91d": (2 + 1, 0, 0),
    "community_posts_91d": (5, 0, 0),
    "setup_steps_done": (None, None, 3),
    "days_to_key_action": (None, None, 10),
    "days_without_key_action": (None, None, None),
    "tenure_days": (396, 181, 40),
    "mrr": (18000 + 2000, 3000, 8000),
    "seats": (15 + 5, None, 4),
    "plan": ("add-on", "basic", "pro"),
    "billing_interval": ("year", "quarter", "month"),
    "days_to_renewal": (31, 1, 21),
    "mrr_change_91d": (20000 / 14000 - 1, 0, None),
    "price_change_91d": (20000 / 14000 / (20 / 17) - 1, 0, None),
    "seats_change_91d": (20 / 17 - 1, None, None),
    "days_since_change": (20, None, None),
    "discount_share": (0.1, None, None),
    "days_to_discount_end": (15, None, None),
    "past_due": (1, 0, 0),
    "paused": (1, 0, 0),
    "failed_payments_91d": (2, 0, 0),
    "days_since_failed_payment": (5, None, None),
    "payment_failing": (1, None, None),
    "overdue_amount": (20000 + 5000, 0, 0),
    "days_overdue": (30, 0, 0),
    "days_to_card_expiry": (10, None, None),
    "card_expires_before_renewal": (1, None, None),
    "tickets_28d": (2, 0, 0),
    "tickets_91d": (4, 0, 0),
    "open_tickets": (3, 0, 0),
    "oldest_open_ticket_days": (91, None, None),
    "severe_tickets_91d": (2, 0, 0),
    "first_reply_hours_91d": ((2 + 1 + 3) / 3, None, None),
    "resolution_hours_91d": ((24 + 12) / 2, None, None),
    "support_satisfaction_182d": ((4 + 2 + 5) / 3, None, None),
    "nps_last": (6, None, None),
    "nps_change": (6 - (9 + 8) / 2, None, None),
    "feedback_unanswered_days": (100, None, None),
    "days_since_contact": (14, None, None),
    "industry": ("retail", None, None),
    "country": ("DE", None, None),
    "size": ("11-50", None, None),
    "acquisition_channel": ("partner", None, None),
}

# what rests on a table that a company may not have, and is missing without it
OF_TABLE = {
    "usage": [name for name in EXPECTED if catalogue.BY_NAME[name].theme in ("usage", "adoption", "onboarding",
              "exit signals")] + ["help_views_28d", "errors_28d"],
    "subscription_changes": ["mrr_change_91d", "price_change_91d", "seats_change_91d", "days_since_change",
                             "discount_share", "days_to_discount_end", "past_due", "paused"],
    "invoices": ["overdue_amount", "days_overdue"],
    "payments": ["failed_payments_91d", "days_since_failed_payment", "payment_failing"],
    "payment_methods": ["days_to_card_expiry", "card_expires_before_renewal"],
    "tickets": ["tickets_28d", "tickets_91d", "open_tickets", "oldest_open_ticket_days", "severe_tickets_91d",
                "first_reply_hours_91d", "resolution_hours_91d", "support_satisfaction_182d"],
    "feedback": ["nps_last", "nps_change", "feedback_unanswered_days"],
    "outreach": ["days_since_contact"],
}  # fmt: skip
OF_PRESENT_STATE = ("mrr", "seats", "plan", "seats_used_share")
"""Features whose value, though not whether they have one, rests on ``subscription_changes``."""


@pytest.fixture(scope="module")
def rows(open_company, everything):
    return open_company(zone="Europe/Berlin", **everything).features(AS_OF, USAGE_FROM)


@pytest.mark.parametrize("name", [feature.name for feature in catalogue.FEATURES])
def test_every_feature_has_its_value_written_by_hand(rows, name):
    assert name in EXPECTED, f"write the expected values of {name} for the company of the fixture"
    for account, expected in zip(("full", "quiet", "new"), EXPECTED[name], strict=True):
        number = isinstance(expected, int | float)
        assert rows[account][name] == (pytest.approx(expected, rel=1e-12) if number else expected), account


def test_nothing_is_expected_that_is_not_computed():
    assert list(EXPECTED) == [feature.name for feature in catalogue.FEATURES]


def test_frame_of_a_row(rows):
    frame = {account: [row[name] for name in ("announced", "mrr_now", "as_of")] for account, row in rows.items()}
    assert frame == {"full": [False, 20000, AS_OF], "new": [True, 8000, AS_OF], "quiet": [False, 3000, AS_OF]}
    assert list(rows) == ["full", "new", "quiet"], "ordered by account"
    assert list(rows["full"]) == ["account_id", "announced", "mrr_now", "as_of", *EXPECTED]


def test_numbers_are_doubles_and_categories_text(open_company, everything):
    company = open_company(zone="Europe/Berlin", **everything)
    result = company.run(AS_OF)
    found = {column[0]: str(column[1]) for column in result.description}
    for unit in catalogue.FEATURES:
        assert found[unit.name] == ("VARCHAR" if unit.categorical else "DOUBLE"), unit.name


@pytest.mark.parametrize("table", OF_TABLE)
def test_features_of_an_absent_table_are_missing_and_no_others_change(open_company, everything, rows, table):
    without = {name: content for name, content in everything.items() if name != table}
    found = open_company(zone="Europe/Berlin", **without).features(AS_OF, USAGE_FROM)
    for name, expected in rows["full"].items():
        if name in OF_TABLE[table]:
            assert [found[account][name] for account in found] == [None] * 3, name
        elif table != "subscription_changes" or name not in (*OF_PRESENT_STATE, "mrr_now"):
            assert found["full"][name] == expected, name


def test_a_company_with_the_two_required_tables_only(open_company, everything):
    required = {table.name: everything[table.name] for table in CONTRACT if table.required}
    row = open_company(zone="Europe/Berlin", **required).features(AS_OF)["full"]
    known = {name for name, value in row.items() if value is not None} - {"account_id", "announced", "mrr_now", "as_of"}
    assert known == {"tenure_days", "mrr", "seats", "plan", "billing_interval", "days_to_renewal", "industry",
                     "country", "size", "acquisition_channel"}  # fmt: skip


def test_tables_without_rows_give_zero_or_missing_as_for_a_quiet_account(open_company, everything, rows):
    empty = {name: [] for name in TABLES} | {name: everything[name] for name in ("accounts", "subscriptions")}
    assert open_company(zone="Europe/Berlin", **empty).features(AS_OF, USAGE_FROM)["quiet"] == rows["quiet"]


def test_account_without_a_row_of_its_own_still_has_features(open_company, subscription):
    row = open_company(accounts=[], subscriptions=[subscription()]).features(AS_OF)["a"]
    assert (row["mrr"], row["country"]) == (10000, None)


def _feature(compute):
    return feature(unit="count", theme="usage")(compute)


SNAPSHOTS = [(table.name, c.name) for table in CONTRACT for c in table.columns if c.kind == "snapshot"]


@pytest.mark.parametrize(("table", "column"), SNAPSHOTS)
@pytest.mark.parametrize("read", [getattr, lambda rows, name: rows[name]], ids=["attribute", "item"])
def test_snapshot_columns_are_refused_with_a_remedy(table, column, read):
    namespace: dict[str, object] = {"read": read}
    exec(f"def overwritten({table}):\n 'Doc.'\n return read({table}, {column!r}).max()", namespace)
    with pytest.raises(FeatureError, match=rf"overwritten reads {table}\.{column}, a snapshot column.*[Ss]upply its h"):
        features(TABLES, {}, [_feature(namespace["overwritten"])])


def test_an_unknown_need_is_refused():
    def lonely(no_such_thing: ir.Value) -> ir.Value:
        """Doc."""
        return no_such_thing

    with pytest.raises(FeatureError, match="lonely needs no_such_thing, which is no table, feature or measure"):
        features(TABLES, {}, [_feature(lonely)])


def test_features_that_need_each_other_are_refused():
    def hen(egg: ir.Value) -> ir.Value:
        """Doc."""
        return egg

    def egg(hen: ir.Value) -> ir.Value:
        """Doc."""
        return hen

    with pytest.raises(FeatureError, match="hen -> egg -> hen"):
        features(TABLES, {}, [_feature(hen), _feature(egg)])


def test_a_table_and_something_else_in_one_feature_are_refused():
    def mixed(tickets: ir.Table, tenure_days: ir.Value) -> ir.Value:
        """Doc."""
        return tickets.count() / tenure_days

    with pytest.raises(FeatureError, match=r"mixed .*tickets.*measure"):
        features(TABLES, {}, [_feature(mixed)])


def test_own_features_join_the_catalogue(open_company, subscription):
    def weeks_of_tenure(tenure_days: ir.Value) -> ir.Value:
        """Doc."""
        return tenure_days / 7

    def ticket_channels(tickets: ir.Table) -> ir.Value:
        """Doc."""
        return tickets.channel.nunique()

    tickets = [
        {
            "ticket_id": str(day),
            "account_id": "a",
            "opened_at": datetime.fromisoformat(f"2024-01-0{day}"),
            "channel": channel,
        }
        for day, channel in ((2, "email"), (3, "email"), (4, "chat"))
    ]
    company = open_company(subscriptions=[subscription()], tickets=tickets)
    own: tuple[Feature, ...] = (_feature(weeks_of_tenure), _feature(ticket_channels))
    row = company.features(date(2024, 1, 15), catalogue=own)["a"]
    assert row == {"account_id": "a", "announced": False, "mrr_now": 10000, "as_of": date(2024, 1, 15),
                   "weeks_of_tenure": 2, "ticket_channels": 2}  # fmt: skip
