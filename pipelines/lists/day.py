"""What is known of all accounts on a day, for the lists that are made of it.

Belongs here: reading scores, features and accounts of one day, once for all lists. Does not belong here: who is on a
list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines import champion, engine, tables
from pipelines.config import Config
from pipelines.errors import ChurnError
from pipelines.history import true_on
from pipelines.lake import digest
from pipelines.scoring import features_file, note, read_features, read_scores, scores_file

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.champion import Champion
    from pipelines.lists.precedence import Allotted
    from pipelines.plays import Play


@dataclass(frozen=True)
class FeatureRows:
    """All features of some accounts: ``frame`` has a row for each that pays."""

    frame: pd.DataFrame

    @cached_property
    def by_account(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows by their account_id."""
        records = self.frame.to_dict("records")
        return {each["account_id"]: {str(name): value for name, value in each.items()} for each in records}


@dataclass(frozen=True)
class Day:
    """A day of a company. What is read of it is read when it is first asked for."""

    config: Config
    as_of: date

    @cached_property
    def champion(self) -> Champion | None:
        """The model that scores; None if there is none, and so no scores."""
        return champion.find(self.config)

    @cached_property
    def scores(self) -> pd.DataFrame | None:
        """The champion's scores as ``scoring.scores_file`` has them; None without a champion.

        Raises ChurnError if the scores are not the champion's, or not of the features that are there.
        """
        if self.champion is None:
            return None
        scores = read_scores(self.config, self.as_of)
        again = f"run: churn score --as-of {self.as_of}"
        versions = sorted(set(scores["model_version"]))
        if versions != [self.champion.version]:
            raise ChurnError(
                f"the scores of {self.as_of} are of model {', '.join(versions)}, the champion is "
                f"{self.champion.version}",
                again,
            )
        if note(scores_file(self.config, self.as_of), "features") != digest(features_file(self.config, self.as_of)):
            raise ChurnError(f"the features of {self.as_of} were computed anew after it was scored", again)
        return scores

    @cached_property
    def paying(self) -> pd.DataFrame:
        """Every paying account: account_id, announced, mrr (minor units) and ``probability`` of leaving in any way,
        which is missing without a champion."""
        rows = self.features("announced, mrr_now AS mrr")
        if self.scores is None:
            return rows.assign(probability=float("nan"))
        return rows.merge(self.scores[["account_id", "probability"]], on="account_id", how="left")

    @cached_property
    def suppressed(self) -> pd.DataFrame:
        """Who is not to be contacted, and why (``suppression.suppressed``)."""
        from pipelines.lists.suppression import suppressed

        return suppressed(self)

    @cached_property
    def allotted(self) -> dict[str, Allotted]:
        """Whom each list sees to, by its name, as far as that was worked out (``precedence.allotted``)."""
        return {}

    @cached_property
    def plays(self) -> tuple[Play, ...]:
        """The catalogue of plays."""
        from pipelines.plays import plays

        return plays(self.config)

    def features(self, shown: str, where: str = "true") -> pd.DataFrame:
        """account_id and what SQL shows of the day's features, of the accounts of which a condition on them holds."""
        file = features_file(self.config, self.as_of)
        with engine.connection(self.config) as con:
            found = con.sql(f"SELECT account_id, {shown} FROM {engine.scan([file])} WHERE {where} ORDER BY account_id")
            return found.to_arrow_table().to_pandas()

    def feature_rows(self, account_ids: Sequence[str]) -> FeatureRows:
        """All features of these accounts, in their order, without those that pay for nothing."""
        return FeatureRows(read_features(self.config, self.as_of, account_ids))

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """What people call the accounts and who looks after them: account_id, name, owner, as of the day's landing."""
        files = tables.required(self.config, self.as_of)["accounts"]
        with engine.connection(self.config) as con:
            found = con.sql(f"SELECT account_id, name, owner FROM ({true_on(files, self.as_of)})")
            return found.to_arrow_table().to_pandas()


def of_outcome(config: Config, present: Champion, scores: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """``scores`` with the probability of those departures that the at-risk list is for (``lists.outcome``)."""
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
