"""Files of every format, whole and broken: rows come with their place, errors with file and remedy."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churn_features.tables import TABLES
from pipelines import ingest, usage_store
from pipelines.errors import ChurnError
from pipelines.lake import Lake
from pipelines.sources import Window, files
from pipelines.sources.files import FileReader

DAY = date(2025, 3, 10)


def land(shop: Any, table: str = "accounts") -> list[dict[str, Any]]:
    """The landed rows of a table."""
    config = shop.config()
    ingest.land(config, DAY, table)
    folder = Lake(config.path(config.lake)).landed(table, DAY)
    with duckdb.connect() as con:
        found = con.execute(
            f"SELECT * FROM read_parquet('{folder}/*.parquet', hive_partitioning = false) ORDER BY _file, _row"
        )
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


ACCOUNTS = [{"id": f"a{n}", "joined": f"2025-01-0{n}", "label": f"L{n}", "manager": "m"} for n in range(1, 5)]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "ndjson", "parquet"])
def test_every_format_gives_the_same_rows(shop: Any, kind: str) -> None:
    expected = [
        (f"a{n}", datetime(2025, 1, n - 1 or 1, 23) if n > 1 else datetime(2024, 12, 31, 23), n) for n in range(1, 5)
    ]
    file = shop.data / f"those.{kind}"
    if kind == "csv":
        shop.write("those.csv", ACCOUNTS)
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ACCOUNTS), file)
    else:
        file.write_text("".join(json.dumps(row) + "\n" for row in ACCOUNTS), "utf-8")
    shop.tables["accounts"]["files"] = f"those.{kind}"
    assert [(row["account_id"], row["created_at"], row["_row"]) for row in land(shop)] == expected


def test_a_pattern_lands_a_part_per_file(shop: Any) -> None:
    for name in ("2025-01", "2025-02"):
        shop.write(f"acc-{name}.csv", [{**row, "id": f"{name}-{row['id']}"} for row in ACCOUNTS])
    shop.tables["accounts"]["files"] = "acc-*.csv"
    rows = land(shop)
    assert {(row["_file"], row["_row"]) for row in rows} == {
        (f"acc-{name}.csv", n) for name in ("2025-01", "2025-02") for n in range(1, 5)
    }


def test_a_column_that_only_one_file_lacks_is_named_with_that_file(shop: Any) -> None:
    shop.write("acc-1.csv", ACCOUNTS)
    shop.write("acc-2.csv", [{"id": "x", "label": "y", "manager": "z"}])
    shop.tables["accounts"]["files"] = "acc-*.csv"
    with pytest.raises(ChurnError) as error:
        land(shop)
    assert error.value.message == (
        "table accounts: acc-2.csv has no column 'joined' for created_at; it has id, label, manager"
    )
    assert "accounts.columns.created_at" in error.value.remedy


def test_columns_may_be_computed_joined_filtered_and_constant(shop: Any) -> None:
    shop.write("accounts.csv", ACCOUNTS)
    shop.write("owners.csv", [{"who": "a1", "owner": "Zoë"}, {"who": "a2", "owner": "Yan"}])
    shop.tables["accounts"] = {
        "files": "accounts.csv",
        "lookups": {"owners": "owners.csv"},
        "join": "LEFT JOIN owners ON owners.who = source.id",
        "where": "source.id <> 'a4'",
        "columns": {
            "account_id": {"sql": "upper(source.id)"},
            "created_at": "joined",
            "owner": {"sql": "owners.owner"},
            "country": {"constant": "DE"},
        },
    }
    rows = land(shop)
    assert [(row["account_id"], row["owner"], row["country"]) for row in rows] == [
        ("A1", "Zoë", "DE"), ("A2", "Yan", "DE"), ("A3", None, "DE"),
    ]  # fmt: skip


def test_a_join_that_multiplies_rows_is_refused(shop: Any) -> None:
    shop.write("owners.csv", [{"who": "a00", "owner": "x"}, {"who": "a00", "owner": "y"}])
    shop.tables["accounts"] |= {
        "lookups": {"owners": "owners.csv"},
        "join": "LEFT JOIN owners ON owners.who = source.id",
    }
    with pytest.raises(ChurnError, match="table accounts: the join makes 31 rows out of 30") as error:
        land(shop)
    assert "unique" in error.value.remedy


def test_a_lookup_may_be_several_files(shop: Any) -> None:
    """What only one of them has is missing in the rows of the other; one that is broken is named."""
    shop.write("o1.csv", [{"who": "a00", "owner": "Zoë"}])
    shop.write("o2.csv", [{"who": "a01", "owner": "Yan", "land": "NL"}])
    shop.tables["accounts"] |= {"lookups": {"owners": "o*.csv"}, "join": "LEFT JOIN owners ON owners.who = source.id"}
    shop.tables["accounts"]["columns"] |= {"owner": {"sql": "owners.owner"}, "country": {"sql": "owners.land"}}
    found = {row["account_id"]: (row["owner"], row["country"]) for row in land(shop)}
    assert (found["a00"], found["a01"], found["a02"]) == (("Zoë", None), ("Yan", "NL"), (None, None))
    (shop.data / "o2.csv").write_text('who,owner\na01,"Yan\n', "utf-8")
    with pytest.raises(ChurnError, match=r"o2\.csv"):
        land(shop)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"where": "no_such_column = 1"}, "no_such_column"),
        ({"where": "1 = "}, "syntax error"),
        ({"join": "LEFT JOIN nowhere USING (id)"}, "nowhere"),
    ],
)
def test_wrong_sql_is_told_apart_from_a_broken_file(shop: Any, change: dict[str, Any], says: str) -> None:
    shop.tables["accounts"] |= change
    with pytest.raises(ChurnError, match=says) as error:
        land(shop)
    assert error.value.remedy == "correct the SQL in sources.*.tables.accounts (columns, join, where)"


def truncated_parquet(folder: Path) -> str:
    file = folder / "broken.parquet"
    pq.write_table(pa.Table.from_pylist(ACCOUNTS * 100), file)
    file.write_bytes(file.read_bytes()[:-40])
    return file.name


def page_of_parquet_overwritten(folder: Path) -> str:
    file = folder / "broken.parquet"
    pq.write_table(pa.Table.from_pylist(ACCOUNTS * 100), file)
    content = bytearray(file.read_bytes())
    content[4:200] = b"\xff" * 196
    file.write_bytes(content)
    return file.name


def csv_as_parquet(folder: Path) -> str:
    (folder / "broken.parquet").write_text("id,joined,label,manager\n")
    return "broken.parquet"


def quote_never_closed(folder: Path) -> str:
    rows = "".join(f"a{n},2025-01-01,L,m\n" for n in range(50))
    (folder / "broken.csv").write_text(f'id,joined,label,manager\n{rows}a,2025-01-01,"L,m\n{rows}')
    return "broken.csv"


def too_many_fields(folder: Path) -> str:
    (folder / "broken.csv").write_text("id,joined,label,manager\na,2025-01-01,L,m\nb,2025-01-01,L,m,what,else\n")
    return "broken.csv"


def too_few_fields(folder: Path) -> str:
    (folder / "broken.csv").write_text("id,joined,label,manager\na,2025-01-01,L,m\nb,2025-01-01\n")
    return "broken.csv"


def latin_1_as_utf_8(folder: Path) -> str:
    (folder / "broken.csv").write_bytes("id,joined,label,manager\na,2025-01-01,Müller,m\n".encode("latin-1"))
    return "broken.csv"


def json_cut_off(folder: Path) -> str:
    (folder / "broken.jsonl").write_text(
        '{"id": "a", "joined": "2025-01-01", "label": "x", "manager": "y"}\n{"id": "b",'
    )
    return "broken.jsonl"


def gzip_cut_off(folder: Path) -> str:
    packed = gzip.compress(b"id,joined,label,manager\n" + b"a,2025-01-01,L,m\n" * 9999)
    (folder / "broken.csv.gz").write_bytes(packed[: len(packed) // 2])
    return "broken.csv.gz"


@pytest.mark.parametrize(
    "broken",
    [
        truncated_parquet, page_of_parquet_overwritten, csv_as_parquet, quote_never_closed, too_many_fields,
        too_few_fields, latin_1_as_utf_8, json_cut_off, gzip_cut_off,
    ],
)  # fmt: skip
def test_an_unreadable_file_is_named_and_nothing_is_landed(shop: Any, broken: Any) -> None:
    name = broken(shop.data)
    shop.tables["accounts"] |= {"files": name} | ({"format": "csv"} if name.endswith(".gz") else {})
    with pytest.raises(ChurnError) as error:
        land(shop)
    assert error.value.message.startswith(f"table accounts: {shop.data / name} cannot be read: ")
    assert "repair the file" in error.value.remedy
    config = shop.config()
    assert not Lake(config.path(config.lake)).landed("accounts", DAY).exists()


def test_a_missing_column_says_what_the_file_has(shop: Any) -> None:
    shop.write("accounts.csv", [{"id": "a", "label": "b", "manager": "c", "joined_on": "2025-01-01"}])
    with pytest.raises(ChurnError) as error:
        land(shop)
    assert "accounts.csv has no column 'joined' for created_at; it has id, label, manager, joined_on" in str(error)


def test_column_names_are_matched_whatever_their_case(shop: Any) -> None:
    shop.write("accounts.csv", [{"ID": "a", "Joined": "2025-01-01", "LABEL": "x", "manager": "y"}])
    assert [row["name"] for row in land(shop)] == ["x"]


@pytest.mark.parametrize("text", ["", "\n\n", "id,joined,label,manager\n", "id,joined,label,manager"])
def test_an_empty_file(shop: Any, text: str) -> None:
    (shop.data / "accounts.csv").write_text(text)
    if "id" in text:
        assert land(shop) == []
    else:
        with pytest.raises(ChurnError, match=r"accounts\.csv is empty"):
            land(shop)


def test_empty_parquet_and_json(shop: Any) -> None:
    schema = pa.schema([(name, pa.string()) for name in ACCOUNTS[0]])
    pq.write_table(pa.Table.from_pylist([], schema=schema), shop.data / "none.parquet")
    shop.tables["accounts"]["files"] = "none.parquet"
    assert land(shop) == []
    (shop.data / "none.jsonl").write_text("")
    shop.tables["accounts"]["files"] = "none.jsonl"
    with pytest.raises(ChurnError, match=r"none\.jsonl"):
        land(shop)


def test_other_delimiters_and_encodings_are_read_when_stated(shop: Any) -> None:
    text = "id;joined;label;manager\na;2025-01-01;Müller, Söhne;m\n"
    for encoding in ("latin-1", "utf-16", "utf-8"):
        content = text.encode("utf-16-le" if encoding == "utf-16" else encoding)
        (shop.data / "accounts.csv").write_bytes(content)
        shop.tables["accounts"] |= {"delimiter": ";", "encoding": encoding}
        assert [row["name"] for row in land(shop)] == ["Müller, Söhne"], encoding


def test_a_byte_order_mark_is_no_part_of_the_first_column(shop: Any) -> None:
    (shop.data / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + b"id,joined,label,manager\na,2025-01-01,x,y\n")
    assert [row["account_id"] for row in land(shop)] == ["a"]


def test_hostile_values_are_only_values(shop: Any) -> None:
    names = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "line\nbreak",
        'a,b;c\t"q"',
        "../../etc/passwd",
        "👩‍🚀 é",
        "'; DROP TABLE x; --",
    ]
    shop.write("accounts.csv", [{"id": name, "joined": "2025-01-01", "label": name, "manager": ""} for name in names])
    assert [row["name"] for row in land(shop)] == names
    assert {row["account_id"] for row in land(shop)} == set(names)


def test_leading_zeros_and_long_numbers_stay_text(shop: Any) -> None:
    ids = ["007", "1e5", "12345678901234567890123", "true", "2025-01-01"]
    shop.write("accounts.csv", [{"id": each, "joined": "2025-01-01", "label": "", "manager": ""} for each in ids])
    assert [row["account_id"] for row in land(shop)] == ids


def test_a_format_that_the_name_does_not_tell_must_be_stated(shop: Any) -> None:
    (shop.data / "accounts.csv").rename(shop.data / "accounts.txt")
    shop.tables["accounts"]["files"] = "accounts.txt"
    with pytest.raises(ChurnError, match="state format: csv, jsonl or parquet"):
        land(shop)
    shop.tables["accounts"]["format"] = "csv"
    assert len(land(shop)) == 30


def test_usage_is_limited_to_the_days_wanted(shop: Any, tmp_path: Path) -> None:
    config = shop.config()
    reader = FileReader(config.sources["shop"].tables, shop.data, config)  # type: ignore[union-attr]
    window = Window(DAY, datetime(2025, 3, 10, 23), datetime(2025, 6, 1), after_day=date(2025, 3, 7))
    with duckdb.connect() as con:
        absent = reader.land(con, TABLES["usage"], window, tmp_path)
        days = con.execute(f"SELECT DISTINCT day FROM '{tmp_path}/part-0.parquet' ORDER BY day").fetchall()
    assert [row[0].day for row in days] == [8, 9, 10]
    assert absent == ("occurred_at", "user_id", "users", "usage_id", "recorded_at")


def test_events_belong_to_the_day_of_the_company(shop: Any) -> None:
    instants = ["2025-03-09T22:59:59Z", "2025-03-09T23:00:00Z", "2025-03-10T22:59:59Z", "2025-03-10T23:00:00Z"]
    shop.write("usage.csv", [{"acc": "a00", "at": each, "what": "signed_in"} for each in instants])
    shop.tables["usage"]["columns"] = {"account_id": "acc", "occurred_at": "at", "event": "what"}
    assert len(land(shop, "usage")) == 3
    shop.accept()
    config = shop.config()
    files = [str(file) for file in usage_store.files(Lake(config.path(config.lake)))]
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT day, quantity FROM read_parquet({files}) ORDER BY day").fetchall()
    assert rows == [(date(2025, 3, 9), 1.0), (date(2025, 3, 10), 2.0)]


def test_a_long_read_tells_how_far_it_has_come(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shop.read("usage.csv")
    for number, part in enumerate((rows[:10], rows[10:15], rows[15:])):
        shop.write(f"usage-{number}.csv", part)
    shop.tables["usage"]["files"] = "usage-*.csv"
    config, said = shop.config(), list[str]()
    ingest.land(config, DAY, "usage", say=said.append)
    assert said == [], "it is short"
    monkeypatch.setattr(files, "SECONDS_BETWEEN_LINES", 0)
    ingest.land(config, DAY, "usage", say=said.append)
    assert said[0] == "usage: 0 rows so far, reading file 1 of 3, usage-0.csv (0 MB)"
    assert [line.partition(" so far")[0] for line in said] == ["usage: 0 rows", "usage: 10 rows", "usage: 15 rows"]
    monkeypatch.setattr(files, "SECONDS_BETWEEN_LINES", 1000)
    monkeypatch.setattr(files, "LARGE", (shop.data / "usage-2.csv").stat().st_size)
    said.clear()
    ingest.land(config, DAY, "usage", say=said.append)
    assert [line.partition("file ")[2][:6] for line in said] == ["3 of 3"], "a large one is told before it is read"
