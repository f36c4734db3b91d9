"""Company metrics by hand: 5 of 100 are 5 %, Stripe's formula differs, money kept and lost."""

from __future__ import annotations

import statistics
from datetime import date, datetime, timedelta

import pytest

from churn_features.clock import cutoff, period
from churn_features.rates import SPELLS, course, rates

JUNE = date(2024, 6, 1), date(2024, 6, 30)
OBSERVED = date(2024, 12, 31)


def at(text):
    return datetime.fromisoformat(f"2024-{text}")


@pytest.fixture
def rated(open_company, subscription):
    """``rated(rows by account, ...)``: the row of June of a company with these subscriptions, whether or not the
    course of its accounts is on file."""

    def rated(accounts, zone="UTC", days=JUNE, observed=OBSERVED, grace_days=7, **tables):
        rows = [
            subscription(account_id=name, subscription_id=f"{name} {n}", **columns)
            for name, own in accounts.items()
            for n, columns in enumerate(own)
        ]
        company = open_company(zone=zone, subscriptions=rows, **tables)
        start, end = period(*days, zone)
        bound = {"period_start": start, "period_end": end, "observed_on": observed,
                 "observed": cutoff(observed, zone)}  # fmt: skip
        found = company.con.execute(rates(company.present, grace_days).sql("duckdb"), bound)
        names = [column[0] for column in found.description]
        (row,) = found.fetchall()
        end_of_data = {name: bound[name] for name in ("observed_on", "observed")}
        for name, query in course(company.present, grace_days).items():
            told = end_of_data if name != SPELLS else None
            company.con.execute(f"CREATE OR REPLACE TABLE {name} AS {query.sql('duckdb')}", told)
        again = rates(company.present, grace_days, course_on_file=True).sql("duckdb")
        used = {name: bound[name] for name in ("period_start", "period_end")}
        assert company.con.execute(again, used).fetchall() == [row], "the course on file gives the same"
        return dict(zip(names, row, strict=True))

    return rated


def base(count=100, left=5):
    """Customers at the start of June, some of whom leave in it."""
    return {f"c{n}": [{"ended_at": at("06-15")} if n < left else {}] for n in range(count)}


def test_trap_5_of_100_are_5_percent_and_stripes_formula_differs(rated):
    assert rated(base())["logo_churn_rate"] == rated(base())["stripe_churn_rate"] == 0.05
    late = {f"n{n}": [{"started_at": at("06-10"), **({"ended_at": at("06-20")} if n < 2 else {})}] for n in range(10)}
    row = rated(base() | late)
    assert (row["active_at_start"], row["new"], row["churned"], row["churned_of_start"]) == (100, 10, 7, 5)
    assert row["logo_churn_rate"] == 0.05, "who was not there at the start is no part of it"
    assert row["stripe_churn_rate"] == 7 / (100 + 10)
    assert row["active_at_end"] == 100 - 5 + 10 - 2


def test_stripes_formula_looks_back_over_30_days(rated):
    row = rated(base(10, 1) | {"early": [{"ended_at": at("06-05")}]}, days=(date(2024, 6, 10), date(2024, 7, 9)))
    assert row["period_end"] - row["period_start"] == timedelta(days=30)
    assert (row["active_at_start"], row["stripe_churn_rate"]) == (10, 1 / 10)


@pytest.mark.parametrize(
    ("ended", "churned"),
    [("05-31 23:59:59.999999", 0), ("06-01", 1), ("06-30 23:59:59.999999", 1), ("07-01", 0)],
)
def test_edges_of_the_period(rated, ended, churned):
    row = rated({"a": [{"ended_at": at(ended)}], "b": [{}]})
    assert (row["churned"], row["active_at_start"]) == (churned, 1 if ended.startswith("05") else 2)


def test_the_period_is_of_days_of_the_zone():
    assert period(*JUNE, "Europe/Berlin") == (at("05-31 22:00"), at("06-30 22:00"))


def test_departures_are_those_of_the_outcomes(rated):
    ended = {"ended_at": at("06-10")}
    accounts = {
        "changes the plan": [ended, {"plan": "pro", "started_at": at("06-10")}],
        "gap within grace": [ended, {"started_at": at("06-17")}],
        "comes back late": [ended, {"started_at": at("06-18")}],
        "never comes back": [ended],
        "in trial": [{"started_at": at("05-20"), "trial_ends_at": at("06-20"), "ended_at": at("06-20")}],
        "free": [{"mrr": 0, **ended}],
    }
    row = rated(accounts)
    assert (row["active_at_start"], row["churned"], row["new"], row["returned"]) == (4, 2, 0, 1)
    assert row["stripe_churn_rate"] == 2 / (4 + 1)
    assert rated(accounts, grace_days=0)["churned"] == 3


def test_revenue_churned_contracted_and_expanded(rated):
    accounts = {
        "leaves": [{"mrr": 1000, "ended_at": at("06-10")}],
        "pays less": [{"mrr": 4000}],
        "pays more": [{"mrr": 2000}],
        "adds": [{"mrr": 3000}, {"mrr": 700, "started_at": at("06-20")}],
        "is new": [{"mrr": 9000, "started_at": at("06-02")}],
        "in a gap": [{"mrr": 500, "ended_at": at("06-28")}, {"mrr": 400, "started_at": at("07-03")}],
    }
    changes = [
        {"subscription_id": "pays less 0", "changed_at": at("06-12"), "mrr": 2500},
        {"subscription_id": "pays more 0", "changed_at": at("06-12"), "mrr": 2600},
        {"subscription_id": "pays more 0", "changed_at": at("07-01"), "mrr": 1},
    ]
    row = rated(accounts, subscription_changes=changes)
    assert row["mrr_at_start"] == 1000 + 4000 + 2000 + 3000 + 500
    assert row["mrr_at_end"] == 2500 + 2600 + 3700 + 9000 + 400
    money = 1000, 1500 + 100, 600 + 700
    assert (row["churned_mrr"], row["contraction_mrr"], row["expansion_mrr"]) == money
    assert row["gross_mrr_churn_rate"] == pytest.approx((1000 + 1600) / 10500)
    assert row["net_mrr_churn_rate"] == pytest.approx((1000 + 1600 - 1300) / 10500)
    assert row["gross_revenue_retention"] == pytest.approx(1 - 2600 / 10500)
    assert row["net_revenue_retention"] == pytest.approx(1 - 1300 / 10500)
    assert row["arpu"] == (2500 + 2600 + 3700 + 9000 + 400) / 5


def test_a_company_that_grows_has_negative_net_churn(rated):
    changes = [{"subscription_id": "a 0", "changed_at": at("06-12"), "mrr": 12000}]
    row = rated({"a": [{}]}, subscription_changes=changes)
    assert (row["net_mrr_churn_rate"], row["net_revenue_retention"]) == pytest.approx((-0.2, 1.2))
    assert (row["gross_mrr_churn_rate"], row["gross_revenue_retention"]) == (0, 1)


def test_payment_success_rate(rated):
    payments = [
        {"payment_id": str(n), "invoice_id": "i", "account_id": "a", "attempted_at": at(when), "amount": 1,
         "succeeded": succeeded}
        for n, (when, succeeded) in enumerate([
            ("05-31 23:59", False), ("06-01", True), ("06-02", False), ("06-30 23:59", True), ("07-01", False),
        ])
    ]  # fmt: skip
    row = rated({"a": [{}]}, payments=payments)
    assert (row["payment_attempts"], row["payment_success_rate"]) == (3, pytest.approx(2 / 3))
    assert rated({"a": [{}]})["payment_success_rate"] is None, "without a table of payments"
    assert rated({"a": [{}]}, payments=[])["payment_success_rate"] is None, "without attempts"


def test_errors_of_sums_are_those_of_accounts_taken_as_a_sample(rated):
    """By hand: of two accounts that pay 100 and 300 the first leaves. Less the ratio, 1/4 of what they pay, they lose
    75 and -75, whose spread is 150."""
    row = rated({"a": [{"mrr": 100, "ended_at": at("06-15")}], "b": [{"mrr": 300}]})
    assert row["gross_mrr_churn_rate"] == row["net_mrr_churn_rate"] == 0.25
    assert row["gross_mrr_churn_rate_error"] == row["net_mrr_churn_rate_error"] == pytest.approx(150 / 400)
    assert row["arpu_error"] is None, "of one customer at the end nothing is known"
    three = rated({name: [{"mrr": mrr}] for name, mrr in (("a", 100), ("b", 200), ("c", 600))})
    assert three["arpu_error"] == pytest.approx(statistics.stdev([100, 200, 600]) / 3**0.5)
    assert three["gross_mrr_churn_rate_error"] == 0


def test_attempts_of_one_account_fail_together(rated):
    payments = [
        {"payment_id": f"{account}{n}", "invoice_id": "i", "account_id": account, "attempted_at": at("06-02"),
         "amount": 1, "succeeded": account == "b"}
        for account in "ab" for n in range(10)
    ]  # fmt: skip
    row = rated({"a": [{}], "b": [{}]}, payments=payments)
    assert row["payment_success_rate"] == 0.5
    # 5 and -5 of two accounts; twenty attempts that are independent would have an error of 0.11
    assert row["payment_success_rate_error"] == pytest.approx(10 / 20)


def test_nothing_is_divided_by_nothing(rated):
    row = rated({"later": [{"started_at": at("08-01")}]})
    assert (row["active_at_start"], row["mrr_at_start"], row["churned"]) == (0, 0, 0)
    assert [row[name] for name in ("logo_churn_rate", "stripe_churn_rate", "gross_mrr_churn_rate", "arpu")] == [
        None
    ] * 4


def test_an_end_after_the_end_of_the_data_has_not_happened(rated):
    assert rated(base(), observed=date(2024, 6, 14))["churned"] == 0
    assert rated(base(), observed=date(2024, 6, 15))["churned"] == 5
