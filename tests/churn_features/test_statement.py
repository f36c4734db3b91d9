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
    "activity_28d": (12 + 4 + 3 + 3 + 1 + 4 + 3 + 2 + 10, 0, 3),
    "activity_change_7d": (14 / (28 / 3) - 1, None, -1),
    "activity_change_28d": (42 / 45 - 1, None, None),
    "logins_7d": (3 + 1 + 3, 0, 0),
    "logins_28d": (7 + 1 + 4, 0, 0),
    "logins_change_28d": (12 / 8 - 1, None, None),
    "login_days_28d": (5, 0, 0),
    "active_days_7d": (6, 0, 0),
    "active_days_28d": (13, 0, 1),
    "active_days_change_28d": (13 / 6 - 1, None, None),
    "active_weeks_56d": (7, 0, None),
    "active_streak_days": (4, 0, 0),
    "returned_after_gap": (0, 0, 0),
    "days_since_activity": (0, None, 10),
    "days_since_login": (1, None, None),
    "key_actions_28d": (2 + 1 + 1, 0, 3),
    "key_actions_change_28d": (4 / 8 - 1, None, None),
    "key_action_days_28d": (3, 0, 1),
    "days_since_key_action": (0, None, 10),
    "exports_7d": (3, 0, 0),
    "exports_burst_7d": (3 / 12, None, None),
    "cancel_page_views_7d": (1, 0, 0),
    "cancel_page_views_28d": (1 + 2, 0, 0),
    "days_since_cancel_page": (6, None, None),
    "downgrade_page_views_28d": (1, 0, 0),
    "integrations_removed_91d": (1, 0, 0),
    "help_views_28d": (4, 0, 0),
    "help_views_change_28d": (4 / 1 - 1, None, None),
    "self_help_share_28d": (4 / (4 + 2), None, None),
    "help_share_28d": (4 / (4 + 4), None, 0),
    "failed_searches_28d": (2, 0, 0),
    "errors_28d": (3, 0, 0),
    "errors_change_28d": (3 / 6 - 1, None, None),
    "error_share_28d": (3 / 42, None, 0),
    "key_action_share_28d": (4 / 42, None, 1),
    "key_functions_28d": (1, 0, 1),
    "goals_reached_91d": (2, 0, 0),
    "days_since_goal": (77, None, None),
    "events_28d": (3, 0, 1),
    "events_change_28d": (3 / 2 - 1, None, None),
    "events_dropped_28d": (8, 0, None),
    "users_28d": (8, None, None),
    "users_change_28d": (8 / 30 - 1, None, None),
    "seats_used_share": (8 / 20, None, None),
    "activity_per_user_28d": (42 / 8, None, None),
    "invites_91d": (2 + 1, 0, 0),
    "customizations_91d": (4, 0, 0),
    "training_91d": (2, 0, 0),
    "days_since_training": (80, None, None),
    "community_posts_91d": (5, 0, 0),
    "days_since_community_post": (80, None, None),
    "referrals_91d": (1, 0, 0),
    "beta_91d": (3, 0, 0),
    "release_notes_91d": (2, 0, 0),
    "setup_steps_done": (None, None, 3),
    "setup_share_done": (None, None, 1),
    "setup_steps_skipped": (None, None, 2),
    "days_since_setup_step": (None, None, 35),
    "functions_tried": (None, None, 1),
    "days_to_key_action": (None, None, 10),
    "days_without_key_action": (None, None, None),
    "early_support_contact": (None, None, 0),
    "early_feedback": (None, None, 0),
    "tenure_days": (396, 181, 40),
    "plan": ("add-on", "basic", "pro"),
    "seats": (15 + 5, None, 4),
    "seats_change_91d": (20 / 17 - 1, None, None),
    "subscriptions_active": (2, 1, 1),
    "billing_interval": ("year", "quarter", "month"),
    "billed_more_often": (0, 0, 0),
    "days_to_renewal": (31, 1, None),
    "days_since_renewal": (0, 90, 9),
    "trial_days": (0, 0, 0),
    "in_trial": (1, 0, 0),
    "earlier_spells": (1, 0, 0),
    "days_since_return": (151, None, None),
    "plan_changes_182d": (1, 0, 0),
    "paused": (1, 0, 0),
    "paused_days": (29, None, None),
    "days_to_pause_end": (30, None, None),
    "pauses_365d": (1, 0, 0),
    "cancel_requested_share": (0, 0, 1),
    "days_to_announced_end": (None, None, 21),
    "mrr": (18000 + 2000, 3000, 8000),
    "mrr_per_seat": (20000 / 20, None, 8000 / 4),
    "mrr_per_user_28d": (20000 / 8, None, None),
    "mrr_per_key_action_28d": (20000 / 4, None, 8000 / 3),
    "mrr_change_28d": (20000 / 14000 - 1, 0, 0),
    "mrr_change_91d": (20000 / 14000 - 1, 0, None),
    "mrr_below_highest_share": (1 - 20000 / (18000 + 2500), 0, 0),
    "price_change_91d": (20000 / 14000 / (20 / 17) - 1, 0, None),
    "days_since_price_rise": (100, None, None),
    "upgrades_182d": (2, 0, 0),
    "downgrades_182d": (1, 0, 0),
    "days_since_change": (20, None, None),
    "discount_share": (0.1, None, None),
    "days_to_discount_end": (15, None, None),
    "days_since_discount_end": (80, None, None),
    "last_invoice_change_365d": (600 / ((20000 + 5000 + 700 + 800 + 4000) / 5) - 1, None, None),
    "credits_365d": (1, 0, 0),
    "past_due": (1, 0, 0),
    "past_due_days": (10, None, None),
    "past_dues_365d": (1, 0, 0),
    "open_invoices": (4, 0, 0),
    "overdue_amount": (20000 + 5000, 0, 0),
    "days_overdue": (30, 0, 0),
    "late_payment_days_182d": (10 - 2, None, None),
    "uncollectible_invoices_365d": (1, 0, 0),
    "failed_attempts_open": (2, 0, 0),
    "in_retry": (1, 0, 0),
    "failed_payments_91d": (2, 0, 0),
    "hard_declines_91d": (1, 0, 0),
    "payment_success_rate_182d": (2 / 5, None, None),
    "days_since_failed_payment": (5, None, None),
    "payment_failing": (1, None, None),
    "payment_method": ("sepa_debit", None, "card"),
    "no_payment_method": (0, 1, 0),
    "payment_method_changes_182d": (2, 0, 0),
    "days_since_payment_method_added": (90, None, 39),
    "days_to_card_expiry": (None, None, 10),
    "card_expires_before_renewal": (None, None, None),
    "tickets_28d": (2, 0, 0),
    "tickets_91d": (5, 0, 0),
    "tickets_change_91d": (5 / 3 - 1, None, None),
    "days_since_ticket": (3, None, None),
    "severe_tickets_91d": (2, 0, 0),
    "phone_tickets_91d": (1, 0, 0),
    "chat_tickets_91d": (2, 0, 0),
    "open_tickets": (5, 0, 0),
    "oldest_open_ticket_days": (95, None, None),
    "open_tickets_near_renewal": (0, 0, None),
    "unreplied_tickets": (1, 0, 0),
    "oldest_unreplied_ticket_days": (40, None, None),
    "first_reply_hours_91d": ((2 + 1 + 3) / 3, None, None),
    "resolution_hours_91d": ((24 + 12) / 2, None, None),
    "resolution_change_91d": (18 / ((72 + 24) / 2) - 1, None, None),
    "reopened_tickets_91d": (1, 0, 0),
    "repeat_tickets_share_182d": (5 / 8, None, None),
    "support_satisfaction_182d": ((4 + 2 + 5) / 3, None, None),
    "support_satisfaction_last": (4, None, None),
    "support_satisfaction_change": (4 - (2 + 5) / 2, None, None),
    "nps_last": (6, None, None),
    "nps_change": (6 - (9 + 8) / 2, None, None),
    "csat_last": (1, None, None),
    "csat_change": (1 - 4, None, None),
    "feedback_answers_365d": (3 + 2 + 4, 0, 0),
    "days_since_feedback": (1, None, None),
    "feedback_unanswered_days": (100, None, None),
    "survey_requests_unanswered": (1, 0, 0),
    "survey_silence_days": (0, None, None),
    "feedback_topic_repeats_365d": (4 - 3, 0, 0),
    "contacts_28d": (2, 0, 0),
    "contacts_91d": (4, 0, 0),
    "days_since_contact": (14, None, None),
    "days_since_reached": (30, None, None),
    "reached_share_182d": (1 / 3, None, None),
    "contacts_in_vain": (1, 0, 0),
    "no_shows_182d": (1, 0, 0),
    "days_to_first_subscription": (30, 0, 0),
    "industry": ("retail", None, None),
    "country": ("DE", None, None),
    "size": ("11-50", None, None),
    "acquisition_channel": ("partner", None, None),
}

# what rests on a table that a company may not have, and is missing without it
OF_TABLE = {
    "usage": [name for name in EXPECTED if catalogue.BY_NAME[name].theme in ("usage", "adoption", "onboarding",
              "exit signals") and not name.startswith("early_")] + ["help_views_28d", "help_views_change_28d",
              "self_help_share_28d", "help_share_28d", "failed_searches_28d", "errors_28d", "errors_change_28d",
              "error_share_28d", "mrr_per_user_28d", "mrr_per_key_action_28d"],
    "subscription_changes": ["seats_change_91d", "plan_changes_182d", "paused", "paused_days", "days_to_pause_end",
                             "pauses_365d", "mrr_change_28d", "mrr_change_91d", "mrr_below_highest_share",
                             "price_change_91d", "days_since_price_rise", "upgrades_182d", "downgrades_182d",
                             "days_since_change", "discount_share", "days_to_discount_end", "days_since_discount_end",
                             "past_due", "past_due_days", "past_dues_365d"],
    "invoices": ["last_invoice_change_365d", "credits_365d", "open_invoices", "overdue_amount", "days_overdue",
                 "late_payment_days_182d", "uncollectible_invoices_365d", "failed_attempts_open", "in_retry"],
    "payments": ["failed_payments_91d", "hard_declines_91d", "payment_success_rate_182d", "days_since_failed_payment",
                 "payment_failing", "failed_attempts_open", "in_retry"],
    "payment_methods": ["payment_method", "no_payment_method", "payment_method_changes_182d",
                        "days_since_payment_method_added", "days_to_card_expiry", "card_expires_before_renewal"],
    "tickets": ["self_help_share_28d", "early_support_contact", "tickets_28d", "tickets_91d", "tickets_change_91d",
                "days_since_ticket", "severe_tickets_91d", "phone_tickets_91d", "chat_tickets_91d", "open_tickets",
                "oldest_open_ticket_days", "open_tickets_near_renewal", "unreplied_tickets",
                "oldest_unreplied_ticket_days", "first_reply_hours_91d", "resolution_hours_91d",
                "resolution_change_91d", "reopened_tickets_91d", "repeat_tickets_share_182d",
                "support_satisfaction_182d", "support_satisfaction_last", "support_satisfaction_change"],
    "feedback": ["early_feedback", "nps_last", "nps_change", "csat_last", "csat_change", "feedback_answers_365d",
                 "days_since_feedback", "feedback_unanswered_days", "survey_requests_unanswered",
                 "survey_silence_days", "feedback_topic_repeats_365d"],
    "outreach": ["contacts_28d", "contacts_91d", "days_since_contact", "days_since_reached", "reached_share_182d",
                 "contacts_in_vain", "no_shows_182d"],
}  # fmt: skip
OF_PRESENT_STATE = ("mrr", "seats", "plan", "seats_used_share", "mrr_per_seat", "mrr_per_user_28d",
                    "mrr_per_key_action_28d")  # fmt: skip
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
    assert known == {"tenure_days", "mrr", "seats", "mrr_per_seat", "plan", "billing_interval", "days_to_renewal",
                     "days_since_renewal", "subscriptions_active", "billed_more_often", "trial_days", "in_trial",
                     "earlier_spells", "days_since_return", "cancel_requested_share", "industry", "country", "size",
                     "acquisition_channel", "days_to_first_subscription"}  # fmt: skip


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
