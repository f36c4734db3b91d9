"""The at-risk list of a day: who is on it, in which order, and why.

Belongs here: choosing, ranking, wording. Does not belong here: files (``exports``), ranking and reasons as such
(``models``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines import champion, engine, tables
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.history import true_on
from pipelines.scoring import digest, features_file, note, read_features, read_scores, scores_file

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from pipelines.champion import Champion

AT_RISK = "at_risk"


@dataclass(frozen=True)
class AtRisk:
    """A list: one dict per row with the public columns, and what it promises."""

    as_of: date
    rows: list[dict[str, Any]]
    eligible: int
    announced: int
    expected_leavers: tuple[float, float, float]
    expected_loss: int
    model_version: str
    fingerprint: str
    trained_as_of: str


def at_risk(config: Config, as_of: date) -> AtRisk:
    """The accounts that are most worth a contact on a day, within capacity, with reasons in their own numbers.

    Accounts that have announced to leave are not on it. Raises ChurnError if the scores are not the champion's.
    """
    from models.ranking import expected_leavers, rank

    present = champion.require(config)
    scores, features = read_scores(config, as_of), read_features(config, as_of)
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
    candidates = scores[~scores["announced"]].merge(_names(config, as_of), on="account_id", how="left")
    candidates = candidates.rename(columns={"mrr_now": "mrr"})
    keys = config.lists
    raised = candidates["probability"] >= keys.least_lift * candidates["probability"].mean()
    candidates = candidates[raised]
    listed = rank(candidates, by=keys.rank_by, capacity=keys.capacity, per_owner=keys.per_owner)
    rows = features.set_index("account_id").loc[listed["account_id"]].reset_index()
    why = explained(config, present, rows, keys.reasons)
    promise = expected_leavers(listed["probability"].to_numpy())
    return AtRisk(
        as_of=as_of,
        rows=[
            _row(config, as_of, record, plan, reasons, present.version)
            for record, plan, reasons in zip(_records(listed), rows["plan"], why, strict=True)
        ],
        eligible=len(scores),
        announced=int(scores["announced"].sum()),
        expected_leavers=(promise.value, promise.low, promise.high),
        expected_loss=round(float(listed["expected_loss"].sum())),
        model_version=present.version,
        fingerprint=present.model.card["fingerprint"],
        trained_as_of=present.model.card["as_of"],
    )


@dataclass(frozen=True)
class Explained:
    """Why an account has its score; reasons carry ``text``, ``theme`` and ``weight`` (log-odds)."""

    probability: float
    rank: int
    accounts: int
    reasons: list[dict[str, Any]]


def explain_account(config: Config, as_of: date, account_id: str) -> Explained:
    """The score of one account of a day with every theme that raises its risk. ChurnError if it is not there."""
    from models.ranking import rank

    present = champion.require(config)
    scores, features = read_scores(config, as_of), read_features(config, as_of)
    rows = features[features["account_id"] == account_id].reset_index(drop=True)
    if rows.empty:
        raise ChurnError(
            f"account {account_id} has no features for {as_of}: it does not exist, or pays for nothing then",
            "check the account_id and the day",
        )
    order = rank(scores.rename(columns={"mrr_now": "mrr"}), by=config.lists.rank_by, capacity=len(scores))
    place = order[order["account_id"] == account_id].iloc[0]
    weights = present.model.contributions(rows).iloc[0]
    reasons = explained(config, present, rows, most=99)[0]
    return Explained(
        float(present.model.predict(rows)[0]),
        int(place["rank"]),
        len(scores),
        [{**reason, "weight": float(weights[reason["feature"]])} for reason in reasons],
    )


def explained(config: Config, present: Champion, rows: pd.DataFrame, most: int) -> list[list[dict[str, str]]]:
    """For each feature row its reasons as ``{"theme", "feature", "text"}``, the weightiest first."""
    from churn_features.catalogue import BY_NAME
    from churn_features.sentences import say
    from models.reasons import reasons

    units = {name: feature.unit for name, feature in BY_NAME.items()}
    inputs = present.model.inputs
    records = _records(rows)
    texts = [
        {each.name: say(BY_NAME[each.name], record, units, config.currency) for each in inputs} for record in records
    ]
    tellable = _array([[text[each.name] is not None for each in inputs] for text in texts], len(inputs))
    found = reasons(present.model.contributions(rows), inputs, most, tellable)
    return [
        [{"theme": reason.theme, "feature": reason.feature, "text": str(text[reason.feature])} for reason in chosen]
        for chosen, text in zip(found, texts, strict=True)
    ]


def _array(values: list[list[bool]], width: int) -> np.ndarray:
    import numpy as np

    return np.array(values, dtype=bool).reshape(-1, width)


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
        "mrr": round(record["mrr"] / 100, 2),
        "currency": config.currency,
        "probability": round(float(record["probability"]), 6),
        "expected_loss": round(float(record["expected_loss"]) / 100, 2),
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
