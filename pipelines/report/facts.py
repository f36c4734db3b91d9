"""The head of the page: what the day comes to, and what is off.

Belongs here: the figures that people look for first, what is missing and what that costs. Does not belong here: lists,
charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from churn_features.tables import TABLES
from pipelines import champion, tables
from pipelines.config import Config
from pipelines.lists import AT_RISK
from pipelines.report.figures import Figure, money
from pipelines.report.published import Listed

_LOST = {
    "usage": "there is no usage of accounts to show",
    "payments": "the share of payments that succeed is not known",
    "outreach": "contacts are not known, and nobody is left in peace after one",
}
"""What the page lacks without a table, besides features."""


@dataclass(frozen=True)
class Tile:
    """One figure of the head."""

    term: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class Facts:
    """``model`` says which model scores and what it is worth; ``off`` what is not there and why; ``off_matters`` if
    something is that the lists hang on."""

    company: str
    as_of: str
    tiles: list[Tile]
    model: str
    off: list[str]
    off_matters: bool


def facts(config: Config, as_of: date, lists: Sequence[Listed], months: Sequence[Figure]) -> Facts:
    """The head of a day."""
    at_risk = next((each for each in lists if each.name == AT_RISK), None)
    model, missing = _model(config, at_risk)
    return Facts(
        config.company,
        str(as_of),
        _tiles(config, lists, at_risk, months),
        model,
        [*missing, *_absent_tables(config, as_of)],
        bool(missing),
    )


def _tiles(config: Config, lists: Sequence[Listed], at_risk: Listed | None, months: Sequence[Figure]) -> list[Tile]:
    tiles = []
    if at_risk:
        promise = at_risk.manifest.get("expected_leavers")
        rows, window = len(at_risk.rows), config.outcome.window_days
        if promise:
            tiles.append(
                Tile("Expected leavers", f"{promise['value']:,.1f}",
                     f"95 %: {promise['low']:,.0f} to {promise['high']:,.0f}; of {rows:,} at risk, in {window} days")
            )  # fmt: skip
        loss = at_risk.manifest.get("expected_monthly_loss")
        if loss is not None:
            tiles.append(Tile("Expected loss", money(loss, config.currency), "of monthly revenue, accounts at risk"))
    accounts = len({row["account_id"] for each in lists for row in each.rows})
    names = f"on {len(lists)} list{'' if len(lists) == 1 else 's'}"
    scored = at_risk.manifest.get("eligible_accounts") if at_risk else None
    tiles.append(Tile("Accounts to act on", f"{accounts:,}", names + (f", of {scored:,} that pay" if scored else "")))
    churn = next((each for each in months if each.name == "logo_churn_rate" and each.headline), None)
    if churn:
        value, _, rest = churn.headline.partition(" in ")
        tiles.append(Tile("Logo churn", value, f"in {rest}"))
    return tiles


def _model(config: Config, at_risk: Listed | None) -> tuple[str, list[str]]:
    """Which model made the list, and what is off about it."""
    present = champion.installed(config)
    told: dict[str, Any] = (at_risk.manifest.get("model") if at_risk else None) or {}
    version = told.get("version") or (present["version"] if present else None)
    if version is None:
        return "No model scores.", [f"No account has a probability: {champion.absent(config)}."]
    off = []
    if told.get("hindsight"):
        off.append(
            f"Model {version} was trained on data up to {told['trained_as_of']}, later than this day: the list proves "
            "nothing."
        )
    if at_risk is None:
        off.append("The list of accounts at risk is not published for this day.")
    grade = present["card"].get("grade") if present and present["version"] == version else None
    until = f", trained on data up to {told['trained_as_of']}" if told.get("trained_as_of") else ""
    return f"Model version {version}{until}{f'. Grade: {grade}' if grade else ''}.", off


def _absent_tables(config: Config, as_of: date) -> list[str]:
    there, found = tables.present(config, as_of), []
    for name in TABLES:
        if name in there:
            continue
        checked = tables.result(config, as_of, name)
        why = f"its contract withheld it: {checked.withheld_because}" if checked else "no source gives it"
        lost = f"; {_LOST[name]}" if name in _LOST else ""
        found.append(f"Table {name} is not there ({why}): features and reasons that need it are off{lost}.")
    return found
