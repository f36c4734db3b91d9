"""Texts that programs like to take for something else come out of the lists as they went in."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import nightly
from pipelines.lake import Lake

DAY = date(2025, 3, 10)
TEXTS = [
    "NULL", "null", "NA", "N/A", "nan", "None", "\\N", "true", "007", "1e5", "2025-01-01", '"', '""', "'", "''",
    'a "quoted" name', "a,b;c|d", "line\nbreak", "line\r\nbreak", "tab\there", "👩‍🚀 é", "e\u0301", "שלום עולם",
    "\u202eright to left", "مرحبا", "#comment", "=1+1", "+1", "-1", "@SUM(A1)",
]  # fmt: skip
FORMULAS = {"=1+1", "+1", "-1", "@SUM(A1)"}


def give_names(shop: Any, kind: str) -> None:
    """The shop's accounts with the texts as their names, as files of a kind."""
    rows = [{**row, "label": text} for row, text in zip(shop.read("accounts.csv"), TEXTS, strict=True)]
    file = shop.data / f"accounts.{kind}"
    if kind == "csv":
        shop.write("accounts.csv", rows)
    elif kind == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)
    shop.tables["accounts"]["files"] = file.name


def accepted(lake: Lake) -> list[str]:
    with duckdb.connect() as con:
        return [
            row[0] for row in con.execute(f"SELECT name FROM '{lake.rows('accounts')}' ORDER BY account_id").fetchall()
        ]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_every_format_gives_the_text_itself(shop: Any, kind: str) -> None:
    give_names(shop, kind)
    config = shop.accept(DAY, "accounts")
    assert accepted(Lake(config.path(config.lake))) == TEXTS


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-32"])
def test_so_do_other_encodings(shop: Any, encoding: str) -> None:
    give_names(shop, "csv")
    file: Path = shop.data / "accounts.csv"
    with file.open(encoding="utf-8", newline="") as text:
        content = text.read()
    file.write_bytes(content.encode(encoding))
    shop.tables["accounts"]["encoding"] = encoding
    config = shop.accept(DAY, "accounts")
    assert accepted(Lake(config.path(config.lake))) == TEXTS


def test_lists_hold_it_and_escape_formulas_in_csv_only(open_shop: Any) -> None:
    give_names(open_shop, "csv")
    open_shop.keys["lists"] |= {"capacity": 30}
    folder = nightly.run_stages(open_shop.config(), DAY)["at_risk"].folder
    by_account = dict(zip((f"a{number:02}" for number in range(30)), TEXTS, strict=True))
    with (folder / "at_risk.csv").open(encoding="utf-8", newline="") as file:
        from_csv = {row["account_id"]: row["name"] for row in csv.DictReader(file)}
    from_parquet = {row["account_id"]: row["name"] for row in pq.read_table(folder / "at_risk.parquet").to_pylist()}
    from_json = {row["account_id"]: row["name"] for row in json.loads((folder / "at_risk.json").read_text("utf-8"))}
    assert len(from_csv) > 20
    assert from_parquet == from_json == {account: by_account[account] for account in from_json}
    assert from_csv == {account: f"'{text}" if text in FORMULAS else text for account, text in from_json.items()}
    assert FORMULAS & set(from_json.values())
