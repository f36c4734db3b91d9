"""A reason raises the risk, can be acted on and does not depend on chance."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.inputs import Input, ModelError
from models.reasons import Reason, reasons

INPUTS = (
    Input("logins", "usage"),
    Input("silence", "usage"),
    Input("failed", "payment"),
    Input("tenure", "fit", actionable=False),
    Input("size", "fit"),
    Input("tickets", "support"),
)
NAMES = [each.name for each in INPUTS]
ACTIONABLE = [each for each in INPUTS if each.actionable]


def frame_of(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES).assign(base=-3.0)


values = st.lists(st.floats(-3, 3) | st.sampled_from([0.0, 0.5]), min_size=6, max_size=6)


@given(st.lists(values, min_size=1, max_size=5), st.integers(1, 6))
def test_no_reason_protects_and_every_theme_raises_the_risk(rows: list[list[float]], most: int) -> None:
    table = frame_of(*rows)
    for row, given_reasons in zip(table.to_dict("records"), reasons(table, INPUTS, most), strict=True):
        weights = [sum(row[each.name] for each in ACTIONABLE if each.theme == reason.theme) for reason in given_reasons]
        assert all(weight > 0 for weight in weights)
        assert weights == sorted(weights, reverse=True) or np.allclose(weights, sorted(weights, reverse=True))
        assert len({reason.theme for reason in given_reasons}) == len(given_reasons) <= most
        for reason in given_reasons:
            assert reason.contribution == row[reason.feature] > 0
            assert next(each for each in INPUTS if each.name == reason.feature).actionable


def test_themes_weigh_what_can_be_acted_on_and_are_shown_by_its_strongest_input() -> None:
    #             logins silence failed tenure size tickets
    table = frame_of([0.3, 0.5, 0.6, 0.9, 0.1, -0.2], [0.9, -1.0, 0.0, 0.5, -0.1, 0.01])
    assert reasons(table, INPUTS, most=2) == [
        [Reason("usage", "silence", 0.5), Reason("payment", "failed", 0.6)],
        [Reason("support", "tickets", 0.01)],
    ]


def test_ties_go_by_name_whatever_the_order_of_inputs() -> None:
    table = frame_of([0.25, 0.25, 0.5, 0.0, 0.5, 0.5])
    expected = [[Reason("fit", "size", 0.5), Reason("payment", "failed", 0.5), Reason("support", "tickets", 0.5)]]
    assert reasons(table, INPUTS) == expected
    assert reasons(table, INPUTS[::-1]) == expected
    assert reasons(table, INPUTS, most=4)[0][-1] == Reason("usage", "logins", 0.25)


def test_no_rows_and_no_columns() -> None:
    assert reasons(frame_of(), INPUTS) == []
    with pytest.raises(ModelError, match="lacks tickets"):
        reasons(frame_of().drop(columns="tickets"), INPUTS)


# ------------------------------------------------------------------------------------------- what was told before

names = st.sampled_from([*NAMES, "gone"])
themes = st.sampled_from([*sorted({each.theme for each in INPUTS}), "gone"])
told = st.lists(st.tuples(themes, names), max_size=3, unique_by=lambda each: each[0])
margins = st.sampled_from([0.05, 0.1, 1.0])
tables = st.integers(1, 4).flatmap(
    lambda rows: st.tuples(
        st.lists(values, min_size=rows, max_size=rows),
        st.lists(told, min_size=rows, max_size=rows),
        st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=rows, max_size=rows),
    )
)
THEMES = {each.name: each.theme for each in INPUTS}


def weights_of(row: dict[str, float]) -> dict[str, float]:
    """Weight of each theme that can give a reason, its own input raising the risk; the rest is left out."""
    found = {}
    for theme in sorted(set(THEMES.values())):
        weight = sum(row[each.name] for each in ACTIONABLE if each.theme == theme)
        if weight > 0 and any(row[each.name] > 0 for each in ACTIONABLE if each.theme == theme):
            found[theme] = weight
    return found


def as_told(found: list[list[Reason]]) -> list[list[tuple[str, str]]]:
    return [[(reason.theme, reason.feature) for reason in row] for row in found]


@settings(deadline=None, max_examples=60)
@given(tables, st.integers(1, 6), margins)
def test_no_reason_protects_whatever_was_told_before(table, most: int, margin: float) -> None:
    rows, previous, tellable = table
    frame = frame_of(*rows)
    found = reasons(frame, INPUTS, most, np.array(tellable), previous, margin)
    for row, given_reasons, can_tell in zip(frame.to_dict("records"), found, tellable, strict=True):
        assert len({reason.theme for reason in given_reasons}) == len(given_reasons) <= most
        for reason in given_reasons:
            assert reason.contribution == row[reason.feature] > 0
            assert weights_of(row)[reason.theme] > 0
            assert THEMES[reason.feature] == reason.theme
            assert can_tell[NAMES.index(reason.feature)]
            assert next(each for each in INPUTS if each.name == reason.feature).actionable


@settings(deadline=None, max_examples=60)
@given(tables, st.integers(1, 6))
def test_without_a_margin_nothing_is_held_on_to(table, most: int) -> None:
    rows, previous, tellable = table
    frame, can_tell = frame_of(*rows), np.array(tellable)
    assert reasons(frame, INPUTS, most, can_tell, previous, 0.0) == reasons(frame, INPUTS, most, can_tell)


@settings(deadline=None, max_examples=60)
@given(tables, st.integers(1, 4), margins)
def test_a_theme_gives_way_only_to_one_that_exceeds_it_by_the_margin(table, most: int, margin: float) -> None:
    rows, previous, _ = table
    frame = frame_of(*rows)
    found = reasons(frame, INPUTS, most, previous=previous, margin=margin)
    for row, before, given_reasons in zip(frame.to_dict("records"), previous, found, strict=True):
        weights, shown = weights_of(row), [reason.theme for reason in given_reasons]
        old = {theme for theme, _ in before}
        assert len(shown) == min(most, len(weights))
        for theme in set(weights) - set(shown):
            for other in shown:
                ahead = margin * ((theme in old) - (other in old))
                assert weights[other] >= weights[theme] + ahead - 1e-9
        # no reason stands behind a neighbour that it exceeds by more than the margin, or, told of none, by anything
        for first, second in pairwise(shown):
            assert weights[second] <= weights[first] + (margin if before else 0) + 1e-9


@settings(deadline=None, max_examples=60)
@given(tables, margins)
def test_a_feature_stays_while_it_raises_the_risk_and_is_near_the_largest(table, margin: float) -> None:
    rows, previous, _ = table
    frame = frame_of(*rows)
    found = reasons(frame, INPUTS, 9, previous=previous, margin=margin)
    for row, before, given_reasons in zip(frame.to_dict("records"), previous, found, strict=True):
        old = {name for _, name in before if name in NAMES}
        for reason in given_reasons:
            rivals = {each.name for each in INPUTS if each.theme == reason.theme and each.actionable}
            largest = max(row[name] for name in rivals)
            assert row[reason.feature] >= largest - (margin if reason.feature in old else 0) - 1e-9
            near = {name for name in rivals & old if 0 < row[name] >= largest - margin + 1e-9}
            assert not near or reason.feature in near


@settings(deadline=None, max_examples=60)
@given(tables, st.integers(1, 4), margins)
def test_what_was_told_is_told_again_when_nothing_changes(table, most: int, margin: float) -> None:
    rows, previous, tellable = table
    frame, can_tell = frame_of(*rows), np.array(tellable)
    once = reasons(frame, INPUTS, most, can_tell, previous, margin)
    assert reasons(frame, INPUTS, most, can_tell, as_told(once), margin) == once


def changes(days: pd.DataFrame, margin: float) -> int:
    """How often the reasons of an account differ from those of the day before."""
    before: list[list[tuple[str, str]]] = [[]]
    count = 0
    for at in range(len(days)):
        now = as_told(reasons(days.iloc[[at]], INPUTS, 1, previous=before, margin=margin))
        count += at > 0 and now != before
        before = now
    return count


def test_near_equal_reasons_do_not_flap() -> None:
    noise = np.random.default_rng(0).uniform(-0.04, 0.04, (200, 2))
    themes_alike = frame_of(*([0.0, 0.0, 0.5 + a, 0.0, 0.0, 0.5 + b] for a, b in noise))
    features_alike = frame_of(*([0.5 + a, 0.5 + b, 0.0, 0.0, 0.0, 0.0] for a, b in noise))
    for days in (themes_alike, features_alike):
        assert changes(days, 0.0) > 60
        assert changes(days, 0.1) == 0


def test_a_reason_that_grows_takes_its_place_and_keeps_it() -> None:
    grows = frame_of(*([0.0, 0.0, 0.5, 0.0, 0.0, weight] for weight in (0.3, 0.55, 0.59, 0.61, 0.55, 0.45, 0.39)))
    before: list[list[tuple[str, str]]] = [[]]
    first = []
    for at in range(len(grows)):
        before = as_told(reasons(grows.iloc[[at]], INPUTS, 2, previous=before, margin=0.1))
        first.append(before[0][0][0])
    assert first == ["payment", "payment", "payment", "support", "support", "support", "payment"]


def test_what_no_longer_raises_the_risk_goes_at_once() -> None:
    table = frame_of([0.0, 0.0, -0.01, 0.0, 0.0, 0.02], [0.3, -0.4, 0.0, 0.0, 0.0, 0.0])
    before = [[("payment", "failed"), ("support", "tickets")], [("usage", "silence"), ("usage", "logins")]]
    assert as_told(reasons(table, INPUTS, previous=before)) == [[("support", "tickets")], []]
