"""A list of a day, made of its candidates: left in peace, held out, put in order, given a play and told.

Belongs here: what is the same for all lists. Does not belong here: who is a candidate (the modules named like the
lists), files (``exports``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from churn_features.money import major
from pipelines import exports
from pipelines.config import Config
from pipelines.lists import AT_RISK, record
from pipelines.lists.changes import changes, raised
from pipelines.lists.day import Day
from pipelines.lists.planning import planned, ranked
from pipelines.lists.precedence import allotted

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.exports import Earlier


@dataclass(frozen=True)
class Chosen:
    """A list: one dict per row with the public columns, and what it promises.

    ``expected_leavers`` (value, low, high) is None where the rows have no probability, ``model`` without a champion.
    ``previous`` is the list before: its ``as_of`` and the ``sha256`` of its rows. ``suppressed`` are those who would
    belong on it and are left in peace (``precedence.allotted``), ``changes`` what is new since the list before
    (``changes.changes``), ``held_out`` how many the holdout keeps from it; ``recorded`` is private (``record``).
    """

    name: str
    as_of: date
    rows: list[dict[str, Any]]
    eligible: int
    announced: int
    expected_leavers: tuple[float, float, float] | None
    expected_loss: float | None
    probability_of: str | None
    model: dict[str, Any] | None
    recorded: pd.DataFrame = field(repr=False)
    held_out: int = 0
    previous: dict[str, str] | None = None
    suppressed: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in ("entered", "left", "stayed")}
    )


def withheld(config: Config, name: str) -> str:
    """Why a list cannot be made by any data of the day, in words; "" if it can."""
    from pipelines import champion

    return champion.absent(config) if name == AT_RISK and champion.installed(config) is None else ""


def choose(day: Day, name: str) -> Chosen:
    """The accounts of a day that a list names, with reasons in their own numbers and a play.

    Raises ChurnError for the at-risk list if there is no champion, and for any if scores are not the champion's.
    """
    config, as_of = day.config, day.as_of
    picked = allotted(day, name)
    before = exports.earlier(config, name, as_of)
    with_plays, features = planned(day, name, picked.found, picked.seen, before)
    order = ranked(config, with_plays)
    order["since"] = record.since(config, name, as_of, order["account_id"])
    listed = order[~order["held"]].reset_index(drop=True)
    rows = [
        _row(day, each, features.by_account.get(each["account_id"], {}), before) for each in listed.to_dict("records")
    ]
    loss = listed["probability"] * listed["mrr"]
    return Chosen(
        name=name,
        as_of=as_of,
        rows=rows,
        eligible=len(day.paying),
        announced=int(day.paying["announced"].sum()),
        expected_leavers=_promise(day, listed) if picked.found.probability_of else None,
        expected_loss=None if loss.isna().all() else float(loss.sum()),
        probability_of=picked.found.probability_of,
        model=_model(day),
        recorded=_recorded(day, order),
        held_out=int(order["held"].sum()),
        previous={"as_of": before.as_of, "sha256": before.sha256} if before else None,
        suppressed=picked.suppressed,
        changes=changes(
            day,
            name,
            rows,
            before,
            picked.suppressed,
            picked.candidates,
            {*order.loc[order["held"], "account_id"], *picked.held_elsewhere},
            raised(day, before, features.frame) if name == AT_RISK else None,
        ),
    )


def _promise(day: Day, listed: pd.DataFrame) -> tuple[float, float, float] | None:
    from models.promise import expected_leavers

    if day.champion is None or listed["probability"].isna().any():
        return None
    level_error = day.champion.model.card["calibration"].get("level_error", 0.0)
    promise = expected_leavers(listed["probability"].to_numpy(), level_error)
    return promise.value, promise.low, promise.high


def _model(day: Day) -> dict[str, Any] | None:
    if day.champion is None:
        return None
    card = day.champion.model.card
    return {
        "version": day.champion.version,
        "feature_fingerprint": card["fingerprint"],
        "trained_as_of": card["as_of"],
        # a model trained on later data knows what came of these accounts: such a list proves nothing
        "hindsight": card["as_of"] > str(day.as_of),
    }


def _recorded(day: Day, ranked: pd.DataFrame) -> pd.DataFrame:
    """The rows of the private record (``record.write_record``)."""
    version = None if day.champion is None else day.champion.version
    plays = ranked["play"].where(ranked["play"].notna(), "none")
    return ranked.assign(
        arm=ranked["held"].map({False: record.LISTED, True: record.HOLDOUT}),
        trigger=ranked.get("trigger"),
        expected_value=ranked["expected_value"].round(),
        stratum=ranked["attention"].astype(str) + ", " + plays.astype(str),
        model_version=version,
    )


def _row(day: Day, each: Mapping[Any, Any], features: Mapping[str, Any], before: Earlier | None) -> dict[str, Any]:
    currency, account = day.config.currency, each["account_id"]
    known = float(each["probability"]) == float(each["probability"])
    worth = float(each["expected_value"])
    was = before.by_account.get(account, {}) if before else {}
    return {
        "rank": int(each["rank"]),
        "account_id": account,
        "name": _text(each["name"]),
        "owner": _text(each["owner"]),
        "plan": _text(features.get("plan")),
        "mrr": major(each["mrr"], currency),
        "currency": currency,
        "probability": round(float(each["probability"]), 6) if known else None,
        "expected_loss": major(each["probability"] * each["mrr"], currency) if known else None,
        "expected_value": major(worth, currency) if worth == worth else None,
        "attention": each["attention"],
        "play": each["play"],
        "trigger": each.get("trigger"),
        "reasons": each["reasons"],
        "since": str(each["since"]),
        "days_on_list": (day.as_of - each["since"]).days,
        "rank_before": was.get("rank"),
        "probability_before": was.get("probability"),
        "as_of": str(day.as_of),
        "model_version": None if day.champion is None else day.champion.version,
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
