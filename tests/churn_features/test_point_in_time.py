"""Nothing from the future, on random companies: what is unknown at the cutoff may be anything at all.

Rows are drawn from the contract itself, so a new table or column is covered as soon as it is written there.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from churn_features.catalogue import FEATURES
from churn_features.clock import cutoff
from churn_features.outcomes import OUTCOME_TABLES
from churn_features.tables import CONTRACT, TABLES

AS_OF = date(2024, 3, 31)
ZONE = "Europe/Berlin"
CUTOFF = cutoff(AS_OF, ZONE)
EDGE = timedelta(microseconds=1)
ACCOUNTS = ("a", "b", "c")
EVENTS = ("signed_in", "made_report", "set_up", "exported", "saw_cancel", "crashed", "something_else")
BASE = {
    "subscription_id": "base", "account_id": "a", "plan": "basic", "billing_interval": "month", "mrr": 10000,
    "started_at": CUTOFF - timedelta(days=120),
}  # fmt: skip
"""A subscription that is there in every company, so that there is always an account to look at."""

# no shrinking: a failure would cost minutes, and the accounts that differ are in the message
few = settings(
    phases=[Phase.generate],
    max_examples=20, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)  # fmt: skip

before = st.one_of(st.just(CUTOFF - EDGE), st.integers(1, 400 * 24).map(lambda h: CUTOFF - timedelta(hours=h)))
after = st.one_of(
    st.sampled_from([CUTOFF, CUTOFF + EDGE]), st.integers(1, 90 * 24).map(lambda h: CUTOFF + timedelta(hours=h))
)
instants = st.one_of(before, before, after)
OF_TYPE = {
    "text": st.sampled_from(["x", "y"]),
    "instant": instants,
    "day": st.integers(-400, 400).map(lambda days: AS_OF + timedelta(days=days)),
    "integer": st.integers(0, 9),
    "money": st.sampled_from([0, 100, 9900, 12345]),
    "number": st.sampled_from([0.0, 0.25, 1.0, 4.0, 9.0]),  # sums of them are exact in any order
    "flag": st.booleans(),
}
REFERENCES = {"account_id": st.sampled_from(ACCOUNTS), "subscription_id": st.sampled_from(["base", "0", "1", "2"])}


def value(column):
    choices = st.sampled_from(column.choices) if column.choices else OF_TYPE[column.type]
    drawn = REFERENCES.get(column.name, choices)
    return drawn if column.required else st.none() | drawn


seen_in = {
    # most rows were always there; some landed late, some were corrected or deleted since
    "known_after": st.sampled_from([None] * 6 + [AS_OF + timedelta(days=days) for days in (-60, -1, 0, 3)]),
    "known_to": st.sampled_from([None] * 6 + [AS_OF + timedelta(days=days) for days in (-60, -1, 0, 3)]),
}


def rows(table, prefix=""):
    """Rows of a table, unique on its key."""
    if table.name == "usage":
        day = st.one_of(st.sampled_from([-1, 0, 1]), st.integers(-20, 120)).map(
            lambda days: AS_OF - timedelta(days=days)
        )
        row = st.fixed_dictionaries({
            "account_id": REFERENCES["account_id"], "day": day, "event": st.sampled_from(EVENTS),
            "quantity": st.sampled_from([0.5, 1.0, 3.0]), "users": st.none() | st.integers(1, 9), **seen_in,
        })  # fmt: skip
        return st.lists(row, max_size=25, unique_by=lambda row: (row["account_id"], row["day"], row["event"]))
    row = st.fixed_dictionaries({column.name: value(column) for column in table.columns} | seen_in)
    if table.key == (table.columns[0].name,) and table.name != "accounts":
        numbered = lambda found: [{**row, table.key[0]: f"{prefix}{n}"} for n, row in enumerate(found)]  # noqa: E731
        return st.lists(row, max_size=5).map(numbered)
    return st.lists(row, max_size=5, unique_by=lambda row: tuple(row[name] for name in table.key))


companies = st.fixed_dictionaries({table.name: rows(table) for table in CONTRACT}).map(
    lambda tables: {**tables, "subscriptions": [BASE, *tables["subscriptions"]]}
)


def many(count):
    """The rows of so many random companies together, each with accounts and subscriptions of its own."""
    found = []

    @settings(few, max_examples=count)
    @given(tables=companies)
    def draw(tables):
        found.append(tables)

    draw()
    own = {name for table in CONTRACT for name in (*table.key, "account_id", "subscription_id") if name.endswith("_id")}

    def renamed(number, row):
        return {
            name: f"{number:03}{value}" if name in own and value is not None else value for name, value in row.items()
        }

    together = {table.name: [] for table in CONTRACT}
    for number, tables in enumerate(found):
        for table, content in tables.items():
            together[table] += [renamed(number, row) for row in content]
    return together


def known(table, row):
    """Whether a row came to be known by the cutoff: what the rule says, not how ``clock`` does it."""
    if row.get("known_after") is not None and row["known_after"] >= AS_OF:
        return False
    if table.name == "usage":
        return row["day"] <= AS_OF
    return row[table.occurred] < CUTOFF and (row.get("recorded_at") is None or row["recorded_at"] < CUTOFF)


@st.composite
def other_futures(draw, tables):
    """The same company with another future: other unknown rows, and other values where none is known yet."""
    return {
        name: [_other_values(draw, TABLES[name], row) for row in content if known(TABLES[name], row)]
        + draw(unknown_rows(TABLES[name], content))
        for name, content in tables.items()
    }


def _other_values(draw, table, row):
    changed = dict(row)
    if row.get("known_to") is not None and row["known_to"] < AS_OF:
        return changed  # its end is known as well
    changed["known_to"] = draw(st.sampled_from([None, AS_OF, AS_OF + timedelta(days=9)]))
    for column in table.columns if table.name != "usage" else ():
        if column.kind == "snapshot":
            changed[column.name] = draw(value(column))
        elif column.kind == "event" and (row.get(column.known_from) is None or row[column.known_from] >= CUTOFF):
            own = column.name == column.known_from
            changed[column.name] = draw(st.none() | after) if own else draw(value(column))
    return changed


def unknown_rows(table, present):
    taken = {tuple(row[name] for name in table.key) for row in present}
    fresh = rows(table, prefix="later ").map(
        lambda found: [row for row in found if tuple(row[name] for name in table.key) not in taken]
    )
    return fresh.map(lambda found: [row for row in found if not known(table, row)])


@pytest.fixture(scope="module")
def company(open_company):
    return open_company(zone=ZONE, **{table.name: [] for table in CONTRACT})


def features(company, tables):
    for name, content in tables.items():
        company.store(name, content)
    return exact(company.features(AS_OF, AS_OF - timedelta(days=100)))


def outcomes(company, tables):
    """Outcomes of an earlier date as observed at the end of the as-of date."""
    for name in OUTCOME_TABLES:
        company.store(name, tables[name])
    return exact(company.outcomes(AS_OF - timedelta(days=40), observed=AS_OF))


def exact(found):
    """Every digit and every missing value, as text."""
    return {account: repr(row) for account, row in found.items()}


@few
@given(tables=companies, data=st.data())
def test_features_do_not_depend_on_the_future(company, tables, data):
    assert features(company, tables) == features(company, data.draw(other_futures(tables)))


@few
@given(tables=companies, data=st.data())
def test_outcomes_do_not_depend_on_what_comes_after_the_end_of_the_data(company, tables, data):
    assert outcomes(company, tables) == outcomes(company, data.draw(other_futures(tables)))


@few
@given(tables=companies, seed=st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(company, tables, seed):
    shuffled = {name: Random(seed).sample(content, len(content)) for name, content in tables.items()}
    assert features(company, tables) == features(company, shuffled)
    assert outcomes(company, tables) == outcomes(company, shuffled)


@few
@given(tables=companies)
def test_rows_of_other_accounts_do_not_matter(company, tables):
    own = {"base"} | {row["subscription_id"] for row in tables["subscriptions"] if row["account_id"] == "a"}
    alone = {
        name: [row for row in content if row.get("account_id", "a") == "a" and
               (name != "subscription_changes" or row["subscription_id"] in own)]
        for name, content in tables.items()
    }  # fmt: skip
    all_, one = features(company, tables), features(company, alone)
    assert one.get("a") == all_.get("a")
    assert set(one) <= {"a"}


def _nested():
    """Counts of the same thing over windows of growing length, and of a part beside the whole."""
    windows = {}
    for feature in FEATURES:
        found = re.fullmatch(r"(.+)_(\d+)d", feature.name)
        if found and feature.unit == "count":
            windows.setdefault(found[1], []).append((int(found[2]), feature.name))
    longer = [tuple(name for _, name in sorted(names)) for names in windows.values() if len(names) > 1]
    return [
        *longer,
        ("logins_7d", "logins_28d", "activity_28d"),
        ("key_actions_28d", "activity_28d"),
        ("login_days_28d", "active_days_28d"),
        ("severe_tickets_91d", "tickets_91d"),
        ("unreplied_tickets", "open_tickets"),
        ("hard_declines_91d", "failed_payments_91d"),
    ]


NESTED = _nested()


def test_some_counts_come_in_several_windows():
    assert {("logins_7d", "logins_28d"), ("tickets_28d", "tickets_91d"), ("contacts_28d", "contacts_91d")} <= set(
        NESTED
    )


@few
@given(tables=companies)
def test_longer_windows_hold_no_less(company, tables):
    for name, content in tables.items():
        company.store(name, content)
    for row in company.features(AS_OF).values():
        for names in NESTED:
            values = [row[name] for name in names]
            assert values == sorted(values), names
        assert row["active_days_7d"] <= 7
        assert row["active_days_28d"] <= 28
        assert row["active_streak_days"] <= 62
