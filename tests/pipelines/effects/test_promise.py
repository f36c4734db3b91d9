"""The public record: what was promised, what came, written once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.effects import promise
from pipelines.errors import ChurnError

DAY, KNOWN = date(2025, 2, 10), date(2025, 3, 20)
LISTED = {"a03": 20.5, "a04": 30.0, "a10": 33.25, "a11": None}


def test_a_matured_list_gets_its_line(
    known_shop: Any, publish: Callable[..., Path], with_outreach: Callable[..., None]
) -> None:
    with_outreach(known_shop, [("a04", "2025-02-12T09:00:00Z", "2025-02-10"), ("a11", "2025-04-12T09:00:00Z", None)])
    config = known_shop.accept(KNOWN, "outreach")
    home = publish(config, DAY, LISTED, (1.25, 0.0, 2.0))
    publish(config, KNOWN - timedelta(days=36), LISTED)
    assert promise.record(config, KNOWN)["at_risk"] == promise.read(config, "at_risk") == [
        {
            "as_of": "2025-02-10", "list": "at_risk", "rows": 4, "expected": {"value": 1.25, "low": 0.0, "high": 2.0},
            "actual": 2, "within": True, "expected_monthly_loss": 12.5, "monthly_loss": 53.75, "currency": "EUR",
            "contacted": 1, "without_outcome": 0, "model_version": "1", "hindsight": False,
            "recorded_on": "2025-03-20",
            "manifest_sha256": hashlib.sha256((home / "as_of=2025-02-10" / "manifest.json").read_bytes()).hexdigest(),
        }
    ]  # fmt: skip


def test_a_line_is_written_once(shop: Any, publish: Callable[..., Path]) -> None:
    """Neither late data nor another list of the day change it; what comes later is added below, in order of days."""
    told = shop.read("subscriptions.csv")
    shop.write("subscriptions.csv", [{**row, "to": "" if row["acc"] == "a10" else row["to"]} for row in told])
    shop.accept(KNOWN)
    shop.write("subscriptions.csv", told)
    later = KNOWN + timedelta(days=5)
    config = shop.accept(later)
    home = publish(config, DAY, LISTED)
    assert promise.record(config, KNOWN)["at_risk"][0]["actual"] == 1, "what was known on the day"
    first = (home / promise.FILE).read_bytes()
    assert promise.record(config, KNOWN)["at_risk"] == []
    publish(config, DAY, {"a03": 1.0}, (0.5, 0.0, 1.0))
    publish(config, DAY + timedelta(days=4), LISTED)
    publish(config, DAY + timedelta(days=2), LISTED)
    publish(config, DAY - timedelta(days=3), LISTED)
    added = promise.record(config, later)["at_risk"]
    assert [line["as_of"] for line in added] == ["2025-02-07", "2025-02-12", "2025-02-14"]
    assert [line["actual"] for line in added] == [2, 1, 1], "a03 left on the 12th"
    assert [line["without_outcome"] for line in added] == [0, 1, 1]
    whole = (home / promise.FILE).read_bytes()
    assert whole.startswith(first)
    assert len(whole.splitlines()) == 4
    assert promise.record(config, later)["at_risk"] == []
    assert (home / promise.FILE).read_bytes() == whole


def test_the_same_lists_and_data_give_the_same_bytes(known_shop: Any, publish: Callable[..., Path]) -> None:
    config = known_shop.config()
    home = publish(config, DAY, LISTED)
    promise.record(config, KNOWN)
    first = (home / promise.FILE).read_bytes()
    (home / promise.FILE).unlink()
    promise.record(config, KNOWN)
    assert (home / promise.FILE).read_bytes() == first


def test_a_crash_while_appending_leaves_the_record_as_it_was(
    known_shop: Any, publish: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = known_shop.config()
    home = publish(config, DAY, LISTED)
    promise.record(config, KNOWN)
    before = (home / promise.FILE).read_bytes()
    publish(config, DAY + timedelta(days=1), LISTED)

    def full(_: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.effects.promise.os.fsync", full)
        with pytest.raises(OSError, match="no space"):
            promise.record(config, KNOWN)
    assert (home / promise.FILE).read_bytes() == before
    assert [path.name for path in home.glob(".record.jsonl*")] == []
    assert len(promise.record(config, KNOWN)["at_risk"]) == 1


def test_a_damaged_record_is_not_appended_to(known_shop: Any, publish: Callable[..., Path]) -> None:
    config = known_shop.config()
    home = publish(config, DAY, LISTED)
    for text in ('{"as_of": "2025-01-01"', "[]\n", "x\n"):
        (home / promise.FILE).write_text(text, "utf-8")
        with pytest.raises(ChurnError, match=r"record.jsonl is damaged"):
            promise.record(config, KNOWN)
        assert (home / promise.FILE).read_text("utf-8") == text


def test_lists_without_probabilities_only_tell_what_came(known_shop: Any, publish: Callable[..., Path]) -> None:
    config = known_shop.config()
    publish(config, DAY, LISTED, None, "onboarding")
    publish(config, date(2025, 2, 13), {"a03": 5.0}, None, "win_back")
    added = promise.record(config, KNOWN)
    (line,) = added["onboarding"]
    assert (line["expected"], line["within"], line["actual"], line["model_version"]) == (None, None, 2, None)
    (gone,) = promise.record(known_shop.accept(date(2025, 4, 1)), date(2025, 4, 1))["win_back"]
    assert (gone["actual"], gone["monthly_loss"], gone["without_outcome"]) == (None, None, 1)


def test_a_promise_is_judged_as_it_was_made(known_shop: Any, publish: Callable[..., Path]) -> None:
    """By the definition of churn and the kind of departure of its own manifest."""
    config = known_shop.config()
    publish(config, DAY, LISTED, outcome={"lead_days": 0, "window_days": 5, "grace_days": 7})
    publish(config, DAY - timedelta(days=1), LISTED, (1.0, 1.0, 3.0), probability_of="involuntary")
    lines = promise.record(config, KNOWN)["at_risk"]
    assert [(line["actual"], line["within"]) for line in lines] == [(0, False), (1, True)]
    publish(config, KNOWN - timedelta(days=12), LISTED, outcome={"lead_days": 0, "window_days": 5, "grace_days": 7})
    assert len(promise.record(config, KNOWN)["at_risk"]) == 1


def test_promises_made_with_hindsight_are_marked_and_not_counted(known_shop: Any, publish: Callable[..., Path]) -> None:
    config = known_shop.config()
    publish(config, DAY, LISTED, (1.0, 0.0, 1.0))
    publish(config, DAY - timedelta(days=1), LISTED, model={"version": "2", "hindsight": True})
    promise.record(config, KNOWN)
    lines = promise.read(config, "at_risk")
    assert [(line["hindsight"], line["within"]) for line in lines] == [(True, True), (False, False)]
    assert promise.kept(lines) == (0, 1)
    assert json.loads((config.path(config.exports) / "at_risk" / promise.FILE).read_text("utf-8").splitlines()[0])
