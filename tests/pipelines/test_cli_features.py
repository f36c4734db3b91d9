"""``churn features list`` and ``describe``: what they print, without a configuration, and bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from churn_features.catalogue import BY_NAME, FEATURES

NOWHERE = Path("/no/such/churn.yaml")


def test_describe_says_everything(churn: Any) -> None:
    done = churn(NOWHERE, "features", "describe", "oldest_open_ticket_days")
    assert (done.code, done.err) == (0, "")
    assert (
        done.out
        == """oldest_open_ticket_days

Days since the oldest open ticket (as in `open_tickets`) was opened; missing without one.

theme           support
unit            days
from            `tickets`
missing         without the table `tickets`; see the definition
risk            more of it can only mean more risk
sentence        The oldest open ticket has waited for {oldest_open_ticket_days} days
usual level     mean time to a solution: {resolution_hours_91d} hours

>>> from pipelines.example import known
>>> known("oldest_open_ticket_days", tickets=[{"opened_at": 5}, {"opened_at": 20, "resolved_at": -1}])
20.0
"""
    )


@pytest.mark.parametrize("name", BY_NAME)
def test_every_feature_is_described(churn: Any, name: str) -> None:
    done = churn(NOWHERE, "features", "describe", name)
    assert done.code == 0
    assert done.out.endswith(f"\n>>> from pipelines.example import known\n{BY_NAME[name].example}\n")
    assert BY_NAME[name].sentence is None or BY_NAME[name].sentence in done.out


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("open_ticket", "did you mean open_tickets or "),
        ("nps", "did you mean nps_last or nps_change? churn features list names them all"),
        ("x[/]y", "churn features list names them all"),
        ("", "churn features list names them all"),
    ],
)
def test_an_unknown_name_gets_the_closest_ones(churn: Any, name: str, remedy: str) -> None:
    done = churn(NOWHERE, "features", "describe", name)
    assert (done.code, done.out) == (1, "")
    assert f"there is no feature {name!r}" in done.err
    assert f"Remedy: {remedy}" in done.err


def test_list_names_every_feature_below_its_theme(churn: Any) -> None:
    done = churn(NOWHERE, "features", "list")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    themes = [line for line in lines if not line.startswith(" ")]
    assert themes == list(dict.fromkeys(feature.theme for feature in FEATURES))
    assert sorted(line.split()[0] for line in lines if line.startswith(" ")) == sorted(BY_NAME)


def test_list_of_one_theme(churn: Any) -> None:
    done = churn(NOWHERE, "features", "list", "--theme", "relationship")
    lines = done.out.splitlines()
    assert lines[0] == "relationship"
    assert [line.split()[0] for line in lines[1:]] == [f.name for f in FEATURES if f.theme == "relationship"]
    assert "contacts_28d" in done.out
    assert "  count     Contacts that the company made in the last 28 days, whatever came of them" in done.out


def test_an_unknown_theme(churn: Any) -> None:
    done = churn(NOWHERE, "features", "list", "--theme", "weather")
    assert done.code == 1
    assert "there is no theme 'weather'" in done.err
    assert "choose among usage, " in done.err
