"""The whole page: the same bytes for the same day, nothing that is private or of a later day, 5 of 100 are 5 %."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ChurnError
from pipelines.report.write import FILE, write

DAY = date(2025, 3, 10)


def text(folder: Path) -> str:
    return (folder / FILE).read_text("utf-8")


def data(folder: Path, which: str) -> Any:
    """The values that the page holds for its script."""
    found = re.search(rf'<script type="application/json" id="{which}">(.*?)</script>', text(folder), re.S)
    assert found
    return json.loads(found[1])


def rows_of(folder: Path, figure: str) -> list[list[str]]:
    """The table beside a chart, as text."""
    found = re.search(rf'<figure id="figure-{figure}">(.*?)</figure>', text(folder), re.S)
    assert found
    return [re.findall(r"<bdi>(.*?)</bdi>", row) for row in re.findall(r"<tr>(.*?)</tr>", found[1], re.S)[1:]]


def test_the_same_day_has_the_same_bytes_anywhere(fresh_listed_shop: Any, digests: Any, tmp_path: Path) -> None:
    config = fresh_listed_shop.config
    folder = write(config, DAY).folder
    before = digests(folder)
    assert digests(write(config, DAY).folder) == before
    shutil.copytree(config.file.parent, tmp_path / "moved", symlinks=True)
    from pipelines import config as configuration

    assert digests(write(configuration.load(tmp_path / "moved" / "churn.yaml"), DAY).folder) == before


def test_it_is_switched_in_one_step_with_a_manifest(fresh_listed_shop: Any) -> None:
    config = fresh_listed_shop.config
    done = write(config, DAY)
    home = config.path(config.exports) / "report"
    assert done.folder == home / "as_of=2025-03-10"
    assert (home / "latest").resolve() == done.folder.resolve()
    manifest = json.loads((done.folder / "manifest.json").read_text("utf-8"))
    assert manifest == done.manifest
    content = (done.folder / FILE).read_bytes()
    assert manifest["files"][FILE] == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert (manifest["accounts"], manifest["lists"]["at_risk"]) == (121, {"rows": 120, "version": 2})
    fresh_listed_shop.publish("save", [])
    again = write(config, DAY)
    assert again.manifest["lists"]["save"]["rows"] == 0
    assert len(list((home / ".versions").iterdir())) == 2, "the page of before is still there for who reads it"


def test_who_is_held_out_is_not_on_the_page(fresh_listed_shop: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipelines.lake import Lake

    config = fresh_listed_shop.config
    before = write(config, DAY).manifest["files"]
    fresh_listed_shop.score(DAY, {"a01": 0.4, "a02": 0.01, "held-out-account": 0.02})
    record = Lake(config.path(config.lake)).list_record("at_risk", DAY)
    record.parent.mkdir(parents=True)
    pq.write_table(pa.table({"account_id": ["held-out-account"], "arm": ["holdout"]}), record)
    done = write(config, DAY)
    assert "held-out-account" not in text(done.folder)
    assert done.manifest["files"] == before


def test_nothing_of_a_later_day_changes_it(fresh_listed_shop: Any, digests: Any) -> None:
    config = fresh_listed_shop.config
    folder = write(config, DAY).folder
    before = digests(folder)
    told = data(folder, "accounts-data")
    assert told["days"] == ["2025-02-18", "2025-03-07", "2025-03-09", "2025-03-10"]
    assert told["of"]["a01"]["scores"] == [1000, 2000, 3000, 4000]
    assert "of_tomorrow" not in text(folder)
    assert "7777" not in text(folder), "what came of the list of 36 days ago was put on record a day later"
    fresh_listed_shop.score(DAY + timedelta(days=2), {"a01": 0.5})
    for path in (config.file.parent / "data").glob("usage.csv"):
        path.write_text(path.read_text("utf-8") + "a01,2025-03-11,signed_in,5000\n", "utf-8")
    from pipelines import ingest, tables

    for table in ("accounts", "subscriptions", "usage", "outreach"):
        ingest.land(config, DAY + timedelta(days=1), table)
        tables.check(config, DAY + timedelta(days=1), table)
    write(config, DAY)
    assert digests(folder) == before


def test_5_of_100_are_5_percent_on_the_page(hundred: Any) -> None:
    folder = write(hundred, DAY).folder
    # Wilson's interval of 5 of 100
    assert rows_of(folder, "logo_churn_rate") == [["2025-02", "5.0 %", "2.2 to 11.2 %"]]
    assert rows_of(folder, "stripe_churn_rate") == [["2025-02", "5.0 %", "2.2 to 11.2 %"]]
    # every account pays the same: the error of the share of revenue is that of a share, sqrt(0.05 x 0.95 / 99)
    assert rows_of(folder, "gross_mrr_churn_rate") == [["2025-02", "5.0 %", "0.7 to 9.3 %"]]
    assert rows_of(folder, "gross_revenue_retention") == [["2025-02", "95.0 %", "90.7 to 99.3 %"]]
    assert rows_of(folder, "arpu") == [["2025-02", "10.00 EUR", "10.00 to 10.00 EUR"]]
    assert "5.0 % in 2025-02 (95 %: 2.2 to 11.2 %)" in text(folder)


def test_without_champion_and_lists_it_says_what_is_off(hundred: Any) -> None:
    done = write(hundred, DAY)
    page = text(done.folder)
    assert done.manifest["lists"] == {}
    for told in (
        "No list is published for this day.", "No account has a probability: there is no champion for ",
        "to score with: no model was trained yet.", "Table payments is not there (no source gives it)",
        "Not known: there is no table of payments.",
        "No account was scored on this day.", "No promise of a past list is on record",
    ):  # fmt: skip
        assert told in page
    assert '<details class="off" open>' in page


def test_a_withheld_table_is_told_with_the_reason(running_shop: Any) -> None:
    running_shop.write("usage.csv", [{"acc": "nobody", "day": "2025-03-09", "what": "signed_in", "n": 1}])
    page = text(write(running_shop.accept(DAY, "usage"), DAY).folder)
    assert re.search(r"Table usage is not there \(its contract withheld it: .+\)", page)


def test_without_required_tables_there_is_no_page(shop: Any) -> None:
    with pytest.raises(ChurnError, match="table accounts is not there"):
        write(shop.config(), DAY)


def test_columns_that_a_list_does_not_have_are_absent(fresh_listed_shop: Any) -> None:
    """Rows of version 1 lack half of the columns."""
    row = fresh_listed_shop.row(1, "a01")
    old = {name: row[name] for name in ("rank", "account_id", "name", "mrr", "probability", "reasons")}
    fresh_listed_shop.publish("at_risk", [old], by_theme=[])
    shown = data(write(fresh_listed_shop.config, DAY).folder, "lists-data")["lists"][0]["rows"]
    assert shown == [old]


def test_a_list_of_the_day_before_is_not_on_it(fresh_listed_shop: Any) -> None:
    fresh_listed_shop.as_of = DAY - timedelta(days=1)
    fresh_listed_shop.publish("rewards", [fresh_listed_shop.row(1, "of yesterday")])
    assert "of yesterday" not in text(write(fresh_listed_shop.config, DAY).folder)


def test_the_command_writes_it(fresh_listed_shop: Any, churn: Any) -> None:
    done = churn(fresh_listed_shop.config, "report", "--as-of", "2025-03-10")
    assert done.code == 0, done.err
    assert Path(done.out.strip()).name == FILE
    assert Path(done.out.strip()).exists()
