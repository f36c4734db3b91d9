"""What the contracts found becomes findings, each with a remedy that names the key to change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from churn_features.tables import CONTRACT
from pipelines.contracts.record import Checked, RuleResult
from pipelines.contracts.rules import rules_for
from pipelines.readiness.checked import REMEDIES, findings

DAY = date(2025, 3, 10)
EXAMPLES: tuple[dict[str, Any], ...] = tuple(
    {"file": "t.csv", "row": n, "reason": f"subscription_id 'x{n}' " + "long " * 60} for n in range(1, 6)
)
DUPLICATE = RuleResult("subscriptions.duplicate_key", "error", "subscription_id occurs once", 7, "failed", EXAMPLES)
CHECKED = Checked("subscriptions", str(DAY), 1000, 993, 7, True, None, (DUPLICATE,))


def test_rows_that_were_set_aside_are_a_warning() -> None:
    (found,) = findings(CHECKED, "crm", DAY)
    assert (found.code, found.severity, found.count, found.of) == ("subscriptions.duplicate_key", "warning", 7, 1000)
    assert (found.table, found.column) == ("subscriptions", "subscription_id")
    assert found.message == "7 rows, set aside, break the rule: subscription_id occurs once"
    assert [each.row for each in found.examples] == [f"t.csv row {n}" for n in range(1, 6)]
    assert all(len(each.value) == 120 for each in found.examples)
    assert "sources.crm.tables.subscriptions.where" in found.remedy


def test_a_table_that_is_withheld_is_an_error() -> None:
    withheld = replace(CHECKED, accepted=0, quarantined=1000, passed=False, withheld_because="too many bad rows")
    first, second = findings(withheld, "crm", DAY)
    assert (first.code, first.severity, first.count, first.of) == ("subscriptions.withheld", "error", 1000, 1000)
    assert "too many bad rows" in first.message
    assert (second.code, second.severity) == ("subscriptions.duplicate_key", "error")
    assert "set aside" not in second.message


def test_what_the_report_asks_of_all_usage_is_not_told_twice() -> None:
    early = RuleResult("usage.before_start", "warning", "…", 3, "failed")
    checked = Checked("usage", str(DAY), 10, 10, 0, True, None, (early,))
    assert findings(checked, "shop", DAY) == []
    codes = [each.code for each in findings(replace(checked, passed=False, withheld_because="…"), "shop", DAY)]
    assert codes == ["usage.withheld", "usage.before_start"], "a withheld table has no rows to ask"


def test_rows_of_a_later_day_are_only_noted() -> None:
    late = RuleResult("tickets.after_cutoff", "warning", "…", 3, "failed")
    (found,) = findings(Checked("tickets", str(DAY), 10, 10, 0, True, None, (late,)), "shop", DAY)
    assert found.severity == "note"


def test_an_empty_table_says_so() -> None:
    empty = RuleResult("tickets.empty", "warning", "the table has rows", 0, "failed", note="no row landed for this day")
    (found,) = findings(Checked("tickets", str(DAY), 0, 0, 0, True, None, (empty,)), "shop", DAY)
    assert (found.count, found.of, found.severity) == (0, 0, "warning")
    assert found.message == "broken is the rule: the table has rows; no row landed for this day"


@pytest.mark.parametrize("rule", [rule for table in CONTRACT for rule in rules_for(table)], ids=lambda rule: rule.id)
def test_every_rule_has_a_remedy(rule: Any) -> None:
    failed = RuleResult(rule.id, rule.level, rule.meaning, 1, "failed")
    withheld = Checked(rule.table, str(DAY), 1, 0, 1, False, "…", (failed,))
    found = findings(withheld, "crm", DAY)[-1]
    assert found.code == rule.id
    assert found.remedy
    assert "{" not in found.remedy


def test_no_remedy_is_left_over() -> None:
    rules = {rule.id.partition(".")[2] for table in CONTRACT for rule in rules_for(table)} | {"empty"}
    assert set(REMEDIES) <= rules
