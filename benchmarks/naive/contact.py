"""What the account says when asked, how often the company turned to it, and who it is.

Belongs here: features over feedback, outreach and accounts. Does not belong here: tickets (``support``).
"""

from __future__ import annotations

import pandas as pd

from benchmarks.naive.known import Known, first, joined, last, mean, number

_IN_VAIN = ["no_answer", "no_show"]


def feedback(known: Known) -> pd.DataFrame:
    """Answers and requests of the last 365 days."""
    rows = known.rows("feedback", "given_at", answered_at="answered_at")
    return rows[rows["days_ago"] < 365].sort_values("given_at")


def add(row: pd.DataFrame, rows: pd.DataFrame, known: Known) -> pd.DataFrame:
    """``rows``: the ``feedback``."""
    row = _surveys(row, rows)
    row = _outreach(row, known.rows("outreach", "contacted_at", outcome="outcome_at"))
    return _accounts(row, known.rows("accounts", "created_at"))


def _surveys(row: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    for kind in ("nps", "csat"):
        scores = rows[rows["kind"] == kind]
        newest = scores.drop_duplicates("account_id", keep="last")
        others, score = scores.drop(newest.index), newest.set_index("account_id")["score"]
        change = score - mean(others, others["score"])
        row = joined(row, values={f"{kind}_last": score, f"{kind}_change": change})
    answers, requests = rows[rows["kind"] != "request"], rows[rows["kind"] == "request"]
    answered = answers.groupby("account_id")["given_at"].max().rename("answered").reset_index()
    requests = requests.merge(answered, on="account_id", how="left")
    silent = requests[requests["answered"].isna() | (requests["given_at"] > requests["answered"])]
    surveys = answers[(answers["kind"] == "survey") & (answers["days_ago"] < 182)]
    raised = answers[answers["topic"].notna()]
    return joined(
        row,
        counts={
            "feedback_answers_365d": number(answers),
            "survey_requests_unanswered": number(silent),
            "feedback_topic_repeats_365d": number(raised[raised.duplicated(["account_id", "topic"])]),
        },
        values={
            "days_since_feedback": last(answers),
            "feedback_unanswered_days": first(surveys[surveys["answered_at"].isna()]),
            "survey_silence_days": first(silent),
        },
    )


def _outreach(row: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    told = rows[rows["outcome"].notna()]
    in_vain = told["outcome"].isin(_IN_VAIN)
    reached, missed = told[~in_vain], told[in_vain]
    success = reached.groupby("account_id")["contacted_at"].max().rename("success").reset_index()
    since = missed.merge(success, on="account_id", how="left")
    since = since[since["success"].isna() | (since["contacted_at"] > since["success"])]
    recent = told[told["days_ago"] < 182]
    no_shows = recent[recent["outcome"] == "no_show"]
    return joined(
        row,
        counts={
            "contacts_28d": number(rows[rows["days_ago"] < 28]),
            "contacts_91d": number(rows[rows["days_ago"] < 91]),
            "contacts_in_vain": number(since[since["days_ago"] < 365]),
            "no_shows_182d": number(no_shows),
        },
        values={
            "days_since_contact": last(rows),
            "days_since_reached": last(reached),
            "reached_share_182d": mean(recent, (~recent["outcome"].isin(_IN_VAIN)).astype(float)),
        },
    )


def _accounts(row: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    found = accounts.set_index("account_id")
    names = {"channel": "acquisition_channel"}
    row = row.join(found[["industry", "country", "size", "channel"]].rename(columns=names))
    row["days_to_first_subscription"] = (found["days_ago"] - row["tenure_days"]).clip(lower=0)
    return row
