"""What a model reads: the description of its inputs and the way from a frame to numbers.

Belongs here: names, themes, directions, the coding of categories, the matrix that LightGBM sees, and the error that
names what is wrong with a frame. Does not belong here: how a feature is computed (``churn_features``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


class ModelError(Exception):
    """The data cannot carry what was asked of it, and the remedy is known.

    ``message`` names the columns, dates or counts that are wrong; ``remedy`` says what to do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message}. Remedy: {remedy}")
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Input:
    """One input of a model.

    ``direction`` is +1 where more of it can only mean more risk, -1 where it can only mean less, 0 where that is not
    known. ``actionable`` inputs may be shown to people as a reason. ``categorical`` inputs hold text.
    """

    name: str
    theme: str
    categorical: bool = False
    direction: int = 0
    actionable: bool = True


def require(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise ModelError naming the ``columns`` that ``frame`` lacks; ``what`` says what the frame is."""
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise ModelError(f"{what} lacks {', '.join(absent)}", "give every column the model was built for")


def categories_of(frame: pd.DataFrame, inputs: Sequence[Input], rows: np.ndarray) -> dict[str, list[str]]:
    """Values of each categorical input among ``rows`` in the order of their codes: sorted, whatever the row order."""
    return {
        each.name: sorted({str(value) for value in frame[each.name].iloc[rows].dropna().unique()})
        for each in inputs
        if each.categorical
    }


def matrix(
    frame: pd.DataFrame, names: Sequence[str], categories: Mapping[str, Sequence[str]], rows: np.ndarray | None = None
) -> np.ndarray:
    """``frame`` (or its ``rows`` by position) as float32, one column per name; missing and unseen values are NaN.

    Training and scoring both read float32, so a value falls on the same side of a split in both, at half the memory.
    Raises ModelError naming columns that are absent, hold no numbers, or hold numbers in place of text.
    """
    require(frame, names, "the frame")
    out = np.empty((len(frame) if rows is None else len(rows), len(names)), dtype=np.float32, order="F")
    for at, name in enumerate(names):
        column = frame[name] if rows is None else frame[name].iloc[rows]
        if name in categories:
            if pd.api.types.is_numeric_dtype(column.dtype) and column.notna().any():
                raise ModelError(
                    f"input {name} holds numbers where text is expected", "give its values, not their codes"
                )
            code = {value: float(place) for place, value in enumerate(categories[name])}
            places, values = pd.factorize(column)
            table = np.array([*(code.get(str(value), np.nan) for value in values), np.nan])  # place -1 is missing
            out[:, at] = table[places]
            continue
        if column.dtype == np.float32:
            out[:, at] = column
            continue
        try:
            out[:, at] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"input {name} holds values that are not numbers ({error})", "declare it categorical or make it numeric"
            ) from error
    return out
