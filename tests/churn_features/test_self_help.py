"""Edges of errors and help: trends, help without people, errors against all that was done."""

from __future__ import annotations

from datetime import datetime

import pytest

CHANGES = (("read_help", "help_views_change_28d"), ("crashed", "errors_change_28d"))


@pytest.mark.parametrize(("event", "name"), CHANGES)
def test_trends(of_usage, used, event, name):
    usage = used(event, 0, 27, quantity=3.0) + used(event, 28, 55, 56, quantity=4.0)
    assert of_usage((name,), usage) == (6 / 8 - 1,)
    assert of_usage((name,), usage, tenure=55) == (None,)
    assert of_usage((name,), used(event, 1)) == (None,)


@pytest.mark.parametrize(("articles", "tickets", "share"), [(3, 1, 0.75), (3, 0, 1), (0, 2, 0), (0, 0, None)], ids=str)
def test_help_found_without_a_person(of_usage, used, articles, tickets, share):
    rows = [{"ticket_id": str(n), "account_id": "a", "opened_at": datetime(2024, 6, 3)} for n in range(tickets)]
    late = {"ticket_id": "late", "account_id": "a", "opened_at": datetime(2024, 6, 2)}
    usage = used("read_help", *range(articles)) + used("read_help", 28)
    assert of_usage(("self_help_share_28d",), usage, tickets=[*rows, late]) == (share,)


def test_without_a_table_of_tickets_nobody_knows_who_helped_themselves(of_usage, used):
    assert of_usage(("self_help_share_28d",), used("read_help", 1)) == (None,)


@pytest.mark.parametrize(("articles", "actions", "share"), [(3, 1, 0.75), (0, 2, 0), (2, 0, 1), (0, 0, None)])
def test_help_against_key_actions(of_usage, used, articles, actions, share):
    usage = used("read_help", *range(articles)) + used("made_report", *range(actions)) + used("read_help", 28)
    assert of_usage(("help_share_28d",), usage) == (share,)


def test_errors_against_all_activity(of_usage, used):
    assert of_usage(("error_share_28d",), used("crashed", 0, 28) + used("signed_in", 27, quantity=3.0)) == (0.25,)
    assert of_usage(("error_share_28d",), used("signed_in", 27)) == (0,)
    assert of_usage(("error_share_28d",), used("crashed", 28)) == (None,)
