"""A feature's sentence with an account's own numbers. Belongs here: wording of values by unit, nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from churn_features.clock import LOOKBACK
from churn_features.feature import Feature, Unit
from churn_features.money import digits, major

_ITS_USE = ("usage", "adoption", "onboarding")
"""Themes in which nothing at all is worth telling."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def missing(value: Any) -> bool:
    """Whether a value read from a feature table is absent."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def word(value: Any, unit: Unit, currency: str) -> str:
    """A value as people read it: ``0.35`` share -> ``35 %``, ``-0.5`` change -> ``-50 %``, money in major units."""
    if missing(value):
        return "unknown"
    if unit == "category":
        return str(value)
    if unit == "money":
        return f"{major(value, currency):,.{digits(currency)}f} {currency}"
    if unit == "share":
        return f"{value:.0%}".replace("%", " %")
    if unit == "change":
        return f"{value:+.0%}".replace("%", " %")
    if unit == "yes/no":
        return "yes" if value else "no"
    if unit in ("score", "hours"):
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:,.0f}"


def _long_known(row: Mapping[str, Any]) -> bool:
    """Whether nothing on record of the last 91 days tells something: the account has been one for that long, and its
    usage is on record for 56 days at least."""
    tenure = row.get("tenure_days")
    return tenure is not None and tenure >= LOOKBACK and not missing(row.get("active_weeks_56d"))


def say(feature: Feature, row: Mapping[str, Any], units: Mapping[str, Unit], currency: str) -> str | None:
    """What to tell people about this feature of one account, or None if there is nothing fit to be told.

    The sentence of a yes/no feature states the yes, so a no is not told; nor is a count of 0 outside of what the
    account does with the product: no plan change and no ticket are no news. Neither is a change of 0 %. That nothing is
    on record is told of accounts that are known for long enough. What is usual for the account follows as far as it is
    known, but for a change of 0 %.

    ``row`` holds the account's feature values by name; ``units`` the unit of each feature that a sentence may name.
    """
    if missing(row.get(feature.name)):
        return feature.missing if _long_known(row) else None

    def unchanged(name: str) -> bool:
        return units[name] == "change" and round(row[name], 2) == 0

    nothing = not row[feature.name]
    no_news = feature.unit == "yes/no" or (feature.unit == "count" and feature.theme not in _ITS_USE)
    if feature.sentence is None or (nothing and no_news) or unchanged(feature.name):
        return None
    usual = feature.usual or ""
    if any(missing(row.get(name)) or unchanged(name) for name in _PLACEHOLDER.findall(usual)):
        usual = ""
    text = feature.sentence + usual
    return _PLACEHOLDER.sub(lambda match: word(row.get(match[1]), units[match[1]], currency), text)
