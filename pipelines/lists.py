"""The at-risk list of a day: who is on it, in which order, and why.

Belongs here: choosing, ranking. Does not belong here: files (``exports``), the words of reasons (``reasons``), ranking
and reasons as such (``models``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from churn_features.money import major
from pipelines import champion, engine, exports, tables
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.history import true_on
from pipelines.list_changes import changes
from pipelines.reasons import explained
from pipelines.scoring import digest, features_file, note, read_features, read_scores, scores_file
from pipelines.suppression import without

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.champion import Champion


@dataclass(frozen=True)
class AtRisk:
    """A list: one dict per row with the public columns, and what it promises. ``previous`` is the earlier list whose
    reasons stood their ground: its ``as_of`` and the ``sha256`` of its rows. ``suppressed`` are those who would belong
    on it and are left in peace (``suppression.without``), ``changes`` what is new since the earlier list
    (``list_changes.changes``)."""

    as_of: date
    rows: list[dict[str, Any]]
    eligible: int
    announced: int
    expected_leavers: tuple[float, float, float]
    expected_loss: int
    model_version: str
    fingerprint: str
    trained_as_of: str
    previous: dict[str, str] | None = None
    suppressed: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in ("entered", "left", "stayed")}
    )


def at_risk(config: Config, as_of: date) -> AtRisk:
    """The accounts that are most worth a contact on a day, within capacity, with reasons in their own numbers.

    Accounts that have announced to leave are not on it, nor those that asked not to be contacted or were contacted
    lately. Raises ChurnError if the scores are not the champion's.
    """
    from models.ranking import expected_leavers, rank

    present = champion.require(config)
    scores = read_scores(config, as_of)
    versions = sorted(set(scores["model_version"]))
    if versions != [present.version]:
        raise ChurnError(
            f"the scores of {as_of} are of model {', '.join(versions)}, the champion is {present.version}",
            f"run: churn score --as-of {as_of}",
        )
    if note(scores_file(config, as_of), "features") != digest(features_file(config, as_of)):
        raise ChurnError(
            f"the features of {as_of} were computed anew after it was scored", f"run: churn score --as-of {as_of}"
        )
    scores = _of_outcome(config, present, scores, as_of)
    candidates = scores[~scores["announced"]].merge(_names(config, as_of), on="account_id", how="left")
    candidates = candidates.rename(columns={"mrr_now": "mrr"})
    keys = config.lists
    raised = candidates[candidates["probability"] >= keys.least_lift * candidates["probability"].mean()]
    candidates, suppressed = without(config, as_of, raised)
    listed = rank(candidates, by=keys.rank_by, capacity=keys.capacity, per_owner=keys.per_owner)
    rows = read_features(config, as_of, listed["account_id"].tolist())
    before = exports.earlier(config, as_of)
    why = explained(config, present, rows, keys.reasons, before.told if before else None)
    level_error = present.model.card["calibration"].get("level_error", 0.0)
    promise = expected_leavers(listed["probability"].to_numpy(), level_error)
    chosen = [
        _row(config, as_of, record, plan, reasons, present.version)
        for record, plan, reasons in zip(_records(listed), rows["plan"], why, strict=True)
    ]
    return AtRisk(
        as_of=as_of,
        rows=chosen,
        eligible=len(scores),
        announced=int(scores["announced"].sum()),
        expected_leavers=(promise.value, promise.low, promise.high),
        expected_loss=round(float(listed["expected_loss"].sum())),
        model_version=present.version,
        fingerprint=present.model.card["fingerprint"],
        trained_as_of=present.model.card["as_of"],
        previous={"as_of": before.as_of, "sha256": before.sha256} if before else None,
        suppressed=suppressed,
        changes=changes(as_of, chosen, before, scores, suppressed, raised["account_id"].tolist()),
    )


@dataclass(frozen=True)
class Explained:
    """Why an account has its score; reasons carry ``text``, ``theme`` and ``weight`` (log-odds). ``voluntary`` and
    ``involuntary`` sum to ``probability``; None where the champion does not tell them apart."""

    probability: float
    voluntary: float | None
    involuntary: float | None
    rank: int
    accounts: int
    reasons: list[dict[str, Any]]


def explain_account(config: Config, as_of: date, account_id: str) -> Explained:
    """The score of one account of a day with every theme that raises its risk. ChurnError if it is not there."""
    from models.kinds import INVOLUNTARY, VOLUNTARY, by_kind
    from models.ranking import rank

    present = champion.require(config)
    scores, rows = read_scores(config, as_of), read_features(config, as_of, [account_id])
    if rows.empty:
        raise ChurnError(
            f"account {account_id} has no features for {as_of}: it does not exist, or pays for nothing then",
            "check the account_id and the day",
        )
    scores = _of_outcome(config, present, scores, as_of).rename(columns={"mrr_now": "mrr"})
    order = rank(scores, by=config.lists.rank_by, capacity=len(scores))
    place = order[order["account_id"] == account_id].iloc[0]
    weights = present.model.contributions(rows).iloc[0]
    reasons = explained(config, present, rows, most=99)[0]
    probability = present.model.predict(rows)
    parts = by_kind(present.model.card, rows, probability)
    voluntary, involuntary = (float(parts[kind][0]) for kind in (VOLUNTARY, INVOLUNTARY))
    known = not math.isnan(voluntary)
    return Explained(
        float(probability[0]),
        voluntary if known else None,
        involuntary if known else None,
        int(place["rank"]),
        len(scores),
        [{**reason, "weight": float(weights[reason["feature"]])} for reason in reasons],
    )


def _of_outcome(config: Config, present: Champion, scores: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """``scores`` with the probability of those departures that the list is for (``lists.outcome``)."""
    from models.kinds import why_undivided

    outcome = config.lists.outcome
    if outcome == "churn":
        return scores
    why = why_undivided(present.model.card)
    if why:
        raise ChurnError(
            f"lists.outcome is {outcome}, and champion {present.version} does not tell kinds of departure apart: {why}",
            "set lists.outcome to churn, or supply what is lacking and run: churn train",
        )
    if outcome not in scores.columns or scores[outcome].isna().any():
        raise ChurnError(
            f"the scores of {as_of} have no {outcome} probability: they are of an earlier model",
            f"run: churn score --as-of {as_of}",
        )
    return scores.assign(probability=scores[outcome])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in record.items()} for record in frame.to_dict("records")]


def _row(
    config: Config, as_of: date, record: dict[str, Any], plan: Any, reasons: list[dict[str, str]], version: str
) -> dict[str, Any]:
    return {
        "rank": int(record["rank"]),
        "account_id": record["account_id"],
        "name": _text(record["name"]),
        "owner": _text(record["owner"]),
        "plan": _text(plan),
        "mrr": major(record["mrr"], config.currency),
        "currency": config.currency,
        "probability": round(float(record["probability"]), 6),
        "expected_loss": major(record["expected_loss"], config.currency),
        "reasons": reasons,
        "as_of": str(as_of),
        "model_version": version,
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _names(config: Config, as_of: date) -> pd.DataFrame:
    """What people call the accounts and who looks after them, as of the day's landing."""
    files = tables.required(config, as_of)["accounts"]
    with engine.connection(config) as con:
        return con.execute(f"SELECT account_id, name, owner FROM ({true_on(files, as_of)})").df()
