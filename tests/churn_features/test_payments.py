"""Edges of payment attempts."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features import payments
from churn_features.catalogue import FEATURES
from churn_features.payments import HARD_DECLINES

AS_OF = date(2024, 6, 30)
OWN = tuple(feature for feature in FEATURES if feature.compute.__module__ == payments.__name__)


def days_ago(days):
    return datetime.fromisoformat("2024-06-30 10:00") - timedelta(days=days)


@pytest.fixture
def row(open_company, subscription):
    return lambda **tables: open_company(subscriptions=[subscription()], **tables).features(AS_OF, catalogue=OWN)["a"]


def attempts(*attempted):
    return [
        {"payment_id": str(n), "invoice_id": "i", "account_id": "a", "attempted_at": days_ago(d), "amount": 1,
         "succeeded": succeeded}
        for n, (d, succeeded) in enumerate(attempted)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attempted", "failing"),
    [
        ([], None),
        ([(3, True)], 0),
        ([(3, False)], 1),
        ([(9, False), (3, True)], 0),
        ([(9, True), (3, False)], 1),
        ([(3.1, False), (3, True)], 0),  # tried again on the same day
        ([(3.1, True), (3, False)], 1),
        ([(364, False)], 1),
        ([(365, False)], None),
        ([(365, False), (364, True)], 0),
        ([(-1, True), (3, False)], 1),
    ],
)
def test_the_latest_attempt_of_the_year_decides(row, attempted, failing):
    assert row(payments=attempts(*attempted))["payment_failing"] == failing


def test_failed_payments_in_91_days_and_the_last_in_a_year(row):
    found = row(payments=attempts((0, False), (90, False), (91, False), (1, True)))
    assert (found["failed_payments_91d"], found["days_since_failed_payment"]) == (2, 0)
    assert row(payments=attempts((364, False)))["days_since_failed_payment"] == 364
    assert row(payments=attempts((365, False)))["days_since_failed_payment"] is None
    assert row(payments=attempts((5, True)))["failed_payments_91d"] == 0


@pytest.mark.parametrize(
    ("attempted", "rate"),
    [
        ([], None),
        ([(0, True)], 1),
        ([(0, False), (181, True)], 0.5),
        ([(0, False), (182, True)], 0),
        ([(182, True)], None),
        ([(0, True), (-1, False)], 1),
        ([(3, True), (2, True), (1, False), (0, True)], 0.75),
    ],
)
def test_payment_success_rate_of_182_days(row, attempted, rate):
    assert row(payments=attempts(*attempted))["payment_success_rate_182d"] == rate


@pytest.mark.parametrize(
    ("days", "code", "hard"),
    [(90, "stolen_card", 1), (91, "stolen_card", 0), (5, "insufficient_funds", 0), (5, None, 0), (-1, "lost_card", 0)],
)
def test_hard_declines(row, days, code, hard):
    assert row(payments=[{**attempts((days, False))[0], "failure_code": code}])["hard_declines_91d"] == hard


def test_a_success_is_no_decline_whatever_its_code(row):
    assert row(payments=[{**attempts((5, True))[0], "failure_code": "lost_card"}])["hard_declines_91d"] == 0


def test_the_hard_declines_are_the_ones_that_another_try_does_not_mend():
    assert list(HARD_DECLINES) == sorted(set(HARD_DECLINES))
    assert not {"insufficient_funds", "generic_decline", "do_not_honor", "processing_error", "try_again_later"} & set(
        HARD_DECLINES
    )
