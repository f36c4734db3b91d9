"""Edges of key actions: days, trend, depth, and how many of the key functions are used."""

from __future__ import annotations


def test_days_and_trend_of_key_actions(of_usage, used):
    usage = used("made_report", 0, 27, quantity=3.0) + used("made_report", 28, 55, 56, quantity=4.0)
    names = ("key_action_days_28d", "key_actions_change_28d")
    assert of_usage(names, usage) == (2, 6 / 8 - 1)
    assert of_usage(names, usage, tenure=55) == (2, None)


def test_other_events_make_no_key_action_day(of_usage, used):
    usage = used("signed_in", *range(28)) + used("made_report", 5)
    assert of_usage(("key_action_days_28d", "key_action_share_28d"), usage) == (1, 1 / 29)


def test_depth_is_missing_without_activity_and_zero_without_key_actions(of_usage, used):
    assert of_usage(("key_action_share_28d",), used("made_report", 28)) == (None,)
    assert of_usage(("key_action_share_28d",), used("signed_in", 27)) == (0,)


def test_key_functions_are_different_events_of_the_last_28_days(of_usage, used):
    roles = {"report": "key_action", "chart": "key_action", "table": "key_action", "web": "login"}
    usage = used("report", 0, 27) + used("chart", 27) + used("table", 28) + used("web", 1)
    assert of_usage(("key_functions_28d", "key_actions_28d"), usage, roles=roles) == (2, 3)
