"""A reason raises the risk, can be acted on and does not depend on chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
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


def frame_of(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES).assign(base=-3.0)


values = st.lists(st.floats(-3, 3) | st.sampled_from([0.0, 0.5]), min_size=6, max_size=6)


@given(st.lists(values, min_size=1, max_size=5), st.integers(1, 6))
def test_no_reason_protects_and_every_theme_raises_the_risk(rows: list[list[float]], most: int) -> None:
    table = frame_of(*rows)
    for row, given_reasons in zip(table.to_dict("records"), reasons(table, INPUTS, most), strict=True):
        weights = [sum(row[each.name] for each in INPUTS if each.theme == reason.theme) for reason in given_reasons]
        assert all(weight > 0 for weight in weights)
        assert weights == sorted(weights, reverse=True) or np.allclose(weights, sorted(weights, reverse=True))
        assert len({reason.theme for reason in given_reasons}) == len(given_reasons) <= most
        for reason in given_reasons:
            assert reason.contribution == row[reason.feature] > 0
            assert next(each for each in INPUTS if each.name == reason.feature).actionable


def test_themes_are_weighed_whole_and_shown_by_their_strongest_input() -> None:
    #             logins silence failed tenure size tickets
    table = frame_of([0.3, 0.5, 0.6, 0.9, 0.1, -0.2], [0.9, -1.0, 0.0, 0.5, -0.1, 0.01])
    assert reasons(table, INPUTS, most=2) == [
        [Reason("fit", "size", 0.1), Reason("usage", "silence", 0.5)],
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
