"""Averages of ratings and survey scores that come out the same in whatever order the rows are read.

Belongs here: the arithmetic of scores. Does not belong here: which scores (``service``, ``feedback``).
"""

from __future__ import annotations

import ibis.expr.types as ir


def total_score(scores: ir.Column, where: ir.BooleanValue) -> ir.Value:
    """Sum of ``scores`` to four decimals; missing without one."""
    return _exact(scores).sum(where=where).cast("float64")


def mean_score(scores: ir.Column, where: ir.BooleanValue) -> ir.Value:
    """Mean of ``scores`` to four decimals; missing without one."""
    return total_score(scores, where) / _exact(scores).count(where=where).nullif(0)


def _exact(scores: ir.Column) -> ir.Column:
    # a sum of doubles depends on the order of rows; what is no decimal number, such as NaN, is no score
    return scores.try_cast("decimal(18, 4)")
