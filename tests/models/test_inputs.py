"""From frames to numbers: any column type, stable codes, errors that name the column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.inputs import Input, ModelError, categories_of, matrix

PLAN = (Input("plan", "plan", categorical=True),)


def test_every_column_type_becomes_numbers_and_missing_is_nan() -> None:
    frame = pd.DataFrame(
        {
            "whole": [1, 2, 3],
            "flag": [True, False, True],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "maybe": pd.array([True, None, False], dtype="boolean"),
            "mixed": pd.Series([True, None, 0.5], dtype=object),
            "arrow": pd.array([1.5, None, 2.5], dtype="double[pyarrow]"),
        }
    )
    x = matrix(frame, list(frame.columns), {})
    assert x.dtype == np.float32
    nan = np.nan
    np.testing.assert_array_equal(x, [[1, 1, 1, 1, 1, 1.5], [2, 0, nan, nan, nan, nan], [3, 1, 3, 0, 0.5, 2.5]])


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_codes_follow_the_values_whatever_their_order_and_unseen_or_missing_is_nan(dtype: str) -> None:
    seen = pd.DataFrame({"plan": pd.Series(["pro", "basic", None, "pro"], dtype=dtype)})
    categories = categories_of(seen, PLAN, np.arange(4))
    assert categories == {"plan": ["basic", "pro"]} == categories_of(seen[::-1], PLAN, np.arange(4))
    new = pd.DataFrame({"plan": pd.Series(["basic", "gold", None, "pro"], dtype=dtype)})
    np.testing.assert_array_equal(matrix(new, ["plan"], categories)[:, 0], [0, np.nan, np.nan, 1])


def test_rows_are_taken_by_position() -> None:
    frame = pd.DataFrame({"plan": ["a", "b", "c"], "x": [1.0, 2.0, 3.0]}, index=[7, 7, 7])
    assert categories_of(frame, PLAN, np.array([2, 0])) == {"plan": ["a", "c"]}
    np.testing.assert_array_equal(matrix(frame, ["x"], {}, np.array([2, 0]))[:, 0], [3, 1])


def test_errors_name_the_column() -> None:
    frame = pd.DataFrame({"x": ["many"]})
    with pytest.raises(ModelError, match="lacks y, z"):
        matrix(frame, ["x", "y", "z"], {})
    with pytest.raises(ModelError, match=r"input x holds values that are not numbers.*Remedy: declare it categorical"):
        matrix(frame, ["x"], {})


def test_float32_is_taken_as_it_is() -> None:
    x = pd.Series([0.1, None, 2.0**24 + 1])
    frame = pd.DataFrame({"wide": x, "narrow": x.astype("float32")})
    read = matrix(frame, ["wide", "narrow"], {})
    np.testing.assert_array_equal(read[:, 0], read[:, 1])
