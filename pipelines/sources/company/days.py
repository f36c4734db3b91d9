"""Finding days: the calendar, and the matrices of account x day that hold what happens when.

Belongs here: questions about days alone. Does not belong here: what an account is or does, and instants (``writing``).
"""

from __future__ import annotations

import numpy as np

from pipelines.sources.company.parameters import NEVER, Company

IntArray = np.ndarray
Matrix = np.ndarray


def calendar(company: Company, first: int, days: int) -> tuple[IntArray, IntArray]:
    """Day of the month and running number of the month for ``days`` days from day ``first`` on."""
    dates = np.datetime64(company.start) + np.arange(first, first + days)
    month = dates.astype("datetime64[M]")
    return (dates - month).astype(int) + 1, month.astype(int)


def following(mask: Matrix) -> IntArray:
    """For each account and day the first marked day on or after it, NEVER if there is none."""
    days = np.where(mask, np.arange(mask.shape[1], dtype=np.int16), np.int16(NEVER))
    return np.minimum.accumulate(days[:, ::-1], axis=1)[:, ::-1]


def look(matrix: Matrix, day: IntArray) -> IntArray:
    """The matrix's value of each account on its own day; NEVER outside the matrix."""
    inside = (day >= 0) & (day < matrix.shape[1])
    return np.where(inside, matrix[np.arange(len(day)), np.where(inside, day, 0)], NEVER).astype(int)
