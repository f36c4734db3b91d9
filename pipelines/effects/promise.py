"""The public record of a list's promises: what each day's list expected, and what came of it.

Belongs here: ``record.jsonl`` beside the days of a list. Does not belong here: what a list promises (``exports``), what
an outcome is (``churn_features.outcomes``).

A line is written once a day's outcomes have matured, says what was known then, and is never written again: not when
late data arrive, not when the list is published anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_features.money import digits
from pipelines import engine
from pipelines.config import Config
from pipelines.effects.outcomes import outcomes_of
from pipelines.errors import ChurnError
from pipelines.exports import MANIFEST, Published, home, published
from pipelines.lake import locked, replacing
from pipelines.lists import NAMES

if TYPE_CHECKING:
    import duckdb

FILE = "record.jsonl"

_OF_KIND = ("voluntary", "involuntary")


def read(config: Config, name: str) -> list[dict[str, Any]]:
    """The lines of a list's record, in the order in which they were written. ChurnError if somebody damaged it."""
    return [line for _, line in _lines(home(config, name) / FILE)]


def _lines(path: Path) -> list[tuple[str, dict[str, Any]]]:
    text = path.read_text("utf-8") if path.exists() else ""
    try:
        if text and not text.endswith("\n"):
            raise ValueError("the last line is cut short")
        lines = [(line, json.loads(line)) for line in text.splitlines()]
        if not all(isinstance(found, dict) and "as_of" in found for _, found in lines):
            raise ValueError("a line names no as_of")
    except ValueError as error:
        raise ChurnError(
            f"the record {path} is damaged: {error}", "put back its last copy; nothing is appended until then"
        ) from error
    return lines


def record(config: Config, as_of: date) -> dict[str, list[dict[str, Any]]]:
    """Append to the record of each list the days whose outcomes are matured on ``as_of`` and that it does not have, in
    their order; returns the new lines by list."""
    added = {}
    with engine.connection(config) as con:
        for name in NAMES:
            folder = home(config, name)
            if folder.exists():
                with locked(folder / ".record.lock"):
                    added[name] = _append(con, config, as_of, name)
    return added


def _append(con: duckdb.DuckDBPyConnection, config: Config, as_of: date, name: str) -> list[dict[str, Any]]:
    from churn_features.outcomes import Outcome

    path = home(config, name) / FILE
    there = {line["as_of"] for _, line in _lines(path)}
    days = sorted(link.name.removeprefix("as_of=") for link in path.parent.glob("as_of=*"))
    fresh = []
    for day in (date.fromisoformat(each) for each in days if each not in there and each <= str(as_of)):
        found = published(config, name, day)
        if found and Outcome(**found.manifest["outcome"]).matured(day, as_of):
            fresh.append(_line(con, config, as_of, day, found))
    if fresh:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in fresh)
        old = path.read_bytes() if path.exists() else b""
        with replacing(path) as whole, whole.open("wb") as file:
            file.write(old + text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
    return fresh


def _line(con: duckdb.DuckDBPyConnection, config: Config, as_of: date, day: date, found: Published) -> dict[str, Any]:
    manifest, rows = found.manifest, found.rows()
    # by the definition under which the promise was made
    then = config.model_copy(update={"outcome": type(config.outcome)(**manifest["outcome"])})
    outcomes = outcomes_of(con, then, day, as_of, [row["account_id"] for row in rows])
    left = outcomes["churned"].astype(bool)
    if manifest["probability_of"] in _OF_KIND:
        left &= outcomes["kind"] == manifest["probability_of"]
    leavers = set(outcomes.loc[left, "account_id"])
    judged = len(outcomes) > 0 or not rows
    promise, model = manifest["expected_leavers"], manifest["model"] or {}
    actual = len(leavers) if judged else None
    lost = sum(row["mrr"] or 0.0 for row in rows if row["account_id"] in leavers)
    return {
        "as_of": str(day),
        "list": manifest["list"],
        "rows": len(rows),
        "expected": promise,
        "actual": actual,
        "within": None if promise is None or actual is None else bool(promise["low"] <= actual <= promise["high"]),
        "expected_monthly_loss": manifest["expected_monthly_loss"],
        "monthly_loss": round(float(lost), digits(manifest["currency"])) if judged else None,
        "currency": manifest["currency"],
        "contacted": int(outcomes["contacted"].sum()),
        "without_outcome": len(rows) - len(outcomes),
        "model_version": model.get("version"),
        "hindsight": bool(model.get("hindsight", False)),
        "recorded_on": str(as_of),
        "manifest_sha256": hashlib.sha256((found.folder / MANIFEST).read_bytes()).hexdigest(),
    }


def kept(lines: list[dict[str, Any]]) -> tuple[int, int]:
    """How many promises held, of how many; lists without one, and those made with hindsight, prove nothing."""
    judged = [line["within"] for line in lines if line["within"] is not None and not line["hindsight"]]
    return sum(judged), len(judged)
