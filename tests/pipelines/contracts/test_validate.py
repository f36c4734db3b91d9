"""The decision: what is published, what is withheld, and that no row is lost."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from churn_features.clock import stored_schema
from churn_features.tables import TABLES
from pipelines.contracts.record import Checked
from pipelines.contracts.rules import Rule, rules_for
from pipelines.errors import ChurnError


def _accounts(count: int, bad: int = 0) -> list[dict[str, Any]]:
    """``count`` accounts, of which the first ``bad`` have no sign-up date."""
    signed_up = datetime(2024, 12, 1)
    return [{"account_id": f"a{i}", "created_at": None if i < bad else signed_up} for i in range(count)]


def _status(result: Checked) -> dict[str, str]:
    return {rule.rule: rule.status for rule in result.rules}


def test_a_good_table_is_published_without_quarantine(ground: Any) -> None:
    result = ground.landed_and_checked("accounts", _accounts(3))
    assert (result.passed, result.withheld_because) == (True, None)
    assert (result.landed, result.accepted, result.quarantined) == (3, 3, 0)
    assert set(_status(result).values()) == {"passed"}
    assert ground.accepted("accounts").exists()
    assert not ground.quarantine("accounts").exists()


def test_few_bad_rows_are_set_aside_and_the_rest_is_published(ground: Any) -> None:
    result = ground.landed_and_checked("accounts", _accounts(20, bad=1))
    assert result.passed
    assert (result.landed, result.accepted, result.quarantined) == (20, 19, 1)
    assert "a0" not in {row["account_id"] for row in ground.rows(ground.accepted("accounts"))}


def test_too_many_bad_rows_withdraw_the_earlier_copy_and_say_why(ground: Any) -> None:
    ground.landed_and_checked("accounts", _accounts(20))
    assert ground.accepted("accounts").exists()
    result = ground.landed_and_checked("accounts", _accounts(20, bad=2))
    assert not ground.accepted("accounts").exists()
    assert not result.passed
    assert result.withheld_because == (
        "2 of 20 rows (10.0%) were set aside, more than the 5.0% allowed, most by accounts.required (2); "
        "for example rows.csv row 1: created_at is empty"
    )
    assert (result.landed, result.accepted, result.quarantined) == (20, 18, 2)
    assert [line["row"] for line in ground.set_aside("accounts")] == [1, 2]


def test_a_repaired_table_is_published_again_and_its_quarantine_goes(ground: Any) -> None:
    ground.landed_and_checked("accounts", _accounts(20, bad=2))
    assert ground.landed_and_checked("accounts", _accounts(20)).passed
    assert ground.accepted("accounts").exists()
    assert not ground.quarantine("accounts").exists()


def test_warnings_are_published_and_reported(ground: Any) -> None:
    rows = [{**row, "name": "KÃ¼nzli"} for row in _accounts(7)]
    result = ground.landed_and_checked("accounts", rows)
    assert (result.passed, result.accepted, result.quarantined) == (True, 7, 0)
    encoding = next(rule for rule in result.rules if rule.rule == "accounts.encoding")
    assert (encoding.level, encoding.status, encoding.bad_rows) == ("warning", "failed", 7)
    assert [each["row"] for each in encoding.examples] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("table", "passes"), [("accounts", False), ("tickets", True)])
def test_an_empty_table_is_an_error_only_where_it_is_required(ground: Any, table: str, passes: bool) -> None:
    result = ground.landed_and_checked(table, [])
    assert result.passed is passes
    assert ground.accepted(table).exists() is passes
    assert _status(result)[f"{table}.empty"] == "failed"
    assert (result.landed, result.accepted, result.quarantined) == (0, 0, 0)
    assert ("required" in (result.withheld_because or "")) is not passes


def test_a_required_column_that_is_empty_throughout_is_named(ground: Any) -> None:
    result = ground.landed_and_checked("accounts", _accounts(3, bad=3), max_bad_share=1.0)
    assert result.withheld_because == "required column created_at has no readable value in any of 3 rows"
    assert not ground.accepted("accounts").exists()


def test_columns_that_landed_without_are_empty_not_an_error(ground: Any) -> None:
    import duckdb

    path = ground.landed("accounts")
    path.parent.mkdir(parents=True)
    duckdb.sql(
        "SELECT 'a' AS account_id, TIMESTAMP '2024-12-01' AS created_at, 'f' AS _file, 1::BIGINT AS _row, "
        "NULL::VARCHAR AS _unreadable"
    ).write_parquet(str(path))
    assert ground.check("accounts").passed
    [row] = ground.rows(ground.accepted("accounts"))
    assert list(row) == list(stored_schema(TABLES["accounts"]))
    assert (row["name"], row["created_on"], row["recorded_on"]) == (None, date(2024, 12, 1), None)


def test_a_rule_without_its_table_is_not_evaluated_and_stops_nothing(ground: Any) -> None:
    subscription = {
        "subscription_id": "s", "account_id": "a", "plan": "pro", "billing_interval": "month", "mrr": 1,
        "started_at": datetime(2025, 1, 1),
    }  # fmt: skip
    result = ground.landed_and_checked("subscriptions", [subscription])
    orphan = next(rule for rule in result.rules if rule.rule == "subscriptions.orphan_account")
    assert (orphan.status, orphan.note) == ("not_evaluated", "not evaluated: table accounts absent")
    assert result.passed


@pytest.mark.parametrize("level", ["error", "warning"])
def test_a_rule_that_meets_an_exception_is_not_a_failed_one_and_withholds(ground: Any, level: Any) -> None:
    ground.landed_and_checked("accounts", _accounts(2))
    sql = "SELECT _file, _row, 'x' AS reason FROM {batch} WHERE CAST(account_id AS INTEGER) = 1"
    broken = Rule("accounts.broken", "accounts", level, "ids are numbers", sql)
    result = ground.check("accounts", rules=(*rules_for(TABLES["accounts"]), broken))
    [found] = [rule for rule in result.rules if rule.rule == "accounts.broken"]
    assert found.status == "not_evaluated"
    assert found.note is not None
    assert found.note.startswith("could not be evaluated: ")
    assert "Could not convert string 'a0' to INT32" in found.note
    assert result.withheld_because == f"rule accounts.broken {found.note}"
    assert not ground.accepted("accounts").exists()
    assert _status(result)["accounts.required"] == "passed"


def test_a_rule_of_ones_own_may_hold_braces_colons_and_percent_signs(ground: Any) -> None:
    sql = (
        "WITH odd AS (SELECT * FROM {batch} b WHERE regexp_matches(account_id, '^a{1}[0]$')) "
        "SELECT b._file, b._row, 'a:b %s ' || ({'k': b._row}).k AS reason FROM {batch} b JOIN odd USING (_file, _row)"
    )
    rule = Rule("accounts.own", "accounts", "error", "no a0", sql)
    result = ground.landed_and_checked("accounts", _accounts(20))
    result = ground.check("accounts", rules=(rule,))
    assert result.rules[1].examples == ({"file": "rows.csv", "row": 1, "reason": "a:b %s 1"},)
    assert (result.accepted, result.quarantined) == (19, 1)


def test_rows_that_cannot_be_told_apart_are_refused(ground: Any) -> None:
    rows = [{**row, "_row": 1} for row in _accounts(2, bad=1)]
    with pytest.raises(ChurnError, match="_file and _row do not tell its rows apart"):
        ground.landed_and_checked("accounts", rows)
    assert not ground.accepted("accounts").exists()


@pytest.mark.parametrize("zone", ["Europe/Berlim", "../etc/passwd", "UTC'; DROP VIEW landed; --"])
def test_an_unknown_zone_is_refused_before_anything_is_touched(ground: Any, zone: str) -> None:
    ground.landed_and_checked("accounts", _accounts(1))
    with pytest.raises(ChurnError, match=r"time zone .* is not known"):
        ground.check("accounts", zone=zone)
    assert ground.accepted("accounts").exists()


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "UTC", "America/New_York"])
def test_a_source_that_may_tell_the_future_is_checked_with_the_last_instant_there_is(ground: Any, zone: str) -> None:
    rows = [{"account_id": "a", "created_at": datetime(2040, 1, 1)}]
    assert ground.landed_and_checked("accounts", rows, now=datetime.max, zone=zone).passed
    assert not ground.check("accounts", now=datetime(2039, 12, 31), zone=zone).passed


def test_unusable_inputs_name_the_file_and_touch_nothing(ground: Any) -> None:
    with pytest.raises(ChurnError, match=r"landed copy of table accounts cannot be read from .*part-0\.parquet"):
        ground.check("accounts")
    ground.landed_and_checked("accounts", _accounts(1))
    ground.land("accounts", [], types={"created_at": "VARCHAR"})
    with pytest.raises(ChurnError, match="created_at is VARCHAR, not TIMESTAMP"):
        ground.check("accounts")
    assert ground.accepted("accounts").exists()
    ground.accepted("accounts").write_bytes(b"half a file")
    ground.land("subscriptions", [])
    with pytest.raises(ChurnError, match="accepted copy of table accounts cannot be read"):
        ground.check("subscriptions")


def test_folders_with_quotes_and_brackets_work(tmp_path: Path, ground: Any) -> None:
    ground.folder = tmp_path / "O'Brien [1] & Söhne*"
    ground.landed_and_checked("accounts", _accounts(1))
    ground.land("subscriptions", [{"subscription_id": "s", "account_id": "nobody"}])
    ground.check("subscriptions")
    assert "subscriptions.orphan_account" in {line["rule"] for line in ground.set_aside("subscriptions")}


def test_the_record_survives_json(ground: Any) -> None:
    result = ground.landed_and_checked("accounts", _accounts(20, bad=2))
    assert Checked.from_dict(json.loads(json.dumps(result.as_dict()))) == result


def test_importing_the_check_loads_no_heavy_package() -> None:
    import subprocess

    code = (
        "import sys, pipelines.contracts.validate; "
        "print([name for name in ('great_expectations', 'duckdb', 'sqlalchemy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_INSTANTS = st.one_of(st.none(), st.datetimes(datetime(1985, 1, 1), datetime(2105, 1, 1)))
_SUBSCRIPTIONS = st.fixed_dictionaries(
    {
        "subscription_id": st.sampled_from(["s1", "s2", "s3", "s4", None]),
        "account_id": st.sampled_from(["a", "b", "ü'", "nobody", None]),
        "plan": st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
        "billing_interval": st.sampled_from(["month", "year", "never", None]),
        "mrr": st.one_of(st.none(), st.integers(-5, 5)),
        "started_at": _INSTANTS,
        "ended_at": _INSTANTS,
        "_unreadable": st.sampled_from([None, None, "mrr: 'x' is not a number"]),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_SUBSCRIPTIONS, max_size=12))
def test_every_landed_row_is_either_accepted_or_set_aside(ground: Any, rows: list[dict[str, Any]]) -> None:
    if not ground.accepted("accounts").exists():
        ground.company()
    result = ground.landed_and_checked("subscriptions", rows, max_bad_share=1.0)
    aside = {line["row"] for line in ground.set_aside("subscriptions")}
    assert result.landed == len(rows) == result.accepted + result.quarantined
    assert result.quarantined == len(aside)
    if result.passed:
        kept = ground.rows(ground.accepted("subscriptions"))
        good = [row for number, row in enumerate(rows, 1) if number not in aside]
        assert [row["subscription_id"] for row in kept] == sorted(row["subscription_id"] for row in good)
        assert all(row["mrr"] >= 0 and row["account_id"] in ("a", "b") for row in kept)
