"""What can be said of a feature in words, from its declaration: for the catalogue page and for the command.

Belongs here: plain text about one feature. Does not belong here: how a page or a terminal shows it, an account's own
numbers (``sentences``).
"""

from __future__ import annotations

from collections.abc import Iterator

from churn_features.catalogue import BY_NAME, MEASURES
from churn_features.feature import Feature, Measure
from churn_features.tables import TABLES

RISK = {
    1: "more of it can only mean more risk",
    -1: "more of it can only mean less risk",
    0: "more of it can mean more or less risk",
}


def facts(feature: Feature) -> dict[str, str]:
    """What there is to know of a feature besides its definition and its example: heading -> text."""
    told = feature.sentence or "none: the model uses it and it is never given as a reason"
    usual = {"usual level": feature.usual.lstrip(", ")} if feature.usual else {}
    without_a_value = {"without a value": feature.missing} if feature.missing else {}
    return {
        "theme": feature.theme,
        "unit": feature.unit,
        "from": ", ".join(f"`{name}`" for name in sources(feature)),
        "missing": missing(feature),
        "risk": RISK[feature.direction],
        "sentence": told,
        **usual,
        **without_a_value,
    }


def definition(feature: Feature) -> str:
    """The definition, its lines joined to paragraphs."""
    paragraphs = feature.definition.replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def summary(feature: Feature) -> str:
    """The first clause of the definition."""
    return definition(feature).split("\n\n")[0].split("; ")[0].split(". ")[0].removesuffix(".")


def sources(feature: Measure) -> list[str]:
    """The contract tables that a feature rests on, through others where it needs them, in the contract's order."""
    below = {name for unit in _with_all_below(feature) for name in unit.needs}
    if "days_of_usage_on_record" in below:
        below.add("usage")
    return [name for name in TABLES if name in below]


def roles(feature: Measure) -> list[str]:
    """The event roles without which nothing is known of it."""
    return sorted({unit.role for unit in _with_all_below(feature) if unit.role})


def missing(feature: Feature) -> str:
    """When the feature has no value, and when it has the value of an account without rows."""
    optional = [f"`{name}`" for name in sources(feature) if not TABLES[name].required]
    mapped = [f"`{name}`" for name in roles(feature)]
    when = []
    if optional:
        when.append(f"without the table {' or '.join(optional)}")
    if mapped:
        when.append(f"if no event has the role {', or none the role '.join(mapped)}")
    rule = ", or ".join(when)
    if "missing" in feature.definition.lower():
        rule += "; see the definition" if rule else "see the definition"
    rule = rule or "never"
    table = next((name for name in feature.needs if name in TABLES), None)
    if table and feature.empty is not None:
        rule += f"; {feature.empty:g} for an account without rows in `{table}`"
    return rule


def _with_all_below(feature: Measure) -> Iterator[Measure]:
    """The feature and the features and measures that it needs, each once."""
    left, seen = [feature], {feature.name}
    while left:
        unit = left.pop()
        yield unit
        for name in unit.needs:
            below = BY_NAME.get(name) or MEASURES.get(name)
            if below is not None and name not in seen:
                seen.add(name)
                left.append(below)
