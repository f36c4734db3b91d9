"""Who the account is, as it said when it signed up.

Belongs here: features over ``accounts``. Does not belong here: how long it has paid (``subscription``). None of them is
ever a reason: nobody can change them.
"""

from __future__ import annotations

import ibis.expr.types as ir

from churn_features.feature import feature, measure


@measure
def created_days_ago(accounts: ir.Table) -> ir.Value:
    return accounts.created_days_ago.max()


@feature(unit="days", theme="account")
def days_to_first_subscription(created_days_ago: ir.Value, tenure_days: ir.Value) -> ir.Value:
    """Days from the sign-up to when the account first paid (``tenure_days``), a trial before it included, at least 0;
    missing without an account row.

    >>> trial = {"started_at": 60, "trial_ends_at": 46}
    >>> known("days_to_first_subscription", accounts=[{"created_at": 60}], subscriptions=[trial])
    14.0
    """
    return (created_days_ago - tenure_days).clip(lower=0)


@feature(unit="category", theme="account")
def industry(accounts: ir.Table) -> ir.Value:
    """Industry at sign-up; missing where it is not on record.

    >>> known("industry", accounts=[{"industry": "retail"}])
    'retail'
    """
    return accounts.industry.max()


@feature(unit="category", theme="account")
def country(accounts: ir.Table) -> ir.Value:
    """Country at sign-up; missing where it is not on record.

    >>> known("country", accounts=[{"country": "DE"}])
    'DE'
    """
    return accounts.country.max()


@feature(unit="category", theme="account")
def size(accounts: ir.Table) -> ir.Value:
    """Size class at sign-up; missing where it is not on record.

    >>> known("size", accounts=[{"size": "11-50"}])
    '11-50'
    """
    return accounts["size"].max()


@feature(unit="category", theme="account")
def acquisition_channel(accounts: ir.Table) -> ir.Value:
    """How the account was won; missing where it is not on record.

    >>> known("acquisition_channel", accounts=[{"channel": "partner"}])
    'partner'
    """
    return accounts.channel.max()
