"""The files: accepted copies with days in the zone, daily sums of usage, and the quarantine."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest


def _event(**values: Any) -> dict[str, Any]:
    return {"account_id": "b", "occurred_at": datetime(2025, 2, 1, 12), "event": "login", **values}


def _sums(ground: Any) -> list[tuple[Any, ...]]:
    rows = ground.rows(ground.accepted("usage"))
    return [(row["account_id"], row["day"], row["event"], row["quantity"], row["users"]) for row in rows]


def test_an_accepted_copy_has_the_day_of_every_instant_in_the_zone_and_is_sorted(ground: Any) -> None:
    ground.zone = "Europe/Berlin"
    late, early = datetime(2025, 1, 31, 23, 30), datetime(2025, 6, 1, 21, 59)
    ground.landed_and_checked(
        "accounts",
        [
            {"account_id": "z", "created_at": late, "recorded_at": early},
            {"account_id": "a", "created_at": datetime(2025, 6, 1, 22, 0)},
        ],
    )
    rows = ground.rows(ground.accepted("accounts"))
    assert [(row["account_id"], row["created_on"], row["recorded_on"]) for row in rows] == [
        ("a", date(2025, 6, 2), None),
        ("z", date(2025, 2, 1), date(2025, 6, 1)),
    ]
    assert rows[1]["created_at"] == late


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Europe/Berlin", datetime(2025, 2, 1, 23, 30), date(2025, 2, 2)),
        ("Europe/Berlin", datetime(2025, 3, 29, 22, 59), date(2025, 3, 29)),  # winter time: one hour ahead
        ("Europe/Berlin", datetime(2025, 3, 29, 23, 0), date(2025, 3, 30)),
        ("Europe/Berlin", datetime(2025, 3, 30, 22, 0), date(2025, 3, 31)),  # summer time: two hours ahead
        ("America/New_York", datetime(2025, 3, 9, 4, 59), date(2025, 3, 8)),
        ("America/New_York", datetime(2025, 3, 10, 4, 0), date(2025, 3, 10)),
        ("UTC", datetime(2025, 2, 1, 23, 30), date(2025, 2, 1)),
    ],
)
def test_an_event_belongs_to_the_day_of_the_companys_zone(ground: Any, zone: str, instant: datetime, day: date) -> None:
    ground.zone = zone
    ground.landed_and_checked("usage", [_event(occurred_at=instant)], rules=())
    assert _sums(ground) == [("b", day, "login", 1.0, None)]


def test_usage_is_summed_by_account_day_and_event(ground: Any) -> None:
    day = date(2025, 2, 1)
    rows = [
        _event(user_id="u1", quantity=2.0),
        _event(user_id="u2"),
        _event(user_id="u1", users=40),
        _event(user_id=None, quantity=0.5),
        _event(event="ärger'"),
        _event(event="daily", occurred_at=None, day=day, quantity=7.0, users=3),
        _event(event="daily", occurred_at=None, day=day, quantity=1.0, users=5),
        _event(occurred_at=datetime(2025, 3, 1), day=day, quantity=10.0),  # the day given wins
        _event(account_id="a", quantity=1.0),
    ]
    result = ground.landed_and_checked("usage", rows, rules=())
    assert result.accepted == 9
    assert _sums(ground) == [
        ("a", day, "login", 1.0, None),
        ("b", day, "daily", 8.0, 5),
        ("b", day, "login", 14.5, 2),
        ("b", day, "ärger'", 1.0, None),
    ]
    with duckdb.connect() as connection:
        described = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)",
            [str(ground.accepted("usage") / "2025-02.parquet")],
        )
        assert [row[:2] for row in described.fetchall()] == [
            ("account_id", "VARCHAR"),
            ("day", "DATE"),
            ("event", "VARCHAR"),
            ("quantity", "DOUBLE"),
            ("users", "BIGINT"),
            ("known_after", "DATE"),
            ("known_to", "DATE"),
        ]


def test_usage_recorded_late_joins_its_sum_on_the_day_on_which_it_was_recorded(ground: Any) -> None:
    ground.zone = "Europe/Berlin"
    noon = datetime(2025, 2, 1, 12)
    rows = [
        _event(user_id="u1", quantity=2.0),
        _event(user_id="u2", quantity=1.0, recorded_at=noon),  # on its day
        _event(user_id="u1", quantity=5.0, recorded_at=datetime(2025, 2, 3, 22, 59)),
        _event(user_id="u3", quantity=1.0, recorded_at=datetime(2025, 2, 3, 23, 0)),  # the next day in Berlin
        _event(event="other", recorded_at=datetime(2025, 2, 9)),
    ]
    ground.landed_and_checked("usage", rows, rules=())
    found = [
        (row["event"], row["quantity"], row["users"], row["known_after"], row["known_to"])
        for row in ground.rows(ground.accepted("usage"))
    ]
    second, third = date(2025, 2, 2), date(2025, 2, 3)
    assert found == [
        ("login", 3.0, 2, None, second),
        ("login", 8.0, 2, second, third),
        ("login", 9.0, 3, third, None),
        ("other", 1.0, None, date(2025, 2, 8), None),
    ]


def test_versions_of_a_row_stand_one_after_the_other(ground: Any) -> None:
    made = datetime(2025, 1, 1)
    result = ground.landed_and_checked(
        "accounts",
        [
            {"account_id": "a", "created_at": made, "size": "1-10"},
            {"account_id": "a", "created_at": made, "size": "11-50", "recorded_at": datetime(2025, 3, 1, 9)},
            {"account_id": "a", "created_at": made, "size": "500+", "recorded_at": datetime(2025, 5, 1, 9)},
            {"account_id": "b", "created_at": made, "size": "1-10", "recorded_at": datetime(2025, 3, 1, 9)},
            {"account_id": "b", "created_at": made, "size": "1-10", "recorded_at": datetime(2025, 3, 1, 9)},
        ],
        max_bad_share=1,
    )
    assert (result.accepted, result.quarantined) == (4, 1), "the same version twice is a repeated row"
    rows = ground.rows(ground.accepted("accounts"))
    assert [(row["account_id"], row["size"], row["known_after"], row["known_to"]) for row in rows] == [
        ("a", "1-10", None, date(2025, 2, 28)),
        ("a", "11-50", date(2025, 2, 28), date(2025, 4, 30)),
        ("a", "500+", date(2025, 4, 30), None),
        ("b", "1-10", None, None),
    ]


def test_only_accepted_rows_are_summed(ground: Any) -> None:
    ground.company()
    result = ground.landed_and_checked("usage", [_event(), _event(quantity=-9.0)], max_bad_share=1.0)
    assert (result.accepted, result.quarantined) == (1, 1)
    assert _sums(ground) == [("b", date(2025, 2, 1), "login", 1.0, None)]


def test_the_same_rows_give_the_same_bytes_also_with_fractions(ground: Any) -> None:
    path = ground.landed("usage")
    path.parent.mkdir(parents=True)
    duckdb.sql(
        "SELECT 'a' || i % 50 AS account_id, NULL::TIMESTAMP AS occurred_at, DATE '2025-02-01' AS day, 'e' AS event, "
        "1.0 / (1 + i % 977) AS quantity, 'u' || i % 301 AS user_id, 'f' AS _file, i + 1 AS _row, "
        "NULL::VARCHAR AS _unreadable FROM range(300_000) t(i)"
    ).write_parquet(str(path), row_group_size=10_000)
    contents = set()
    for _ in range(3):
        ground.check("usage", rules=())
        contents.add(b"".join(file.read_bytes() for file in sorted(ground.accepted("usage").iterdir())))
    assert len(contents) == 1


def test_the_quarantine_holds_every_rule_a_row_broke_and_the_row_itself(ground: Any) -> None:
    ground.company()
    name = 'O\'Brien "quoted" 日本 {x}\n'
    rows = [
        _event(event=name, quantity=-1.0, account_id="nobody"),
        _event(quantity=float("inf"), usage_id="1"),
        _event(),
    ]
    result = ground.landed_and_checked("usage", rows, max_bad_share=1.0)
    lines = ground.set_aside("usage")
    assert [(line["table"], line["file"], line["row"], line["rule"]) for line in lines] == [
        ("usage", "rows.csv", 1, "usage.orphan_account"),
        ("usage", "rows.csv", 1, "usage.out_of_range"),
        ("usage", "rows.csv", 2, "usage.out_of_range"),
    ]
    assert (result.accepted, result.quarantined) == (1, 2)
    assert lines[0]["record"]["event"] == name
    assert lines[0]["record"]["occurred_at"] == "2025-02-01 12:00:00"
    assert (lines[2]["record"]["quantity"], lines[2]["record"]["usage_id"]) == ("inf", "1")


def test_a_write_that_fails_leaves_the_earlier_file_and_no_rest(ground: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account = {"account_id": "a", "created_at": datetime(2024, 12, 1)}
    ground.landed_and_checked("accounts", [account])
    before = ground.accepted("accounts").read_bytes()

    def full(source: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("pipelines.lake.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        ground.landed_and_checked("accounts", [account, {**account, "account_id": "b"}])
    assert ground.accepted("accounts").read_bytes() == before
    assert os.listdir(ground.accepted("accounts").parent) == ["as_of=2025-06-30.parquet"]
