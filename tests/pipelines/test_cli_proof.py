"""``churn prove-no-leakage``: its verdict, its exit code, what it writes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

AS_OF = ("--as-of", "2025-03-10")


def test_a_clean_company_passes(churn: Any, shop: Any) -> None:
    config = shop.accept()
    report = shop.root / "proof.json"
    done = churn(config, "prove-no-leakage", *AS_OF, "--date", "2025-02-10", "--no-columns", "--json", str(report))
    assert done.code == 0, done.out + done.err
    assert re.search(
        r"(\d+) of \1 features of up to \d+ accounts on 2025-02-10 are byte for byte the same in all 9 trials", done.out
    )
    assert "one landing has nothing to compare with" in done.out
    said = json.loads(report.read_text("utf-8"))
    assert said["passed"] is True
    assert {trial["table"] for trial in said["trials"]} == {"accounts", "subscriptions", "usage"}
    assert not list(shop.root.glob("var/lake/features/*")), "it leaves nothing behind"


def test_every_feature_gets_a_verdict_and_its_figure(churn: Any, shop: Any) -> None:
    shop.keys["training"] = {"most_dates": 3}
    done = churn(shop.accept(), "prove-no-leakage", *AS_OF, "--date", "2025-02-10", "--all")
    assert done.code == 0, done.out
    row = next(line for line in done.out.splitlines() if "days_since_activity" in line)
    assert "nothing" in row
    assert "95 %" in row
    assert "for scale" in done.out


def test_what_was_overwritten_fails_with_the_remedy(churn: Any, shop: Any) -> None:
    from datetime import date

    shop.accept(date(2025, 3, 9))
    shop.write("subscriptions.csv", [{**row, "price": 77} for row in shop.read("subscriptions.csv")])
    done = churn(shop.accept(), "prove-no-leakage", *AS_OF, "--date", "2025-02-10", "--no-columns")
    assert done.code == 1
    assert "OVERWRITTEN subscriptions.mrr is final by the contract, but 30 rows changed between landings" in done.out
    assert "s00: 2000 became 7700" in done.out
    assert "Remedy: give the value at the start of the row and its changes in subscription_changes" in done.out


def test_a_leak_fails_with_feature_table_and_account(churn: Any, shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import ibis

    from churn_features import statement
    from churn_features.clock import Moment, cut
    from pipelines import compiled, features

    config = shop.accept()

    def careless(table: Any, rows: Any, moment: Any) -> Any:
        if table.name != "usage":
            return cut(table, rows, moment)
        tomorrow = (moment.as_of.cast("timestamp") + ibis.interval(days=1)).cast("date")
        seen = cut(table, rows, Moment(tomorrow, moment.cutoff))
        return seen.mutate(days_ago=(seen.days_ago - 1).clip(lower=0))

    features._features_sql.cache_clear()
    monkeypatch.setattr(compiled, "kept", lambda folder, name, inputs, make: make())
    monkeypatch.setattr(statement, "cut", careless)
    try:
        done = churn(config, "prove-no-leakage", *AS_OF, "--date", "2025-02-10", "--no-columns")
    finally:
        features._features_sql.cache_clear()
    assert done.code == 1
    assert "features changed" in done.out
    assert re.search(
        r"LEAK activity_28d reads the future of usage: on 2025-02-10, \d+ accounts changed \(delete\), for example "
        r"a\d\d: \d+\.0 became \d+\.0",
        done.out,
    )


def test_a_date_that_is_none_is_told(churn: Any, shop: Any) -> None:
    done = churn(shop.accept(), "prove-no-leakage", *AS_OF, "--date", "yesterday")
    assert done.code == 1
    assert "'yesterday' is not a day" in done.err
