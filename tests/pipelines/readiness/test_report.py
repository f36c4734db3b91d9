"""The whole report: of a bad company exactly, of good ones hardly anything, of real data what is known of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from churn_features.tables import TABLES
from pipelines import ingest, tables
from pipelines.errors import ChurnError
from pipelines.lake import write_json
from pipelines.readiness.findings import KINDS, SEVERITIES
from pipelines.readiness.report import Report, report

DAY = date(2025, 3, 10)
GOLDEN = Path(__file__).parent / "golden" / "bad_company.json"
PAGE = (Path(__file__).parents[3] / "docs" / "readiness.md").read_text("utf-8")


def _bad_rows() -> dict[str, list[dict[str, Any]]]:
    """Forty accounts, of which a handful are good."""
    accounts = [{"account_id": f"a{n:02}", "created_at": "2024-09-01", "churned": "false"} for n in range(40)]
    accounts[0] |= {"name": "MÃ¼ller", "churned": "true"}
    accounts[1] |= {"name": "Zoë"}
    accounts.append({"account_id": "a39", "created_at": "2024-09-01"})
    subscriptions = [
        {"subscription_id": f"s{n:02}", "account_id": f"a{n:02}", "plan": "pro", "billing_interval": "month",
         "mrr": 49, "started_at": f"2024-09-{1 + n % 28:02}"}
        for n in range(38)
    ]  # fmt: skip
    subscriptions[1] |= {"ended_at": "2024-12-01", "ended": "false"}
    subscriptions[2] |= {"ended": "true"}
    subscriptions[3] |= {"end_reason": "requested"}
    subscriptions[4] |= {"cancel_requested_at": "2025-01-01", "ends_at": "2025-02-01"}
    subscriptions[5] |= {"started_at": "2024-08-01"}
    subscriptions[6] |= {"account_id": "nobody"}
    invoices = [
        {"invoice_id": f"i{n}", "account_id": "a07", "issued_at": "2025-01-01", "due_at": "2025-01-15", "amount": 49}
        for n in range(30)
    ]
    invoices[0] |= {"paid": "true"}
    invoices[1] |= {"amount": -5}
    usage: list[dict[str, Any]] = []
    for n in range(60):
        day = date(2024, 9, 2) + timedelta(days=3 * n)
        usage.append({"account_id": "a00", "day": day, "event": "opened", "usage_id": f"u{n}"})
    usage.append({"account_id": "a10", "day": "2024-09-05", "event": "opened", "usage_id": "u60"})
    usage.append({"account_id": "a01", "day": "2025-02-20", "event": "made", "usage_id": "u61"})
    usage.append({"account_id": "a01", "day": "2025-02-20", "event": "made", "usage_id": "u61"})
    tickets = [{"ticket_id": f"t{n}", "account_id": "a08", "opened_at": "2025-03-01"} for n in range(3)]
    tickets[0] |= {"opened_at": "2024-08-31"}
    feedback = [{"account_id": "a08", "given_at": "not a day", "kind": "nps", "score": 3}]
    return {
        "accounts": accounts, "subscriptions": subscriptions, "invoices": invoices, "usage": usage,
        "tickets": tickets, "feedback": feedback,
    }  # fmt: skip


@pytest.fixture(scope="module")
def bad(make_shop: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The bad company, landed and checked; feedback is withheld, outreach is not landed."""
    made = make_shop(tmp_path_factory.mktemp("bad") / "shop")
    made.keys |= {"time_zone": "UTC", "history_start": "2024-10-01", "event_roles": {"opend": "login"}}
    made.keys["contracts"] = {"max_bad_share": 0.1}
    rows = _bad_rows()
    for name, each in rows.items():
        columns = [column for column in TABLES[name].names if any(column in row for row in each)]
        made.write(f"{name}.csv", [{column: row.get(column, "") for column in columns} for row in each])
        made.tables[name] = {"files": f"{name}.csv", "columns": {column: column for column in columns}}
    made.tables["outreach"] = {
        "files": "outreach.csv", "columns": {name: name for name in ("account_id", "contacted_at", "play")},
    }  # fmt: skip
    config = made.config()
    for name in rows:
        ingest.land(config, DAY, name)
        tables.check(config, DAY, name)
    return config


@pytest.fixture(scope="module")
def told(bad: Any) -> Report:
    return report(bad, DAY)


EXPECTED = [
    ("error", "invoices.never_paid", "paid_at", 30, 30, ("i0", "empty")),
    ("error", "feedback.unreadable", "given_at", 1, 1, ("feedback.csv row 1", "given_at: 'not a day' is not a time")),
    ("error", "feedback.withheld", None, 1, 1, None),
    ("error", "outreach.unchecked", None, 0, 0, None),
    ("warning", "accounts.churned_but_subscribed", "churned", 1, 40, ("a00", "true")),
    ("warning", "accounts.duplicate_key", "account_id", 1, 41, ("accounts.csv row 41", "account_id 'a39' was already")),
    ("warning", "accounts.encoding", "name", 1, 41, ("accounts.csv row 1", "name 'MÃ¼ller' looks encoded twice")),
    ("warning", "accounts.not_churned_but_ended", "churned", 1, 40, ("a01", "false")),
    ("warning", "accounts.stale", None, 190, 191, ("2024-09-01", "190 days")),
    ("warning", "subscriptions.announced_end_passed", "ends_at", 1, 37, ("s04", "2025-02-01 00:00:00")),
    ("warning", "subscriptions.before_account", None, 1, 38, ("subscriptions.csv row 6", "started on 2024-08-01")),
    ("warning", "subscriptions.date_without_ended", "ended_at", 1, 37, ("s01", "2024-12-01 00:00:00")),
    ("warning", "subscriptions.ended_without_date", "ended", 1, 37, ("s02", "true")),
    ("warning", "subscriptions.mrr_in_major_units", "mrr", 37, 37, None),
    (
        "warning",
        "subscriptions.orphan_account",
        "account_id",
        1,
        38,
        ("subscriptions.csv row 7", "account_id 'nobody'"),
    ),
    ("warning", "subscriptions.stale", None, 163, 222, ("2024-09-28", "163 days")),
    ("warning", "subscriptions.undated", "end_reason", 1, 37, ("s03", "requested")),
    ("warning", "invoices.negative_amount", "amount", 1, 30, ("invoices.csv row 2", "amount -5 is negative")),
    ("warning", "invoices.paid_without_date", "paid", 1, 30, ("i0", "true")),
    ("warning", "invoices.stale", None, 68, 69, ("2025-01-01", "68 days")),
    ("warning", "usage.after_end", "day", 1, 62, ("a01, 2025-02-20, made", "2025-02-20, subscribed to 2024-12-01")),
    ("warning", "usage.before_start", "day", 1, 62, ("a10, 2024-09-05, opened", "2024-09-05, subscribed from 2024")),
    ("warning", "usage.few_accounts", "account_id", 34, 36, None),
    ("warning", "usage.no_roles", "event", 2, 2, ("opened", "61 daily sums")),
    ("warning", "usage.repeated_id", "usage_id", 1, 63, ("usage.csv row 63", "usage_id 'u61' was already given")),
    ("warning", "usage.role_without_event", "event", 1, 1, ("opend", "role login")),
    ("warning", "usage.stale", None, 12, 190, ("2025-02-26", "12 days")),
    ("warning", "tickets.before_signup", "opened_at", 1, 3, ("t0", "2024-08-31 00:00:00")),
    ("warning", "tickets.never_resolved", "resolved_at", 3, 3, ("t0", "empty")),
    ("warning", "history.triggers_only", None, 1, 1, None),
    ("note", "accounts.without_subscription", "created_at", 3, 40, ("a06", "2024-09-01 00:00:00")),
    ("note", "departures.kind_unknown", None, 1, 1, ("a01", "left on 2024-12-01")),
    ("note", "history.usage_begins_late", None, 32, 32, ("2024-09-02", "first subscription on 2024-08-01")),
    ("note", "lists.at_risk_columns", None, 1, 2, None),
    ("note", "lists.no_outreach", None, 1, 10, None),
]
"""Severity, code, column, count, of what, key and begin of the value of the first example."""


def test_everything_that_is_wrong_with_a_bad_company_is_told(told: Report) -> None:
    of_features = [each for each in told.findings if each.code.startswith("features.")]
    others = [each for each in told.findings if each not in of_features]
    assert [(e.severity, e.code, e.column, e.count, e.of) for e in others] == [row[:5] for row in EXPECTED]
    for each, (*_, first) in zip(others, EXPECTED, strict=True):
        assert bool(each.examples) == (first is not None), each.code
        if first:
            assert each.examples[0].row == first[0]
            assert each.examples[0].value.startswith(first[1])
    assert [each.code for each in of_features] == [f"features.off_by_{name}" for name in ("column", "role", "table")]
    for each in told.findings:
        assert each.count <= each.of
        assert len(each.examples) <= 5
        assert each.remedy
        assert "{" not in each.remedy
    assert [told.count(severity) for severity in SEVERITIES] == [4, 26, 8]


def test_remedies_fit_their_company(told: Report) -> None:
    remedies = {each.code: each.remedy for each in told.findings}
    # three tables have no source; feedback is withheld and outreach was not landed, which their own findings tell
    for code in ("features.off_by_table", "lists.no_outreach"):
        assert "outreach cannot be read" in remedies[code] or "outreach, feedback cannot be read" in remedies[code]
    given, _, refused = remedies["features.off_by_table"].partition("; ")
    assert set(given.removeprefix("give ").removesuffix(" under sources").split(", ")) == {
        "subscription_changes", "payments", "payment_methods",
    }  # fmt: skip
    assert {"feedback", "outreach"} == set(refused.removeprefix("see above why ").split(" cannot")[0].split(", "))
    assert "churn ingest --as-of 2025-03-10, which says why if the source is refused" in remedies["outreach.unchecked"]
    assert told.ladder is not None
    assert told.ladder.ladder.ahead.rstrip(".") in remedies["history.triggers_only"]
    assert "or wait. " in remedies["history.triggers_only"], "it is leavers that lack, not dates"
    assert "sources.shop.tables.tickets.columns.resolved_at" in remedies["tickets.never_resolved"]
    assert "end_reason (requested, payment_failed or disputed)" in remedies["departures.kind_unknown"]


def test_tables_say_what_became_of_their_rows(told: Report) -> None:
    states = {name: state.state for name, state in told.tables.items()}
    assert states == {
        **dict.fromkeys(("accounts", "subscriptions", "invoices", "usage", "tickets"), "accepted"),
        **dict.fromkeys(("subscription_changes", "payments", "payment_methods"), "absent"),
        "feedback": "withheld", "outreach": "unchecked",
    }  # fmt: skip
    feedback = told.tables["feedback"]
    assert (feedback.landed, feedback.accepted, feedback.quarantined) == (1, 0, 1)
    assert (feedback.reasons, feedback.profile) == ((("feedback.unreadable", 1),), None)
    assert "feedback.unreadable" in str(feedback.withheld_because)
    assert told.tables["usage"].reasons == (("usage.repeated_id", 1),)


def test_the_form_of_the_file_stays(told: Report, tmp_path: Path) -> None:
    """All of it but the features, which change with the catalogue."""
    value = told.as_dict()
    features = value.pop("features")
    value["findings"] = [each for each in value["findings"] if not each["code"].startswith("features.")]
    value["counts"]["note"] -= 3
    write_json(tmp_path / "report.json", value)
    assert (tmp_path / "report.json").read_text("utf-8") == GOLDEN.read_text("utf-8")
    assert set(features) == {"total", "on", "off", "would_switch_on"}
    assert features["total"] == features["on"] + len(features["off"])
    assert all(set(each) == {"feature", "tables", "roles", "columns"} for each in features["off"])
    keys = {word for line in PAGE.split("## The file")[1].splitlines() for word in re.findall(r"`(\w+)`", line)}
    assert set(told.as_dict()) <= keys
    for each in value["findings"]:
        assert set(each) | {key for example in each["examples"] for key in example} <= keys
    assert set(value["tables"]["accounts"]) | set(value["tables"]["accounts"]["profile"]) <= keys
    assert set(value["tables"]["accounts"]["profile"]["columns"]["name"]) <= keys


def test_every_code_is_on_the_page() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (\w+) \|", PAGE.split("## Findings")[1].split("## The file")[0], re.M))
    assert rows == {code.replace("*", "TABLE"): severity for code, (severity, _) in KINDS.items()}


def test_the_same_data_give_the_same_report(bad: Any, told: Report) -> None:
    assert json.dumps(report(bad, DAY).as_dict()) == json.dumps(told.as_dict())


def test_a_good_company_has_no_errors(demo: Any) -> None:
    found = report(demo.config, demo.day)
    assert [each.code for each in found.findings if each.severity == "error"] == []
    assert found.count("warning") <= 3, [each.code for each in found.findings if each.severity == "warning"]
    assert found.ladder is not None
    assert found.ladder.ladder.rung == "lightgbm"
    assert found.departures is not None
    kinds = {kind for _, kind in found.departures.by_month}
    assert {"voluntary", "involuntary"} <= kinds
    assert found.switches.as_dict()["on"] > 140
    assert "empty_column" not in {each.code.partition(".")[2] for each in found.findings}, "nobody maps its columns"


def test_the_shop_is_told_what_it_could_have(shop: Any) -> None:
    shop.keys["training"] = {"warm_up_days": 80}
    found = report(shop.accept(), DAY)
    assert found.count("error") == 0
    remedies = {each.code: each.remedy for each in found.findings}
    assert found.ladder is not None
    assert f"or wait until {found.ladder.enough_dates_on}. " in remedies["history.triggers_only"]
    assert remedies["lists.no_outreach"].startswith("give outreach under sources. ")
    assert found.switches.as_dict()["would_switch_on"]["tables"].keys() == set(TABLES) - {
        "accounts", "subscriptions", "usage",
    }  # fmt: skip


def test_without_a_required_table_the_rest_is_told(shop: Any) -> None:
    shop.write("subscriptions.csv", [{**row, "from": "yesterday"} for row in shop.read("subscriptions.csv")])
    found = report(shop.accept(), DAY)
    assert found.ladder is found.departures is None
    codes = {each.code: each.severity for each in found.findings}
    assert codes["subscriptions.withheld"] == "error"
    assert found.tables["accounts"].profile is not None
    assert found.as_dict()["ladder"] is None


def test_a_day_without_anything_is_refused(shop: Any) -> None:
    with pytest.raises(ChurnError, match="nothing has been landed and checked for 2025-03-10") as error:
        report(shop.config(), DAY)
    assert "churn ingest --as-of 2025-03-10" in error.value.remedy


def test_a_landing_that_was_cleared_away_is_not_needed(bad: Any, told: Report, tmp_path: Path) -> None:
    import shutil

    from pipelines import config as configuration

    shutil.copytree(bad.file.parent, tmp_path / "copy")
    copy = configuration.load(tmp_path / "copy" / bad.file.name)
    shutil.rmtree(copy.path(copy.lake) / "landed")
    found = report(copy, DAY)
    assert {each.code for each in found.findings} >= {each.code for each in told.findings}
