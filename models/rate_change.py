"""Whether a rate has risen: the exact test of one period's departures against those of the periods before.

Belongs here: arithmetic on counts. Does not belong here: which periods and which parts of a company (``pipelines``).
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import hypergeom


def chance_of_more(left: int, active: int, left_before: int, active_before: int) -> float:
    """P(at least ``left`` departures among ``active``), given how many left in both periods together, if everybody was
    as likely to leave in either: Fisher's exact test, one-sided (Fisher 1935, The Design of Experiments).

    1 where nobody was there in one of them. It holds for any number of departures, be they few. Seasons, and other
    reasons for which periods differ more than by chance, are not allowed for.
    """
    if active <= 0 or active_before <= 0:
        return 1.0
    return float(hypergeom.sf(left - 1, active + active_before, left + left_before, active))


def holm(chances: Sequence[float]) -> list[float]:
    """The chances of several tests made together, each raised so that all of them at once err as rarely as one
    (Holm 1979, Scandinavian Journal of Statistics 6(2))."""
    adjusted, highest = [1.0] * len(chances), 0.0
    for place, at in enumerate(sorted(range(len(chances)), key=lambda each: chances[each])):
        highest = max(highest, min(1.0, chances[at] * (len(chances) - place)))
        adjusted[at] = highest
    return adjusted
