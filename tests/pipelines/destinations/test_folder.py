"""Files in further formats: the layout of published lists, the forms that CRMs import, harmless names."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import day_folders
from pipelines.destinations.delivering import deliver
from pipelines.destinations.receipts import Receipt
from pipelines.errors import ChurnError

DAY = date(2025, 3, 10)


def delivered(place: Any, **keys: Any) -> tuple[Receipt, Path]:
    place.destinations["out"] = {"kind": "folder", "path": "out", **keys}
    return deliver(place.config(), "out", "at_risk", DAY), place.shop.root / "out/at_risk" / f"as_of={DAY}"


def lines(folder: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO((folder / "at_risk.csv").read_bytes().decode("utf-8"), newline="")))


def whole(folder: Path) -> dict[str, Any]:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for name, said in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (said["bytes"], said["sha256"])
    assert {path.name for path in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    return dict(manifest)


def test_csv_with_the_mark_by_which_excel_knows_utf_8(place: Any, make_row: Any) -> None:
    published = place.publish(make_row(1, name="Ünïted"), make_row(2))
    receipt, folder = delivered(place, bom=True)
    content = (folder / "at_risk.csv").read_bytes()
    assert content == codecs.BOM_UTF8 + (published / "at_risk.csv").read_bytes()
    assert (receipt.status, receipt.rows, receipt.where) == ("delivered", 2, str(folder.parent))
    assert whole(folder)["of"] == receipt.digest
    assert delivered(place)[0].status == "delivered"
    assert (folder / "at_risk.csv").read_bytes() == (published / "at_risk.csv").read_bytes()


def test_json_lines_and_parquet(place: Any, make_row: Any) -> None:
    rows = [make_row(1, name="two\nlines \u2028"), make_row(2)]
    place.publish(*rows)
    folder = delivered(place, format="json_lines")[1]
    told = (folder / "at_risk.jsonl").read_bytes().decode().split("\n")
    assert [json.loads(line) for line in told[:-1]] == rows
    assert told[-1] == ""
    folder = delivered(place, format="parquet")[1]
    assert pq.read_table(folder / "at_risk.parquet", partitioning=None)["rank"].to_pylist() == [1, 2]
    assert whole(folder)["format"] == "parquet"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["csv", "json_lines", "parquet", "hubspot", "salesforce"])
def test_every_format_takes_both_versions_and_empty_lists(place: Any, make_row: Any, kind: str, version: int) -> None:
    for rows in ([make_row(1)], []):
        place.publish(*rows, version=version)
        receipt, folder = delivered(place, format=kind)
        assert receipt.status == "delivered", receipt.message
        assert whole(folder)["rows"] == len(rows)
        assert whole(folder)["version"] == version


def test_the_same_list_changes_nothing(place: Any, make_row: Any, digests: Any) -> None:
    place.publish(make_row(1))
    first, folder = delivered(place, format="hubspot")
    before, at = digests(folder), os.path.realpath(folder)
    again, _ = delivered(place, format="hubspot")
    assert (again.status, again.delivered_at) == ("unchanged", first.delivered_at)
    assert (digests(folder), os.path.realpath(folder)) == (before, at)


def test_an_earlier_day_does_not_become_the_latest(place: Any, make_row: Any) -> None:
    place.publish(make_row(1))
    place.publish(make_row(1), as_of=date(2025, 3, 9))
    place.destinations["out"] = {"kind": "folder", "path": "out"}
    for day in (DAY, date(2025, 3, 9)):
        deliver(place.config(), "out", "at_risk", day)
    assert whole((place.shop.root / "out/at_risk/latest").resolve())["as_of"] == str(DAY)


def test_a_delivery_that_fails_leaves_the_old_files(
    place: Any, make_row: Any, digests: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.publish(make_row(1))
    folder = delivered(place)[1]
    before = digests(folder)
    place.publish(make_row(1), make_row(2))

    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:5])
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(day_folders, "_write", full)
        receipt = delivered(place)[0]
    assert (receipt.status, digests(folder)) == ("failed", before)
    assert "No space left on device" in str(receipt.message)
    assert delivered(place)[0].status == "delivered"
    assert whole(folder)["rows"] == 2


# ------------------------------------------------------------------------------------------------------ CRMs


def test_hubspot(place: Any, make_row: Any) -> None:
    rows = [
        make_row(1, probability=0.0000004, mrr=-1234567.5, play=None, rank_before=3),
        make_row(2, name="two\r\nlines"),
    ]
    place.publish(*rows, left=["a09"])
    header, *told = lines(delivered(place, format="hubspot")[1])
    first, second, gone = (dict(zip(header, each, strict=True)) for each in told)
    assert header[:2] == ["churn_account_id", "at_risk_listed"]
    assert first["churn_account_id"] == "a01"
    assert first["at_risk_listed"] == "true"
    assert first["at_risk_as_of"] == first["at_risk_since"] == "2025-03-10"
    assert first["at_risk_probability"] == "0"
    assert first["at_risk_mrr"] == "-1234567.5"
    assert first["at_risk_themes"] == "usage;support"
    assert (first["at_risk_play"], first["at_risk_rank_before"], second["at_risk_rank_before"]) == ("(none)", "3", "")
    assert second["at_risk_name"] == "two lines"
    assert gone == dict.fromkeys(header, "") | {
        "churn_account_id": "a09", "at_risk_listed": "false", "at_risk_as_of": "2025-03-10",
    }  # fmt: skip


def test_salesforce(place: Any, make_row: Any) -> None:
    place.publish(make_row(1, name="N" * 300, plan=None), left=["a09"])
    folder = delivered(place, format="salesforce", identifier="Churn_Id__c", prefix="Churn_")[1]
    assert b"\r" not in (folder / "at_risk.csv").read_bytes()
    header, *told = lines(folder)
    first, gone = (dict(zip(header, each, strict=True)) for each in told)
    assert header[:2] == ["Churn_Id__c", "Churn_listed__c"]
    assert (first["Churn_plan__c"], first["Churn_rank_before__c"]) == ("#N/A", "#N/A")
    assert first["Churn_name__c"] == "N" * 254 + "…"
    assert gone["Churn_listed__c"] == "false"
    assert {gone[name] for name in header[2:] if name != "Churn_as_of__c"} == {"#N/A"}


def test_only_some_columns_by_names_of_ones_own(place: Any, make_row: Any) -> None:
    place.publish(make_row(1))
    columns = {"name": "Name", "listed": "On_List__c", "owner": "Owner.Alias"}
    assert lines(delivered(place, format="salesforce", columns=columns)[1]) == [
        ["Churn_Account_Id__c", "Name", "On_List__c", "Owner.Alias"], ["a01", "Customer 1", "true", "M1"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"format": "hubspot", "columns": {"rnak": "x"}}, "has no column 'rnak'"),
        ({"format": "hubspot", "columns": {"account_id": "x"}}, "has no column 'account_id'"),
        ({"format": "hubspot", "columns": {"rank": "x", "plan": "x"}}, "called 'x' twice"),
        ({"format": "salesforce", "prefix": "much_too_long_a_prefix_for_this_{list}_"}, "40 characters"),
        ({"format": "salesforce", "columns": {"rank": "1st"}}, "called '1st'"),
    ],
)
def test_names_that_no_import_takes(place: Any, make_row: Any, keys: dict[str, Any], said: str) -> None:
    place.publish(make_row(1))
    receipt, folder = delivered(place, **keys)
    assert receipt.status == "failed"
    assert said in str(receipt.message)
    assert not folder.exists()


def test_no_name_breaks_a_file_or_runs_in_a_spreadsheet(place: Any, make_row: Any, hostile: str) -> None:
    reasons = [{"theme": hostile, "feature": "f", "text": hostile}]
    place.publish(
        make_row(1, account_id=hostile, name=hostile, owner=hostile, reasons=reasons), make_row(2), left=[hostile]
    )
    for kind in ("csv", "hubspot", "salesforce"):
        folder = delivered(place, format=kind)[1]
        whole(folder)
        header, *told = lines(folder)
        assert {len(line) for line in told} == {len(header)}
        assert len(told) == (2 if kind == "csv" else 3)
        for line in told:
            assert not any(cell.startswith(("=", "+", "@", "\t", "\r", "-2")) for cell in line), line
    folder = delivered(place, format="json_lines")[1]
    assert json.loads((folder / "at_risk.jsonl").read_text("utf-8").split("\n")[0])["name"] == hostile
    assert {path.name for path in place.shop.root.iterdir()} == {"churn.yaml", "data", "out", "var"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"bom": True, "format": "parquet"}, "bom is for the format csv"),
        ({"prefix": "x_"}, "prefix is for the formats hubspot and salesforce"),
        ({"lists": ["../at_risk"]}, "should match pattern"),
    ],
)
def test_keys_that_do_not_fit(place: Any, keys: dict[str, Any], said: str) -> None:
    place.destinations["out"] = {"kind": "folder", "path": "out", **keys}
    with pytest.raises(ChurnError, match=said):
        place.config()
