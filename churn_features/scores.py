"""Averages of ratings and survey scores that come out the same in whatever order the rows are read.

Belongs here: the arithmetic of scores. Does not belong here: which scores (``service``, ``feedback``).
"""

from __future__ import annotations

import ibis.expr.types as ir


def total_score(scores: ir.Column, where: ir.BooleanValue) -> ir.Value:
    """Sum of ``scores`` to four decimals; missing without one."""
    return _exact(scores).sum(where=where).cast("float64")


def against_others(last: ir.Value, points: ir.Value, count: ir.Value) -> ir.Value:
    """The last score minus the mean of the other ones, from the ``total_score`` and ``count_scores`` of all; missing
    with fewer than two."""
    others = (points - _exact(last).cast("float64")) / (count - 1).nullif(0)
    return last - others


def count_scores(scores: ir.Column, where: ir.BooleanValue) -> ir.Value:
    """Number of ``scores``."""
    return _exact(scores).count(where=where)


def mean_score(scores: ir.Column, where: ir.BooleanValue) -> ir.Value:
    """Mean of ``scores`` to four decimals; missing without one."""
    return total_score(scores, where) / count_scores(scores, where).nullif(0)


def _exact(scores: ir.Value) -> ir.Value:
    # a sum of doubles depends on the order of rows; what is no decimal number, such as NaN, is no score
    return scores.try_cast("decimal(18, 4)")
