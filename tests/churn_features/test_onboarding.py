"""Edges of onboarding: a new account's first steps while all of them are on record."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from churn_features.catalogue import BY_NAME

FIRST_ACTION = ("setup_steps_done", "days_to_key_action", "days_without_key_action")
NAMES = (*FIRST_ACTION, "setup_share_done", "setup_steps_skipped", "days_since_setup_step", "functions_tried")

OWN = tuple(BY_NAME[name] for name in NAMES)
AS_OF = date(2024, 6, 30)


def noon(days):
    return datetime(2024, 6, 30, 12) - timedelta(days=days)


@pytest.mark.parametrize(
    ("tenure", "days", "expected"),
    [
        (20, {}, (0, None, 20)),
        (0, {}, (0, None, 0)),
        (20, {"set_up": (20, 19, 3)}, (3, None, 20)),
        (20, {"made_report": (5, 17)}, (0, 3, None)),
        (20, {"made_report": (20,)}, (0, 0, None)),
        (20, {"made_report": (25, 3)}, (0, 0, None)),  # in the trial, before it paid
        (90, {"made_report": (90,), "set_up": (90,)}, (1, 0, None)),
        (91, {"made_report": (90,), "set_up": (90,)}, (None, None, None)),
        (91, {}, (None, None, None)),
    ],
)
def test_steps_and_first_key_action_of_an_account_of_up_to_90_days(of_usage, used, tenure, days, expected):
    usage = [row for event, when in days.items() for row in used(event, *when)]
    assert of_usage(FIRST_ACTION, usage, tenure) == expected


@pytest.mark.parametrize(
    ("tenure", "days", "waiting"),
    [
        (20, (19, 3), 3),
        (20, (0,), 0),
        (20, (), 20),  # stalled from the start
        (20, (25,), 25),  # prepared in the trial, nothing since
        (90, (90,), 90),
        (91, (90,), None),
    ],
)
def test_days_without_a_further_setup_step(of_usage, used, tenure, days, waiting):
    usage = used("set_up", *days) + used("signed_in", 0)
    assert of_usage(("days_since_setup_step",), usage, tenure) == (waiting,)


@pytest.mark.parametrize(("done", "share"), [((), 0), (("profile",), 1 / 3), (("profile", "import", "team"), 1)])
def test_share_of_the_setup_steps_that_there_are(of_usage, used, done, share):
    roles = {"profile": "setup_step", "import": "setup_step", "team": "setup_step", "web": "login"}
    usage = [row for step in done for row in used(step, 4, 9)] + used("web", 3)
    assert of_usage(("setup_share_done",), usage, tenure=20, roles=roles) == (share,)
    assert of_usage(("setup_share_done",), [], tenure=20, roles=roles) == (0,)


@pytest.fixture
def of_start(open_company, subscription, used):
    """Values for an account with a key action and a setup step on the day of its start, and other subscriptions."""

    def of_start(names, started, trial=0, *others):
        own = subscription(started_at=noon(started), trial_ends_at=noon(started - trial) if trial else None)
        rest = [subscription(subscription_id=str(number), **row) for number, row in enumerate(others)]
        usage = used("made_report", started) + used("set_up", started)
        found = open_company(subscriptions=[own, *rest], usage=usage).features(AS_OF, catalogue=OWN)["a"]
        return tuple(found[name] for name in names)

    return of_start


@pytest.mark.parametrize(
    ("started", "trial", "expected"),
    [
        (90, 14, (1, 0, None)),
        (91, 14, (None, None, None)),
        (95, 14, (None, None, None)),  # paying for 81 days, its first steps are out of view
        (104, 14, (None, None, None)),
    ],
)
def test_the_start_is_that_of_the_trial(of_start, started, trial, expected):
    assert of_start(FIRST_ACTION, started, trial) == expected


def test_days_since_the_start_count_the_trial(used, open_company, subscription):
    own = subscription(started_at=noon(30), trial_ends_at=noon(16))
    company = open_company(subscriptions=[own], usage=used("signed_in", 3) + used("made_report", 40))
    found = company.features(AS_OF, catalogue=OWN)["a"]
    assert found["days_since_setup_step"] == 30
    company = open_company(subscriptions=[own], usage=used("signed_in", 3))
    assert company.features(AS_OF, catalogue=OWN)["a"]["days_without_key_action"] == 30


def test_an_account_that_left_and_came_back_started_the_first_time(of_start):
    assert of_start(FIRST_ACTION, 40, 0, {"started_at": noon(300), "ended_at": noon(200)}) == (None,) * 3


def test_a_free_plan_is_no_start(of_start):
    assert of_start(FIRST_ACTION, 40, 0, {"started_at": noon(300), "mrr": 0}) == (1, 0, None)


def test_skipped_steps_and_functions_tried(of_usage, used):
    usage = used("skipped_setup", 20, 4, quantity=2.0) + used("signed_in", 1, 2) + used("unmapped", 19)
    assert of_usage(("setup_steps_skipped", "functions_tried"), usage, tenure=20) == (4, 2)
    assert of_usage(("setup_steps_skipped", "functions_tried"), usage, tenure=91) == (None, None)


@pytest.mark.parametrize(("on_record", "known"), [(21, True), (20, False)])
def test_onboarding_is_missing_if_its_first_day_is_not_on_record(of_usage, used, on_record, known):
    found = of_usage(NAMES, used("made_report", 10), 20, on_record)
    assert found == ((0, 10, None, 0, 0, 20, 1) if known else (None,) * len(NAMES))


def test_onboarding_is_missing_without_usage(open_company, subscription):
    found = open_company(subscriptions=[subscription()]).features(date(2024, 1, 20), catalogue=OWN)["a"]
    assert [found[name] for name in NAMES] == [None] * len(NAMES)
